"""The tests in C under units/: the core of sim, with sanitizers, without scenarios."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

OS = Path(__file__).resolve().parent.parent
UNITS = Path(__file__).resolve().parent / "units"
BUILD = OS.parent / "build" / "sim-san"
SEEDS = {"areas": 2, "names": 1, "oom": 1, "slots": 1, "slab": 3, "swap_errors": 3, "vm": 20}


def make(*targets: str) -> str:
    done = subprocess.run(["make", "-s", "-C", str(OS), *targets, "ARCH=sim", "SANITIZE=1"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def core() -> tuple[list[str], list[str]]:
    """How sim compiles a file, and its objects without its main program."""
    make("sim")
    lines = dict(line.split(" ", 1) for line in make("print-build").splitlines())
    objects = [o for o in lines["objects"].split() if not o.endswith("arch/sim/main.o")]
    return lines["compile"].split(), objects


@pytest.mark.parametrize("name", SEEDS)
def test_unit(name: str, core: tuple[list[str], list[str]]) -> None:
    """Each seed is another run of the same test; the number repeats it."""
    command, objects = core
    program = BUILD / f"unit-{name}"
    subprocess.run([*command, "-o", str(program), f"tests/units/{name}.c",
                    "tests/units/units.c", *objects], cwd=OS, check=True)
    # What the core keeps in its own slabs is out of the leak checker's sight.
    env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    for seed in range(1, SEEDS[name] + 1):
        done = subprocess.run([str(program), str(seed)], env=env, timeout=60,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{program} {seed}\n{done.stderr[-3000:]}"
