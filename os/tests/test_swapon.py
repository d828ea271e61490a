"""Areas that are switched on and off: how much of them is used, and what stays behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.guest import Config, Guest
from guests import ARCHES


def kilobytes(guest: Guest, *keys: str) -> int:
    """The sum of these lines of /proc/meminfo."""
    info = guest.run("cat /proc/meminfo")
    return sum(int(re.search(rf"^{key}:\s+(\d+) kB", info, re.MULTILINE)[1]) for key in keys)


@pytest.mark.parametrize("arch, vm", zip(ARCHES, ("2.4", "2.6")))
def test_an_area_goes_as_it_came(arch: str, vm: str, tmp_path: Path) -> None:
    with Guest(Config(arch=arch, vm=vm), tmp_path / "guest") as guest:
        guest.boot()
        # Facts 2.4, 5.1: neither the header nor the last page is used (Q26).
        pages = (tmp_path / "guest" / "swap.img").stat().st_size // 4096
        assert kilobytes(guest, "SwapTotal") == (pages - 2) * 4
        # What readers of the disk saw while it was on is out of date when it is off.
        guest.run("echo before > /dev/vdb; sync")
        with open(tmp_path / "guest" / "swap.img", "r+b") as disk:
            disk.write(b"behind\n")
        assert guest.run("head -n 1 /dev/vdb").strip() == "before"
        guest.run("swapoff /dev/vdb")
        assert guest.run("head -n 1 /dev/vdb").strip() == "behind"
        assert kilobytes(guest, "SwapTotal") == 0
        before = kilobytes(guest, "MemFree", "Buffers", "Cached")
        for _ in range(40):
            assert guest.run_status("swapon /dev/vdb && swapoff /dev/vdb")[1] == 0
        # The original would have lost a page each time (Q24).
        assert before - kilobytes(guest, "MemFree", "Buffers", "Cached") < 100
        guest.send("exit 0\n")
        assert guest.wait() == 0
