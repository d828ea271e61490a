"""Running what a student wrote: limits, and walls where the machine offers them.

Tiers: "bwrap" (a mount, process and network namespace of its own) where bubblewrap
works, else "none" (resource limits only). The tier is written into every result.
"""

from __future__ import annotations

import functools
import resource
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

GIB = 1 << 30


@dataclass(frozen=True)
class Outcome:
    """What became of a command. `status` is negative for a signal."""

    status: int
    stdout: str
    stderr: str
    timed_out: bool


@functools.cache
def tier() -> str:
    """ "bwrap" if it works here, else "none"."""
    if not shutil.which("bwrap"):
        return "none"
    probe = subprocess.run(_bwrap([], []) + ["true"], capture_output=True, check=False)
    return "bwrap" if probe.returncode == 0 else "none"


def _bwrap(read: list[Path], write: list[Path]) -> list[str]:
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session",
               "--cap-drop", "ALL", "--clearenv", "--setenv", "PATH", "/usr/bin:/bin",
               "--setenv", "LC_ALL", "C",
               "--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev",
               "--tmpfs", "/tmp"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/") / name
        if path.is_symlink():
            command += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            command += ["--ro-bind", str(path), str(path)]
    for name in ("/etc/alternatives", "/etc/ld.so.cache"):
        command += ["--ro-bind-try", name, name]
    for path in read:
        command += ["--ro-bind", str(path), str(path)]
    for path in write:
        command += ["--bind", str(path), str(path)]
    return command


def run(command: list[str], *, cwd: Path, read: list[Path], write: list[Path],
        seconds: int, stdin: str = "", address_space: int | None = 4 * GIB) -> Outcome:
    """Runs COMMAND with CPU time, memory and file size limited.

    READ and WRITE are the directories that it may see; with tier "none" it sees all.
    ADDRESS_SPACE is in bytes; None for programs under ASan, which reserve terabytes.
    """
    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100 << 20, 100 << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if address_space:
            resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))

    if tier() == "bwrap":
        command = _bwrap(read, write) + ["--chdir", str(cwd)] + command
    try:
        done = subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, text=True,
                              errors="replace", timeout=seconds * 4 + 30, preexec_fn=limits,
                              check=False)
    except subprocess.TimeoutExpired as expired:
        return Outcome(-9, _text(expired.stdout), _text(expired.stderr), True)
    # bwrap reports a signal as 128 + its number; SIGXCPU is 24, SIGKILL 9.
    status = done.returncode
    timed_out = status in (-24, -9, 128 + 24, 128 + 9)
    return Outcome(status, done.stdout, done.stderr, timed_out)


def _text(output: bytes | str | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""
