"""Disks that fail all reads or all writes: who needs the data hears of it, and nobody hangs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from grader.guest import TOP, Config, Guest
from guests import SBIN

WRITES_FAIL = '[inject-error]\nevent = "write_aio"\nerrno = "5"\n'
#: From the first write on, so that what is read at the start is good.
READS_FAIL = ('[set-state]\nstate = "1"\nevent = "write_aio"\nnew_state = "2"\n\n'
              '[inject-error]\nstate = "2"\nevent = "read_aio"\nerrno = "5"\n')


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
    """Its disk vdb has a file system with a file `kept`."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "kept").write_bytes(b"x" * 200000)
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
