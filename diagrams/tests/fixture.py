"""Small hand-made dumps and traces, and a larger random trace that obeys the model."""
from __future__ import annotations

import random

from diagrams import model as models
from diagrams.dump import SCHEMA
from diagrams.events import Event, Trace

STATES = ["reserved", "free", "pcp", "kernel", "slab", "pagetable", "anon", "active",
          "inactive_dirty", "inactive_clean", "isolated"]
EVENTS = ["none", "move", "rotate", "age_up", "age_down", "referenced", "kswapd_wake",
          "kswapd_sleep"]
FLAG_BITS = {"locked": 0, "error": 1, "referenced": 2, "uptodate": 3, "dirty": 4,
             "active": 6, "inactive_dirty": 7, "slab": 8, "swap_cache": 9,
             "inactive_clean": 11, "buddy": 12, "reserved": 31}
ORDERS = 4
ZONES = (("DMA", 0, 64), ("Normal", 64, 192))
NR_PAGES = 256


def number(state: str) -> int:
    return STATES.index(state)


def flags_of(*names: str) -> int:
    return sum(1 << FLAG_BITS[name] for name in names)


def build(lists: dict[str, list[int]], free: list[tuple[int, int]] = (), seq: int = 100,
          flags: dict[int, tuple[str, ...]] | None = None, ages: dict[int, int] | None = None,
          states: dict[int, str] | None = None) -> dict:
    """A correct dump: `lists` by name, `free` blocks as (order, first page)."""
    state = [number("kernel")] * NR_PAGES
    flag = [0] * NR_PAGES
    age = [0] * NR_PAGES
    count = [1] * NR_PAGES
    for name, pfns in lists.items():
        kind = name.rpartition(".")[2]
        for pfn in pfns:
            state[pfn] = number(kind)
            flag[pfn] |= flags_of(kind)
    for pfn, names in (flags or {}).items():
        flag[pfn] |= flags_of(*names)
    for pfn, value in (ages or {}).items():
        age[pfn] = value
    for pfn, name in (states or {}).items():
        state[pfn] = number(name)
    zones = []
    for name, start, size in ZONES:
        area: list[list[int]] = [[] for _ in range(ORDERS)]
        for order, first in free:
            if start <= first < start + size:
                area[order].append(first)
                flag[first] |= flags_of("buddy")
                for pfn in range(first, first + (1 << order)):
                    state[pfn], count[pfn], age[pfn] = number("free"), 0, 2
        nr_free = sum(len(blocks) << order for order, blocks in enumerate(area))
        dirty = [p for p in lists.get("inactive_dirty", ()) if start <= p < start + size]
        zones.append({"name": name, "start": start, "size": size, "free": nr_free,
                      "min": 4, "low": 8, "high": 12, "free_area": area,
                      "inactive_clean": len(lists.get(f"{name}.inactive_clean", ())),
                      "inactive_dirty": len(dirty)})
    return {"schema": SCHEMA, "arch": "i386", "vm": "2.4", "seq": seq, "ts": seq * 1000,
            "page_size": 4096, "nr_pages": NR_PAGES, "sizeof_page": 48,
            "flag_bits": FLAG_BITS, "states": STATES,
            "cols": {"flags": flag, "count": count, "age": age, "mapping": [0] * NR_PAGES,
                     "index": [0] * NR_PAGES, "buffers": [0] * NR_PAGES,
                     "zone": [0 if pfn < 64 else 1 for pfn in range(NR_PAGES)]},
            "list_of": state, "lists": lists, "zones": zones, "bad": [],
            "counters": {"nr_active_pages": len(lists.get("active", ())),
                         "nr_inactive_dirty_pages": len(lists.get("inactive_dirty", ())),
                         "memory_pressure": 7}}


def before() -> dict:
    """The first of two dumps."""
    return build({"active": [70, 71, 72, 73, 74], "inactive_dirty": [80, 81, 82],
                  "DMA.inactive_clean": [], "Normal.inactive_clean": [90, 91]},
                 free=[(0, 9), (1, 10), (3, 16), (3, 128), (0, 137)], seq=100,
                 ages={70: 64, 71: 32, 72: 5, 73: 2, 74: 1})


def after() -> dict:
    """The second: 74 was deactivated, 82 laundered, 91 used again, 137 allocated."""
    return build({"active": [91, 70, 71, 72, 73], "inactive_dirty": [74, 80, 81],
                  "DMA.inactive_clean": [], "Normal.inactive_clean": [82, 90]},
                 free=[(0, 9), (1, 10), (3, 16), (3, 128)], seq=120,
                 flags={70: ("referenced",), 80: ("locked", "dirty"),
                        81: ("dirty", "swap_cache")},
                 ages={91: 5, 70: 64, 71: 16, 72: 2, 73: 1})


def event(seq: int, pfn: int, source: str, target: str, reason: int, age: int = 0,
          name: str = "", cpu: int = 0) -> Event:
    kind = name or ("move" if source != target else "rotate")
    flags = flags_of(target) if target in ("active", "inactive_dirty", "inactive_clean") else 0
    return Event(seq * 10, seq, pfn, EVENTS.index(kind), number(source), number(target),
                 flags, age, 1, reason, cpu)


class Reasons:
    """A growing table of reason names."""

    def __init__(self) -> None:
        self.names = ["none"]

    def __getitem__(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


def trace_of(steps: list[tuple[int, str, str, str]]) -> Trace:
    """A trace from (pfn, from, to, function) in order."""
    by = Reasons()
    made = [event(seq, pfn, source, target, by[function])
            for seq, (pfn, source, target, function) in enumerate(steps, 1)]
    return Trace(made, STATES, EVENTS, by.names, "2.4", "i386", FLAG_BITS)


def random_trace(length: int, pages: int = 64, seed: int = 24) -> Trace:
    """A long legal trace: every page walks the model's moves at random."""
    model = models.load()
    rng = random.Random(seed)
    by = Reasons()
    at = {pfn: "free" for pfn in range(pages)}
    ages = dict.fromkeys(range(pages), 2)
    made = []
    dull = {"slab", "pagetable", "reserved"}
    for seq in range(1, length + 1):
        pfn = rng.randrange(pages)
        here = at[pfn]
        if here == "active" and rng.random() < 0.4:
            ages[pfn] = min(64, ages[pfn] + 3)
            made.append(event(seq, pfn, here, here, 0, ages[pfn], "referenced"))
            continue
        moves = [m for (source, target), m in model.moves.items()
                 if source == here and not (target in dull and rng.random() < 0.9)
                 and not (source == "inactive_clean" and target == "isolated")]
        if here in ("active", "inactive_clean"):
            moves = [m for m in moves if m.target in ("active", "inactive_dirty", "kernel")
                     and (m.target != "kernel" or here == "inactive_clean")]
        move = rng.choice(moves)
        if move.target != "active":
            ages[pfn] //= 2
        elif here != "active":
            ages[pfn] = 5
        at[pfn] = move.target
        made.append(event(seq, pfn, here, move.target, by[rng.choice(move.functions)],
                          ages[pfn]))
    return Trace(made, STATES, EVENTS, by.names, "2.4", "i386", FLAG_BITS)
