"""Proof under load: everything at once, for a long time, on every kind of machine.

    python -m grader.soak [--minutes 10] [--arch i386] [--cpus 4] [--seed 1] [--check]

The program `soak` runs in a guest of 32 MiB with two swap areas that come and go and a disk
that is mounted and unmounted. While it runs, all page events are judged by the model and all
lists are checked; afterwards everything that was taken must have been given back:

    what                       read from               must be
    tasks, objects of a slab   /proc                   as many as before
    pages of each state        the guest's RAM         as many as before, see _compare_states
    swap slots                 swapoff                 all given back, or swapoff fails
    page cache, dirty data     sync, drop_caches       nothing but pages that are mapped
    both file systems          e2fsck -fn              clean

Caches that keep spares on purpose have a bound instead, see `_object_bound`. Every process
that a signal ended must be one that the OOM killer names; so must one behind each failure.
"""
from __future__ import annotations

import argparse
import contextlib
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from diagrams import dump as dumps, ram
from diagrams.check import check_dump
from diagrams.dump import Dump
from diagrams.gdb import decode
from diagrams.stream import Verdict, Watcher
from grader.guest import TOP, Config, Guest, GuestError, Monitor

ARCHES = ("i386", "x86_64")
SBIN = "/usr/sbin:/sbin:/usr/bin:/bin"
#: Records for each CPU: half a second of a busy guest.
RING = 1 << 18
RING_MIB = RING * 32 >> 20
MEMORY_MIB = 32  # besides the rings
#: In the order in which the guest sees them, as vdb, vdc and vdd; sizes in MiB.
DISKS = (("big", 32), ("little", 16), ("files", 12))
BOUNDED = ("radix_node", "buffer_head", "slab_outside")  # caches, see _object_bound
SPARE_HEADS = 36  # buffer heads that the kernel keeps for hard times


@dataclass
class Machine:
    arch: str
    cpus: int
    check: bool = False  # the kernel that checks lock order and lists itself

    def __str__(self) -> str:
        return f"{self.arch}, {self.cpus} CPU{'s' if self.cpus > 1 else ''}" + (
            ", CHECK=1" if self.check else "")

    @property
    def kernel(self) -> Path:
        variant = "-check" if self.check else ""
        return TOP / "build" / f"{self.arch}{variant}" / "kernel.elf"


@dataclass
class Cache:
    """A line of /proc/slabinfo."""
    name: str
    objects: int  # active ones
    slabs: int
    pages_per_slab: int
    array: str  # limit and batch of each CPU's array


@dataclass
class State:
    """What is in use at a moment of rest."""
    tasks: int
    objects: dict[str, int]  # of each slab cache
    slabs: int
    slab_pages: int  # as /proc/slabinfo adds them up
    vmstat: dict[str, int]
    dump: Dump


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
        end = "\n".join(self.console.splitlines()[-60:])
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


def come_to_rest(guest: Guest) -> None:
    """Nothing is dirty any more, and caches hold only what is in use. The second round takes
    what the first one's own programs have brought back."""
    for _ in range(2):
        guest.run("sync; echo 3 > /proc/sys/vm/drop_caches")


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


def read_slabinfo(guest: Guest) -> list[Cache]:
    lines = re.findall(r"^(\S+) +(\d+) +\d+ +\d+ +\d+ +(\d+) +(\d+) :(?: *(\d+ +\d+))?$",
                       guest.run("cat /proc/slabinfo"), re.MULTILINE)
    if not lines:
        raise GuestError("/proc/slabinfo is not as expected")
    return [Cache(name, int(objects), int(slabs), int(pages), array or "0 0")
            for name, objects, slabs, pages, array in lines]


def set_arrays(guest: Guest, arrays: dict[str, str]) -> None:
    """The processors' stocks of free objects: without them, an active object is in use."""
    for name, sizes in arrays.items():
        guest.run(f"echo {name} {sizes} > /proc/slabinfo")


def look(guest: Guest, holder: Holder) -> State:
    come_to_rest(guest)
    arrays = {cache.name: cache.array for cache in read_slabinfo(guest)}
    set_arrays(guest, dict.fromkeys(arrays, "0 0"))
    caches = read_slabinfo(guest)
    vmstat = dict(line.split() for line in guest.run("cat /proc/vmstat").splitlines() if line)
    tasks = int(guest.run("cat /proc/loadavg").split()[3].split("/")[1])
    with holder.held():
        dump = Dump(decode.read_dump(ram.open_ram(guest.config.kernel_path, guest.ram)))
    set_arrays(guest, arrays)
    return State(tasks, {cache.name: cache.objects for cache in caches},
                 sum(cache.slabs for cache in caches),
                 sum(cache.slabs * cache.pages_per_slab for cache in caches),
                 {k: int(v) for k, v in vmstat.items()}, dump)


def wait_for_orphans(guest: Guest, tasks: int, seconds: float) -> None:
    """Children of a process that was killed go on; they end by themselves."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if int(guest.run("cat /proc/loadavg").split()[3].split("/")[1]) <= tasks:
            return
        time.sleep(0.5)


def judge_console(console: str) -> list[str]:
    """Whoever was ended or failed must be a victim of the OOM killer, or the parent of one;
    wrong data has no excuse."""
    problems = []
    victims = {int(pid): name for pid, name in
               re.findall(r"Out of memory: killed process (\d+) \((\w+)\)", console)}
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


def _object_bound(cache: str, before: State, after: State, cpus: int) -> int:
    """The most objects that a cache may have at rest. Two have spares: a node for each level
    of the highest tree on each CPU, and SPARE_HEADS buffer heads. Their other objects belong
    to cached pages, of which a few stay mapped: a node, or the heads of the smallest blocks,
    for each. Descriptors belong to slabs. All other caches must be as they were."""
    if cache == "slab_outside":
        return after.slabs
    pages = sum(1 for mapping in after.dump.cols["mapping"] if mapping)
    if cache == "radix_node":
        return cpus * 11 + pages
    if cache == "buffer_head":
        return SPARE_HEADS + 4 * sum(1 for b in after.dump.cols["buffers"] if b)
    return before.objects.get(cache, 0)


def _compare_states(before: State, after: State) -> list[str]:
    """Pages by state. A slab that is free may be kept, but must be some cache's. Anonymous
    pages must be mapped, and be held by nobody else: the shell may have more than before, and
    fewer, as reclaim forgets pages of zeros. Pages on lists must have an owner."""
    counts = after.dump.state_counts()
    was = before.dump.state_counts()
    cols = after.dump.cols
    problems = []
    for state in ("kernel", "pagetable", "pcp", "isolated"):
        if counts.get(state, 0) != was.get(state, 0):
            problems.append(f"{counts[state]} {state} pages, {was[state]} before: "
                            f"{_examples(after.dump, state)}")
    if counts["slab"] != after.slab_pages:
        problems.append(f"{counts['slab']} slab pages, but the caches have "
                        f"{after.slab_pages}")
    for pfn, number in enumerate(after.dump.list_of):
        state = after.dump.states[number]
        if state in ("active", "inactive_dirty", "inactive_clean"):
            problems += _page_without_owner(after.dump, pfn)
        elif state == "anon" and cols["count"][pfn] != cols["mapcount"][pfn]:
            problems.append(f"anonymous page {pfn} has {cols['count'][pfn]} references, but "
                            f"{cols['mapcount'][pfn]} ptes")
    return problems


def _page_without_owner(dump: Dump, pfn: int) -> list[str]:
    """A page of a list at rest: in a file and mapped, or with a buffer; not in swap."""
    cols = dump.cols
    if dump.has_flag(pfn, "swap_cache"):
        return [f"page {pfn} is still in the swap cache"]
    if dump.has_flag(pfn, "dirty") or dump.has_flag(pfn, "locked"):
        return [f"page {pfn} is still {' '.join(dump.flag_names(pfn))}"]
    if not cols["mapping"][pfn] and not cols["buffers"][pfn]:
        return [f"page {pfn} is on a list, but nobody's"]
    return []


def _examples(dump: Dump, state: str) -> str:
    """A few pages of a state, for a message."""
    pages = [pfn for pfn, number in enumerate(dump.list_of) if dump.states[number] == state]
    return ", ".join(f"{pfn} (count {dump.cols['count'][pfn]}, mapped "
                     f"{dump.cols['mapcount'][pfn]}, {' '.join(dump.flag_names(pfn)) or '-'})"
                     for pfn in pages[-8:])


def compare(before: State, after: State, cpus: int) -> list[str]:
    """What was not given back."""
    problems = [f"{p}" for p in check_dump(after.dump)]
    if after.tasks != before.tasks:
        problems.append(f"{after.tasks} tasks, {before.tasks} before")
    for cache, number in after.objects.items():
        bound = _object_bound(cache, before, after, cpus)
        if number > bound or (cache not in BOUNDED and number != bound):
            problems.append(f"slab {cache}: {number} objects, {bound} "
                            f"{'at most' if number > bound else 'before'}")
    for counter in ("nr_swapcache", "nr_async_pages"):
        if after.vmstat[counter]:
            problems.append(f"{counter} is {after.vmstat[counter]} with no swap area on")
    return problems + _compare_states(before, after)


def soak(machine: Machine, seconds: int, seed: int, directory: Path) -> Outcome:
    """Runs one guest for so many seconds of its own time."""
    outcome = Outcome(machine, seed)
    started = time.monotonic()
    directory.mkdir(parents=True, exist_ok=True)
    config = Config(arch=machine.arch, cpus=machine.cpus, kernel=machine.kernel, swap=False,
                    mem=MEMORY_MIB + RING_MIB * machine.cpus, extra=make_disks(directory),
                    options=f"trace_records={RING}")
    watcher = Watcher(machine.kernel)
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
    before = look(guest, holder)
    output, status = guest.run_status(
        f"swapon /dev/vdb /dev/vdc; soak -t {seconds} -s {outcome.seed} -b /dev/vdb "
        "-l /dev/vdc -d /dev/vdd /tmp/soak", timeout=20 * seconds + 120)
    found = re.findall(r"^soak: (.* (?:done|failed))$", output, re.MULTILINE)
    outcome.summary = found[-1] if found else ""
    if status:
        outcome.problems.append(f"soak ended with status {status}")
    wait_for_orphans(guest, before.tasks, 60)
    output, status = guest.run_status("umount /tmp/soak/disk")
    output, status = guest.run_status("swapoff /dev/vdb; swapoff /dev/vdc; cat /proc/swaps")
    if "/dev/" in output:
        outcome.problems.append(f"swap areas that cannot be emptied:\n{output}")
    guest.run("rm -r /tmp/soak")
    after = look(guest, holder)
    outcome.problems += compare(before, after, outcome.machine.cpus)
    watcher.stop()
    guest.send("exit 0\n")
    guest.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="for all machines together")
    parser.add_argument("--arch", choices=ARCHES, action="append")
    parser.add_argument("--cpus", type=int, action="append")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1000000)
    parser.add_argument("--check", action="store_true", help="kernels built with CHECK=1")
    parser.add_argument("--keep", type=Path, help="directory for what a failure leaves")
    arguments = parser.parse_args()
    machines = [Machine(arch, cpus, arguments.check) for arch in arguments.arch or ARCHES
                for cpus in arguments.cpus or (1, 4)]
    seconds = max(1, round(arguments.minutes * 60 / len(machines)))
    failed = False
    for machine in machines:
        with tempfile.TemporaryDirectory(prefix="highwater-soak-") as directory:
            outcome = soak(machine, seconds, arguments.seed, Path(directory))
        print(outcome, flush=True)
        failed |= bool(outcome.problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
