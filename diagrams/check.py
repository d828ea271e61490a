"""Checks of a dump: do the lists, the page flags and the counters agree?

Broken links are found while a list is walked (`walk.py`) and stored in the dump's `bad`;
this module adds what can be judged from the dump alone. Each problem has a kind and names
the page frames it is about:

    next prev cycle bad-pointer   a list whose links are broken
    duplicate                     a page on two lists, or twice on one
    stray                         a flag says a list that does not hold the page
    flag                          a page on a list without its flag, or with two list flags
    state                         a page whose recorded state is not the list that holds it
    counter                       a counter that differs from the walk
    age                           an age above the maximum
    freed                         a page that is free and on a list, flagged or in use
"""
from __future__ import annotations

from typing import NamedTuple

from diagrams import model as models
from diagrams.dump import Dump, state_of_list


class Problem(NamedTuple):
    """One finding: what kind, on which list or counter, about which page frames."""
    kind: str
    where: str
    pfns: tuple[int, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def check_dump(dump: Dump, model: models.Model | None = None) -> list[Problem]:
    """All problems of a dump, the broken links first."""
    model = model or models.load(dump.vm)
    found = [Problem(kind, where, tuple(pfns), text)
             for where, kind, pfns, text in dump.bad]
    holders = _holders(dump)
    found += _duplicates(holders)
    found += _flags_against_lists(dump, model, holders)
    found += _states(dump, model, holders)
    found += _ages(dump, model)
    found += _free_pages(dump, model, holders)
    found += _counters(dump, model)
    return found


def _holders(dump: Dump) -> dict[int, list[str]]:
    """Which lists hold each page; a list that holds it twice is there twice."""
    holders: dict[int, list[str]] = {}
    for name, pfns in dump.lists.items():
        for pfn in pfns:
            holders.setdefault(pfn, []).append(name)
    return holders


def _duplicates(holders: dict[int, list[str]]) -> list[Problem]:
    return [Problem("duplicate", names[0], (pfn,), f"page {pfn} is on {' and '.join(names)}")
            for pfn, names in holders.items() if len(names) > 1]


def _flags_against_lists(dump: Dump, model: models.Model,
                         holders: dict[int, list[str]]) -> list[Problem]:
    found = []
    bits = {s.name: dump.flag_bits[s.flag] for s in model.lists() if s.flag in dump.flag_bits}
    mask = sum(1 << bit for bit in bits.values())
    flags = dump.cols["flags"]
    for pfn, value in enumerate(flags):
        if not value & mask and pfn not in holders:
            continue
        said = {name for name, bit in bits.items() if value >> bit & 1}
        held = {state_of_list(name) for name in holders.get(pfn, [])} & bits.keys()
        if len(said) > 1:
            found.append(Problem("flag", "", (pfn,),
                                 f"page {pfn} has the flags of {' and '.join(sorted(said))}"))
        for name in sorted(said - held):
            found.append(Problem("stray", name, (pfn,),
                                 f"page {pfn} has flag {name}, but no {name} list holds it"))
        for name in sorted(held - said):
            found.append(Problem("flag", name, (pfn,),
                                 f"page {pfn} is on {name} without its flag"))
    return found


def _states(dump: Dump, model: models.Model,
            holders: dict[int, list[str]]) -> list[Problem]:
    """The state that the events are about, against the lists."""
    lists = {state.name for state in model.lists()}
    found = []
    for pfn, number in enumerate(dump.list_of):
        state = dump.states[number]
        if state not in lists and pfn not in holders:
            continue
        held = {state_of_list(name) for name in holders.get(pfn, ())}
        if state not in held:
            where = f"on {' and '.join(sorted(held))}" if held else "on no list"
            found.append(Problem("state", state, (pfn,),
                                 f"page {pfn} is {state} by its record, but {where}"))
    return found


def _ages(dump: Dump, model: models.Model) -> list[Problem]:
    return [Problem("age", "", (pfn,), f"page {pfn} has age {age}, the maximum is "
                                       f"{model.age_max}")
            for pfn, age in enumerate(dump.cols["age"]) if not 0 <= age <= model.age_max]


def _free_pages(dump: Dump, model: models.Model,
                holders: dict[int, list[str]]) -> list[Problem]:
    """Free blocks must not overlap, be in use, or hold a page of a list."""
    found: list[Problem] = []
    seen: set[int] = set()
    for zone in dump.zones:
        for order, blocks in enumerate(zone["free_area"]):
            for first in blocks:
                pages = range(first, first + (1 << order))
                where = f"{zone['name']} order {order}"
                if not zone["start"] <= first <= pages[-1] < zone["start"] + zone["size"]:
                    found.append(Problem("freed", where, (first,),
                                         f"free block {first} lies outside zone {zone['name']}"))
                if twice := [p for p in pages if p in seen]:
                    found.append(Problem("duplicate", where, tuple(twice),
                                         f"page {twice[0]} is in two free blocks"))
                seen.update(pages)
                found += [Problem("freed", where, (p,),
                                  f"page {p} is free and on {holders[p][0]}")
                          for p in pages if p in holders]
                if dump.cols["count"][first] > 0:
                    found.append(Problem("freed", where, (first,), f"free page {first} has "
                                         f"count {dump.cols['count'][first]}"))
    return found


def _counters(dump: Dump, model: models.Model) -> list[Problem]:
    found: list[Problem] = []

    def compare(where: str, said: int | None, walked: int) -> None:
        if said is not None and said != walked:
            found.append(Problem("counter", where, (),
                                 f"{where} is {said}, but the walk found {walked}"))

    zone_of = dump.cols["zone"]
    for state in model.lists():
        length = sum(len(pfns) for name, pfns in dump.lists.items()
                     if state_of_list(name) == state.name)
        compare(f"nr_{state.name}_pages", dump.counters.get(f"nr_{state.name}_pages"), length)
    for number, zone in enumerate(dump.zones):
        name = zone["name"]
        free = sum(len(blocks) << order for order, blocks in enumerate(zone["free_area"]))
        compare(f"{name}.free_pages", zone["free"], free)
        clean = len(dump.lists.get(f"{name}.inactive_clean", ()))
        compare(f"{name}.inactive_clean_pages", zone.get("inactive_clean"), clean)
        dirty = sum(1 for pfn in dump.lists.get("inactive_dirty", ()) if zone_of[pfn] == number)
        compare(f"{name}.inactive_dirty_pages", zone.get("inactive_dirty"), dirty)
    return found
