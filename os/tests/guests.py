"""Helpers of the tests that boot a guest."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from grader.guest import Config, Guest

ARCHES = ("i386", "x86_64")
SBIN = "/usr/sbin:/sbin:/usr/bin:/bin"


def fsck(image: Path) -> None:
    """Fails with e2fsck's words unless the file system is clean."""
    done = subprocess.run(["e2fsck", "-fn", str(image)], capture_output=True, text=True,
                          env={"PATH": SBIN}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def run_to_end(config: Config, directory: Path, timeout: float = 120) -> str:
    """Boots, runs the configured command, and waits for a clean power-off.

    Returns the console. The command must have ended with status 0, and the root file
    system must be clean afterwards.
    """
    with Guest(config, directory) as guest:
        status = guest.wait(timeout)
        console = guest.console
    assert status == 0, console[-4000:]
    assert "[init] exit 0" in console, console[-4000:]
    fsck(directory / "root.img")
    shutil.rmtree(directory)
    return console
