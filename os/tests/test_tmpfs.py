"""File systems in memory: tmpfs in memory and swap, ramfs in memory alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.guest import Config, Guest
from guests import (ARCHES, FOUR_AND_ONE, ONE_AND_FOUR, check_trace, checking_kernel, fsck,
                    run_to_end)

SWAP = "/dev/vdb"
MOUNT = "mount -t tmpfs -o size={} none /tmp"


def meminfo(guest: Guest) -> dict[str, int]:
    """The numbers of /proc/meminfo, in KiB."""
    lines = re.findall(r"^(\w+):\s+(\d+) kB", guest.run("cat /proc/meminfo"), re.MULTILINE)
    return {name: int(value) for name, value in lines}


def at_rest(guest: Guest) -> dict[str, int]:
    """The same, with every page of a process in memory and no page cached in vain."""
    guest.run(f"swapoff {SWAP} && swapon {SWAP} && echo 1 >/proc/sys/vm/drop_caches",
              timeout=120)
    return meminfo(guest)


def slots_in_use(guest: Guest) -> int:
    numbers = meminfo(guest)
    return (numbers["SwapTotal"] - numbers["SwapFree"]) // 4


def power_off(guest: Guest, directory: Path) -> None:
    guest.send("exit 0\n")
    assert guest.wait() == 0
    fsck(directory / "root.img")
    check_trace(directory, guest.config.kernel_path)


@pytest.mark.parametrize("arch, cpus", ONE_AND_FOUR)
def test_files_of_four_times_the_memory(arch: str, cpus: int, tmp_path: Path) -> None:
    """Written, read, mapped and removed; the umount gives all pages and slots back."""
    directory = tmp_path / "guest"
    with Guest(Config(arch=arch, cpus=cpus, mem=16), directory) as guest:
        guest.boot()
        before = at_rest(guest)
        guest.run(MOUNT.format("80m"))
        guest.run("filescan -w 24 -s 1 /tmp/a & filescan -w 24 -s 2 /tmp/b & wait", 240)
        guest.run("filescan -w 16 -s 3 /tmp/c", 240)
        assert slots_in_use(guest) > (64 - 16) * 256
        output = guest.run("filescan /tmp/a & filescan -m /tmp/b & wait; filescan /tmp/c", 240)
        assert len(re.findall(r"^filescan: 1 files, \d+ bytes, 1 verified, ok", output,
                              re.MULTILINE)) == 3, output
        # A file goes at once with its slots.
        guest.run("rm /tmp/a")
        assert slots_in_use(guest) < 42 * 256
        assert "1 verified, ok" in guest.run("filescan -m /tmp/b", 240)
        guest.run("umount /tmp")
        after = at_rest(guest)
        assert after["SwapFree"] == before["SwapFree"]
        assert abs(after["MemFree"] - before["MemFree"]) < 400, (before, after)
        power_off(guest, directory)


@pytest.mark.parametrize("arch, cpus", FOUR_AND_ONE)
def test_processes_share_pages_through_swap(arch: str, cpus: int, tmp_path: Path) -> None:
    """Mappings of twice the memory, anonymous and of a file, rewritten by turns."""
    command = (f"{MOUNT.format('40m')} && mmapshare -m 32 -p 1 && "
               "mmapshare -f /tmp/shared -m 32 -p 1 && rm /tmp/shared && umount /tmp")
    console = run_to_end(Config(arch=arch, cpus=cpus, mem=16, command=command),
                         tmp_path / "guest", timeout=240)
    assert len(re.findall(r"^mmapshare: 4 children, 32 MiB, 1 rounds, ok", console,
                          re.MULTILINE)) == 2, console


@pytest.mark.parametrize("arch, cpus", FOUR_AND_ONE)
def test_swapoff_finds_the_slots_of_files(arch: str, cpus: int, tmp_path: Path) -> None:
    """While they are read and mapped; the files are whole afterwards."""
    directory = tmp_path / "guest"
    with Guest(Config(arch=arch, cpus=cpus, mem=32), directory) as guest:
        guest.boot()
        guest.run(MOUNT.format("80m"))
        guest.run("filescan -w 8 -s 1 /tmp/a && filescan -w 4 -s 2 /tmp/b && memhog 40", 240)
        assert slots_in_use(guest) > 6 * 256
        output = guest.run(f"filescan /tmp/a & filescan -m /tmp/b & swapoff {SWAP}; echo $?; "
                           "wait; cat /proc/swaps; filescan /tmp/a /tmp/b", 240)
        assert len(re.findall(r"\b1 verified, ok", output)) == 2, output
        assert "2 verified, ok" in output and SWAP not in output, output
        guest.run("umount /tmp")
        power_off(guest, directory)


@pytest.mark.parametrize("arch", ARCHES)
def test_full_is_an_error_and_loses_nothing(arch: str, tmp_path: Path) -> None:
    directory = tmp_path / "guest"
    with Guest(Config(arch=arch, mem=16), directory) as guest:
        guest.boot()
        guest.run(MOUNT.format("30m"))
        guest.run("filescan -w 20 /tmp/kept", 240)
        output, status = guest.run_status("filescan -w 20 /tmp/big", 240)
        assert status != 0 and "No space left" in output, output
        assert re.search(r"^/tmp +30720 +30720 +0 100%", guest.run("df /tmp"), re.MULTILINE)
        guest.run("rm /tmp/big && filescan -w 9 /tmp/big", 240)
        assert "2 verified, ok" in guest.run("filescan /tmp/kept /tmp/big", 240)
        output, status = guest.run_status("cat </tmp/kept >/tmp/none; umount /tmp", 240)
        assert status == 0 and "No space left" in output, output
        for options in ("size=1q", "size=1m,colour=red", "mode=8"):
            output, status = guest.run_status(f"mount -t tmpfs -o {options} none /tmp")
            assert status != 0 and "Invalid argument" in output, output
        power_off(guest, directory)


@pytest.mark.parametrize("arch, cpus", ONE_AND_FOUR)
def test_the_tests_of_files_pass_on_tmpfs_under_pressure(arch: str, cpus: int,
                                                         tmp_path: Path) -> None:
    command = (f"{MOUNT.format('60m')} && cd /tmp && usertests && cd / && "
               "memhog 20 -p 3 & fsstress -n 100 -p 4 -k 300 /tmp && wait && umount /tmp")
    console = run_to_end(Config(arch=arch, cpus=cpus, mem=16, command=command),
                         tmp_path / "guest", timeout=400)
    assert re.search(r"^usertests: \d+ passed, 0 failed", console, re.MULTILINE), console
    assert len(re.findall(r"^fsstress: process \d: all right", console, re.MULTILINE)) == 4


@pytest.mark.parametrize("arch", ARCHES)
def test_locks_and_lists_in_the_checking_build(arch: str, tmp_path: Path) -> None:
    command = (f"{MOUNT.format('60m')} && fsstress -n 60 -p 2 -k 200 /tmp && "
               "filescan -w 24 /tmp/a && filescan -m /tmp/a && mmapshare -f /tmp/m -m 20 && "
               f"rm /tmp/a && swapoff {SWAP}; swapon {SWAP}; umount /tmp")
    run_to_end(Config(arch=arch, cpus=4, mem=24, command=command,
                      kernel=checking_kernel(arch)),
               tmp_path / "guest", timeout=400)


@pytest.mark.parametrize("arch", ARCHES)
def test_ramfs_pages_stay_and_stay_locked(arch: str, tmp_path: Path) -> None:
    """Q10: reading goes on, who needs a page's lock waits for ever, and nobody else does."""
    directory = tmp_path / "guest"
    with Guest(Config(arch=arch, mem=32), directory) as guest:
        guest.boot()
        guest.run("filescan -w 4 /f && mount -t ramfs none /tmp && cp /f /tmp/f && rm /f")
        assert "1 verified, ok" in guest.run("filescan /tmp/f && filescan -m /tmp/f")
        guest.run("memhog 64 -p 2", 240)
        assert "1 verified, ok" in guest.run("filescan /tmp/f && filescan -m /tmp/f")
        guest.run("rm /tmp/f &")
        # Who waits shares its queue with others' pages, and looks up when those are done.
        assert any(re.search(r"\bD\b.*\brm\b", guest.run("sleep 1; ps")) for _ in range(5))
        guest.run("umount /tmp & sleep 1; sync; mkdir /other && mount -t tmpfs none /other")
        assert "ok" in guest.run("memhog 40", 240)
        power_off(guest, directory)
