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
    zone                          a page on the list of a zone that is not its own
    node                          memory, a CPU or a zone that is not its node's alone
    pcp                           a page that is, or should be, on a per-CPU list (2.6)
    age                           an age above the maximum
    freed                         a page that is free and on a list, flagged or in use
"""
from __future__ import annotations

from typing import NamedTuple

from diagrams import model as models
from diagrams.dump import Dump, state_of_list, zone_of_list


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
    found += _counters(dump, model) if dump.vm == "2.4" else _zone_counters(dump, model)
    found += _zones_of_lists(dump)
    found += _nodes(dump)
    found += _per_cpu_lists(dump)
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
    lists = {s.name for s in model.lists()}
    # Flags of which at least one is set on every page of a list.
    mask = sum(1 << dump.flag_bits[flag]
               for flag in {next(iter(s.flags)) for s in model.lists()})
    for pfn, value in enumerate(dump.cols["flags"]):
        if not value & mask and pfn not in holders:
            continue
        said = set(model.said_by(value, dump.flag_bits))
        held = {state_of_list(name) for name in holders.get(pfn, [])} & lists
        if len(said) > 1:
            found.append(Problem("flag", "", (pfn,),
                                 f"page {pfn} has the flags of {' and '.join(sorted(said))}"))
        for name in sorted(said - held):
            found.append(Problem("stray", name, (pfn,),
                                 f"page {pfn} has the flags of {name}, but no {name} list "
                                 f"holds it"))
        for name in sorted(held - said):
            found.append(Problem("flag", name, (pfn,),
                                 f"page {pfn} is on {name} without its flags"))
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
        if not held and dump.cols["count"][pfn] == 0:
            continue  # on its way from its list to the free pages: nobody's for a moment
        if state not in held:
            where = f"on {' and '.join(sorted(held))}" if held else "on no list"
            found.append(Problem("state", state, (pfn,),
                                 f"page {pfn} is {state} by its record, but {where}"))
    return found


def _ages(dump: Dump, model: models.Model) -> list[Problem]:
    if model.age_max is None:
        return []
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


def _zone_counters(dump: Dump, model: models.Model) -> list[Problem]:
    """2.6: each zone counts its own lists, and its locked pages."""
    found: list[Problem] = []

    def compare(where: str, said: int, walked: int) -> None:
        if said != walked:
            found.append(Problem("counter", where, (),
                                 f"{where} is {said}, but the walk found {walked}"))

    locked = [0] * len(dump.zones)
    for pfn, zone in enumerate(dump.cols["zone"]):
        locked[zone] += dump.has_flag(pfn, "mlocked")
    for zone, nr_locked in zip(dump.zones, locked):
        name, stats = zone["name"], zone["stats"]
        for state in model.lists():
            compare(f"{name}.nr_{state.name}", stats[f"nr_{state.name}"],
                    len(dump.lists[f"{name}.{state.name}"]))
        compare(f"{name}.nr_mlock", stats["nr_mlock"], nr_locked)
        free = sum(len(blocks) << order for order, blocks in enumerate(zone["free_area"]))
        compare(f"{name}.free_pages", zone["free"], free)
        for cpu, pcp in enumerate(zone["pcp"]):
            compare(f"{name} cpu {cpu} count", pcp["count"], sum(map(len, pcp["lists"])))
    return found


def _zones_of_lists(dump: Dump) -> list[Problem]:
    """`Normal.inactive_file` holds pages of Normal."""
    names = [zone["name"] for zone in dump.zones]
    zone_of = dump.cols["zone"]
    return [Problem("zone", name, (pfn,), f"page {pfn} is on {name}, but belongs to "
                                          f"{names[zone_of[pfn]]}")
            for name, pfns in dump.lists.items() if zone_of_list(name)
            for pfn in pfns if names[zone_of[pfn]] != zone_of_list(name)]


def _nodes(dump: Dump) -> list[Problem]:
    """Several nodes: no frame and no CPU is of two, zones lie in theirs, and a request finds
    its way to each zone, those of its own node first if that is what the order says."""
    found: list[Problem] = []

    def say(node: dict, pfns: tuple[int, ...], text: str) -> None:
        found.append(Problem("node", f"node {node['id']}", pfns, f"node {node['id']} {text}"))

    end, cpus = 0, set()
    for node in dump.nodes:
        if node["spanned"]:
            if node["start"] < end:
                say(node, (node["start"],), f"begins at {node['start']}, before the last ends")
            end = node["start"] + node["spanned"]
        if node["present"] > node["spanned"]:
            say(node, (), f"has {node['present']} pages in {node['spanned']} frames")
        if shared := cpus & set(node["cpus"]):
            say(node, (), f"has cpu {min(shared)}, as another has")
        cpus |= set(node["cpus"])
        for zone in dump.zones_of(node):
            if not node["start"] <= zone["start"] <= zone["start"] + zone["size"] <= end:
                say(node, (zone["start"],), f"does not hold zone {zone['name']}")
        if len(set(node["zonelist"])) < len(node["zonelist"]):
            say(node, (), f"has a zone twice in its list: {' '.join(node['zonelist'])}")
        if set(node["zonelist"]) != set(dump.nodes[0]["zonelist"]):
            say(node, (), f"has not the zones of node 0 in its list, but "
                          f"{' '.join(node['zonelist'])}")
    return found


def _per_cpu_lists(dump: Dump) -> list[Problem]:
    """2.6: whose record says pcp is on a CPU's list, once, and in nobody's use."""
    found: list[Problem] = []
    seen: dict[int, str] = {}
    for zone in dump.zones:
        for cpu, pcp in enumerate(zone.get("pcp", ())):
            where = f"{zone['name']} cpu {cpu}"
            for pfn in (pfn for pfns in pcp["lists"] for pfn in pfns):
                if pfn in seen:
                    found.append(Problem("duplicate", where, (pfn,),
                                         f"page {pfn} is on {seen[pfn]} and {where}"))
                seen[pfn] = where
                if dump.state_of(pfn) != "pcp":
                    found.append(Problem("pcp", where, (pfn,), f"page {pfn} is on the list of "
                                         f"{where}, but {dump.state_of(pfn)} by its record"))
                if dump.cols["count"][pfn] > 0:
                    found.append(Problem("freed", where, (pfn,), f"free page {pfn} has count "
                                         f"{dump.cols['count'][pfn]}"))
    found += [Problem("pcp", "", (pfn,), f"page {pfn} is pcp by its record, but on no CPU's list")
              for pfn, number in enumerate(dump.list_of)
              if dump.states[number] == "pcp" and pfn not in seen]
    return found
