"""Swap in files: on, full, refused to all others meanwhile, and off again without a trace."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest

from grader.guest import Config, Guest
from guests import SBIN, check_trace, fsck

PAGE = 4096


def swap_file(path: Path, pages: int, holes: tuple[int, ...] = ()) -> Path:
    """What mkswap makes of a file; pages of zeros become holes when debugfs copies it."""
    content = bytearray(random.Random(pages).randbytes(pages * PAGE))
    for page in holes:
        content[page * PAGE:(page + 1) * PAGE] = bytes(PAGE)
    path.write_bytes(content)
    subprocess.run(["mkswap", path], check=True, capture_output=True, env={"PATH": SBIN})
    return path


def copy_in(image: Path, *files: Path) -> None:
    for file in files:
        subprocess.run(["debugfs", "-w", "-R", f"write {file} {file.name}", image], check=True,
                       capture_output=True, env={"PATH": SBIN})


def areas(guest: Guest) -> dict[str, tuple[str, int, int]]:
    """Kind, size and use in KiB of each area in /proc/swaps."""
    found = re.findall(r"^(/\S+)\s+(\w+)\s+(\d+)\s+(\d+)\s+-?\d+$", guest.run("cat /proc/swaps"),
                       re.MULTILINE)
    return {name: (kind, int(size), int(used)) for name, kind, size, used in found}


def check_refusals(guest: Guest) -> None:
    """Nobody changes a file that is swap, nor where it lies."""
    for command, error in (
            ("echo x >> /swap", "Text file busy"), ("echo x > /swap", "Text file busy"),
            ("mmapshare -f /swap -m 1", "Text file busy"), ("touch /swap", "Text file busy"),
            ("rm /swap", "Operation not permitted"),
            ("mv /swap /other", "Operation not permitted"),
            ("mv /etc/motd /swap", "Operation not permitted"),
            ("swapon /swap", "busy"), ("swapoff /etc/motd", "Invalid argument"),
            ("swapon /proc/meminfo", "Invalid argument"),
            ("swapon /many", "/many: skipping - it appears to have holes"),
            ("swapon /one", "/one appears to have holes"),
            ("swapon /etc/motd", "Invalid argument")):
        output, status = guest.run_status(command)
        assert status != 0 and error in output, (command, output)


@pytest.mark.parametrize("arch, vm", [("i386", "2.4"), ("x86_64", "2.6")])
def test_files_serve_as_swap(arch: str, vm: str, tmp_path: Path) -> None:
    """One made by mkswap, one by the guest on a disk whose blocks are smaller than pages.

    They take turns. As in test_bad_pages_are_never_used, there are more slots than memhog has
    pages and the machine frames.
    """
    small = tmp_path / "small.img"
    subprocess.run(["mke2fs", "-q", "-F", "-b", "1024", small, "16384"], check=True,
                   env={"PATH": SBIN})
    config = Config(arch=arch, vm=vm, mem=16, swap=False, extra=[
        "-drive", f"file={small},if=none,id=more,format=raw,cache=unsafe",
        "-device", "virtio-blk-pci,drive=more"])
    build = tmp_path / "build" / arch
    build.mkdir(parents=True)
    subprocess.run(["cp", "--sparse=always", config.build / arch / "root.img", build], check=True)
    copy_in(build / "root.img", swap_file(tmp_path / "swap", 4000),
            swap_file(tmp_path / "many", 64, holes=tuple(range(9, 60))),
            swap_file(tmp_path / "one", 14, holes=(9,)))
    config.kernel, config.build = config.kernel_path, tmp_path / "build"
    directory = tmp_path / "guest"
    with Guest(config, directory) as guest:
        guest.boot()
        guest.run("swapon -p 5 /swap")
        assert areas(guest) == {"/swap": ("file", 3998 * 4, 0)}
        check_refusals(guest)
        guest.run("mount -t ext2 /dev/vdb /tmp && filescan -w 14 /tmp/swap && mkswap /tmp/swap "
                  "&& swapon -p 5 /tmp/swap")
        kind, size, _ = areas(guest)["/tmp/swap"]
        assert kind == "file" and 13000 < size <= 14 * 1024 - 8
        guest.run("rm -r /tmp/lost+found")
        assert "ok" in guest.run("memhog 15 -p 2", timeout=300)
        guest.run("memhog 15 -p 8 -r > /result &")
        for _ in range(1000):
            used = [area[2] for area in areas(guest).values()]
            if min(used) > 0:
                break
            guest.run("sleep 0.1")
        assert min(used) > 0, used
        guest.run("wait", timeout=400)
        assert "memhog: 15 MiB, 8 passes, ok" in guest.run("cat /result")
        assert guest.run_status("umount /tmp")[1] != 0
        guest.run("swapoff /tmp/swap && swapoff /swap", timeout=120)
        assert areas(guest) == {}
        guest.run("echo done > /swap && rm /swap /many /one && rm /tmp/swap && umount /tmp")
        guest.run("filescan -w 8 /other && filescan /other && rm /other")
        guest.send("exit 0\n")
        assert guest.wait() == 0
    fsck(directory / "root.img")
    fsck(small)
    check_trace(directory, config.kernel_path)
