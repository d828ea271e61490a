"""Switching swap areas on and off in booted guests: headers, bad blocks, order, refusals."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import pytest

from grader.guest import Config, Guest
from guests import ARCHES, SBIN, check_trace, fsck

PAGE = 4096
VERSION, LAST_PAGE, NR_BAD, BAD = 1024, 1028, 1032, 1536


def make_area(path: Path, mib: int, bad: tuple[int, ...] = (), **changes: int) -> Path:
    """A swap area as mkswap makes it, with bad pages, and words at offsets (`at_1024=2`)."""
    with open(path, "wb") as file:
        file.truncate(mib << 20)
    subprocess.run(["mkswap", path], check=True, capture_output=True, env={"PATH": SBIN})
    with open(path, "r+b") as file:
        if bad:
            file.seek(NR_BAD)
            file.write(struct.pack("<I", len(bad)))
            file.seek(BAD)
            file.write(struct.pack(f"<{len(bad)}I", *bad))
        for name, value in changes.items():
            file.seek(int(name.removeprefix("at_")))
            file.write(struct.pack("<I", value))
    return path


def disks(*images: Path) -> list[str]:
    """QEMU's arguments for more disks: vdc, vdd, …, behind root and swap."""
    arguments = []
    for i, image in enumerate(images):
        arguments += ["-drive", f"file={image},if=none,id=more{i},format=raw,cache=unsafe",
                      "-device", f"virtio-blk-pci,drive=more{i}"]
    return arguments


def swaps(guest: Guest) -> dict[str, tuple[int, int, int]]:
    """Size and use in KiB, and priority, of each area in /proc/swaps."""
    found = re.findall(r"^/dev/(\w+)\s+partition\s+(\d+)\s+(\d+)\s+(-?\d+)$",
                       guest.run("cat /proc/swaps"), re.MULTILINE)
    return {name: (int(size), int(used), int(prio)) for name, size, used, prio in found}


@pytest.mark.parametrize("arch", ARCHES)
def test_bad_pages_are_never_used(arch: str, tmp_path: Path) -> None:
    """Every third page of the area is bad: what they held at the start is there at the end.

    A page that has been read back keeps its slot, a copy leaves one behind until page_launder
    comes (Q23), and the OOM killer asks only for free ones: there are more good slots than
    memhog has pages and the machine frames.
    """
    bad = tuple(range(3, 1800, 3))
    image = make_area(tmp_path / "bad.img", 32, bad)
    mark = b"do not write here".ljust(PAGE, b"!")
    with open(image, "r+b") as file:
        for page in bad:
            file.seek(page * PAGE)
            file.write(mark)
    directory = tmp_path / "guest"
    with Guest(Config(arch=arch, mem=16, swap=False, extra=disks(image)), directory) as guest:
        guest.boot()
        guest.run("swapon /dev/vdb")
        # The header, the bad ones, and the last page, which is never used.
        assert swaps(guest)["vdb"][0] == (8192 - 2 - len(bad)) * 4
        assert "ok" in guest.run("memhog 13 -p 2", timeout=240)
        assert "ok" in guest.run("memhog 13 -p 2 -r", timeout=240)
        guest.run("swapoff /dev/vdb", timeout=120)
        assert swaps(guest) == {}
        guest.send("exit 0\n")
        assert guest.wait() == 0
    check_trace(directory, Config(arch=arch).kernel_path)
    content = image.read_bytes()
    for page in bad:
        assert content[page * PAGE:(page + 1) * PAGE] == mark, page
    assert content.count(mark) == len(bad)


@pytest.mark.parametrize("arch", ARCHES)
def test_refusals(arch: str, tmp_path: Path) -> None:
    images = [
        make_area(tmp_path / "version", 2, at_1024=2),
        make_area(tmp_path / "too-long", 2, at_1028=512),
        make_area(tmp_path / "many-bad", 2, at_1032=638),
        make_area(tmp_path / "bad-beyond", 2, bad=(512,)),
        make_area(tmp_path / "bad-header", 2, bad=(0,)),
        make_area(tmp_path / "no-magic", 2, at_4088=0),
    ]
    with Guest(Config(arch=arch, mem=16, extra=disks(*images)), tmp_path / "guest") as guest:
        guest.boot()
        for name in ("vdc", "vdd", "vde", "vdf", "vdg", "vdh"):
            output, status = guest.run_status(f"swapon /dev/{name}")
            assert status == 1 and "Invalid argument" in output, (name, output)
        for command, error in (("swapon /dev/vdb", "busy"), ("swapoff /dev/vdc", "Invalid"),
                               ("swapon /nothing", "No such file"),
                               ("swapon /dev/null", ""), ("swapoff /etc", "Invalid")):
            output, status = guest.run_status(command)
            assert status == 1 and error in output, (command, output)
        assert list(swaps(guest)) == ["vdb"]


@pytest.mark.parametrize("arch", ARCHES)
def test_priorities_and_turns(arch: str, tmp_path: Path) -> None:
    """Equal ones fill evenly, and before the lower one is touched."""
    images = [make_area(tmp_path / name, 12) for name in ("one", "two")]
    directory = tmp_path / "guest"
    with Guest(Config(arch=arch, mem=16, extra=disks(*images)), directory) as guest:
        guest.boot()
        guest.run("swapon -p 5 /dev/vdc; swapon -p 5 /dev/vdd")
        areas = swaps(guest)
        assert areas["vdc"][2] == areas["vdd"][2] == 5 and areas["vdb"][2] < 0
        guest.run("memhog 14 -p 1000000 &")
        for _ in range(1000):
            areas = swaps(guest)
            if areas["vdc"][1] > 1024:
                break
            guest.run("sleep 0.1")
        assert areas["vdc"][1] > 1024 and areas["vdb"][1] == 0, areas
        assert abs(areas["vdc"][1] - areas["vdd"][1]) < areas["vdc"][1] / 2, areas
        guest.run("memhog 30", timeout=240)
        assert swaps(guest)["vdb"][1] > 0
        # While it goes on, each area is emptied and serves again.
        for _ in range(3):
            guest.run("swapoff /dev/vdc && swapon -p 5 /dev/vdc", timeout=120)
        guest.run("kill -9 $(ps | grep memhog | head -n 1) 2>/dev/null; true")
        guest.send("exit 0\n")
        assert guest.wait(120) == 0
    fsck(directory / "root.img")


@pytest.mark.parametrize("arch", ARCHES)
def test_swapoff_without_room_leaves_the_area_on(arch: str, tmp_path: Path) -> None:
    """What is swapped out does not fit into memory: an error, and the data stay right."""
    directory = tmp_path / "guest"
    with Guest(Config(arch=arch, mem=16), directory) as guest:
        guest.boot()
        guest.run("memhog 30 -p 12 > /tmp/result &")
        for _ in range(1000):
            if swaps(guest)["vdb"][1] > 20 * 1024:
                break
            guest.run("sleep 0.1")
        before = swaps(guest)["vdb"]
        output, status = guest.run_status("swapoff /dev/vdb", timeout=240)
        assert status == 1 and "Cannot allocate memory" in output, output
        assert swaps(guest)["vdb"][0] == before[0]
        guest.run("wait", timeout=400)
        assert "memhog: 30 MiB, 12 passes, ok" in guest.run("cat /tmp/result")
        # Nothing is left in it: now it can go.
        guest.run("swapoff /dev/vdb", timeout=120)
        assert swaps(guest) == {}
        guest.send("exit 0\n")
        assert guest.wait() == 0
    fsck(directory / "root.img")
