"""A student's own machine: sizes drawn from a seed, and what gdb reads from it."""

from __future__ import annotations

import functools
import json
import random
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from grader.guest import TOP, Config, Guest, GuestError, find_gdb
from grader.labs import find_lab
from grader.testing import Answers, Failure


@dataclass(frozen=True)
class Truth:
    """What every boot of a seed's machine has."""

    frames: int
    page_record_bytes: int
    zones: dict[str, dict]  # by name, as in a dump


def seeded_config(seed: int) -> Config:
    """A small i386 PC with all three zones, its borders drawn from SEED."""
    draw = random.Random(f"highwater/{seed}")
    dma = draw.choice([2, 3, 4, 5, 6])
    normal = draw.randrange(12, 21)
    high = draw.randrange(3, 9)
    return Config(arch="i386", mem=dma + normal + high,
                  options=f"dma={dma}M normal={normal}M")


def lab_config(number: str) -> Config:
    """The machine of a lab with answers: of the seed that the student has filled in."""
    lab = find_lab(number)
    if not lab.answers:
        raise SystemExit(f"LAB={number}: this lab has no machine of its own")
    try:
        return seeded_config(Answers(lab.directory / lab.answers).number("seed"))
    except Failure as failure:
        raise SystemExit(f"LAB={number}: {failure.message}") from failure


_booting = threading.Lock()


def machine_truth(seed: int, directory: Path) -> Truth:
    """Boots the seed's machine, once, and asks gdb. DIRECTORY holds the guest's files."""
    with _booting:
        return _read_truth(seed, directory)


@functools.cache
def _read_truth(seed: int, directory: Path) -> Truth:
    place = directory / "machine"
    out = directory / "machine.json"
    with Guest(seeded_config(seed), place) as guest:
        guest.boot()
        done = subprocess.run(
            [find_gdb(), "-nx", "-batch", str(guest.config.kernel_path),
             "-ex", f"target remote {guest.gdb_socket}",
             "-ex", f"source {TOP}/diagrams/gdb/mm.py", "-ex", f"mm dump {out}",
             "-ex", "detach"],
            capture_output=True, text=True, timeout=60, check=False)
    if not out.exists():
        raise GuestError(f"gdb made no dump:\n{done.stdout}{done.stderr}")
    dump = json.loads(out.read_text())
    return Truth(dump["nr_pages"], dump["sizeof_page"],
                 {zone["name"]: zone for zone in dump["zones"]})
