"""Memory as the rules of policy 2.4 see it: frames, lists, ages, counts, swap slots.

The half of rules24.py that is state and the smallest steps on it. Section numbers are those
of the facts sheet. Lists have their head at place 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.fuzz.telling import Bug, Slot

ACTIVE, DIRTY, CLEAN = "active", "inactive_dirty", "inactive_clean"
MAX_ORDER = 10
CLUSTER = 256  #: slots of a run that the search for swap space looks for


@dataclass(eq=False)
class Page:
    zone: Zone
    frame: int
    list: str | None = None
    age: int = 2
    count: int = 0
    locked: bool = False
    referenced: bool = False
    dirty: bool = False
    mapping: str | None = None  # "file", "swap", "shm", "ramfs"
    write: str = "instant"  # what the mapping's writepage does
    slot: Slot | None = None
    buffers: set[str] | None = None  # of "locked", "dirty", "pinned"
    ramdisk: bool = False
    in_flight: str | None = None  # "page" or "buffer"
    asynchronous: bool = False  # a swap write that counts as in flight
    lost: bool = False
    name: str | None = None
    order: int = 0

    def renew(self) -> None:
        """Forgets everything but its place."""
        self.__dict__.update(Page(self.zone, self.frame).__dict__)


class Zone:
    def __init__(self, name: str, size: int):
        self.name = name
        self.min = min(max(size // (32 if name == "dma" else 128), 10), 255)
        self.low, self.high = 2 * self.min, 3 * self.min
        self.frames = [Page(self, i) for i in range(size)]
        self.free = 0
        self.blocks: list[list[int]] = [[] for _ in range(MAX_ORDER)]
        self.clean: list[Page] = []
        self.ballast: list[Page] = []

    @property
    def supply(self) -> int:
        return self.free + len(self.clean)


@dataclass
class Area:
    slots: int
    prio: int
    map: list[int]
    lowest: int
    highest: int
    cluster_left: int = 0
    cluster_next: int = 0
    next: int | None = None
    used: int = 0


@dataclass
class Pte:
    page: Page | None  # None: in swap
    slot: Slot | None = None
    young: bool = False
    dirty: bool = False


@dataclass
class Mm:
    pages: int
    swap_cnt: int
    rss: int = 0
    resume: int = 0
    ptes: dict[int, Pte] = field(default_factory=dict)


class Memory:
    """The machine's memory."""

    def __init__(self, zones: dict[str, int], swap: list[tuple[int, int]],
                 cluster: int | None) -> None:
        self.zones = {name: Zone(name, size) for name, size in zones.items()}
        self.frames = sum(zones.values())
        self.high = sum(zone.high for zone in self.zones.values())
        self.cluster = cluster if cluster is not None else (
            2 if self.frames < 4096 else 3 if self.frames < 8192 else 4)
        self.active: list[Page] = []
        self.dirty: list[Page] = []
        self.pressure = 0
        self.ticks = self.recalculated = 0
        self.mms: dict[str, Mm] = {}
        self.flight: list[Page] = []
        self.async_pages = 0
        self.freed: list[Page] = []  # names of these have ended
        for zone in self.zones.values():
            for page in zone.frames:
                self.give_back(page, 0)
        self.areas: list[Area] = []
        self.first_area: int | None = None
        self.next_area: int | None = None
        for slots, prio in swap:
            self.switch_on(slots, prio)

    # ---- the buddy (4.2) ----

    def give_back(self, page: Page, order: int) -> None:
        zone, index = page.zone, page.frame
        zone.free += 1 << order
        while order < MAX_ORDER - 1 and index ^ 1 << order in zone.blocks[order]:
            zone.blocks[order].remove(index ^ 1 << order)
            index &= ~(1 << order)
            order += 1
        zone.blocks[order].insert(0, index)

    def take(self, zone: Zone, order: int) -> Page | None:
        have = next((o for o in range(order, MAX_ORDER) if zone.blocks[o]), None)
        if have is None:
            return None
        index = zone.blocks[have].pop(0)
        for lower in range(have - 1, order - 1, -1):
            zone.blocks[lower].insert(0, index)
            index += 1 << lower
        zone.free -= 1 << order
        page = zone.frames[index]
        page.count, page.order = 1, order
        return page

    def drop(self, page: Page) -> None:
        """Drops a reference; the last one frees the page (2.9, I6)."""
        if page.count <= 0:
            raise Bug
        page.count -= 1
        if page.count:
            return
        if page.buffers is not None or page.mapping or page.locked or page.list:
            raise Bug
        page.referenced = page.dirty = page.lost = False
        page.age = 2
        self.freed.append(page)
        self.give_back(page, page.order)
        if self.pressure > 1:
            self.pressure -= 1

    # ---- lists and ages (2.1, 2.2) ----

    def list_of(self, page: Page) -> list[Page]:
        return {ACTIVE: self.active, DIRTY: self.dirty, CLEAN: page.zone.clean}[page.list or ""]

    def add(self, page: Page, name: str) -> None:
        if page.list or page.count <= 0:
            raise Bug
        page.list = name
        self.list_of(page).insert(0, page)

    def remove(self, page: Page) -> None:
        self.list_of(page).remove(page)
        page.list = None

    def move(self, page: Page, name: str) -> None:
        self.remove(page)
        self.add(page, name)

    def rotate(self, page: Page) -> None:
        self.move(page, page.list or "")

    def activate(self, page: Page) -> None:
        if page.list in (DIRTY, CLEAN):
            self.move(page, ACTIVE)
        page.age = max(page.age, 2)

    def age_up(self, page: Page) -> None:
        if page.age == 0:
            self.activate(page)
        page.age = min(page.age + 3, 64)

    def deactivate(self, page: Page) -> None:
        page.age, page.referenced = 0, False
        most = 2 if page.buffers is None else 3
        if page.list == ACTIVE and page.count <= most and not page.ramdisk:
            self.move(page, DIRTY)

    def lru_add(self, page: Page) -> None:
        if not page.locked:
            raise Bug
        self.add(page, ACTIVE)
        if page.age == 0:
            self.deactivate(page)

    def lru_del(self, page: Page) -> None:
        if not page.locked:
            raise Bug
        if page.list:
            self.remove(page)

    # ---- how short memory is (3.3) ----

    def inactive_target(self) -> int:
        return min(self.pressure >> 6, self.frames >> 2)

    def supply(self) -> int:
        return sum(zone.supply for zone in self.zones.values())

    def free_shortage(self) -> int:
        wanted = self.high + self.inactive_target() // 3
        if self.supply() < wanted:
            return wanted - self.supply()
        return sum(max(0, zone.min + 1 - zone.supply) for zone in self.zones.values())

    def inactive_shortage(self) -> int:
        return max(0, self.high + self.inactive_target() - self.supply() - len(self.dirty))

    def out_of_memory(self) -> bool:
        """7."""
        free = sum(zone.free for zone in self.zones.values())
        return (free <= self.high // 3 and self.supply() <= self.high // 3 * 2
                and all(area.used == area.slots for area in self.areas))

    # ---- swap slots (5.2, 5.3) ----

    def switch_on(self, slots: int, prio: int) -> None:
        area = Area(slots, prio, [0] * (slots + 1), 1, slots)
        number = len(self.areas)
        self.areas.append(area)
        before, after = None, self.first_area
        while after is not None and self.areas[after].prio > prio:
            before, after = after, self.areas[after].next
        area.next = after
        if before is None:
            self.first_area = self.next_area = number
        else:
            self.areas[before].next = number

    def _search(self, area: Area) -> int | None:
        while area.cluster_left > 0 and area.cluster_next <= area.highest:
            offset = area.cluster_next
            area.cluster_next += 1
            if not area.map[offset]:
                area.cluster_left -= 1
                return offset
        area.cluster_left = CLUSTER
        run = 0
        for offset in range(area.lowest, area.highest + 1):
            run = 0 if area.map[offset] else run + 1
            if run == CLUSTER:
                return offset - CLUSTER + 1
        return next((offset for offset in range(area.lowest, area.highest + 1)
                     if not area.map[offset]), None)

    def _after(self, area: Area) -> int | None:
        """The next area of the same priority."""
        same = area.next is not None and self.areas[area.next].prio == area.prio
        return area.next if same else None

    def get_slot(self, count: int = 1) -> Slot | None:
        number, whole_chain = self.next_area, False
        if all(area.used == area.slots for area in self.areas):
            return None
        while number is not None:
            area = self.areas[number]
            offset = self._search(area)
            equal = self._after(area)
            if offset is not None:
                area.lowest += offset == area.lowest
                area.highest -= offset == area.highest
                area.cluster_next = offset + 1
                area.map[offset] = count
                area.used += 1
                self.next_area = self.first_area if equal is None else equal
                return number, offset
            if whole_chain:
                number = area.next
            elif equal is not None:
                number = equal
            else:
                number, whole_chain = self.first_area, True
        return None

    def slot_count(self, slot: Slot) -> int:
        return self.areas[slot[0]].map[slot[1]]

    def duplicate(self, slot: Slot) -> int:
        if not self.slot_count(slot):
            return 0
        self.areas[slot[0]].map[slot[1]] += 1
        return 1

    def free_slot(self, slot: Slot) -> None:
        area = self.areas[slot[0]]
        if not area.map[slot[1]]:
            return
        if self.next_area is not None and area.prio > self.areas[self.next_area].prio:
            self.next_area = slot[0]
        area.map[slot[1]] -= 1
        if not area.map[slot[1]]:
            area.lowest = min(area.lowest, slot[1])
            area.highest = max(area.highest, slot[1])
            area.used -= 1
