"""`make bench`: what the kernel's operations cost, as medians over several boots.

Both architectures under both eras, side by side: what they cost, how many pages reclaim looks
at for each one that it frees, and what a scan leaves of a file that was read before.

Every figure of a run was measured in that run, on this machine: compare ratios, not
figures of different days. Instructions are the exception: they tell a slower kernel from a
busier host. `make bench` prints; nothing fails because it is slow.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from grader import hotset
from grader.debugger import Debugger
from grader.guest import TOP, Config, Guest
from grader.instructions import InstructionCount

ARCHES = ("i386", "x86_64")
ERAS = ("2.4", "2.6")
SWAP_MIB = 64  # rewritten in a guest of half the size
STREAMS = 5  # pairs of files that a writer makes
#: Memory, hot file and stream in MiB: as in the notes on Linux, and a stream of ten memories.
SCANS = ((128, 8, 256), (32, 2, 320))
#: kbench's operations that need no disk.
COMPUTED = ("null_syscall fork_exit_wait fork_exit_wait_4mb fork_exec_wait pipe_round_trip "
            "page_touch file_page_touch")
STREAM_MIB = 64  # read in a guest of half the size


@dataclass(frozen=True)
class Machine:
    arch: str
    vm: str

    def __str__(self) -> str:
        return f"{self.arch} {self.vm}"

    def config(self, **more) -> Config:
        return Config(arch=self.arch, vm=self.vm, **more)


class Figures:
    """Samples by name with unit, and by column."""

    def __init__(self) -> None:
        self._samples: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(
            lambda: defaultdict(list))

    def add(self, name: str, column: str, value: float, unit: str) -> None:
        self._samples[name, unit][column].append(value)

    def table(self, columns: tuple[str, ...]) -> str:
        lines = [f"{'':46}" + "".join(f"{column:>12}" for column in columns)]
        for (name, unit), samples in self._samples.items():
            cells = "".join(f"{self._cell(samples[column]):>12}" for column in columns)
            lines.append(f"{name:46}{cells}  {unit}")
        return "\n".join(lines)

    @staticmethod
    def _cell(samples: list[float]) -> str:
        """The median with three digits or more; - where nothing was measured."""
        if not samples:
            return "-"
        value = statistics.median(samples)
        return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def boot_to_prompt(figures: Figures, machine: Machine, cpus: int) -> None:
    start = time.monotonic()
    with Guest(machine.config(cpus=cpus)) as guest:
        guest.boot()
        figures.add(f"boot to prompt, {cpus} CPU", str(machine), time.monotonic() - start, "s")


def operations(figures: Figures, machine: Machine, trace: int) -> None:
    """kbench's operations; with TRACE 0, the page touches alone, to price events."""
    with Guest(machine.config(mem=64, options=f"trace={trace}")) as guest:
        guest.boot()
        names = "" if trace else " page_touch file_page_touch"
        for name, value, unit in re.findall(r"^(\S+) (\d+) (ns|MB/s)$",
                                            guest.run("kbench" + names, timeout=300), re.M):
            figures.add(name + ("" if trace else ", events off"), str(machine), float(value),
                        unit)


def scan_cost(figures: Figures, machine: Machine, load: str, scanned: int, freed: int) -> None:
    if freed:
        figures.add(f"scanned for each page freed, {load}", str(machine), scanned / freed, "")


def swap(figures: Figures, machine: Machine) -> None:
    """Anonymous memory of twice the machine's, rewritten in order and at random."""
    for order, flag in (("in order", ""), ("at random", " -r")):
        with Guest(machine.config(mem=SWAP_MIB // 2)) as guest:
            guest.boot()
            before = hotset.vmstat(guest)
            start = time.monotonic()
            guest.run(f"memhog {SWAP_MIB} -p 3{flag}", timeout=300)
            seconds = time.monotonic() - start
            looks = hotset.scanned_and_freed(before, hotset.vmstat(guest))
        # Three passes and a check: each moves all of it in and, but for the check, out.
        figures.add(f"rewrite twice the memory {order}", str(machine), 4 * SWAP_MIB / seconds,
                    "MB/s")
        scan_cost(figures, machine, f"rewriting {order}", *looks)


def operations_in_instructions(figures: Figures, machine: Machine) -> None:
    """The guest's clock counts instructions, its programs' too: a nanosecond for each."""
    with Guest(machine.config(mem=64, icount=True)) as guest:
        guest.boot()
        for name, value in re.findall(r"^(\S+) (\d+) ns$",
                                      guest.run(f"kbench -n 3 {COMPUTED}", timeout=300), re.M):
            figures.add(name, str(machine), float(value), "instructions")


def kernel_instructions(machine: Machine, memory: int, commands: tuple[str, ...], counter: str,
                        **more) -> float:
    """What the last of COMMANDS costs the kernel, for each time that COUNTER went up."""
    config = machine.config(mem=memory, **more)
    with InstructionCount(config) as count, Guest(config) as guest:
        guest.boot()
        for command in commands[:-1]:
            guest.run(command)
        before, start = hotset.vmstat(guest), count.value
        guest.run(commands[-1], timeout=300)
        spent, after = count.value - start, hotset.vmstat(guest)
    return spent / (after[counter] - before.get(counter, 0))


def paging_in_instructions(figures: Figures, machine: Machine) -> None:
    """A page that goes to swap and comes back, and one of a file that is read through."""
    for order, flag in (("in order", ""), ("at random", " -r")):
        cost = kernel_instructions(machine, SWAP_MIB // 4, (f"memhog {SWAP_MIB // 2} -p 3{flag}",),
                                   "pswpout")
        figures.add(f"a page to swap and back, {order}", str(machine), cost, "instructions")
    with TemporaryDirectory() as place:
        image = Path(place) / "files.img"
        hotset.make_disk(image, 1, STREAM_MIB)
        cost = kernel_instructions(machine, STREAM_MIB // 2,
                                   ("mkdir /tmp/files", "mount -r /dev/vdc /tmp/files",
                                    "cat /tmp/files/stream > /dev/null"),
                                   "pgpgin", extra=hotset.disk_of(image))
    figures.add("a page of a file read through", str(machine), 4 * cost, "instructions")


def streaming_write(figures: Figures, machine: Machine) -> None:
    """Files of half the memory, written one after the other; each is on the disk in the end."""
    with Guest(machine.config(mem=16)) as guest:
        guest.boot()
        start = time.monotonic()
        guest.run("; ".join(["filescan -w 8 /tmp/a /tmp/b"] * STREAMS), timeout=300)
        seconds = time.monotonic() - start
    figures.add("write 5 times the memory", str(machine), 16 * STREAMS / seconds, "MB/s")


def scans(figures: Figures, machines: list[Machine]) -> None:
    """A hot file that is read three times or once, then a stream: what was to be read again."""
    for memory, hot, stream in SCANS:
        with TemporaryDirectory() as place:
            image = Path(place) / "files.img"
            hotset.make_disk(image, hot, stream)
            for machine in machines:
                for times in (3, 1):
                    result = hotset.lost_pages(machine.config(mem=memory), image, times)
                    figures.add(f"{hot} MiB read {times}x, {stream} MiB once, {memory} MiB: lost",
                                str(machine), 100 * result.lost / result.pages, "%")
                scan_cost(figures, machine, f"{stream} MiB read", result.scanned, result.freed)


def dump(figures: Figures, machine: Machine) -> None:
    with Guest(machine.config(mem=64)) as guest, TemporaryDirectory() as place:
        guest.boot()
        with Debugger(guest) as debugger:
            for _ in range(3):
                start = time.monotonic()
                debugger.command(f"mm dump {place}/dump.json")
                figures.add("gdb dump of 16,384 pages", str(machine),
                            time.monotonic() - start, "s")


def scenarios(figures: Figures) -> None:
    program = TOP / "build" / "sim" / "highwater"
    text = ["machine policy=2.4 dma=4096 normal=12288"]
    text += [f"page p{i} list=active age=3" for i in range(500)]
    text += ["call refill_inactive_scan priority=0 oneshot=0", "call age_page_up p7"] * 50000
    start = time.monotonic()
    subprocess.run([str(program), "run", "-"], input="\n".join(text), text=True, check=True,
                   capture_output=True)
    figures.add("scenario statements", "sim", len(text) / (time.monotonic() - start), "/s")


def replay(figures: Figures) -> None:
    """A trace of 4 million references, a quarter of its pages in memory: speed and misses."""
    program = TOP / "build" / "sim" / "highwater"
    with TemporaryDirectory() as place:
        trace = f"{place}/zipf.bin"
        with open(trace, "wb") as file:
            subprocess.run([program, "trace", "zipf", "--alpha=0.985", "--format=oracleGeneral"],
                           stdout=file, check=True)
        report = json.loads(subprocess.run(
            [program, "replay", trace, "--compare", "--memory=25%", "--json",
             f"--plot={place}/zipf.svg"], check=True, capture_output=True).stdout)
    runs = {run["vm"]: run for run in report["runs"]}
    for vm, run in runs.items():
        figures.add(f"replay, vm {vm}", "sim", report["references"] / run["seconds"] / 1e6,
                    "million references/s")
    for vm in ("2.4", "2.6"):
        for other in ("lru", "opt"):
            figures.add(f"misses, vm {vm} to {other}", "sim",
                        runs[vm]["misses"] / runs[other]["misses"], "times")
    figures.add("pages scanned for one freed, 2.6", "sim",
                runs["2.6"]["scanned"] / runs["2.6"]["freed"], "")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--boots", type=int, default=3, help="boots for each median")
    parser.add_argument("--vm", choices=ERAS, action="append", help="both, if not said")
    parser.add_argument("--arch", choices=ARCHES, action="append", help="both, if not said")
    arguments = parser.parse_args()
    machines = [Machine(arch, vm) for arch in arguments.arch or ARCHES
                for vm in arguments.vm or ERAS]
    figures = Figures()
    for _ in range(arguments.boots):
        for machine in machines:
            boot_to_prompt(figures, machine, 1)
            boot_to_prompt(figures, machine, 4)
            operations(figures, machine, trace=1)
            operations(figures, machine, trace=0)
            operations_in_instructions(figures, machine)
            paging_in_instructions(figures, machine)
            swap(figures, machine)
            streaming_write(figures, machine)
            dump(figures, machine)
        scenarios(figures)
        replay(figures)
    scans(figures, machines)  # counts: the same every time
    print(figures.table((*map(str, machines), "sim")))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
