"""Helpers of the tests that boot a guest."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from diagrams import tracecheck
from diagrams.gdb import decode
from diagrams.ram import open_ram
from grader.build import make
from grader.guest import TOP, Config, Guest, ram_files

ARCHES = ("i386", "x86_64")
#: Both, and both kinds of machine, for what has nothing to do with both at once.
ONE_AND_FOUR = (("i386", 1), ("x86_64", 4))
FOUR_AND_ONE = (("i386", 4), ("x86_64", 1))
SBIN = "/usr/sbin:/sbin:/usr/bin:/bin"


def checking_kernel(arch: str) -> Path:
    """The kernel built with CHECK=1: lock order, lists, and failures on purpose."""
    make("kernel", f"ARCH={arch}", "CHECK=1")
    return TOP / "build" / f"{arch}-check" / "kernel.elf"


def fsck(image: Path) -> None:
    """Fails with e2fsck's words unless the file system is clean."""
    done = subprocess.run(["e2fsck", "-fn", str(image)], capture_output=True, text=True,
                          env={"PATH": SBIN}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def check_trace(guest_directory: Path, kernel: Path) -> None:
    """Fails if a page made a move that the model does not allow, as far as the rings go back."""
    ram = open_ram(kernel, *ram_files(guest_directory))
    report = tracecheck.check_trace(decode.read_trace(ram))
    assert report.ok, "\n".join(map(str, report.errors[:5]))


def run_to_end(config: Config, directory: Path, timeout: float = 120) -> str:
    """Boots, runs the configured command, and waits for a clean power-off.

    Returns the console. The command must have ended with status 0; the root file system
    must be clean afterwards, and the page events in the guest's memory as the model says.
    """
    with Guest(config, directory) as guest:
        status = guest.wait(timeout)
        console = guest.console
    assert status == 0, console[-4000:]
    assert "[init] exit 0" in console, console[-4000:]
    fsck(directory / "root.img")
    check_trace(directory, config.kernel_path)
    shutil.rmtree(directory)
    return console


def status_kib(guest: Guest, pid: int, field: str) -> int:
    """A size from /proc/PID/status; -1 if there is no such process."""
    text, _ = guest.run_status(f"cat /proc/{pid}/status")
    found = re.search(rf"^{field}:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) if found else -1


def start_hog(guest: Guest, mib: int, options: str = "") -> int:
    """A memhog that passes over its memory for ever, once it has all of it; its pid."""
    guest.run(f"memhog {mib} -p 1000000 {options} &")
    for _ in range(1000):
        # Until its exec it is called sh.
        found = re.search(r"^\s*(\d+) .*memhog", guest.run("ps"), re.MULTILINE)
        if found and status_kib(guest, int(found[1]), "VmRSS") >= mib * 1024:
            return int(found[1])
        guest.run("sleep 0.1")
    raise AssertionError("memhog never had all of its memory")
