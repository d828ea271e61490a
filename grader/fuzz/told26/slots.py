"""Slots of swap areas by the rules of policy 2.6 (11.1 to 11.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from grader.fuzz.telling import Slot, Unknown

CLUSTER = 256
MOST_COUNT = 0x3e  #: of a slot; what comes after is not told
ENOENT = -2

class Area:
    def __init__(self, slots: int, prio: int):
        self.slots, self.prio = slots, prio
        self.count = [0] * (slots + 1)
        self.cache = [False] * (slots + 1)
        self.lowest, self.highest = 1, slots
        self.next_offset, self.left = 1, 0
        self.used = 0

    def busy(self, offset: int) -> bool:
        return bool(self.count[offset]) or self.cache[offset]

    def only_cached(self, offset: int) -> bool:
        return self.cache[offset] and not self.count[offset]


@dataclass
class Swap:
    """All areas. `drop_cached` makes the page of a slot leave the swap cache, if it can.

    Which of lower priority is taken once those of the highest are full is not told.
    """

    areas: list[Area]
    drop_cached: Callable[[Slot], bool]

    def __post_init__(self) -> None:
        highest = max((area.prio for area in self.areas), default=0)
        #: Those of the highest priority, the newest first.
        self.order = [at for at, area in enumerate(self.areas) if area.prio == highest][::-1]
        self.next = self.order[0] if self.order else None
        self.total = sum(area.slots for area in self.areas)
        self.free = self.total

    @property
    def full(self) -> bool:
        """More than half (11.1)."""
        return 2 * self.free < self.total

    def get(self) -> Slot | None:
        if self.free <= 0:
            return None
        self.free -= 1
        start = self.order.index(self.next) if self.next is not None else 0
        run = self.order[start:] + self.order
        for at, number in enumerate(run):
            area = self.areas[number]
            if not area.highest:
                continue
            self.next = (run + self.order)[at + 1]
            offset = self._search(area, number)
            if offset:
                return number, offset
        if len(self.order) < len(self.areas):
            raise Unknown("the areas of the highest priority are full")
        self.free += 1
        return None

    def _fresh_cluster(self, area: Area) -> int | None:
        """The first run of free slots between the two bounds that is a cluster long."""
        run = 0
        for offset in range(area.lowest, area.highest + 1):
            run = 0 if area.busy(offset) else run + 1
            if run == CLUSTER:
                return offset - CLUSTER + 1
        return None

    def _search(self, area: Area, number: int) -> int | None:
        start = offset = area.next_offset
        if area.left == 0:
            area.left = CLUSTER
            if area.slots - area.used >= CLUSTER:
                fresh = self._fresh_cluster(area)
                start, offset = area.lowest, area.lowest if fresh is None else fresh
        area.left -= 1
        if offset > area.highest:
            start = offset = area.lowest
        for _ in range(4 * area.slots):
            if self.full and area.only_cached(offset):
                if self.drop_cached((number, offset)):
                    # The bounds may have moved.
                    if offset > area.highest:
                        start = offset = area.lowest
                    continue
            elif not area.busy(offset):
                self._take(area, offset)
                return offset
            found = self._further(area, offset, start)
            if found is None:
                return None
            offset = found
        raise Unknown("a search that tries for ever to drop what cannot be dropped")

    def _further(self, area: Area, offset: int, start: int) -> int | None:
        """The next slot that may do: upwards, then again from below."""
        for candidate in [*range(offset + 1, area.highest + 1),
                          *range(area.lowest + 1, start)]:
            if not area.busy(candidate) or (self.full and area.only_cached(candidate)):
                return candidate
        return None

    @staticmethod
    def _take(area: Area, offset: int) -> None:
        area.lowest += offset == area.lowest
        area.highest -= offset == area.highest
        area.used += 1
        if area.used == area.slots:
            area.lowest, area.highest = area.slots + 1, 0
        area.cache[offset] = True
        area.next_offset = offset + 1

    def count(self, slot: Slot) -> int:
        return self.areas[slot[0]].count[slot[1]]

    def duplicate(self, slot: Slot) -> int:
        area = self.areas[slot[0]]
        if not area.busy(slot[1]):
            return ENOENT
        if area.count[slot[1]] >= MOST_COUNT:
            raise Unknown("a slot with very many users")
        area.count[slot[1]] += 1
        return 0

    def release(self, slot: Slot, cache: bool) -> None:
        """One user less, or the cache."""
        area = self.areas[slot[0]]
        offset = slot[1]
        if cache:
            area.cache[offset] = False
        else:
            area.count[offset] -= 1
        if area.busy(offset):
            return
        area.lowest = min(area.lowest, offset)
        area.highest = max(area.highest, offset)
        area.used -= 1
        self.free += 1
