"""What happens to one page: references from ptes, dirt, writing, unmapping, leaving its cache.

The rules of policy 2.6 from sections 4.7, 5.7 to 5.10, 9.3 and 11.3 of the sheet, and those
about writepage in the scenario language.
"""

from __future__ import annotations

from enum import Enum

from grader.fuzz.telling import Bug, Slot, Unknown
from grader.fuzz.told26.frames import Mm, Page, Pte
from grader.fuzz.told26.lru import Lru
from grader.fuzz.told26.slots import Area, Swap


class Unmap(Enum):
    SUCCESS, FAIL, MLOCK = range(3)


class Pageout(Enum):
    KEEP, ACTIVATE, SUCCESS, CLEAN = range(4)


class Pages(Lru):
    def __init__(self, sizes: list[dict[str, int]], areas: list[Area]) -> None:
        super().__init__(sizes)
        self.swap = Swap(areas, self._drop_cached)
        self.cached: dict[Slot, Page] = {}
        self.mms: dict[str, Mm] = {}
        self.flight: list[Page] = []

    # ---- dirt and I/O (9.3) ----

    def dirty(self, page: Page) -> None:
        if "dirty" not in page.flags and page.mapping == "file":
            page.zone.stat["nr_dirty"] += 1
        page.flags.add("dirty")
        if self.has_mapping(page):
            page.flags.discard("reclaim")

    def clean(self, page: Page) -> None:
        if page.mapping == "file":
            page.zone.stat["nr_dirty"] -= 1
        page.flags.discard("dirty")

    def start_io(self, page: Page) -> None:
        if page not in self.flight:
            self.flight.append(page)

    def start_writeback(self, page: Page) -> None:
        page.flags.add("writeback")
        page.zone.stat["nr_writeback"] += 1
        self.start_io(page)

    def end_io(self, page: Page) -> None:
        if page.buffers is not None:
            page.buffers.discard("locked")
        if page in self.flight:
            self.flight.remove(page)
        if "writeback" not in page.flags:
            return
        if "reclaim" in page.flags:
            page.flags.discard("reclaim")
            self.rotate(page)
        page.flags.discard("writeback")
        page.zone.stat["nr_writeback"] -= 1

    # ---- buffers (5.10) ----

    def drop_buffers(self, page: Page) -> bool:
        if page.buffers or page.flags & {"writeback"}:
            return False
        page.buffers = None
        if "dirty" in page.flags and page.mapping:
            self.clean(page)
        self.put(page)
        return True

    def attach_buffers(self, page: Page) -> None:
        if page.buffers is None:
            page.buffers = set()
            page.count += 1

    # ---- the cache that a page is in ----

    def enter_swap_cache(self, page: Page, slot: Slot) -> None:
        page.slot = slot
        self.cached[slot] = page
        page.count += 1
        page.zone.stat["nr_file_pages"] += 1

    def leave_cache(self, page: Page) -> None:
        """Without the cache's reference."""
        page.zone.stat["nr_file_pages"] -= 1
        if page.slot:
            slot, page.slot = page.slot, None
            del self.cached[slot]
            self.swap.release(slot, cache=True)
        page.mapping = None

    def try_to_free_swap(self, page: Page) -> bool:
        if not page.slot or "writeback" in page.flags or self.swap.count(page.slot):
            return False
        self.leave_cache(page)
        page.flags.add("dirty")
        self.put(page)
        return True

    def _drop_cached(self, slot: Slot) -> bool:
        page = self.cached.get(slot)
        return bool(page and "locked" not in page.flags and self.try_to_free_swap(page))

    def add_to_swap(self, page: Page) -> bool:
        slot = self.swap.get()
        if not slot:
            return False
        self.enter_swap_cache(page, slot)
        page.flags.add("dirty")
        return True

    def remove_mapping(self, page: Page) -> bool:
        """Only the cache and the caller may hold it, and it must be clean."""
        if page.count != 2 or "dirty" in page.flags:
            return False
        self.leave_cache(page)
        page.count = 0
        return True

    @staticmethod
    def has_mapping(page: Page) -> bool:
        return page.mapping is not None or page.slot is not None

    # ---- ptes (4.7) ----

    def map(self, mm: Mm, at: int, page: Page, keys: dict[str, bool]) -> None:
        if mm.areas.setdefault(at, page.anon) != page.anon or not (page.anon or page.mapping):
            raise Unknown("a page that does not fit to its area")
        pte = Pte(mm, page, **keys)
        mm.ptes[at] = pte
        if not page.ptes:
            page.zone.stat["nr_anon_pages" if page.anon else "nr_mapped"] += 1
        page.ptes.append(pte)

    def referenced(self, page: Page, have_lock: bool) -> tuple[int, bool, bool]:
        """Ptes that were young; whether the area of one is executable, and one locked."""
        if not page.ptes or not (page.anon or page.mapping):
            return 0, False, False
        if not have_lock and not page.anon and "locked" in page.flags:
            return 1, False, False
        young, executable = 0, False
        for pte in page.ptes:
            if pte.locked:
                return young, executable, True
            if pte.young:
                pte.young = False
                young += 1
                executable |= pte.exec
        return young, executable, False

    def unmap(self, page: Page) -> Unmap:
        """try_to_unmap."""
        for pte in list(page.ptes):
            if pte.locked:
                if "mlocked" not in page.flags:
                    page.flags.add("mlocked")
                    page.zone.stat["nr_mlock"] += 1
                    self.events["unevictable_pgs_mlocked"] += 1
                return Unmap.MLOCK
            if pte.young:
                pte.young = False
                return Unmap.FAIL
            if pte.dirty:
                self.dirty(page)
            self._unmap_one(page, pte)
        return Unmap.SUCCESS

    def _unmap_one(self, page: Page, pte: Pte) -> None:
        if page.anon:
            if not page.slot:
                raise Unknown("an anonymous page without a slot")
            self.swap.duplicate(page.slot)
            pte.page, pte.slot = None, page.slot
        else:
            pte.mm.ptes = {at: other for at, other in pte.mm.ptes.items() if other is not pte}
        page.ptes.remove(pte)
        if not page.ptes:
            page.zone.stat["nr_anon_pages" if page.anon else "nr_mapped"] -= 1
        self.put(page)

    # ---- writing (5.9) ----

    def pageout(self, page: Page) -> Pageout:
        """The page is locked, and unlocked if the result is SUCCESS."""
        if page.count - (page.buffers is not None) != 2:
            return Pageout.KEEP
        if not self.has_mapping(page):
            if page.buffers is not None and self.drop_buffers(page):
                page.flags.discard("dirty")
                return Pageout.CLEAN
            return Pageout.KEEP
        if not page.slot and page.write == "missing":
            return Pageout.ACTIVATE
        self.clean(page)
        page.flags.add("reclaim")
        if page.slot:
            self._write_swap(page)
        elif page.write == "refuse":
            self.dirty(page)
            page.flags.discard("reclaim")
            return Pageout.ACTIVATE
        else:
            self._write(page)
        page.flags.discard("locked")
        if "writeback" not in page.flags:
            page.flags.discard("reclaim")
        self.events["nr_vmscan_write"] += 1
        return Pageout.SUCCESS

    def _write(self, page: Page) -> None:
        if page.write == "redirty":
            self.dirty(page)
        elif page.write == "instant" and page.buffers is not None:
            self._buffers_become(page, set())
        elif page.write == "instant_buffers":
            self.attach_buffers(page)
            self._buffers_become(page, set())
        elif page.write == "async":
            self.attach_buffers(page)
            self._buffers_become(page, {"locked"})
            self.start_writeback(page)

    @staticmethod
    def _buffers_become(page: Page, states: set[str]) -> None:
        """What a write leaves; what has a user or was in flight before stays as it is."""
        if page.buffers is None:
            raise Bug
        page.buffers -= {"dirty"}
        page.buffers |= states if "pinned" not in page.buffers else set()

    def _write_swap(self, page: Page) -> None:
        if not self.try_to_free_swap(page):
            self.events["pswpout"] += 1
            self.start_writeback(page)
