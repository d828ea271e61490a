"""Frames as the rules of policy 2.6 see them: zones, marks, the buddy, per-CPU lists.

Section numbers here and in the other modules are those of the facts sheet. All lists have
their head first.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import Iterator

from grader.fuzz.telling import Bug, Slot

MAX_ORDER = 10  #: of the largest block
PAGEBLOCK = 512
UNMOVABLE, RECLAIMABLE, MOVABLE, RESERVE = TYPES = (
    "unmovable", "reclaimable", "movable", "reserve")
PCP_TYPES = TYPES[:3]
FALLBACK = {UNMOVABLE: (RECLAIMABLE, MOVABLE), RECLAIMABLE: (UNMOVABLE, MOVABLE),
            MOVABLE: (RECLAIMABLE, UNMOVABLE), RESERVE: ()}
#: With fewer frames there is no grouping by type.
FEWEST_FRAMES = 5 * PAGEBLOCK
#: With their indices, absent ones too.
ZONES = ("dma", "dma32", "normal", "highmem")
LOWMEM = ZONES[:3]
LISTS = ("inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable")


@dataclass(eq=False)
class Page:
    zone: Zone
    pfn: int
    count: int = 0
    flags: set[str] = field(default_factory=set)  # also lru, active, unevictable
    mapping: str | None = None  # "file", "shm", "ramfs", "swap"
    anon: bool = False
    slot: Slot | None = None
    write: str = "instant"  # what the mapping's writepage does
    buffers: set[str] | None = None  # of "locked", "dirty", "pinned"
    ptes: list[Pte] = field(default_factory=list)
    private: str = MOVABLE  # on a per-CPU list: where it will go
    order: int = 0
    name: str | None = None

    @property
    def file(self) -> bool:
        """On which pair of lists it belongs (4.1)."""
        return "swapbacked" not in self.flags

    @property
    def swap_cache(self) -> bool:
        return self.slot is not None

    @property
    def list(self) -> str:
        """Of the lists, the one that its flags name."""
        if "unevictable" in self.flags:
            return "unevictable"
        kind = "file" if self.file else "anon"
        return f"{'active' if 'active' in self.flags else 'inactive'}_{kind}"


@dataclass(eq=False)
class Pte:
    mm: Mm
    page: Page | None  # None: in swap
    slot: Slot | None = None
    young: bool = False
    dirty: bool = False
    exec: bool = False  # of the area
    locked: bool = False


@dataclass(eq=False)
class Mm:
    pages: int
    areas: dict[int, bool] = field(default_factory=dict)  # whether anonymous, by index
    ptes: dict[int, Pte] = field(default_factory=dict)


class Queue(OrderedDict[object, None]):
    """A list with two ends, of which each member is found at once."""

    def add_head(self, member: object) -> None:
        self[member] = None
        self.move_to_end(member, last=False)

    def add_tail(self, member: object) -> None:
        self[member] = None

    @property
    def head(self) -> object:
        return next(iter(self))

    @property
    def tail(self) -> object:
        return next(reversed(self))


class Zone:
    def __init__(self, name: str, start: int, size: int, node: int, key: str):
        self.name, self.start, self.size = name, start, size
        self.node, self.key = node, key
        self.index = ZONES.index(name)
        self.free = 0
        self.lists: defaultdict[tuple[int, str], Queue] = defaultdict(Queue)
        self.nr_free = [0] * (MAX_ORDER + 1)
        self.block: dict[int, tuple[int, str]] = {}  # first frame to order and list
        self.pcp: dict[str, Queue] = {kind: Queue() for kind in PCP_TYPES}
        self.ballast: list[int] = []
        self.min = self.low = self.high = 0
        self.reserve = dict.fromkeys(ZONES, 0)  # by the requester's zone
        gb = size >> 18
        self.inactive_ratio = math.isqrt(10 * gb) if gb else 1
        batch = size // 1024
        batch = max(1, (128 if batch * 4096 > 512 * 1024 else batch) // 4)
        raw = (1 << (batch + batch // 2).bit_length() - 1) - 1
        self.batch, self.pcp_high = max(1, raw), 6 * raw
        self.lru: dict[str, Queue] = {name: Queue() for name in LISTS}
        self.stat: Counter[str] = Counter()  # nr_…
        self.scanned, self.rotated = [0, 0], [0, 0]  # anon, file
        self.pages_scanned = 0
        self.all_unreclaimable = self.congested = False

    @property
    def end(self) -> int:
        return self.start + self.size

    def queue(self, order: int, kind: str) -> Queue:
        return self.lists[order, kind]

    def insert(self, pfn: int, order: int, kind: str, tail: bool = False) -> None:
        queue = self.queue(order, kind)
        (queue.add_tail if tail else queue.add_head)(pfn)
        self.block[pfn] = order, kind
        self.nr_free[order] += 1

    def unlink(self, pfn: int) -> None:
        order, kind = self.block.pop(pfn)
        del self.lists[order, kind][pfn]
        self.nr_free[order] -= 1

    def watermark_ok(self, order: int, mark: int, requester: str, high: bool = False,
                     harder: bool = False) -> bool:
        """1.6."""
        free = self.free - (1 << order) + 1
        mark -= mark // 2 if high else 0
        mark -= mark // 4 if harder else 0
        if order > MAX_ORDER or free <= mark + self.reserve[requester]:
            return False
        for smaller in range(order):
            free -= self.nr_free[smaller] << smaller
            mark >>= 1
            if free <= mark:
                return False
        return True


class Frames:
    """All zones, and the machine's counters of events."""

    def __init__(self, sizes: list[dict[str, int]]) -> None:
        """SIZES of each node's zones."""
        self.zones: dict[str, Zone] = {}  # by what scenarios call them
        start = 0
        for node, zones in enumerate(sizes):
            for name, size in zones.items():
                key = f"{node}.{name}" if len(sizes) > 1 else name
                self.zones[key] = Zone(name, start, size, node, key)
                start += size
        self.pages: dict[int, Page] = {}
        self.types: dict[int, str] = {}  # of pageblocks that are not movable
        self.grouping = start >= FEWEST_FRAMES  # by type (1.2)
        self.events: Counter[str] = Counter()
        self.ended: list[str] = []  # names
        for zone in self.zones.values():
            self._fill(zone)
            self._reserve_for_classes(zone)
        low_kb = 4 * sum(zone.size for zone in self.zones.values() if zone.name in LOWMEM)
        self.set_marks(min(max(math.isqrt(16 * low_kb), 128), 65536))

    def zone(self, key: str) -> Zone:
        """Without a number it is node 0's."""
        return self.zones[key] if key in self.zones else self.zones[f"0.{key}"]

    def zone_of(self, pfn: int) -> Zone:
        return next(zone for zone in self.zones.values() if zone.start <= pfn < zone.end)

    def page(self, pfn: int) -> Page:
        if pfn not in self.pages:
            self.pages[pfn] = Page(self.zone_of(pfn), pfn)
        return self.pages[pfn]

    def fresh(self, pfn: int, zone: Zone | None = None) -> Page:
        """The frame, of ZONE if that is known, as nobody has used it."""
        new = Page(zone or self.zone_of(pfn), pfn)
        page = self.pages.setdefault(pfn, new)
        if page is not new:
            page.__dict__.update(new.__dict__)
        return page

    def type_of(self, pfn: int) -> str:
        return self.types.get(pfn // PAGEBLOCK, MOVABLE)

    # ---- marks (1.5) ----

    @staticmethod
    def _fill(zone: Zone) -> None:
        pfn = zone.start
        while pfn < zone.end:
            order = MAX_ORDER
            while pfn % (1 << order) or pfn + (1 << order) > zone.end:
                order -= 1
            zone.insert(pfn, order, MOVABLE)
            pfn += 1 << order
        zone.free = zone.size

    def _reserve_for_classes(self, zone: Zone) -> None:
        above, ratio = 0, 32 if zone.name in ("normal", "highmem") else 256
        for name in ZONES[zone.index + 1:]:
            above += sum(other.size for other in self.zones.values()
                         if (other.node, other.name) == (zone.node, name))
            zone.reserve[name] = above // ratio

    def set_marks(self, kbytes: int) -> None:
        pages = kbytes >> 2
        low = sum(zone.size for zone in self.zones.values() if zone.name in LOWMEM)
        for zone in self.zones.values():
            share = pages * zone.size // low
            zone.min = share if zone.name in LOWMEM else min(max(zone.size // 1024, 32), 128)
            zone.low, zone.high = zone.min + share // 4, zone.min + share // 2
            self._set_reserve(zone)

    def _set_reserve(self, zone: Zone) -> None:
        """The first pageblocks that are or can be reserve; others are so no longer (2.3)."""
        wanted = min(2, -(-zone.min // PAGEBLOCK))
        for pfn in range(zone.start, zone.end, PAGEBLOCK):
            kind = self.type_of(pfn)
            if wanted and kind in (RESERVE, MOVABLE):
                wanted -= 1
                new = RESERVE
            else:
                new = MOVABLE if kind == RESERVE else kind
            if new != kind:
                self.types[pfn // PAGEBLOCK] = new
                self._move_pageblock(zone, pfn, new)

    # ---- the buddy (2.2, 2.3) ----

    def _move_pageblock(self, zone: Zone, pfn: int, kind: str) -> int:
        """All free blocks of the pageblock; returns how many pages."""
        moved = 0
        at = start = pfn - pfn % PAGEBLOCK
        if start + PAGEBLOCK > zone.end:
            return 0
        while at < start + PAGEBLOCK:
            if at not in zone.block:
                at += 1
                continue
            order = zone.block[at][0]
            zone.unlink(at)
            zone.insert(at, order, kind)
            moved += 1 << order
            at += 1 << order
        return moved

    def give(self, zone: Zone, pfn: int, order: int, kind: str) -> None:
        """A block becomes free: joined with its buddies."""
        zone.free += 1 << order
        while order < MAX_ORDER:
            buddy = pfn ^ 1 << order
            if zone.block.get(buddy, (-1, ""))[0] != order:
                break
            zone.unlink(buddy)
            pfn &= ~(1 << order)
            order += 1
        pair = zone.block.get(pfn ^ 1 << (order + 1), (-1, ""))[0]
        zone.insert(pfn, order, kind, tail=(order < MAX_ORDER - 1 and not pfn & 1 << order
                                            and pair == order + 1))

    @staticmethod
    def _expand(zone: Zone, pfn: int, low: int, high: int, kind: str) -> int:
        while high > low:
            high -= 1
            zone.insert(pfn + (1 << high), high, kind)
        return pfn

    def _smallest(self, zone: Zone, order: int, kind: str) -> int | None:
        for have in range(order, MAX_ORDER + 1):
            if zone.nr_free[have] and (queue := zone.queue(have, kind)):
                pfn = queue.head
                assert isinstance(pfn, int)
                zone.unlink(pfn)
                return self._expand(zone, pfn, order, have, kind)
        return None

    def _fallback(self, zone: Zone, order: int, kind: str) -> int | None:
        for have in range(MAX_ORDER, order - 1, -1):
            for donor in FALLBACK[kind]:
                if not zone.queue(have, donor):
                    continue
                pfn = zone.queue(have, donor).head
                assert isinstance(pfn, int)
                rest = donor
                if have >= 4 or kind == RECLAIMABLE or not self.grouping:
                    moved = self._move_pageblock(zone, pfn, kind)
                    if moved >= PAGEBLOCK // 2 or not self.grouping:
                        self.types[pfn // PAGEBLOCK] = kind
                    rest = kind
                zone.unlink(pfn)
                for block in range(pfn, pfn + (1 << have), PAGEBLOCK) if have >= 9 else ():
                    self.types[block // PAGEBLOCK] = kind
                return self._expand(zone, pfn, order, have, rest)
        return None

    def take(self, zone: Zone, order: int, kind: str) -> int | None:
        """A block off the buddy's lists."""
        found = self._smallest(zone, order, kind)
        if found is None:
            found = self._fallback(zone, order, kind)
        if found is None:
            found = self._smallest(zone, order, RESERVE)
        if found is not None:
            zone.free -= 1 << order
        return found

    def take_singles(self, zone: Zone, most: int) -> list[int]:
        """What up to MOST requests for one movable page get: all of the smallest block, which
        gives its frames in their order, or one page."""
        kinds = (MOVABLE, *FALLBACK[MOVABLE], RESERVE)
        order, kind = next(((order, kind) for kind in kinds for order in range(MAX_ORDER + 1)
                            if zone.nr_free[order] and zone.queue(order, kind)), (0, ""))
        if kind in (MOVABLE, RESERVE) and 1 << order <= most:
            pfn = zone.queue(order, kind).head
            assert isinstance(pfn, int)
            zone.unlink(pfn)
            zone.free -= 1 << order
            return list(range(pfn, pfn + (1 << order)))
        found = self.take(zone, 0, MOVABLE)
        return [] if found is None else [found]

    # ---- per-CPU lists (2.4) ----

    def allocate(self, zone: Zone, order: int, kind: str, cold: bool) -> Page | None:
        """Of this zone, whatever its marks are."""
        pfn = self._from_pcp(zone, kind, cold) if not order else self.take(zone, order, kind)
        if pfn is None:
            return None
        self.events["pgalloc"] += 1 << order
        page = self.fresh(pfn)
        page.count, page.order = 1, order
        return page

    def _from_pcp(self, zone: Zone, kind: str, cold: bool) -> int | None:
        queue = zone.pcp[kind]
        if not queue:
            for _ in range(zone.batch):
                pfn = self.take(zone, 0, kind)
                if pfn is None:
                    break
                self.page(pfn).private = kind
                (queue.add_head if cold else queue.add_tail)(pfn)
        if not queue:
            return None
        pfn = queue.tail if cold else queue.head
        assert isinstance(pfn, int)
        del queue[pfn]
        return pfn

    def release(self, page: Page, order: int = 0, cold: bool = False) -> None:
        """The last reference is gone."""
        zone = page.zone
        if page.slot or page.ptes or page.buffers is not None \
                or page.flags & {"lru", "locked", "writeback", "active", "unevictable"} \
                or page.mapping:
            raise Bug
        if "mlocked" in page.flags:
            zone.stat["nr_mlock"] -= 1
        self.events["pgfree"] += 1 << order
        page.flags.clear()
        if page.name:
            self.ended.append(page.name)
            page.name = None
        kind = self.type_of(page.pfn)
        if order:
            self._freed_in(zone)
            self.give(zone, page.pfn, order, kind)
            return
        page.private = kind
        queue = zone.pcp[kind if kind in PCP_TYPES else MOVABLE]
        (queue.add_tail if cold else queue.add_head)(page.pfn)
        if sum(map(len, zone.pcp.values())) >= zone.pcp_high:
            self.flush_pcp(zone, zone.batch)

    @staticmethod
    def _freed_in(zone: Zone) -> None:
        zone.all_unreclaimable, zone.pages_scanned = False, 0

    def flush_pcp(self, zone: Zone, pages: int) -> None:
        self._freed_in(zone)
        for queue, kinds in self._bursts(zone, pages):
            for _ in range(kinds):
                pfn = queue.tail
                assert isinstance(pfn, int)
                del queue[pfn]
                self.give(zone, pfn, 0, self.page(pfn).private)

    @staticmethod
    def _bursts(zone: Zone, left: int) -> Iterator[tuple[Queue, int]]:
        """From which list how many pages go next: one, and one for each empty list."""
        at = burst = 0
        while left:
            at, burst = (at + 1) % 3, burst + 1
            queue = zone.pcp[PCP_TYPES[at]]
            if not queue:
                continue
            if burst == 3:
                burst = left
            pages = min(burst, left, len(queue))
            left, burst = left - pages, burst - pages
            yield queue, pages
