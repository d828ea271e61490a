"""From bytes of a kernel to a dump (`mm-dump/1`) and to a trace: pure, no debugger.

All page records come in one read and are taken apart by column; lists are walked on those
bytes, so that a dump of 16,384 pages with every check takes a few hundredths of a second.
"""
from __future__ import annotations

import struct
from dataclasses import dataclass, field

from diagrams import events, walk
from diagrams.dump import SCHEMA
from diagrams.events import Event, Trace
from diagrams.gdb.kernel import CODES, DecodeError, Kernel
from diagrams.gdb.nodes import Zone, read_nodes, zones_of


class Pages:
    """All page records, by column, and the way from an address to a page."""

    def __init__(self, kernel: Kernel):
        self.layout = kernel.layout.structs["page"]
        self.count = kernel.nr_pages()
        self.base = kernel.variable("mem_map")
        self._data = kernel.memory.read(self.base, self.count * self.layout.size)
        self._pointer = kernel.layout.pointer

    def column(self, field: str, signed: bool = False) -> list[int]:
        """One field of every page."""
        offset, size = self.layout.fields[field]
        if size == 1:
            return list(self._data[offset::self.layout.size])
        return self._unpack(offset, CODES[size].lower() if signed else CODES[size])

    def links(self, field: str) -> tuple[list[int], list[int]]:
        """The next and prev pointers of a list_head field of every page."""
        offset = self.layout.offset(field)
        code = CODES[self._pointer]
        return self._unpack(offset, code), self._unpack(offset + self._pointer, code)

    def _unpack(self, offset: int, code: str) -> list[int]:
        size = struct.calcsize(code)
        row = struct.Struct(f"<{offset}x{code}{self.layout.size - offset - size}x")
        return [value for (value,) in row.iter_unpack(self._data)]

    def pfn_at(self, address: int, offset: int = 0) -> int | None:
        """The page whose record has `address` at `offset`, or None."""
        pfn, rest = divmod(address - offset - self.base, self.layout.size)
        return pfn if rest == 0 and 0 <= pfn < self.count else None


class _Walker:
    """Walks lists that are linked through one field of the page records."""

    def __init__(self, kernel: Kernel, pages: Pages, field: str):
        self._kernel, self._pages = kernel, pages
        self._offset = pages.layout.offset(field)
        self._next, self._prev = pages.links(field)

    def walk(self, name: str, head: int, bad: list[list]) -> list[int]:
        size = self._kernel.layout.pointer
        data = self._kernel.memory.read(head, 2 * size)
        anchor = (int.from_bytes(data[:size], "little"), int.from_bytes(data[size:], "little"))
        base, step, count = (self._pages.base + self._offset, self._pages.layout.size,
                             self._pages.count)
        following, before = self._next, self._prev

        def pfn_at(address: int) -> int | None:
            pfn, rest = divmod(address - base, step)
            return pfn if rest == 0 and 0 <= pfn < count else None

        def links(address: int) -> tuple[int, int]:
            if address == head:
                return anchor
            pfn = (address - base) // step
            return following[pfn], before[pfn]

        walked = walk.walk(name, head, links, pfn_at, count)
        bad += [[name, kind, pfns, text] for kind, pfns, text in walked.bad]
        return walked.pfns


def read_dump(kernel: Kernel) -> dict:
    """Everything at this moment as a dump; broken links are in `bad`. Of lists and counters it
    has those of the era that runs."""
    layout = kernel.layout
    pages = Pages(kernel)
    era = kernel.era()
    if era not in _ERAS:
        raise DecodeError(f"the kernel runs vm={era!r}, expected {' or '.join(_ERAS)}")
    found = _ERAS[era](kernel, pages)
    written, clock = ring_position(kernel)
    raw_zone = pages.column("zone")
    nodes = read_nodes(kernel)
    return {
        "schema": SCHEMA, "arch": layout.machine, "vm": era, "seq": written,
        "ts": clock, "page_size": 4096, "nr_pages": pages.count,
        "sizeof_page": layout.structs["page"].size, "flag_bits": layout.flags,
        "states": layout.states,
        "cols": {"flags": pages.column("flags"), "count": pages.column("count", signed=True),
                 "mapcount": pages.column("mapcount", signed=True),
                 "age": pages.column("age"), "mapping": pages.column("mapping"),
                 "index": pages.column("index"), "buffers": pages.column("buffers"),
                 "zone": [found.numbers.get(z, 0) for z in raw_zone]},
        "list_of": [min(s, len(layout.states) - 1) for s in pages.column("state")],
        **({"nodes": nodes} if len(nodes) > 1 else {}),
        "lists": found.lists, "zones": found.zones, "bad": found.bad, "pagevecs": found.pagevecs,
        "held": _held_locks(kernel), "vmstat": _vm_counters(kernel),
        "counters": {name: kernel.variable(name) for name in found.counters}}


def _vm_counters(kernel: Kernel) -> dict[str, int]:
    """What /proc/vmstat counts."""
    values = kernel.words(kernel.memory.read(*kernel.layout.variables["vm_counters"]))
    return dict(zip(kernel.layout.counters, values))


def _held_locks(kernel: Kernel) -> list[str]:
    """The locks of lists that somebody holds now: what they guard may be half changed."""
    places = {"lru_lock": kernel.layout.variables["lru_lock"][0]}
    pcp = kernel.layout.structs["per_cpu_pages"]
    for zone in zones_of(kernel).values():
        places[f"zone {zone.name}'s lock"] = zone.place("lock")[0]
        if kernel.era() == "2.6":
            lists = zone.place("pcp")[0]
            places |= {f"the lock of {zone.name}'s pages of cpu {cpu}":
                       lists + cpu * pcp.size + pcp.offset("lock")
                       for cpu in range(kernel.variable("nr_cpus"))}
    offset, width = kernel.layout.structs["spinlock"].fields["holder"]
    return [name for name, at in places.items() if kernel.number(at + offset, width)]


@dataclass
class _Found:
    """What was walked: lists by name, zones, and what is broken."""
    lists: dict[str, list[int]]
    zones: list[dict]
    numbers: dict[int, int]  # a zone's place in `zones` by its number in the kernel
    counters: tuple[str, ...]  # the era's global variables
    bad: list[list]
    pagevecs: list[list[int]] = field(default_factory=list)


def _free_pages(zone: Zone) -> int:
    """With what each CPU has kept to itself (2.6): a difference, in an int."""
    layout = zone.kernel.layout.structs["per_cpu_pages"]
    offset, size = layout.fields["free_diff"]
    _, room, data = zone.place("pcp")
    kept = (int.from_bytes(data[at + offset:at + offset + size], "little", signed=True)
            for at in range(0, room, layout.size))
    return (zone.value("free_pages") + sum(kept)) % (1 << 8 * zone.kernel.layout.pointer)


def _common(zone: Zone, area: list[list[int]]) -> dict:
    """What a zone is in both eras."""
    several = zone.kernel.variable("nr_online_nodes") > 1
    return {"name": zone.name, **({"node": zone.node} if several else {}),
            "start": zone.value("start_pfn"), "size": zone.value("size"),
            "free": _free_pages(zone), "min": zone.value("pages_min"),
            "low": zone.value("pages_low"), "high": zone.value("pages_high"),
            "free_area": area}


def _read_v24(kernel: Kernel, pages: Pages) -> _Found:
    """Two lists for all zones, and a clean list for each."""
    bad: list[list] = []
    walker, blocks = _Walker(kernel, pages, "lru"), _Walker(kernel, pages, "list")
    lists = {name: walker.walk(name, kernel.layout.variables[f"{name}_list"][0], bad)
             for name in ("active", "inactive_dirty")}
    zones, numbers = [], {}
    for number, zone in zones_of(kernel).items():
        numbers[number] = len(zones)
        name = f"{zone.name}.inactive_clean"
        lists[name] = walker.walk(name, zone.place("inactive_clean_list")[0], bad)
        area = [sum(types, []) for types in _read_free_area(zone, blocks, pages, bad)]
        zones.append({**_common(zone, area),
                      "inactive_clean": zone.value("inactive_clean_pages"),
                      "inactive_dirty": zone.value("inactive_dirty_pages")})
    return _Found(lists, zones, numbers, ("nr_active_pages", "nr_inactive_dirty_pages",
                                          "memory_pressure"), bad)


def _read_v26(kernel: Kernel, pages: Pages) -> _Found:
    """Five lists for each zone, and per-CPU lists in front of its buddy."""
    layout, bad = kernel.layout, []
    walker, blocks = _Walker(kernel, pages, "lru"), _Walker(kernel, pages, "list")
    lists: dict[str, list[int]] = {}
    zones, numbers = [], {}
    link = layout.structs["list_head"].size
    for number, zone in zones_of(kernel).items():
        numbers[number] = len(zones)
        heads = zone.place("lru")[0]
        for place, state in enumerate(layout.lru_lists):
            name = f"{zone.name}.{state}"
            lists[name] = walker.walk(name, heads + place * link, bad)
        area = _read_free_area(zone, blocks, pages, bad)
        scanned, rotated = zone.numbers("recent_scanned"), zone.numbers("recent_rotated")
        zones.append({
            **_common(zone, [sum(types, []) for types in area]),
            "free_by_type": [[len(pfns) for pfns in types] for types in area],
            "migrate_types": layout.migrate_types, "reserve": zone.numbers("lowmem_reserve"),
            "pcp_batch": zone.value("pcp_batch"), "pcp_high": zone.value("pcp_high"),
            "pcp": _read_pcp(zone, blocks, bad),
            "stats": dict(zip(layout.zone_stats, zone.numbers("stats"))),
            "recent": {"scanned_anon": scanned[0], "rotated_anon": rotated[0],
                       "scanned_file": scanned[1], "rotated_file": rotated[1]},
            "pages_scanned": zone.value("pages_scanned"),
            "all_unreclaimable": bool(zone.value("all_unreclaimable"))})
    return _Found(lists, zones, numbers, (), bad, _read_pagevecs(kernel, pages))


def _read_pagevecs(kernel: Kernel, pages: Pages) -> list[list[int]]:
    """Pages with a reference from each pagevec of any CPU that holds some."""
    layout = kernel.layout.structs["pagevec"]
    address, size = kernel.layout.variables["cpu_pagevecs"]
    data = kernel.memory.read(address, size)
    start, room = layout.fields["pages"]
    step = kernel.layout.pointer
    found = []
    for at in range(0, size, layout.size):
        here = at + start
        used = min(kernel.field(data, "pagevec", "n", at), room // step)
        found.append([pfn for place in range(here, here + used * step, step) if
                      (pfn := pages.pfn_at(int.from_bytes(data[place:place + step], "little")))
                      is not None])
    return [pfns for pfns in found if pfns]


def _read_pcp(zone: Zone, blocks: _Walker, bad: list[list]) -> list[dict]:
    """The per-CPU lists: what each CPU counts, and its pages by migrate type."""
    kernel = zone.kernel
    layout = kernel.layout.structs["per_cpu_pages"]
    address, size, data = zone.place("pcp")
    heads, room = layout.fields["lists"]
    link = kernel.layout.structs["list_head"].size
    found = []
    for cpu in range(min(kernel.variable("nr_cpus"), size // layout.size)):
        at = cpu * layout.size
        found.append({"count": kernel.field(data, "per_cpu_pages", "count", at),
                      "lists": [blocks.walk(f"{zone.name} cpu {cpu}", address + at + head, bad)
                                for head in range(heads, heads + room, link)]})
    return found


_ERAS = {"2.4": _read_v24, "2.6": _read_v26}


def _read_free_area(zone: Zone, blocks: _Walker, pages: Pages, bad: list[list]
                    ) -> list[list[list[int]]]:
    """First frames of the free blocks of each order and migrate type, with the checks of
    block and counter."""
    kernel, orders = zone.kernel, pages.column("order")
    layout = kernel.layout.structs["free_area"]
    base, size, data = zone.place("free_area")
    heads, room = layout.fields["blocks"]
    link = kernel.layout.structs["list_head"].size
    area: list[list[list[int]]] = []
    for order in range(size // layout.size):
        here = order * layout.size
        name = f"{zone.name} order {order}"
        types = [blocks.walk(name, base + here + head, bad)
                 for head in range(heads, heads + room, link)]
        found = sum(types, [])
        counted = kernel.field(data, "free_area", "nr_free", here)
        if counted != len(found):
            bad.append([name, "counter", [], f"{name}: nr_free is {counted}, but the walk "
                                             f"found {len(found)}"])
        bad += [[name, "order", [pfn], f"{name}: block {pfn} says order {orders[pfn]}"]
                for pfn in found if orders[pfn] != order]
        area.append(types)
    return area


def ring_headers(kernel: Kernel) -> list[dict[str, int]]:
    """The rings that exist, by their fields."""
    address, size = kernel.layout.variables["event_rings"]
    layout = kernel.layout.structs["event_ring"]
    data = kernel.memory.read(address, size)
    rings = [{f: kernel.field(data, "event_ring", f, at) for f in layout.fields}
             for at in range(0, size, layout.size)]
    used = [ring for ring in rings if ring["records"]]
    for ring in used:
        if ring["magic"] != events.RING_MAGIC:
            raise DecodeError(f"the event ring of cpu {ring['cpu']} has magic "
                              f"{ring['magic']:#x}, expected {events.RING_MAGIC:#x}")
    return used


def ring_position(kernel: Kernel) -> tuple[int, int]:
    """How many events were ever recorded, and the clock of the latest one (0, 0 if none)."""
    written, clock = 0, 0
    for ring in ring_headers(kernel):
        written += ring["head"]
        if ring["head"]:
            last = (ring["head"] - 1) % ring["nr_records"]
            clock = max(clock, kernel.number(ring["records"] + last * ring["record_size"], 8))
    return written, clock


def read_trace(kernel: Kernel) -> Trace:
    """The events of all rings, in time order, from where no ring has lost any."""
    layout = kernel.layout
    rings: list[list[Event]] = []
    complete_from = 0
    for ring in ring_headers(kernel):
        filled = min(ring["head"], ring["nr_records"])
        body = kernel.memory.read(ring["records"], filled * ring["record_size"])
        body += bytes((ring["nr_records"] - filled) * ring["record_size"])
        rings.append(events.decode_ring(
            body, magic=ring["magic"], record_size=ring["record_size"],
            capacity=ring["nr_records"], head=ring["head"], cpu=ring["cpu"]))
        if ring["head"] > ring["nr_records"]:
            complete_from = max(complete_from, rings[-1][0].ts)
    rings = [[event for event in ring if event.ts >= complete_from] for ring in rings]
    return Trace(events.merge(rings), layout.states, layout.events, layout.reasons,
                 kernel.era(), layout.machine, layout.flags)
