"""From bytes of a kernel to a dump (`mm-dump/1`) and to a trace: pure, no debugger.

All page records come in one read and are taken apart by column; lists are walked on those
bytes, so that a dump of 16,384 pages with every check takes a few hundredths of a second.
"""
from __future__ import annotations

import struct
from dataclasses import dataclass

from diagrams import events, walk
from diagrams.dump import SCHEMA
from diagrams.events import Event, Trace
from diagrams.gdb.layout import Layout
from diagrams.gdb.source import Memory

_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


class DecodeError(Exception):
    """The kernel's memory does not hold what it should; the text says what."""


@dataclass
class Kernel:
    """A stopped kernel: its layout and its memory, with the reads that everyone needs."""
    layout: Layout
    memory: Memory

    def number(self, address: int, size: int) -> int:
        return int.from_bytes(self.memory.read(address, size), "little")

    def variable(self, name: str) -> int:
        """Value of a global number or pointer."""
        return self.number(*self.layout.variables[name])

    def text(self, address: int, limit: int = 32) -> str:
        """A C string, or "" for NULL."""
        if not address:
            return ""
        return self.memory.read(address, limit).split(b"\0")[0].decode("ascii", "replace")

    def field(self, data: bytes, tag: str, name: str, base: int = 0) -> int:
        offset, size = self.layout.structs[tag].fields[name]
        return int.from_bytes(data[base + offset:base + offset + size], "little")

    def era(self) -> str:
        """The generation of reclaim that runs, as `vm=` names it."""
        at = self.variable("policy")
        offset, size = self.layout.structs["reclaim_policy"].fields["name"]
        return self.text(self.number(at + offset, size))

    def page_address(self, pfn: int) -> int:
        return self.variable("mem_map") + pfn * self.layout.structs["page"].size

    def nr_pages(self) -> int:
        """Length of mem_map; DecodeError as long as the kernel has none."""
        if not self.variable("mem_map"):
            raise DecodeError("the kernel has no pages yet (mem_map is NULL): let it run on")
        return self.variable("nr_frames")


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
        return self._unpack(offset, _CODES[size].lower() if signed else _CODES[size])

    def links(self, field: str) -> tuple[list[int], list[int]]:
        """The next and prev pointers of a list_head field of every page."""
        offset = self.layout.offset(field)
        code = _CODES[self._pointer]
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
    """Everything at this moment as a dump; broken links are in `bad`."""
    layout = kernel.layout
    pages = Pages(kernel)
    bad: list[list] = []
    walker = _Walker(kernel, pages, "lru")
    lists = {name: walker.walk(name, layout.variables[f"{name}_list"][0], bad)
             for name in ("active", "inactive_dirty")}
    zones, numbers = _read_zones(kernel, pages, walker, lists, bad)
    written, clock = ring_position(kernel)
    raw_zone = pages.column("zone")
    return {
        "schema": SCHEMA, "arch": layout.machine, "vm": kernel.era(), "seq": written,
        "ts": clock, "page_size": 4096, "nr_pages": pages.count,
        "sizeof_page": layout.structs["page"].size, "flag_bits": layout.flags,
        "states": layout.states,
        "cols": {"flags": pages.column("flags"), "count": pages.column("count", signed=True),
                 "mapcount": pages.column("mapcount", signed=True),
                 "age": pages.column("age"), "mapping": pages.column("mapping"),
                 "index": pages.column("index"), "buffers": pages.column("buffers"),
                 "zone": [numbers.get(z, 0) for z in raw_zone]},
        "list_of": [min(s, len(layout.states) - 1) for s in pages.column("state")],
        "lists": lists, "zones": zones, "bad": bad, "held": _held_locks(kernel),
        "vmstat": _vm_counters(kernel),
        "counters": {name: kernel.variable(name) for name in
                     ("nr_active_pages", "nr_inactive_dirty_pages", "memory_pressure")}}


def _vm_counters(kernel: Kernel) -> dict[str, int]:
    """What /proc/vmstat counts."""
    address, size = kernel.layout.variables["vm_counters"]
    code = _CODES[kernel.layout.pointer]
    values = struct.unpack(f"<{size // kernel.layout.pointer}{code}",
                           kernel.memory.read(address, size))
    return dict(zip(kernel.layout.counters, values))


def _held_locks(kernel: Kernel) -> list[str]:
    """The locks of lists that somebody holds now: what they guard may be half changed."""
    lock, zone = kernel.layout.structs["spinlock"], kernel.layout.structs["zone"]
    address, size = kernel.layout.variables["zones"]
    places = {"lru_lock": kernel.layout.variables["lru_lock"][0]}
    for number in range(size // zone.size):
        at = address + number * zone.size
        offset, width = zone.fields["size"]
        if kernel.number(at + offset, width):
            offset, width = zone.fields["name"]
            name = kernel.text(kernel.number(at + offset, width))
            places[f"zone {name}'s lock"] = at + zone.offset("lock")
    offset, width = lock.fields["holder"]
    return [name for name, at in places.items() if kernel.number(at + offset, width)]


def _read_zones(kernel: Kernel, pages: Pages, walker: _Walker, lists: dict[str, list[int]],
                bad: list[list]) -> tuple[list[dict], dict[int, int]]:
    """The zones that exist, and their numbers in this list by their numbers in the kernel.
    Adds their clean lists to `lists`."""
    layout = kernel.layout.structs["zone"]
    address, size = kernel.layout.variables["zones"]
    data = kernel.memory.read(address, size)
    blocks = _Walker(kernel, pages, "list")
    orders = pages.column("order")
    zones: list[dict] = []
    numbers: dict[int, int] = {}
    for number in range(size // layout.size):
        at = number * layout.size

        def value(field: str) -> int:
            return kernel.field(data, "zone", field, at)

        if value("size") == 0:
            continue
        name = kernel.text(value("name"))
        numbers[number] = len(zones)
        lists[f"{name}.inactive_clean"] = walker.walk(
            f"{name}.inactive_clean", address + at + layout.offset("inactive_clean_list"), bad)
        zones.append({
            "name": name, "start": value("start_pfn"), "size": value("size"),
            "free": value("free_pages"), "min": value("pages_min"), "low": value("pages_low"),
            "high": value("pages_high"), "inactive_clean": value("inactive_clean_pages"),
            "inactive_dirty": value("inactive_dirty_pages"),
            "free_area": _read_free_area(kernel, blocks, orders, name, data,
                                         address, at + layout.offset("free_area"),
                                         layout.fields["free_area"][1], bad)})
    return zones, numbers


def _read_free_area(kernel: Kernel, blocks: _Walker, orders: list[int], zone: str,
                    data: bytes, base: int, at: int, size: int, bad: list[list]
                    ) -> list[list[int]]:
    """First frames of the free blocks of each order, with the checks of block and counter."""
    layout = kernel.layout.structs["free_area"]
    area: list[list[int]] = []
    for order in range(size // layout.size):
        here = at + order * layout.size
        name = f"{zone} order {order}"
        heads, room = layout.fields["blocks"]
        pfns = [pfn for head in range(heads, heads + room, kernel.layout.structs["list_head"].size)
                for pfn in blocks.walk(name, base + here + head, bad)]
        counted = kernel.field(data, "free_area", "nr_free", here)
        if counted != len(pfns):
            bad.append([name, "counter", [], f"{name}: nr_free is {counted}, but the walk "
                                             f"found {len(pfns)}"])
        bad += [[name, "order", [pfn], f"{name}: block {pfn} says order {orders[pfn]}"]
                for pfn in pfns if orders[pfn] != order]
        area.append(pfns)
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
