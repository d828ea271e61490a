"""The caches and the request queue as C programs on the simulated machine, with sanitizers.

Each program checks itself against a model and prints `ok`; its last line says what went
wrong otherwise. A failure is repeated by its seed.
"""

from __future__ import annotations

import os
import pathlib
import shlex
import subprocess

import pytest

from grader.build import make

OS = pathlib.Path(__file__).resolve().parents[1]


def build(name: str, directory: pathlib.Path, extra: list[str]) -> pathlib.Path:
    """Links units/NAME.c and EXTRA sources with all of sim but its main program."""
    make("sim", "ARCH=sim", "SANITIZE=1")
    printed = make("print-build", "ARCH=sim", "SANITIZE=1")
    lines = dict(line.split(" ", 1) for line in printed.splitlines())
    objects = [o for o in lines["objects"].split() if not o.endswith("arch/sim/main.o")]
    program = directory / name
    subprocess.run([*shlex.split(lines["link"]), "-Werror", "-o", program,
                    f"tests/units/{name}.c", *extra, *objects], cwd=OS, check=True)
    return program


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return build("cache", tmp_path_factory.mktemp("unit"), ["tests/units/one_file.c"])


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return build("queue", tmp_path_factory.mktemp("unit"), ["block/queue.c"])


def check(program: pathlib.Path, *arguments: object) -> None:
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == 0 and done.stdout == "ok\n", done.stderr[-2000:]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("block_size", [512, 1024, 2048, 4096])
@pytest.mark.parametrize("trouble", ["none", "full", "read", "write"])
def test_cache_agrees_with_model(cache: pathlib.Path, seed: int, block_size: int,
                                 trouble: str) -> None:
    check(cache, seed, block_size, trouble)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_queue_joins_and_ends_every_bio(queue: pathlib.Path, seed: int) -> None:
    check(queue, seed)
