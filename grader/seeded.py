"""A student's own machine: sizes drawn from a seed, and what gdb reads from it."""

from __future__ import annotations

import functools
import json
import random
import threading
from dataclasses import dataclass
from pathlib import Path

from grader.build import recipe
from grader.debugger import Debugger
from grader.guest import Config, Guest, GuestError
from grader.labs import find_lab
from grader.testing import Answers, Failure

STEP = 64  #: KiB; fine enough that few students have the same machine


@dataclass(frozen=True)
class Truth:
    """What every boot of a seed's machine has."""

    frames: int
    page_record_bytes: int
    zones: dict[str, dict]  # by name, as in a dump


def seeded_config(seed: int) -> Config:
    """A small i386 PC with all three zones, its borders drawn from SEED."""
    draw = random.Random(f"highwater/{seed}")
    dma = draw.randrange(2048, 6144, STEP)
    normal = draw.randrange(12288, 20480, STEP)
    high = draw.randrange(3, 9)
    return Config(arch="i386", mem=(dma + normal) // 1024 + high,
                  options=f"dma={dma}K normal={normal}K")


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
    """Boots the seed's machine, once, and asks gdb, whose dump goes to DIRECTORY."""
    with _booting:
        return _read_truth(seed, directory)


@functools.cache
def _read_truth(seed: int, directory: Path) -> Truth:
    recipe("i386")
    out = directory / "machine.json"
    with Guest(seeded_config(seed)) as guest:
        guest.boot()
        with Debugger(guest) as debugger:
            said = debugger.command(f"mm dump {out}")
    if not out.exists():
        raise GuestError(f"gdb made no dump:\n{said}")
    dump = json.loads(out.read_text())
    return Truth(dump["nr_pages"], dump["sizeof_page"],
                 {zone["name"]: zone for zone in dump["zones"]})
