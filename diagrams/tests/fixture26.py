"""Small hand-made dumps and traces of the 2.6 era."""
from __future__ import annotations

from diagrams.dump import SCHEMA
from diagrams.events import Event, Trace
from diagrams.names import kernel_names

NAMES = kernel_names()
STATES, EVENTS, FLAG_BITS = NAMES.states, NAMES.events, NAMES.flag_bits
LISTS = ("inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable")
LIST_FLAGS = {"inactive_anon": ("lru", "swapbacked"),
              "active_anon": ("lru", "swapbacked", "active"),
              "inactive_file": ("lru",), "active_file": ("lru", "active"),
              "unevictable": ("lru", "unevictable")}
MIGRATE_TYPES = ["unmovable", "reclaimable", "movable", "reserve", "isolate"]
MOVABLE = MIGRATE_TYPES.index("movable")
ORDERS = 4
ZONES = (("DMA", 0, 64), ("Normal", 64, 192))
ZONES_OF_TWO = (("0.DMA", 0, 64), ("0.Normal", 64, 64), ("1.Normal", 128, 128))
NR_PAGES = 256


def number(state: str) -> int:
    return STATES.index(state)


def flags_of(*names: str) -> int:
    return sum(1 << FLAG_BITS[name] for name in names)


def build(lists: dict[str, list[int]], free: list[tuple[int, int]] = (),
          pcp: list[int] = (), seq: int = 100, isolated: list[int] = (),
          flags: dict[int, tuple[str, ...]] | None = None,
          of_zones: tuple[tuple[str, int, int], ...] = ZONES) -> dict:
    """A correct dump: `lists` by name (missing ones are empty), `free` movable blocks as
    (order, first page), `pcp` pages of CPU 0."""
    lists = {f"{zone}.{name}": list(lists.get(f"{zone}.{name}", ()))
             for zone, _, _ in of_zones for name in LISTS}
    state, flag = [number("kernel")] * NR_PAGES, [0] * NR_PAGES
    count = [1] * NR_PAGES
    for name, pfns in lists.items():
        kind = name.rpartition(".")[2]
        for pfn in pfns:
            state[pfn], flag[pfn] = number(kind), flags_of(*LIST_FLAGS[kind])
    for pfn, names in (flags or {}).items():
        flag[pfn] |= flags_of(*names)
    for pfn in pcp:
        state[pfn], count[pfn] = number("pcp"), 0
    for pfn in isolated:
        state[pfn] = number("isolated")
    zones = []
    for name, start, size in of_zones:
        area: list[list[int]] = [[] for _ in range(ORDERS)]
        for order, first in free:
            if start <= first < start + size:
                area[order].append(first)
                flag[first] |= flags_of("buddy")
                for pfn in range(first, first + (1 << order)):
                    state[pfn], count[pfn] = number("free"), 0
        here = [pfn for pfn in pcp if start <= pfn < start + size]
        locked = sum(flag[p] >> FLAG_BITS["mlocked"] & 1 for p in range(start, start + size))
        stats = {f"nr_{kind}": len(lists[f"{name}.{kind}"]) for kind in LISTS}
        zones.append({
            "name": name, "start": start, "size": size, "min": 4, "low": 8, "high": 12,
            "free": sum(len(blocks) << order for order, blocks in enumerate(area)),
            "free_area": area, "migrate_types": MIGRATE_TYPES,
            "free_by_type": [[len(blocks) if kind == MOVABLE else 0
                              for kind in range(len(MIGRATE_TYPES))] for blocks in area],
            "reserve": [0, 0, 6, 6] if name.endswith("DMA") else [0, 0, 0, 0],
            "pcp_batch": 3, "pcp_high": 18,
            "pcp": [{"count": len(here), "lists": [[], [], here]}],
            "stats": {**stats, "nr_mlock": locked, "nr_isolated_anon": 0,
                      "nr_isolated_file": sum(start <= p < start + size for p in isolated)},
            "recent": {"scanned_anon": 8, "rotated_anon": 2, "scanned_file": 40,
                       "rotated_file": 10},
            "pages_scanned": 3, "all_unreclaimable": False})
    return {"schema": SCHEMA, "arch": "i386", "vm": "2.6", "seq": seq, "ts": seq * 1000,
            "page_size": 4096, "nr_pages": NR_PAGES, "sizeof_page": 48,
            "flag_bits": FLAG_BITS, "states": STATES,
            "cols": {"flags": flag, "count": count, "age": [2] * NR_PAGES,
                     "mapping": [0] * NR_PAGES, "index": [0] * NR_PAGES,
                     "buffers": [0] * NR_PAGES, "mapcount": [0] * NR_PAGES,
                     "zone": [number for number, (_, _, size) in enumerate(of_zones)
                              for _ in range(size)]},
            "list_of": state, "lists": lists, "zones": zones, "bad": [], "counters": {}}


def before() -> dict:
    """The first of two dumps."""
    return build({"Normal.active_file": [70, 71, 72], "Normal.inactive_file": [80, 81, 82],
                  "Normal.active_anon": [90, 91], "Normal.inactive_anon": [95],
                  "DMA.inactive_file": [30]},
                 free=[(0, 9), (1, 10), (3, 16), (3, 128)], pcp=[140, 141], seq=100,
                 flags={80: ("referenced",), 95: ("dirty",)})


def after() -> dict:
    """The second: 80 was used again, 82 reclaimed, 72 aged, 95 is written, 91 was locked."""
    return build({"Normal.active_file": [80, 70, 71], "Normal.inactive_file": [72, 81],
                  "Normal.active_anon": [90], "Normal.inactive_anon": [95],
                  "Normal.unevictable": [91], "DMA.inactive_file": [30]},
                 free=[(0, 9), (1, 10), (3, 16), (3, 128)], pcp=[82, 140, 141], seq=120,
                 flags={81: ("locked", "referenced"), 91: ("mlocked",),
                        95: ("writeback", "reclaim", "swap_cache")})


def two_nodes() -> dict:
    """Node 0 has run short and its kswapd has been called; node 1 has room."""
    raw = build({"0.Normal.active_file": [70, 71], "0.Normal.inactive_file": [80, 81, 82],
                 "0.DMA.inactive_file": [30], "1.Normal.active_anon": [190, 191],
                 "1.Normal.inactive_file": [200]},
                free=[(0, 9), (1, 64), (3, 128), (2, 140)], pcp=[150, 151],
                of_zones=ZONES_OF_TWO)
    order = (["0.Normal", "1.Normal", "0.DMA"], ["1.Normal", "0.Normal", "0.DMA"])
    raw["nodes"] = [
        {"id": node, "start": 128 * node, "spanned": 128, "present": 120 + node,
         "cpus": [2 * node, 2 * node + 1], "distances": [[10, 20], [20, 10]][node],
         "zonelist": order[node], "kswapd": 3 + node, "kswapd_woken": not node,
         "kswapd_max_order": 0, "classzone": f"{node}.Normal"} for node in range(2)]
    for zone in raw["zones"]:
        zone["node"] = int(zone["name"][0])
    return raw


LIFE = [(82, "free", "pcp", "rmqueue_bulk"), (82, "pcp", "kernel", "buffered_rmqueue"),
        (82, "kernel", "pagevec", "lru_cache_add"), (82, "pagevec", "inactive_file",
                                                     "lru_add_drain"),
        (90, "kernel", "anon", "do_anonymous_page"), (90, "anon", "pagevec", "lru_cache_add"),
        (90, "pagevec", "inactive_anon", "lru_add_drain"),
        (90, "inactive_anon", "active_anon", "activate_page"),
        (82, "inactive_file", "isolated", "isolate_lru_pages"),
        (82, "isolated", "inactive_file", "shrink_inactive_list"),
        (82, "inactive_file", "inactive_file", "rotate_reclaimable_page"),
        (82, "inactive_file", "isolated", "isolate_lru_pages"),
        (82, "isolated", "pcp", "free_hot_cold_page"),
        (82, "pcp", "free", "free_pcppages_bulk")]


def trace_of(steps: list[tuple[int, str, str, str]]) -> Trace:
    """A trace from (pfn, from, to, function) in order."""
    made = []
    for seq, (pfn, source, target, function) in enumerate(steps, 1):
        kind = "move" if source != target else "rotate"
        made.append(Event(seq * 10, seq, pfn, EVENTS.index(kind), number(source),
                          number(target), flags_of(*LIST_FLAGS.get(target, ())), 2, 1,
                          NAMES.reasons.index(function)))
    return Trace(made, STATES, EVENTS, NAMES.reasons, "2.6", "i386", FLAG_BITS)
