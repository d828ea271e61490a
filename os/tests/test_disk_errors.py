"""Disks that fail, wholly, in one place or once: who needs the data hears of it, nobody else.

Nobody hangs, and what is in memory is not lost.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from grader.guest import TOP, Config, Guest
from guests import ARCHES, SBIN

WRITES_FAIL = '[inject-error]\nevent = "write_aio"\nerrno = "5"\n'
#: From the first write on, so that what is read at the start is good.
READS_FAIL = ('[set-state]\nstate = "1"\nevent = "write_aio"\nnew_state = "2"\n\n'
              '[inject-error]\nstate = "2"\nevent = "read_aio"\nerrno = "5"\n')

SECTORS_PER_PAGE = 8


def one_error(event: str, slot: int | None = None) -> str:
    """Rules: an I/O error in each request that meets the swap slot, or only in the first of all."""
    where = f'sector = "{slot * SECTORS_PER_PAGE}"\n' if slot else 'once = "on"\n'
    return f'[inject-error]\nevent = "{event}"\nerrno = "5"\n{where}'


def failing_disk(image: Path, rules: str) -> list[str]:
    """QEMU's arguments for one more disk, which fails as the rules of blkdebug say."""
    config = image.with_suffix(".rules")
    config.write_text(rules)
    return ["-drive", f"driver=raw,if=none,id=bad,file.driver=blkdebug,file.config={config},"
                      f"file.image.driver=file,file.image.filename={image},"
                      "werror=report,rerror=report",
            "-device", "virtio-blk-pci,drive=bad"]


def guest_with_bad_swap(tmp_path: Path, arch: str, rules: str) -> Guest:
    image = tmp_path / "swap.img"
    subprocess.run(["cp", "--sparse=always", str(TOP / "build" / arch / "swap.img"),
                    str(image)], check=True)
    return Guest(Config(arch=arch, mem=16, cpus=2, swap=False, options="swap=vdb",
                        extra=failing_disk(image, rules)), tmp_path / "guest")


def guest_with_bad_files(tmp_path: Path, arch: str, rules: str) -> Guest:
    """Its disk vdb has a file system with a file `kept`, and `one` in a directory `names`."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "kept").write_bytes(b"x" * 200000)
    (tmp_path / "files" / "names").mkdir()
    (tmp_path / "files" / "names" / "one").write_bytes(b"x")
    image = tmp_path / "files.img"
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", "-d", str(tmp_path / "files"),
                    str(image), "4M"], check=True, capture_output=True, env={"PATH": SBIN})
    return Guest(Config(arch=arch, swap=False, extra=failing_disk(image, rules)),
                 tmp_path / "guest")


def test_swap_that_takes_no_writes(tmp_path: Path) -> None:
    """Memory is short for ever, although slots are free: the OOM killer has to act, once."""
    with guest_with_bad_swap(tmp_path, "i386", WRITES_FAIL) as guest:
        guest.boot()
        output, status = guest.run_status("memhog 24")
        assert status != 0, output
        assert len(re.findall(r"killed process \d+ \(memhog\)", output)) == 1, output
        # Pages that nobody needs any more need not be written to be freed.
        assert "ok" in guest.run("memhog 6")


def test_swap_that_cannot_be_read(tmp_path: Path) -> None:
    """SIGBUS for whoever comes first; without process 1 the machine ends, but in order."""
    with guest_with_bad_swap(tmp_path, "x86_64", READS_FAIL) as guest:
        guest.boot()
        guest.send("memhog 24; echo status=$?\n")
        end = guest.expect(r"^status=\d+$|^init was killed by signal 7: power off$", 60)
        assert end[0] != "status=0"


def test_files_that_cannot_be_written(tmp_path: Path) -> None:
    with guest_with_bad_files(tmp_path, "x86_64", WRITES_FAIL) as guest:
        guest.boot()
        output, status = guest.run_status(
            "mkdir /mnt; mount /dev/vdb /mnt; filescan -w 1 /mnt/new")
        assert status != 0 and "Input/output error" in output, output
        assert guest.run("echo alive").strip() == "alive"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with guest_with_bad_files(tmp_path, "i386", READS_FAIL) as guest:
        guest.boot()
        guest.run("mkdir /mnt; mount /dev/vdb /mnt; touch /mnt/new; sync")
        output, status = guest.run_status("cat /mnt/kept")
        assert status != 0 and "Input/output error" in output, output
        assert guest.run("echo alive").strip() == "alive"


@pytest.mark.parametrize("arch", ARCHES)
def test_metadata_that_cannot_be_read(arch: str, tmp_path: Path) -> None:
    """The directory's block, and the inodes of what is in it."""
    with guest_with_bad_files(tmp_path, arch, READS_FAIL) as guest:
        guest.boot()
        guest.run("mkdir /mnt; mount /dev/vdb /mnt; touch /mnt/new; sync")
        for command in ("ls /mnt/names", "cat /mnt/names/one", "touch /mnt/names/two",
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


@pytest.mark.parametrize("slot", [1000, None], ids=["one-slot", "once"])
@pytest.mark.parametrize("arch", ARCHES)
def test_a_failed_swap_write_loses_nothing(arch: str, slot: int | None, tmp_path: Path) -> None:
    """The page stays dirty: it is written later, or never if its slot is the bad one."""
    with guest_with_bad_swap(tmp_path, arch, one_error("write_aio", slot)) as guest:
        guest.boot()
        assert "ok" in guest.run("memhog 24 -p 3", timeout=240)
        assert failed(guest, "wr") > 0


@pytest.mark.parametrize("arch", ARCHES)
def test_a_swap_read_that_fails_once_is_tried_again(arch: str, tmp_path: Path) -> None:
    rules = READS_FAIL + 'once = "on"\n'
    with guest_with_bad_swap(tmp_path, arch, rules) as guest:
        guest.boot()
        assert "ok" in guest.run("memhog 24 -p 3", timeout=240)
        assert failed(guest, "rd") == 1


@pytest.mark.parametrize("arch", ARCHES)
def test_a_file_that_cannot_be_written_once(arch: str, tmp_path: Path) -> None:
    """fsync says so; the same again works, and the content is right on the disk."""
    with guest_with_bad_files(tmp_path, arch, one_error("write_aio")) as guest:
        guest.boot()
        output, status = guest.run_status(
            "mkdir /mnt; mount /dev/vdb /mnt; filescan -w 1 /mnt/new")
        assert status != 0 and "Input/output error" in output, output
        guest.run("filescan -w 1 /mnt/new; sync; echo 3 > /proc/sys/vm/drop_caches")
        assert "1 verified, ok" in guest.run("filescan /mnt/new")
        assert failed(guest, "wr") == 1
