"""Disks that fail, wholly, in one place or once: who needs the data hears of it, nobody else.

Nobody hangs, and what is in memory is not lost.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from grader.guest import TOP, Config, Guest
from guests import SBIN, start_hog, status_kib

def io_error(iotype: str, *more: str) -> str:
    """A rule of blkdebug: requests of the type "read" or "write" fail.

    The event only switches the rule on, and then it holds for all types unless one is named:
    a slot whose writes fail, too, is never read, as its page stays in memory.
    """
    return "\n".join(["[inject-error]", f'event = "{iotype}_aio"', f'iotype = "{iotype}"',
                      'errno = "5"', *more, ""])


WRITES_FAIL = io_error("write")
#: From the first write on, so that what is read at the start is good.
READS_FAIL = ('[set-state]\nstate = "1"\nevent = "write_aio"\nnew_state = "2"\n\n'
              + io_error("read", 'state = "2"'))
ONCE = 'once = "on"'


def at(byte: int) -> str:
    """Only requests that meet the sector of this byte."""
    return f'sector = "{byte // 512}"'


PAGE_SIZE = 4096
BAD_SLOTS = range(1000, 2001, 50)
#: Each kind of fault meets both eras; the kinds are shared among the four machines.
HERE = pytest.mark.parametrize("arch, vm", [("i386", "2.4"), ("x86_64", "2.6")])
THERE = pytest.mark.parametrize("arch, vm", [("x86_64", "2.4"), ("i386", "2.6")])


def failing_disk(image: Path, rules: str) -> list[str]:
    """QEMU's arguments for one more disk, which fails as the rules of blkdebug say."""
    config = image.with_suffix(".rules")
    config.write_text(rules)
    return ["-drive", f"driver=raw,if=none,id=bad,file.driver=blkdebug,file.config={config},"
                      f"file.image.driver=file,file.image.filename={image},"
                      "werror=report,rerror=report",
            "-device", "virtio-blk-pci,drive=bad"]


def guest_with_bad_swap(tmp_path: Path, arch: str, vm: str, rules: str) -> Guest:
    image = tmp_path / "swap.img"
    subprocess.run(["cp", "--sparse=always", str(TOP / "build" / arch / "swap.img"),
                    str(image)], check=True)
    return Guest(Config(arch=arch, vm=vm, mem=16, cpus=2, swap=False, options="swap=vdb",
                        extra=failing_disk(image, rules)), tmp_path / "guest")


def image_with_files(tmp_path: Path) -> Path:
    """A file system with a file `kept`, and `one` in a directory `names`."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "kept").write_bytes(b"x" * 200000)
    (tmp_path / "files" / "names").mkdir()
    (tmp_path / "files" / "names" / "one").write_bytes(b"x")
    image = tmp_path / "files.img"
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", "-d", str(tmp_path / "files"),
                    str(image), "4M"], check=True, capture_output=True, env={"PATH": SBIN})
    return image


def first_block(image: Path, name: str) -> int:
    """The byte of the disk with which a file of the image begins."""
    blocks = subprocess.run(["debugfs", "-R", f"blocks {name}", str(image)], check=True,
                            capture_output=True, text=True, env={"PATH": SBIN}).stdout
    return int(blocks.split()[0]) * 1024


def guest_with_bad_files(tmp_path: Path, arch: str, vm: str, rules: str,
                         image: Path | None = None) -> Guest:
    image = image or image_with_files(tmp_path)
    return Guest(Config(arch=arch, vm=vm, swap=False, extra=failing_disk(image, rules)),
                 tmp_path / "guest")


@HERE
def test_swap_that_takes_no_writes(arch: str, vm: str, tmp_path: Path) -> None:
    """Memory is short for ever, although slots are free: the OOM killer has to act, once."""
    with guest_with_bad_swap(tmp_path, arch, vm, WRITES_FAIL) as guest:
        guest.boot()
        output, status = guest.run_status("memhog 24")
        assert status != 0, output
        assert len(re.findall(r"(?i)killed process \d+ \(memhog\)", output)) == 1, output
        # Pages that nobody needs any more need not be written to be freed.
        assert "ok" in guest.run("memhog 6")


@THERE
def test_swap_that_cannot_be_read(arch: str, vm: str, tmp_path: Path) -> None:
    """SIGBUS for whoever comes first; without process 1 the machine ends, but in order."""
    with guest_with_bad_swap(tmp_path, arch, vm, READS_FAIL) as guest:
        guest.boot()
        guest.send("memhog 24; echo status=$?\n")
        end = guest.expect(r"^status=\d+$|^init was killed by signal 7: power off$", 60)
        assert end[0] != "status=0"


@THERE
def test_files_that_cannot_be_written(arch: str, vm: str, tmp_path: Path) -> None:
    with guest_with_bad_files(tmp_path, arch, vm, WRITES_FAIL) as guest:
        guest.boot()
        output, status = guest.run_status(
            "mkdir /mnt; mount /dev/vdb /mnt; filescan -w 1 /mnt/new")
        assert status != 0 and "Input/output error" in output, output
        assert guest.run("echo alive").strip() == "alive"


@HERE
def test_files_that_cannot_be_read(arch: str, vm: str, tmp_path: Path) -> None:
    """Nor their metadata: a directory's block, and the inodes of what is in it."""
    with guest_with_bad_files(tmp_path, arch, vm, READS_FAIL) as guest:
        guest.boot()
        guest.run("mkdir /mnt; mount /dev/vdb /mnt; touch /mnt/new; sync")
        for command in ("cat /mnt/kept", "ls /mnt/names", "cat /mnt/names/one", "touch /mnt/names/two",
                        "rm /mnt/names/one", "mkdir /mnt/names/three"):
            output, status = guest.run_status(command)
            assert status != 0 and "Input/output error" in output, (command, output)
        guest.run("umount /mnt && echo alive")


def failed(guest: Guest, what: str) -> int:
    """How many reads ("rd") or writes ("wr") of the failing disk have failed, says QEMU."""
    for device in guest.monitor("query-blockstats")[0]:
        if device["device"] == "bad":
            return device["stats"][f"failed_{what}_operations"]
    raise AssertionError("no failing disk")


@pytest.mark.parametrize("where", [at(1000 * PAGE_SIZE), ONCE], ids=["one-slot", "once"])
@HERE
def test_a_failed_swap_write_loses_nothing(arch: str, vm: str, where: str,
                                           tmp_path: Path) -> None:
    """The page stays dirty: it is written later, or never if its slot is the bad one."""
    with guest_with_bad_swap(tmp_path, arch, vm, io_error("write", where)) as guest:
        guest.boot()
        assert "ok" in guest.run("memhog 24 -p 3", timeout=240)
        assert failed(guest, "wr") > 0


@THERE
def test_a_swap_read_that_fails_once_is_tried_again(arch: str, vm: str,
                                                    tmp_path: Path) -> None:
    with guest_with_bad_swap(tmp_path, arch, vm, READS_FAIL + ONCE + "\n") as guest:
        guest.boot()
        assert "ok" in guest.run("memhog 24 -p 3", timeout=240)
        assert failed(guest, "rd") == 1


@HERE
def test_a_slot_that_cannot_be_read(arch: str, vm: str, tmp_path: Path) -> None:
    """SIGBUS for the process whose page is there; the machine and all other pages live on.

    Another one sleeps meanwhile, all swapped out. Which of several slots is read first, and
    whether that one has any of them, is left open.
    """
    rules = "".join(io_error("read", at(slot * PAGE_SIZE)) for slot in BAD_SLOTS)
    with guest_with_bad_swap(tmp_path, arch, vm, rules) as guest:
        guest.boot()
        pid = start_hog(guest, 2)
        guest.run(f"kill -19 {pid}")
        killed = guest.run_status("memhog 24 -p 0", timeout=240)[1] == 128 + 7
        assert failed(guest, "rd") > 0
        assert status_kib(guest, pid, "VmSwap") > 1024
        guest.run(f"kill -18 {pid}")
        for _ in range(1000):
            swapped = status_kib(guest, pid, "VmSwap")
            if swapped <= 0:
                break
            guest.run("sleep 0.1")
        assert killed or swapped < 0
        guest.run("swapoff /dev/vdb")
        assert "ok" in guest.run("memhog 4")


@THERE
def test_a_file_that_cannot_be_written_once(arch: str, vm: str, tmp_path: Path) -> None:
    """fsync says so; the same again works, and the content is right on the disk.

    Another file's first block fails when sync writes it: all who have it open are told.
    """
    image = image_with_files(tmp_path)
    rules = io_error("write", ONCE) + io_error("write", ONCE, at(first_block(image, "kept")))
    with guest_with_bad_files(tmp_path, arch, vm, rules, image) as guest:
        guest.boot()
        output, status = guest.run_status(
            "mkdir /mnt; mount /dev/vdb /mnt; filescan -w 1 /mnt/new")
        assert status != 0 and "Input/output error" in output, output
        guest.run("filescan -w 1 /mnt/new; sync; echo 3 > /proc/sys/vm/drop_caches")
        assert "1 verified, ok" in guest.run("filescan /mnt/new")
        # QEMU counts each of the requests that it had joined.
        first = failed(guest, "wr")
        assert 1 <= first <= 2
        assert guest.run("syncerr /mnt/kept").strip() == (
            "fsync: 5 then 0, fsync: 5 then 0, msync: 5 then 0, later: 0")
        assert failed(guest, "wr") > first
