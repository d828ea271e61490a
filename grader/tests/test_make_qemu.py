"""`make qemu`'s program: what it refuses, and whose failure its exit status tells."""

from __future__ import annotations

import subprocess
import sys

import pytest

from grader.guest import TOP


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "grader.guest", *arguments], cwd=TOP,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


@pytest.mark.parametrize("size, complaint", [
    ("1M", "at least 8M"), ("lots", "is not a size"), ("32Q", "is not a size")])
def test_wrong_size_of_memory_is_refused(size: str, complaint: str) -> None:
    done = start("--mem", size)
    assert done.returncode == 2
    assert complaint in done.stderr and "Traceback" not in done.stderr


def test_qemus_own_failure_is_a_failure() -> None:
    done = start("--mem", "99999G")
    assert done.returncode == 1
    assert "memory" in done.stderr
