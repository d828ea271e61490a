"""Each row of book/mechanisms.md is true: gdb stops at its function, and what shows it calls it.

Rows that a guest shows are not looked at here for the latter: their tests boot it.
"""
from __future__ import annotations

import functools
import os
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from grader.guest import TOP, find_gdb
from grader.mechanisms import file_of, read_rows
from guests import checking_kernel
from test_units import SEEDS, build, link

ROWS = read_rows()
#: The levels of page tables that i386 has not.
UPPER_LEVELS = ("pud_alloc", "pmd_alloc", "__pud_alloc", "__pmd_alloc")

#: Run by gdb: for each name, the files of the functions in which `mm break NAME` stops.
STOPS = """
import gdb
for name in {names} + [name + "_v26" for name in {names}]:
    try:
        places = gdb.decode_line(name)[1] or ()
    except gdb.error:
        continue
    for place in places:
        block = gdb.block_for_pc(place.pc)
        while block:
            if block.function and block.function.name == name:
                print("stop", name, block.function.symtab.filename)
            block = block.superblock
"""


def names_of(symbol: str) -> set[str]:
    """That of the C function, too: without the era or the `unit`, which tell two of one name
    apart."""
    return {symbol, symbol.removesuffix("_v26"), symbol.removeprefix("unit_")}


@pytest.mark.parametrize("arch", ["i386", "x86_64"])
def test_gdb_stops_at_each_function(arch: str, tmp_path: Path) -> None:
    kernel = checking_kernel(arch)
    script = tmp_path / "stops.py"
    script.write_text(STOPS.format(names=sorted({row.function for row in ROWS})))
    done = subprocess.run([find_gdb(), "-batch", "-nx", "-x", script, kernel],
                          capture_output=True, text=True, check=True)
    homes = defaultdict(set)
    for name, file in re.findall(r"^stop (\w+) (\S+)$", done.stdout, re.MULTILINE):
        for said in names_of(name):
            homes[said].add(file)
    unknown = [f"{row.function} of {row.file}" for row in ROWS
               if not any(row.is_home(file) for file in homes[row.function])
               and not (arch == "i386" and row.function in UPPER_LEVELS)]
    assert not unknown, "\n".join(unknown)


class Watched:
    """Programs that tell which functions they call."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.library = directory / "called.so"
        compiler = os.environ.get("CC", "gcc")
        subprocess.run([compiler, "-shared", "-fPIC", "-O", "-o", self.library,
                        TOP / "os/tests/called.c"], check=True)
        # Which functions call which does not depend on how fast they are.
        self._build = build(f"OUT={TOP}/build/watched", "OPTIMISE=-O0",
                            f"CC={compiler} -finstrument-functions -no-pie")
        self.sim = TOP / "build/watched/sim/highwater"

    def unit(self, name: str) -> Path:
        program = self.directory / name
        link(name, self._build, program)
        return program

    def calls(self, program: Path, *arguments: object) -> set[tuple[str, str]]:
        """Names and files of the functions that the program calls."""
        told = self.directory / "called"
        told.unlink(missing_ok=True)
        subprocess.run([program, *map(str, arguments)], check=True, capture_output=True,
                       timeout=280,
                       env={**os.environ, "LD_PRELOAD": str(self.library), "CALLED": str(told)})
        called = {int(line, 16) for line in told.read_text().splitlines()}
        return {(name, file) for address, symbol, file in functions_of(program)
                if address in called for name in names_of(symbol)}


@functools.cache
def functions_of(program: Path) -> list[tuple[int, str, str]]:
    """Address, symbol and file of each."""
    listed = subprocess.run(["nm", "-l", program], capture_output=True, text=True,
                            check=True).stdout
    return [(int(address, 16), symbol, file) for address, symbol, file in re.findall(
        r"^(\w+) [tT] (\w+)[\w.]*\t(\S+):\d+$", listed, re.MULTILINE)]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    return Watched(tmp_path_factory.mktemp("watched"))


def test_what_shows_a_function_calls_it(watched: Watched) -> None:
    rows_by_what_shows_them = defaultdict(list)
    for row in ROWS:
        rows_by_what_shows_them[row.shown].append(row)
    idle = []
    for shown, rows in rows_by_what_shows_them.items():
        if file_of(shown).suffix == ".scn":
            calls = watched.calls(watched.sim, "run", file_of(shown))
        elif file_of(shown).stem in SEEDS:
            calls = watched.calls(watched.unit(file_of(shown).stem), 1)
        else:  # a guest; or a program of test_cache.py, each of which is built in its own way
            continue
        idle += [f"{shown} does not call {row.function} of {row.file}" for row in rows
                 if not any(name == row.function and row.is_home(file) for name, file in calls)]
    assert not idle, "\n".join(idle)
