"""The rules of policy 2.4, told a second time: what must become of pages.

Written from the facts sheet and not from the kernel's sources, as plainly as it can be: no
locks, no processes that wait, memory that is Python's (memory24.py). The fuzzer compares
what a scenario prints with what these rules say (reader24.py). Section numbers are those of
the facts sheet.
"""

from __future__ import annotations

from grader.fuzz.memory24 import ACTIVE, CLEAN, DIRTY, MAX_ORDER, Memory, Mm, Page, Pte, Zone
from grader.fuzz.telling import Bug, Slot, Unknown

WAIT, IO, HIGHMEM = 1, 4, 0x10
MOST_ROUNDS = 60  #: of a request that never gets anything


class Sleeps(Exception):
    """A request for one page would wait for kswapd."""


class Rules(Memory):
    """Everything that acts on the machine's memory."""

    # ---- caches and their I/O ----

    def enter_swap_cache(self, page: Page, slot: Slot) -> None:
        if page.mapping or page.buffers is not None:
            raise Bug
        page.mapping, page.slot = "swap", slot
        page.count += 1
        self.lru_add(page)

    def leave_cache(self, page: Page) -> None:
        slot, page.slot, page.mapping = page.slot, None, None
        if slot:
            self.free_slot(slot)

    def end_io(self, page: Page) -> None:
        if not page.in_flight:
            return
        self.flight.remove(page)
        if page.buffers is not None:
            page.buffers.discard("locked")
        if page.in_flight == "page":
            page.locked = False
            self.async_pages -= page.asynchronous
            page.asynchronous = False
        page.in_flight = None

    def start_io(self, page: Page, kind: str) -> None:
        if page.buffers is None:
            page.buffers = set()
            page.count += 1
        page.buffers.discard("dirty")
        page.buffers.add("locked")
        page.in_flight = kind
        self.flight.append(page)

    def write_page(self, page: Page) -> bool:
        """The mapping's writepage, for a locked page. True: it refused."""
        if page.mapping == "ramfs":
            page.dirty = True
            return False
        if page.mapping == "shm":
            return self._move_to_swap(page)
        if page.mapping == "file" and page.write == "refuse":
            return True
        if page.mapping == "file" and page.write == "instant" and page.buffers is None:
            page.locked = False
            return False
        waits = page.write != "async"
        if page.mapping == "swap":
            waits = self.async_pages > 8 << self.cluster
            page.asynchronous = not waits
            self.async_pages += not waits
        if page.in_flight == "buffer":
            self.end_io(page)
        self.start_io(page, "page")
        if waits:
            self.end_io(page)
        return False

    def _move_to_swap(self, page: Page) -> bool:
        """5.5."""
        slot = None if page.write == "refuse" else self.get_slot(2)
        if not slot:
            return True
        if page.list:
            self.remove(page)
        page.mapping = None
        self.enter_swap_cache(page, slot)
        self.drop(page)
        page.dirty, page.locked = True, False
        return False

    def free_buffers(self, page: Page, wait: int) -> bool:
        """try_to_free_buffers (6)."""
        for chance in (1, 2):
            if not page.buffers:
                page.buffers, page.ramdisk = None, False
                self.drop(page)
                return True
            if wait and page.in_flight:
                if wait == 2:
                    self.end_io(page)
            elif wait and "dirty" in page.buffers:
                self.start_io(page, "buffer")
            if wait < 2 or chance == 2:
                return False
        return False

    # ---- the scanners ----

    def refill_inactive_scan(self, priority: int, oneshot: bool) -> int:
        """2.4."""
        result = 0
        for _ in range(len(self.active) >> priority):
            if not self.active:
                break
            page = self.active[-1]
            if page.referenced:
                page.referenced = False
                self.age_up(page)
            else:
                page.age //= 2
                if page.age == 0 and page.count <= (1 if page.buffers is None else 2):
                    self.deactivate(page)
            if page.list == ACTIVE:
                self.rotate(page)
                continue
            result = 1
            if oneshot:
                break
        return result

    @staticmethod
    def _used(page: Page) -> bool:
        """What sends a page back to the active list (first rows of 2.5 and 2.6)."""
        referenced, page.referenced = page.referenced, False
        return referenced or page.age > 0 or (page.buffers is None and page.count > 1)

    def page_launder(self, gfp: int, sync: bool) -> int:
        """2.5."""
        cleaned = self._launder_pass(False, False)
        if gfp & IO and self.free_shortage():
            cleaned += self._launder_pass(True, sync and not cleaned)
        return cleaned

    def _launder_pass(self, writing: bool, sync: bool) -> int:
        cleaned = 0
        quota = 4 << self.cluster
        for _ in range(len(self.dirty)):
            if not self.dirty:
                break
            page = self.dirty[-1]
            if self._used(page) or page.ramdisk:
                self.move(page, ACTIVE)
            elif page.locked:
                self.rotate(page)
            elif page.dirty and page.mapping == "file" and page.write == "missing":
                self.move(page, ACTIVE)
            elif page.dirty and not writing:
                self.rotate(page)
            elif page.dirty:
                self._write_out(page)
            elif page.buffers is not None:
                wait = 0
                if writing and quota == 0 and sync:
                    wait = 2
                elif writing:
                    wait = 1 if quota > 0 else 0
                    quota -= 1
                gone = page.mapping is None
                freed = self._launder_buffers(page, wait)
                cleaned += freed
                if freed and gone and not self.free_shortage():
                    break
            elif page.mapping:
                self.move(page, CLEAN)
                cleaned += 1
            else:
                self.move(page, ACTIVE)
        return cleaned

    def _write_out(self, page: Page) -> None:
        page.dirty, page.locked = False, True
        page.count += 1
        refused = self.write_page(page)
        page.dirty |= refused
        self.drop(page)
        if refused:
            self.move(page, ACTIVE)
            page.locked = False

    def _launder_buffers(self, page: Page, wait: int) -> bool:
        """Rows 7a to 7d; True if the page counts as cleaned."""
        self.remove(page)
        page.count += 1
        page.locked = True
        cleaned = self.free_buffers(page, wait)
        if not cleaned:
            self.add(page, DIRTY)
        elif page.mapping and page.count > 2:
            self.add(page, ACTIVE)
            cleaned = False
        elif page.mapping:
            self.add(page, CLEAN)
        page.locked = False
        self.drop(page)
        return cleaned

    def reclaim_page(self, zone: Zone) -> Page | None:
        """2.6."""
        self.pressure += 1
        for _ in range(len(zone.clean)):
            if not zone.clean:
                break
            page = zone.clean[-1]
            if self._used(page):
                self.move(page, ACTIVE)
            elif page.buffers is not None or page.dirty or page.locked:
                self.move(page, DIRTY)
            elif page.mapping:
                self.leave_cache(page)
                self.remove(page)
                page.age = 2
                return page
            else:
                zone.clean.remove(page)
                page.list, page.lost = None, True
        return None

    def try_to_swap_out(self, mm: Mm, at: int) -> int:
        """2.7."""
        pte = mm.ptes.get(at)
        if not pte or not pte.page:
            return 0
        if mm.swap_cnt == 0:
            return 1
        mm.swap_cnt -= 1
        page = pte.page
        if pte.young:
            pte.young = False
            self.age_up(page)
            return 0
        if page.list != ACTIVE:
            page.age //= 2
        if page.age > 0 or page.locked:
            return 0
        if pte.dirty and not page.mapping:
            slot = self.get_slot()
            if not slot:
                return 0
            page.locked = True
            self.enter_swap_cache(page, slot)
            page.locked = False
        page.dirty |= pte.dirty
        del mm.ptes[at]
        if page.slot:
            self.duplicate(page.slot)
            mm.ptes[at] = Pte(None, page.slot)
        mm.rss -= 1
        self.deactivate(page)
        self.drop(page)
        return 0

    def swap_out(self) -> int:
        """2.8."""
        living = [mm for mm in self.mms.values() if mm.rss > 0]
        if not living:
            return 0
        if not any(mm.swap_cnt for mm in living):
            for mm in living:
                mm.swap_cnt = max(8, mm.rss >> 5)
        victim = max(living, key=lambda mm: mm.swap_cnt)
        for at in sorted(at for at in victim.ptes if at >= victim.resume):
            victim.resume = at + 1
            if self.try_to_swap_out(victim, at):
                return 1
        victim.resume = victim.swap_cnt = 0
        return 0

    # ---- balancing (3.4 to 3.7) ----

    def refill_inactive(self, user: bool) -> int:
        start = 1 << self.cluster if user else self.inactive_shortage() + self.free_shortage()
        count, priority = start, 6
        while priority >= 0:
            before = count
            while self.refill_inactive_scan(priority, True):
                count -= 1
                if count <= 0:
                    return int(count < start)
            while self.swap_out():
                count -= 1
                if count <= 0:
                    return int(count < start)
            if not self.inactive_shortage() or not self.free_shortage():
                return int(count < start)
            priority -= count == before
        while count > 0 and self.refill_inactive_scan(0, True):
            count -= 1
        return int(count < start)

    def do_try_to_free_pages(self, gfp: int, user: bool) -> int:
        result = 0
        if self.free_shortage() or len(self.dirty) > self.supply():
            result = self.page_launder(gfp, user)
        if self.free_shortage() or self.inactive_shortage():
            return result + self.refill_inactive(user)
        return 1

    def recalculate(self) -> None:
        self.pressure -= self.pressure >> 6

    def kswapd(self) -> None:
        if self.inactive_shortage() or self.free_shortage():
            self.do_try_to_free_pages(IO, False)
        self.refill_inactive_scan(6, False)
        if self.ticks - self.recalculated > 100:
            self.recalculated = self.ticks
            self.recalculate()

    def kreclaimd(self) -> None:
        for zone in self.zones.values():
            while zone.free < zone.low:
                page = self.reclaim_page(zone)
                if not page:
                    break
                self.drop(page)

    # ---- the allocator (4.3) ----

    def _above(self, zones: list[Zone], mark: str, order: int, direct: bool) -> Page | None:
        for zone in zones:
            if zone.supply <= getattr(zone, mark):
                continue
            page = None
            if direct and zone.free < zone.min + 8:
                page = self.reclaim_page(zone)
            page = page or self.take(zone, order)
            if page:
                return page
        return None

    def _defragment(self, zones: list[Zone], gfp: int, order: int) -> Page | None:
        self.page_launder(gfp, True)
        for zone in zones:
            while zone.clean:
                single = self.reclaim_page(zone)
                if not single:
                    break
                self.drop(single)
                page = self.take(zone, order)
                if page:
                    return page
        return None

    def alloc_pages(self, gfp: int, order: int) -> Page | None:
        if order >= MAX_ORDER:
            return None
        names = ("highmem", "normal", "dma") if gfp & HIGHMEM else ("normal", "dma")
        zones = [self.zones[name] for name in names if name in self.zones]
        direct = order == 0 and bool(gfp & WAIT)
        self.pressure += 1
        for _ in range(MOST_ROUNDS):
            page = next((page for zone in zones if zone.free >= zone.low
                         and (page := self.take(zone, order))), None)
            for mark in ("high", "low", "min"):
                page = page or self._above(zones, mark, order, direct)
            if page or not gfp & WAIT:
                break
            if order:
                page = self._defragment(zones, gfp, order)
                if page:
                    break
            elif gfp & IO:
                raise Sleeps
            if not gfp & IO:
                self.do_try_to_free_pages(gfp, True)
            self.pressure += 1
            if order:
                break
        else:
            raise Unknown("a request that tries for ever")
        return page or next((page for zone in zones if zone.free >= zone.min // 4
                             and (page := self.take(zone, order))), None)
