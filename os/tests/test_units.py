"""The tests in C under units/: the core of sim, with sanitizers, without scenarios."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from grader.build import make

OS = Path(__file__).resolve().parent.parent
UNITS = Path(__file__).resolve().parent / "units"
BUILD = OS.parent / "build" / "sim-san"
#: How many seeds each program is run with.
SEEDS = {
    "alloc": 1,
    "alloc26": 1,
    "areas": 2,
    "buffers": 1,
    "device_pages": 1,
    "faults26": 1,
    "filemap": 1,
    "forker": 1,
    "fsync": 1,
    "kswapd": 1,
    "kswapd26": 1,
    "locked": 1,
    "mempool": 1,
    "mkwrite": 1,
    "names": 1,
    "nonlinear": 1,
    "oom": 1,
    "oom26": 1,
    "pagevecs": 1,
    "radix_tree": 3,
    "shmem": 1,
    "shrinker": 1,
    "slab": 3,
    "slots": 1,
    "swap26": 1,
    "swap_errors": 3,
    "swap_in": 1,
    "vm": 20,
    "watermark": 1,
    "write_cache_pages": 1,
    "write_errors": 1,
    "writeback": 1,
    "writenotify": 1,
    "zone_reclaim": 1,
}
#: Functions of the core whose calls a program counts: it defines __wrap_NAME, and calls
#: the core's own as __real_NAME.
WRAPPED = {
    "alloc": ["wake_up", "wakeup_kswapd", "wakeup_bdflush", "yield", "page_launder",
              "try_to_free_pages"],
    "alloc26": ["wait_iff_congested", "out_of_memory_v26"],
    "device_pages": ["wakeup_flusher_threads"],
    "faults26": ["machine_kernel_pages", "machine_kernel_pages_free", "print_bad_pte",
                 "lock_page"],
    "forker": ["kthread_start", "wake_forker"],
    "kswapd": ["shrink_dcache_memory", "kmem_cache_reap"],
    "kswapd26": ["schedule"],
    "mempool": ["machine_kernel_pages"],
    "shmem": ["get_shared_swap_page"],
    "zone_reclaim": ["cond_resched"],
}
#: Other files that a program needs.
EXTRA = {
    "buffers": ["one_file"],
    "device_pages": ["one_file"],
    "faults26": ["one_file"],
    "filemap": ["one_file"],
    "fsync": ["one_file"],
    "mkwrite": ["one_file"],
    "write_errors": ["one_file"],
    "writenotify": ["one_file"],
}


@pytest.fixture(scope="session")
def core() -> dict[str, str]:
    """How sim is built, with sanitizers."""
    return build("SANITIZE=1")


def build(*options: str) -> dict[str, str]:
    """Builds sim and what its unit tests have in common; how a file is compiled, and the
    objects of both."""
    make("sim", "unit-parts", "ARCH=sim", *options)
    printed = make("print-build", "ARCH=sim", *options)
    return dict(line.split(" ", 1) for line in printed.splitlines())


def link(name: str, core: dict[str, str], program: Path) -> None:
    """units/NAME.c and what it needs with all of sim but its main program."""
    objects = [o for o in core["objects"].split() if not o.endswith("arch/sim/main.o")]
    parts = [part for part in core["unit-parts"].split()
             if Path(part).stem in ("units", *EXTRA.get(name, []))]
    wrapped = [f"-Wl,--wrap={function}" for function in WRAPPED.get(name, [])]
    subprocess.run([*core["compile"].split(), "-o", str(program), *wrapped,
                    f"tests/units/{name}.c", *parts, *objects], cwd=OS, check=True)


@pytest.mark.parametrize("name", SEEDS)
def test_unit(name: str, core: dict[str, str]) -> None:
    """Each seed is another run of the same test; the number repeats it."""
    program = BUILD / f"unit-{name}"
    link(name, core, program)
    # What the core keeps in its own slabs is out of the leak checker's sight.
    env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    for seed in range(1, SEEDS[name] + 1):
        done = subprocess.run([str(program), str(seed)], env=env, timeout=60,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{program} {seed}\n{done.stderr[-3000:]}"
