"""Proof under load: everything at once, for a long time, on every kind of machine.

    python -m grader.soak [--minutes 10] [--vm 2.6] [--arch i386] [--cpus 4] [--seed 1] ...

The program `soak` runs in a guest of 32 MiB with two swap areas that come and go and a disk
that is mounted and unmounted. While it runs, all page events are judged by the model of its
era and all lists are checked. Afterwards both swap areas must go off, everything that was
taken must have been given back (`rest.py`), and e2fsck find nothing. Every process that a
signal ended must be one that the OOM killer names; so must one behind each failure.
"""
from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from diagrams.stream import Verdict, Watcher
from grader import rest
from grader.guest import TOP, Config, Guest, GuestError, Monitor

ARCHES = ("i386", "x86_64")
ERAS = ("2.4", "2.6")
SBIN = "/usr/sbin:/sbin:/usr/bin:/bin"
#: Records for each CPU: half a second of a busy guest.
RING = 1 << 18
RING_MIB = RING * 32 >> 20
MEMORY_MIB = 32  # besides the rings
#: In the order in which the guest sees them, as vdb, vdc and vdd; sizes in MiB.
DISKS = (("big", 32), ("little", 16), ("files", 12))


@dataclass
class Machine:
    arch: str
    cpus: int
    vm: str = "2.4"
    check: bool = False  # the kernel that checks lock order and lists itself

    def __str__(self) -> str:
        return (f"vm={self.vm}, {self.arch}, {self.cpus} CPU{'s' if self.cpus > 1 else ''}"
                + (", CHECK=1" if self.check else ""))

    @property
    def kernel(self) -> Path:
        variant = "-check" if self.check else ""
        return TOP / "build" / f"{self.arch}{variant}" / "kernel.elf"


@dataclass
class Outcome:
    machine: Machine
    seed: int
    problems: list[str] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    summary: str = ""  # the guest's own last line
    console: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        said = (f"{self.machine}, seed {self.seed}: {self.summary or 'not ended'}; "
                f"{self.verdict.events} events and {self.verdict.moves} moves judged, "
                f"{self.verdict.dumps} checks of all lists, {self.seconds:.0f} s")
        if not self.problems:
            return said
        end = "\n".join([line for line in self.console.splitlines()
                         if "status=" not in line][-60:])  # without what `rest` asked for
        return "\n".join([said, f"--- console, seed {self.seed} ---", end,
                          f"--- {len(self.problems)} problems ---", *self.problems])


def make_disks(directory: Path) -> list[str]:
    """Makes the images; QEMU's arguments for them."""
    arguments: list[str] = []
    for name, size in DISKS:
        image = directory / f"{name}.img"
        command = ["mke2fs", "-q", "-F", "-t", "ext2"] if name == "files" else ["mkswap"]
        with open(image, "wb") as file:
            file.truncate(size << 20)
        subprocess.run([*command, str(image)], check=True, capture_output=True,
                       env={"PATH": SBIN})
        arguments += ["-drive", f"file={image},if=none,id={name},format=raw,cache=unsafe",
                      "-device", f"virtio-blk-pci,drive={name}"]
    return arguments


def fsck(image: Path) -> list[str]:
    done = subprocess.run(["e2fsck", "-fn", str(image)], capture_output=True, text=True,
                          env={"PATH": SBIN}, check=False)
    return [] if done.returncode == 0 else [f"e2fsck of {image.name}: {done.stdout}"]


class Holder:
    """Lets a guest stand still, for one thread at a time: its monitor serves only one."""

    def __init__(self, guest: Guest):
        self._monitor = Monitor(guest.directory / "qmp.sock")
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        with self._lock:
            self._monitor.run("stop")
            try:
                yield
            finally:
                self._monitor.run("cont")


def wait_for_orphans(guest: Guest, before: rest.State, seconds: float) -> None:
    """Children of a process that was killed go on; they end by themselves. A flusher stays."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if rest.count_tasks(guest) - rest.count_flushers(guest) <= before.tasks - before.flushers:
            return
        time.sleep(0.5)


def judge_console(console: str) -> list[str]:
    """Whoever was ended or failed must be a victim of the OOM killer, or the parent of one;
    wrong data has no excuse."""
    problems = []
    victims = {int(pid): name for pid, name in
               re.findall(r"[Kk]illed process (\d+) \((\w+)\)", console)}
    excuses = Counter(victims.values())
    for pid, name in re.findall(r"^soak: process (\d+) \((\w+)\) was ended by signal \d+",
                                console, re.MULTILINE):
        if int(pid) in victims:
            excuses[name] -= 1
        else:
            problems.append(f"process {pid} ({name}) was ended, but not by the OOM killer")
    for text in re.findall(r"^soak: (\w+ failed, (?:.*\n)+?)\n", console, re.MULTILINE):
        name = text.split()[0]
        if "wrong" in text:
            problems.append(f"wrong data: {text}")
        elif excuses[name] > 0:
            excuses[name] -= 1
        elif "Cannot allocate memory" not in text:
            problems.append(f"failed without a reason: {text}")
    for line in re.findall(r"^.*(?:holders|names no swap slot|is on the clean list|"
                           r"has count).*$", console, re.MULTILINE):
        problems.append(f"the kernel says: {line}")
    return problems


def soak(machine: Machine, seconds: int, seed: int, directory: Path) -> Outcome:
    """Runs one guest for so many seconds of its own time."""
    outcome = Outcome(machine, seed)
    started = time.monotonic()
    directory.mkdir(parents=True, exist_ok=True)
    config = Config(arch=machine.arch, vm=machine.vm, cpus=machine.cpus, kernel=machine.kernel,
                    swap=False, mem=MEMORY_MIB + RING_MIB * machine.cpus,
                    extra=make_disks(directory), options=f"trace_records={RING}")
    watcher = Watcher(machine.kernel, machine.vm)
    guest = Guest(config, directory / "guest")
    try:
        with guest:
            try:
                _run(guest, watcher, outcome, seconds)
            finally:
                watcher.stop()
        outcome.problems += fsck(guest.directory / "root.img")
        outcome.problems += fsck(directory / "files.img")
    except GuestError as error:
        outcome.problems.append(str(error))
    outcome.console = guest.console
    outcome.verdict = watcher.finish()
    outcome.problems += judge_console(outcome.console) + outcome.verdict.errors
    outcome.seconds = time.monotonic() - started
    return outcome


def _run(guest: Guest, watcher: Watcher, outcome: Outcome, seconds: int) -> None:
    guest.boot()
    holder = Holder(guest)
    watcher.watch(guest.ram, holder.held)
    before = rest.look(guest, holder.held)
    output, status = guest.run_status(
        f"swapon /dev/vdb /dev/vdc; soak -t {seconds} -s {outcome.seed} -b /dev/vdb "
        "-l /dev/vdc -d /dev/vdd /tmp/soak", timeout=20 * seconds + 120)
    found = re.findall(r"^soak: (.* (?:done|failed))$", output, re.MULTILINE)
    outcome.summary = found[-1] if found else ""
    if status:
        told = "\n".join(re.findall(r"^soak: .*$", output, re.MULTILINE)[-20:])
        outcome.problems.append(f"soak ended with status {status}:\n{told}")
    wait_for_orphans(guest, before, 60)
    output, status = guest.run_status("umount /tmp/soak/disk")
    output, status = guest.run_status("swapoff /dev/vdb; swapoff /dev/vdc; cat /proc/swaps")
    if "/dev/" in output:
        outcome.problems.append(f"swap areas that cannot be emptied:\n{output}")
    guest.run("rm -r /tmp/soak")
    after = rest.look(guest, holder.held)
    outcome.problems += rest.compare(before, after, outcome.machine.cpus)
    watcher.stop()
    guest.send("exit 0\n")
    guest.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="for all machines together")
    parser.add_argument("--arch", choices=ARCHES, action="append")
    parser.add_argument("--vm", choices=("2.4", "2.6"), action="append")
    parser.add_argument("--cpus", type=int, action="append")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1000000)
    parser.add_argument("--check", action="store_true", help="kernels built with CHECK=1")
    parser.add_argument("--keep", type=Path,
                        help="directory for what a failure leaves: disks and memory")
    arguments = parser.parse_args()
    machines = [Machine(arch, cpus, vm, arguments.check) for vm in arguments.vm or ERAS
                for arch in arguments.arch or ARCHES for cpus in arguments.cpus or (1, 4)]
    seconds = max(1, round(arguments.minutes * 60 / len(machines)))
    failed = False
    for machine in machines:
        with tempfile.TemporaryDirectory(prefix="highwater-soak-") as directory:
            outcome = soak(machine, seconds, arguments.seed, Path(directory))
            if outcome.problems and arguments.keep:
                kept = f"{machine.vm}-{machine.arch}-{machine.cpus}"
                shutil.copytree(directory, arguments.keep / kept, dirs_exist_ok=True,
                                ignore=shutil.ignore_patterns("*.sock"))
        print(outcome, flush=True)
        failed |= bool(outcome.problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
