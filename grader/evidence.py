"""What a guest with a student's kernel did: its memory, read by the host.

Offsets and names come from the reference's debug information, addresses from the symbol
table of the student's kernel: nothing that a student's file says about itself is used.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from diagrams import dump as dumps, events, ram
from diagrams.gdb import decode, source
from diagrams.gdb.layout import DIRECT_MAP, IMAGE_MAP
from grader.guest import SLOW, Guest, GuestError, find_gdb

#: A CPU that computes this long while the guest's clock stands still has lost its interrupts.
STUCK_CPU_SECONDS = 3.0
#: A guest that computes nothing may still wait for its disks this long.
IDLE_SECONDS = 60.0
#: Ticks at work without an event or a word on the console: nothing but a loop does that.
SILENT_TICKS = 50


class GuestHang(GuestError):
    """The guest did not come to an end; the message says where each CPU is."""


@dataclass
class Evidence:
    """What is left of a guest that has powered off."""

    status: int  # that the guest ended with
    console: str
    trace: events.Trace
    dump: dumps.Dump


@functools.cache
def qemu_sandbox(qemu: str) -> list[str]:
    """Arguments that keep QEMU from starting programs or gaining rights, if it can."""
    probe = subprocess.run([qemu, "-sandbox", "on", "-version"], capture_output=True,
                           check=False)
    if probe.returncode:
        return []
    return ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
                        "resourcecontrol=deny"]


@functools.cache
def _idle_stime(reference: Path) -> int:
    """Offset of the idle task's ticks within `idle_tasks`."""
    done = subprocess.run(
        [find_gdb(), "-batch", "-nx", "-iex", "set debuginfod enabled off",
         "-ex", "output (int)&((struct task *)0)->stime", str(reference)],
        capture_output=True, text=True, check=False)
    match = re.search(r"\d+$", done.stdout.strip())
    if not match:
        raise GuestError(f"gdb does not know struct task: {done.stdout}{done.stderr}")
    return int(match[0])


def _addresses(program: Path) -> dict[str, int]:
    lines = subprocess.run(["nm", "-g", "-P", str(program)], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    return {fields[0]: int(fields[2], 16) for fields in map(str.split, lines)
            if len(fields) > 2}


def open_memory(guest: Guest, reference: Path) -> tuple[decode.Kernel, dict[str, int]]:
    """The guest's memory, and where the global symbols of its kernel are."""
    layout = ram.layout_of(reference)
    addresses = _addresses(guest.config.kernel_path)
    layout = dataclasses.replace(layout, variables={
        name: (addresses[name], size) for name, (_, size) in layout.variables.items()})
    bases = (DIRECT_MAP[layout.machine], IMAGE_MAP[layout.machine])
    deadline = time.monotonic() + 10 * SLOW
    while not guest.ram.exists() or guest.ram.stat().st_size < guest.config.mem << 20:
        if not guest.running or time.monotonic() > deadline:
            raise GuestError(f"QEMU did not start\n{guest.tail()}")
        time.sleep(0.01)
    return decode.Kernel(layout, source.RamFile([guest.ram], bases)), addresses


class Watch:
    """Follows a one-CPU guest to its end, or to the end of its budget of guest time."""

    def __init__(self, guest: Guest, reference: Path):
        self._guest = guest
        self._kernel, addresses = open_memory(guest, reference)
        self._jiffies = addresses["jiffies"]
        self._idle = addresses["idle_tasks"] + _idle_stime(reference)
        self._head = addresses["event_rings"] + events.RING_HEADER.size - 8

    def busy_ticks(self) -> int:
        """Ticks of the guest's clock at which its CPU had something to do."""
        size = self._kernel.layout.pointer
        return (self._kernel.number(self._jiffies, size)
                - self._kernel.number(self._idle, size))

    def _said(self) -> tuple[int, int]:
        """Grows with every event and every word on the console."""
        return self._kernel.number(self._head, 8), len(self._guest.console)

    def wait(self, budget: int) -> int:
        """The status that the guest ends with. Raises GuestPanic or GuestHang."""
        ticks, cpu, idle = -1, 0.0, time.monotonic()
        said, silent_since = self._said(), 0
        while self._guest.running:
            now = self.busy_ticks()
            if now != ticks:
                ticks, cpu, idle = now, self._guest.cpu_seconds(), time.monotonic()
            if self._said() != said:
                said, silent_since = self._said(), ticks
            if ticks - silent_since > SILENT_TICKS:
                raise GuestHang(f"busy for {SILENT_TICKS} ticks of the guest's clock, and "
                                f"nothing happened\n{self.where()}")
            if ticks > budget:
                raise GuestHang(f"not done after {ticks} ticks of the guest's clock at work, "
                                f"several times what it takes\n{self.where()}")
            if self._guest.cpu_seconds() - cpu > STUCK_CPU_SECONDS:
                raise GuestHang("a CPU computes with interrupts off and does not come back\n"
                                + self.where())
            if time.monotonic() - idle > IDLE_SECONDS * SLOW:
                raise GuestHang(f"everything sleeps, and nothing wakes it\n{self.where()}")
            self._guest.check_panic()
            time.sleep(0.02)
        return self._guest.wait()

    def evidence(self, status: int) -> Evidence:
        return Evidence(status, self._guest.console, decode.read_trace(self._kernel),
                        dumps.Dump(decode.read_dump(self._kernel)))

    def where(self) -> str:
        """A backtrace of each CPU. A student's file may not bring gdb scripts along."""
        try:
            done = subprocess.run(
                [find_gdb(), "-batch", "-nx", "-iex", "set auto-load off",
                 "-iex", "set debuginfod enabled off", "-ex", "set print frame-arguments none",
                 "-ex", f"target remote {self._guest.gdb_socket}",
                 "-ex", "thread apply all bt 6", str(self._guest.config.kernel_path)],
                capture_output=True, text=True, errors="replace", timeout=30 * SLOW,
                check=False)
        except subprocess.TimeoutExpired:
            return "(gdb did not get through to it)"
        lines = [re.sub(r"^Thread (\d+).*", lambda m: f"CPU {int(m[1]) - 1}:", line)
                 for line in done.stdout.splitlines() if re.match(r"Thread \d|#\d", line)]
        return "\n".join(dict.fromkeys(lines)) or done.stderr.strip()
