"""`make bench`: what the kernel's operations cost, as medians over several boots.

Every figure of a run was measured in that run, on this machine: compare ratios, not
figures of different days. `make bench` prints; nothing fails because it is slow.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import time
from collections import defaultdict
from tempfile import TemporaryDirectory

from grader.debugger import Debugger
from grader.guest import TOP, Config, Guest

ARCHES = ("i386", "x86_64")
SWAP_MIB = 64  # rewritten in a guest of half the size


class Figures:
    """Samples by name and architecture."""

    def __init__(self) -> None:
        self._samples: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self._units: dict[str, str] = {}

    def add(self, name: str, column: str, value: float, unit: str) -> None:
        self._samples[name][column].append(value)
        self._units[name] = unit

    def table(self, columns: tuple[str, ...]) -> str:
        lines = [f"{'':34}" + "".join(f"{column:>14}" for column in columns)]
        for name, samples in self._samples.items():
            cells = "".join(
                f"{statistics.median(samples[column]):14,.2f}" if samples[column] else f"{'-':>14}"
                for column in columns)
            lines.append(f"{name:34}{cells}  {self._units[name]}")
        return "\n".join(lines)


def boot_to_prompt(figures: Figures, arch: str, cpus: int) -> None:
    start = time.monotonic()
    with Guest(Config(arch=arch, cpus=cpus)) as guest:
        guest.boot()
        figures.add(f"boot to prompt, {cpus} CPU", arch, time.monotonic() - start, "s")


def operations(figures: Figures, arch: str, trace: int) -> None:
    """kbench's operations; with TRACE 0, the page touches alone, to price events."""
    with Guest(Config(arch=arch, mem=64, options=f"trace={trace}")) as guest:
        guest.boot()
        names = "" if trace else " page_touch file_page_touch"
        for name, value, unit in re.findall(r"^(\S+) (\d+) (ns|MB/s)$",
                                            guest.run("kbench" + names, timeout=300), re.M):
            figures.add(name + ("" if trace else ", events off"), arch, float(value), unit)


def swap(figures: Figures, arch: str) -> None:
    """Anonymous memory of twice the machine's, rewritten in order and at random."""
    for order, flag in (("in order", ""), ("at random", " -r")):
        with Guest(Config(arch=arch, mem=SWAP_MIB // 2)) as guest:
            guest.boot()
            start = time.monotonic()
            guest.run(f"memhog {SWAP_MIB} -p 3{flag}", timeout=300)
            seconds = time.monotonic() - start
        # Three passes and a check: each moves all of it in and, but for the check, out.
        figures.add(f"rewrite twice the memory {order}", arch, 4 * SWAP_MIB / seconds, "MB/s")


def dump(figures: Figures, arch: str) -> None:
    with Guest(Config(arch=arch, mem=64)) as guest, TemporaryDirectory() as place:
        guest.boot()
        with Debugger(guest) as debugger:
            for _ in range(3):
                start = time.monotonic()
                debugger.command(f"mm dump {place}/dump.json")
                figures.add("gdb dump of 16,384 pages", arch, time.monotonic() - start, "s")


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
    boots = parser.parse_args().boots
    figures = Figures()
    for _ in range(boots):
        for arch in ARCHES:
            boot_to_prompt(figures, arch, 1)
            boot_to_prompt(figures, arch, 4)
            operations(figures, arch, trace=1)
            operations(figures, arch, trace=0)
            swap(figures, arch)
            dump(figures, arch)
        scenarios(figures)
        replay(figures)
    print(figures.table(ARCHES + ("sim",)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
