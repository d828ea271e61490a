"""What programs ask of the memory with mlock and madvise, seen in booted guests."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from grader.guest import TOP, Config, Guest
from guests import ARCHES, SBIN, checking_kernel, fsck, start_hog, status_kib

PAGES = 400
HOG_MIB = 6


@pytest.mark.parametrize("arch", ARCHES)
def test_locked_memory_is_not_swapped_out(arch: str, tmp_path: Path) -> None:
    """Stopped, so that its pages grow old, and then under pressure: only locks keep them."""
    with Guest(Config(arch=arch, mem=24), tmp_path / "guest") as guest:
        guest.boot()
        for options, locked in (("-l", True), ("", False)):
            pid = start_hog(guest, HOG_MIB, options)
            guest.run(f"kill -19 {pid}")
            major = int(re.search(r"MajFlt:\s+(\d+)", guest.run(f"cat /proc/{pid}/status"))[1])
            guest.run("memhog 40 -p 2", timeout=240)
            assert (status_kib(guest, pid, "VmLck") == HOG_MIB * 1024) == locked
            swapped = status_kib(guest, pid, "VmSwap")
            # Its program and its stack are not locked, and may go.
            assert swapped < 64 if locked else swapped > HOG_MIB * 1024 / 2
            if locked:
                assert status_kib(guest, pid, "VmRSS") >= HOG_MIB * 1024
                text = guest.run(f"cat /proc/{pid}/status")
                assert int(re.search(r"MajFlt:\s+(\d+)", text)[1]) == major
            guest.run_status(f"kill -9 {pid}; wait")


@pytest.fixture
def image_with_files(tmp_path: Path) -> Path:
    """Files that no guest has read yet, in the root image of a build of our own."""
    build = tmp_path / "build"
    (build / "i386").mkdir(parents=True)
    top = Config().build / "i386"
    for name in ("root.img", "swap.img"):
        subprocess.run(["cp", "--sparse=always", top / name, build / "i386" / name], check=True)
    content = tmp_path / "content"
    content.write_bytes(b"highwater" * (PAGES * 4096 // 9) + b"." * (PAGES * 4096 % 9))
    for name in ("normal", "random", "sequential", "willneed", "unread"):
        subprocess.run(["debugfs", "-w", "-R", f"write {content} {name}",
                        build / "i386" / "root.img"],
                       check=True, capture_output=True, env={"PATH": SBIN})
    return build


def test_advice_changes_what_is_read(image_with_files: Path, tmp_path: Path) -> None:
    """16 MiB: clusters of four pages, windows of thirty-two."""
    config = Config(mem=16, build=image_with_files, kernel=Config().kernel_path)

    with Guest(config, tmp_path / "guest") as guest:
        guest.boot()

        def resident(name: str, pages: int = 0) -> int:
            advice = f"-a {name} -r {pages}" if name != "unread" else ""
            found = re.search(rf"/{name}: (\d+) of {PAGES} pages",
                              guest.run(f"fincore {advice} /{name}"))
            return int(found[1])

        assert resident("unread") == 0
        # Each fault reads the cluster around it.
        assert resident("normal", 1) == 4
        assert resident("normal", 5) == 8
        # A page alone.
        assert resident("random", 5) == 5
        # The first fault starts a window; the second half of one starts the next.
        assert resident("sequential", 1) == 1 + 32
        assert resident("sequential", 10) == 1 + 32
        assert resident("sequential", 40) >= 40 + 16
        # All that was asked for, and no access.
        assert resident("willneed") == PAGES
        guest.send("exit 0\n")
        assert guest.wait() == 0


def insist(guest: Guest, command: str) -> str:
    """The output of a command that is repeated until it found memory for all that it did."""
    for _ in range(100):
        output, status = guest.run_status(command)
        if status == 0:
            return output
    raise AssertionError(f"{command}: never succeeded, at last with\n{output}")


def held(guest: Guest) -> tuple[dict[str, int], int]:
    """Objects in use in each slab cache; and pages that are free, in buffers or in free slabs.

    What caches hold is dropped, as far as it goes. Children whose parent was killed may wait
    for it for ever: they are ended first.
    """
    for _ in range(50):
        left = re.findall(r"^\s*(\d+) .*(?:usertests|failload)", insist(guest, "ps"),
                          re.MULTILINE)
        if not left:
            break
        for pid in left:
            guest.run_status(f"kill -9 {pid}")
    assert not left, f"processes {left} do not end"
    insist(guest, "sync")
    insist(guest, "echo 3 > /proc/sys/vm/drop_caches")
    text = insist(guest, "cat /proc/meminfo")
    memory = dict(re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE))
    pages = (int(memory["MemFree"]) + int(memory["Buffers"])) // 4
    objects = {}
    for line in insist(guest, "cat /proc/slabinfo").splitlines():
        words = line.split()
        if len(words) > 6 and words[1].isdigit():
            objects[words[0]] = int(words[1])
            pages += (int(words[5]) - int(words[4])) * int(words[6])
    return objects, pages


@pytest.mark.parametrize("arch", ARCHES)
@pytest.mark.parametrize("interval", [50, 400])
def test_no_memory_is_an_error_and_leaks_nothing(arch: str, interval: int,
                                                 tmp_path: Path) -> None:
    """One in so many requests for memory fails: each call says so, nothing panics or stays.

    With the longer interval programs come farther, and not every kind of call is refused.
    One CPU: others would keep free objects at hand, which count as in use.
    """
    config = Config(arch=arch, mem=32, options=f"failalloc={interval}",
                    kernel=checking_kernel(arch))
    directory = tmp_path / "guest"
    with Guest(config, directory) as guest:
        guest.boot()
        guest.run_status("cd /tmp && failload 1", timeout=120)
        objects, free = held(guest)
        output, status = guest.run_status("rm -r failload.d; failload 8", timeout=400)
        assert interval > 50 or status == 0 and "failload: ok" in output, output
        now, free_now = held(guest)
        for name in ("task", "mm_struct", "vm_area", "anon_vma", "filp"):
            assert now[name] == objects[name], (name, objects, now)
        # Slabs that are used in part may be a few more.
        assert abs(free_now - free) < 32, (free, free_now, objects, now)
        guest.send("exit 0\n")
        assert guest.wait() == 0
    fsck(directory / "root.img")


@pytest.mark.parametrize("arch", ARCHES)
def test_a_fault_without_memory_kills(arch: str, tmp_path: Path) -> None:
    """By SIGKILL, as no handler could run; not by SIGSEGV, for the address was right."""
    config = Config(arch=arch, options="failalloc=400", kernel=checking_kernel(arch))
    with Guest(config, tmp_path / "guest") as guest:
        guest.boot()
        output, status = guest.run_status("failload -f")
        assert status == 128 + 9, (status, output)
        assert guest.run("echo alive").strip() == "alive"


@pytest.mark.parametrize("arch", ARCHES)
def test_init_without_memory_ends_the_machine_in_order(arch: str, tmp_path: Path) -> None:
    """2.4.0 spares nobody here; without process 1, power-off with its signal as the status."""
    config = Config(arch=arch, options="failalloc=400 init=/bin/failload", command="-f",
                    kernel=checking_kernel(arch))
    directory = tmp_path / "guest"
    with Guest(config, directory) as guest:
        assert guest.wait() == 9
        assert "init was killed by signal 9: power off" in guest.console
    fsck(directory / "root.img")
