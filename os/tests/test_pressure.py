"""Guests under pressure: far more is asked for than there is, and every byte is right."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from grader.guest import TOP, Config, Guest, prepare_disks
from guests import ARCHES, FOUR_AND_ONE, ONE_AND_FOUR, SBIN, checking_kernel, fsck, run_to_end


@pytest.mark.parametrize("arch, cpus", ONE_AND_FOUR)
def test_ten_times_the_memory(arch: str, cpus: int, tmp_path: Path) -> None:
    """Anonymous memory of ten times the machine's, written twice and checked."""
    console = run_to_end(Config(arch=arch, cpus=cpus, mem=16, command="memhog 160 -p 2"),
                         tmp_path / "guest", timeout=240)
    assert re.search(r"^memhog: 160 MiB, 2 passes, ok", console, re.MULTILINE), console


MIX = ("memhog 24 -r & filescan -w 8 /tmp/data && forkstorm 4 4 && "
       "filescan -m /tmp/data && rm /tmp/data && mmapshare && wait")


def check_mix(console: str) -> None:
    """Each program of MIX checked its own data."""
    for program in ("memhog", "filescan", "forkstorm", "mmapshare"):
        assert re.search(rf"^{program}: .*\bok\b", console, re.MULTILINE), console[-3000:]


@pytest.mark.parametrize("arch, cpus", FOUR_AND_ONE)
def test_files_processes_and_memory_together(arch: str, cpus: int, tmp_path: Path) -> None:
    check_mix(run_to_end(Config(arch=arch, cpus=cpus, mem=32, command=MIX),
                         tmp_path / "guest", timeout=240))


def test_high_memory_under_pressure(tmp_path: Path) -> None:
    """Half of the memory has no address in the kernel."""
    check_mix(run_to_end(Config(mem=32, cpus=2, options="dma=4M normal=12M", command=MIX),
                         tmp_path / "guest", timeout=240))


@pytest.mark.parametrize("arch", ARCHES)
def test_lock_order_and_lists_in_the_checking_build(arch: str, tmp_path: Path) -> None:
    """CHECK=1 panics on a lock taken out of order and on a list that does not agree."""
    check_mix(run_to_end(Config(arch=arch, cpus=4, mem=32, command=MIX,
                                kernel=checking_kernel(arch)),
                         tmp_path / "guest", timeout=240))


@pytest.mark.parametrize("arch", ARCHES)
def test_out_of_memory_kills_the_culprit_and_the_shell_goes_on(arch: str,
                                                              tmp_path: Path) -> None:
    directory = tmp_path / "guest"
    with Guest(Config(arch=arch, cpus=4, mem=32, swap=False), directory) as guest:
        guest.boot()
        output, status = guest.run_status("memhog 64", timeout=120)
        assert status != 0
        # Killed again and again until it is gone, but said once.
        killed = re.findall(r"Out of memory: killed process \d+ \((\w+)\)", output)
        assert killed == ["memhog"], output
        assert guest.run("echo still here").strip() == "still here"
        # What the killed process held is back.
        assert "ok" in guest.run("memhog 16", timeout=120)
        guest.send("exit 0\n")
        assert guest.wait() == 0
    fsck(directory / "root.img")


@pytest.mark.parametrize("arch", ARCHES)
def test_full_disk_is_an_error_and_loses_nothing(arch: str, tmp_path: Path) -> None:
    directory = tmp_path / "guest"
    with Guest(Config(arch=arch, mem=32), directory) as guest:
        guest.boot()
        guest.run("filescan -w 4 /tmp/kept", timeout=120)
        output, status = guest.run_status("filescan -w 64 /tmp/big", timeout=240)
        assert status != 0 and "No space left" in output, output
        guest.run("rm /tmp/big && filescan /tmp/kept", timeout=120)
        guest.send("exit 0\n")
        assert guest.wait() == 0
    fsck(directory / "root.img")


def test_make_iso_boots_through_grub(tmp_path: Path) -> None:
    subprocess.run(["make", "-s", "iso", "ARCH=x86_64"], cwd=TOP, check=True,
                   capture_output=True, env={**os.environ, "PATH": SBIN})
    config = Config(arch="x86_64")
    prepare_disks(config, tmp_path)
    log = tmp_path / "console"
    process = subprocess.Popen([
        "qemu-system-x86_64", "-m", "64M", "-accel", "tcg", "-nodefaults", "-display", "none",
        "-no-reboot", "-cdrom", str(TOP / "build" / "x86_64" / "highwater.iso"),
        "-drive", f"file={tmp_path}/root.img,if=none,id=root,format=raw",
        "-device", "virtio-blk-pci,drive=root", "-serial", f"file:{log}"])
    try:
        for _ in range(600):
            if log.exists() and "# " in log.read_text(errors="replace"):
                break
            time.sleep(0.1)
        else:
            pytest.fail("no prompt:\n" + log.read_text(errors="replace"))
    finally:
        process.kill()
        process.wait()
