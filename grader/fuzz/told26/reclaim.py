"""Scanning one zone's lists by the rules of policy 2.6 (5.2 to 5.8, 5.11)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from grader.fuzz.told26.frames import Page, Zone
from grader.fuzz.told26.pages import Pageout, Pages, Unmap

BATCH = 32
FIRST_PRIORITY = 12
COSTLY_ORDER = 3
#: Bits of a request.
WAIT, HIGH, IO, FS = "wait", "high", "io", "fs"


class Verdict(Enum):
    RECLAIM, RECLAIM_CLEAN, KEEP, ACTIVATE = range(4)


class Fate(Enum):
    KEEP, KEEP_MODE, ACTIVATE, CULL, FREE = range(5)


@dataclass
class Control:
    """Who reclaims, for what, and what he may do (5.1)."""

    gfp: frozenset[str] = frozenset((WAIT, IO, FS))
    order: int = 0
    nr_to_reclaim: float = BATCH
    may_writepage: bool = True
    may_unmap: bool = True
    may_swap: bool = True
    kswapd: bool = False
    lumpy: bool = False
    sync: bool = False
    nr_scanned: int = 0
    nr_reclaimed: int = 0
    nr_dirty: int = 0
    nr_congested: int = 0
    nr_writeback: int = 0

    def set_mode(self, priority: int, sync: bool) -> None:
        """set_reclaim_mode (5.6)."""
        self.lumpy = self.order > COSTLY_ORDER or (self.order > 0 and priority < 10)
        self.sync = self.lumpy and sync

    def single(self) -> None:
        self.lumpy = self.sync = False


class Reclaim(Pages):
    swappiness = 60

    # ---- how much (5.2, 5.3) ----

    def scan_count(self, zone: Zone, priority: int, sc: Control) -> dict[str, int]:
        anon, file = (sum(len(zone.lru[f"{state}_{kind}"]) for state in ("inactive", "active"))
                      for kind in ("anon", "file"))
        noswap = not sc.may_swap or self.swap.free <= 0
        if noswap:
            fraction, whole = (0, 1), 1
        elif file + zone.free <= zone.high:
            fraction, whole = (1, 0), 1
        else:
            for kind, size in enumerate((anon, file)):
                if zone.scanned[kind] > size // 4:
                    zone.scanned[kind] //= 2
                    zone.rotated[kind] //= 2
            shares = [(weight + 1) * (zone.scanned[kind] + 1) // (zone.rotated[kind] + 1)
                      for kind, weight in enumerate((self.swappiness, 200 - self.swappiness))]
            fraction, whole = (shares[0], shares[1]), sum(shares) + 1
        force = sc.kswapd and zone.all_unreclaimable
        counts = {}
        for name in ("inactive_anon", "active_anon", "inactive_file", "active_file"):
            n = len(zone.lru[name])
            if priority or noswap:
                n >>= priority
                if not n and force:
                    n = BATCH
                n = n * fraction[name.endswith("file")] // whole
            counts[name] = n
        return counts

    def is_low(self, zone: Zone, kind: str) -> bool:
        inactive, active = (len(zone.lru[f"{state}_{kind}"])
                            for state in ("inactive", "active"))
        if kind == "anon":
            return self.swap.total > 0 and inactive * zone.inactive_ratio < active
        return active > inactive

    # ---- taking pages off a list (5.5) ----

    def _try_isolate(self, page: Page, sc: Control, active: bool | None, file: bool) -> str:
        """ "taken", "busy" or "wrong"; ACTIVE is None if both states will do."""
        if "lru" not in page.flags or "unevictable" in page.flags:
            return "wrong"
        if active is not None and (("active" in page.flags) != active or page.file != file):
            return "wrong"
        if not sc.may_writepage and page.flags & {"writeback", "dirty"}:
            return "busy"
        if (not sc.may_unmap and page.ptes) or not page.count:
            return "busy"
        self.isolate(page)
        return "taken"

    def _take(self, zone: Zone, n: int, sc: Control, active: bool | None, name: str
              ) -> tuple[list[Page], int]:
        """Pages from the tail, and at order > 0 from their blocks; how many were looked at."""
        taken: list[Page] = []
        queue = zone.lru[name]
        scanned = 0
        while scanned < n and queue:
            scanned += 1
            page = queue.tail
            assert isinstance(page, Page)
            if self._try_isolate(page, sc, active, page.file) == "busy":
                queue.move_to_end(page, last=False)
                continue
            taken.append(page)
            for other in self._neighbours(zone, page.pfn, sc, active, page.file):
                taken.append(other)
                scanned += 1
        return taken, scanned

    def _neighbours(self, zone: Zone, pfn: int, sc: Control, active: bool | None, file: bool
                    ) -> list[Page]:
        if not sc.order:
            return []
        taken = []
        start = pfn & ~((1 << sc.order) - 1)
        for at in range(start, start + (1 << sc.order)):
            if at == pfn:
                continue
            if not zone.start <= at < zone.end:
                break
            page = self.page(at)
            if self.swap.free <= 0 and not page.file and not page.swap_cache:
                break
            if self._try_isolate(page, sc, active, file) == "taken":
                taken.append(page)
            elif page.count:
                break
        return taken

    # ---- active to inactive (5.11) ----

    def shrink_active_list(self, zone: Zone, n: int, kind: str, sc: Control) -> None:
        self.drain()
        sc.single()
        file = kind == "file"
        pages, scanned = self._take(zone, n, sc, True, f"active_{kind}")
        zone.pages_scanned += scanned
        zone.scanned[file] += len(pages)
        self.events["pgrefill"] += scanned
        stay, leave = [], []
        for page in pages:
            if not self.evictable(page):
                self.put_back(page)
                continue
            young, executable, _ = self.referenced(page, False)
            zone.rotated[file] += young > 0
            (stay if young and executable and page.file else leave).append(page)
        for page in leave:
            page.flags.discard("active")
        self.events["pgdeactivate"] += len(leave)
        free: list[Page] = []
        for page in stay + leave:
            self._back(page, free)
        self.free_all(free)

    def _back(self, page: Page, free: list[Page]) -> None:
        """Drops the isolation's reference; who has no other leaves again."""
        self.add(page)
        page.count -= 1
        if not page.count:
            self.remove(page)
            page.flags -= {"active"}
            free.append(page)

    # ---- inactive to free (5.6) ----

    def shrink_inactive_list(self, zone: Zone, n: int, kind: str, priority: int, sc: Control
                             ) -> int:
        sc.set_mode(priority, False)
        self.drain()
        pages, scanned = self._take(zone, n, sc, None if sc.lumpy else False,
                                    f"inactive_{kind}")
        zone.pages_scanned += scanned
        self.events["pgscan_kswapd" if sc.kswapd else "pgscan_direct"] += scanned
        if not pages:
            return 0
        self.note_isolated(pages)
        taken = len(pages)
        freed, pages = self.shrink_page_list(zone, pages, priority, sc)
        wait = FIRST_PRIORITY if sc.order > COSTLY_ORDER else FIRST_PRIORITY // 3
        if not sc.kswapd and sc.lumpy and freed != taken and priority <= wait:
            sc.set_mode(priority, True)
            more, pages = self.shrink_page_list(zone, pages, priority, sc)
            freed += more
        self.events["kswapd_steal"] += freed if sc.kswapd else 0
        self.events["pgsteal"] += freed
        self.return_survivors(pages)
        return freed

    def note_isolated(self, pages: list[Page]) -> None:
        for page in pages:
            self.events["pgdeactivate"] += "active" in page.flags
            page.flags.discard("active")
            page.zone.scanned[page.file] += 1

    def return_survivors(self, pages: list[Page]) -> None:
        free: list[Page] = []
        for page in pages:
            if not self.evictable(page):
                self.put_back(page)
                continue
            page.zone.rotated[page.file] += "active" in page.flags
            self._back(page, free)
        self.free_all(free)

    # ---- one page after the other (5.7, 5.8) ----

    def shrink_page_list(self, zone: Zone, pages: list[Page], priority: int, sc: Control
                         ) -> tuple[int, list[Page]]:
        """How many were freed, and those that are to go back."""
        freed, dirty, congested = 0, sc.nr_dirty, sc.nr_congested
        left: list[Page] = []
        free: list[Page] = []
        for page in pages:
            fate = self._shrink_page(page, priority, sc)
            if fate in (Fate.KEEP, Fate.CULL, Fate.ACTIVATE):
                sc.single()
            if fate is Fate.FREE:
                freed += 1
                free.append(page)
            elif fate is Fate.CULL:
                if page.slot:
                    self.try_to_free_swap(page)
                self.put_back(page)
            else:
                if fate is Fate.ACTIVATE:
                    self._activate_isolated(page)
                left.append(page)
        self.free_all(free)
        dirty, congested = sc.nr_dirty - dirty, sc.nr_congested - congested
        zone.congested |= dirty > 0 and dirty == congested
        return freed, left

    def _activate_isolated(self, page: Page) -> None:
        if page.slot and self.swap.full:
            self.try_to_free_swap(page)
        page.flags.add("active")
        self.events["pgactivate"] += 1

    def _shrink_page(self, page: Page, priority: int, sc: Control) -> Fate:
        """Takes the lock, and gives it back."""
        if "locked" in page.flags:
            return Fate.KEEP
        page.flags.add("locked")
        fate = self._shrink_locked_page(page, priority, sc)
        page.flags.discard("locked")
        return fate

    def _shrink_locked_page(self, page: Page, priority: int, sc: Control) -> Fate:
        sc.nr_scanned += 1
        if not self.evictable(page):
            return Fate.CULL
        if not sc.may_unmap and page.ptes:
            return Fate.KEEP
        sc.nr_scanned += bool(page.ptes or page.slot)
        may_enter_fs = FS in sc.gfp or (page.swap_cache and IO in sc.gfp)
        if "writeback" in page.flags:
            sc.nr_writeback += 1
            if not (sc.sync and may_enter_fs):
                return Fate.KEEP_MODE
            self.end_io(page)
        verdict = self._verdict(page, sc)
        if verdict is Verdict.ACTIVATE:
            return Fate.ACTIVATE
        if verdict is Verdict.KEEP:
            return Fate.KEEP
        if page.anon and not page.slot:
            if IO not in sc.gfp:
                return Fate.KEEP
            if not self.add_to_swap(page):
                return Fate.ACTIVATE
            may_enter_fs = True
        if page.ptes and self.has_mapping(page):
            unmapped = self.unmap(page)
            if unmapped is not Unmap.SUCCESS:
                return Fate.CULL if unmapped is Unmap.MLOCK else Fate.ACTIVATE
        if "dirty" in page.flags:
            fate = self._shrink_dirty_page(page, priority, sc, verdict, may_enter_fs)
            if fate:
                return fate
        return self._let_go(page)

    def _verdict(self, page: Page, sc: Control) -> Verdict:
        young, executable, locked = self.referenced(page, True)
        before = "referenced" in page.flags
        page.flags.discard("referenced")
        if sc.lumpy or locked:
            return Verdict.RECLAIM
        if young:
            if page.anon:
                return Verdict.ACTIVATE
            page.flags.add("referenced")
            return Verdict.ACTIVATE if before or young > 1 or executable else Verdict.KEEP
        return Verdict.RECLAIM_CLEAN if before and page.file else Verdict.RECLAIM

    def _shrink_dirty_page(self, page: Page, priority: int, sc: Control, verdict: Verdict,
                           may_enter_fs: bool) -> Fate | None:
        """None if it is clean now."""
        sc.nr_dirty += 1
        if page.file and (not sc.kswapd or priority >= FIRST_PRIORITY - 2):
            self.events["nr_vmscan_immediate_reclaim"] += 1
            page.flags.add("reclaim")
            return Fate.KEEP
        if verdict is Verdict.RECLAIM_CLEAN or not may_enter_fs or not sc.may_writepage:
            return Fate.KEEP
        result = self.pageout(page)
        if result is Pageout.KEEP:
            sc.nr_congested += 1
            return Fate.KEEP
        if result is Pageout.ACTIVATE:
            return Fate.ACTIVATE
        if result is Pageout.SUCCESS:
            if "writeback" in page.flags:
                return Fate.KEEP_MODE
            if "dirty" in page.flags:
                return Fate.KEEP
            page.flags.add("locked")
        return None

    def _let_go(self, page: Page) -> Fate:
        if page.buffers is not None:
            if not self.drop_buffers(page):
                return Fate.ACTIVATE
            if not self.has_mapping(page) and page.count == 1:
                page.flags.discard("locked")
                page.count = 0
                return Fate.FREE
        if not self.has_mapping(page) or not self.remove_mapping(page):
            return Fate.KEEP
        page.flags.discard("locked")
        return Fate.FREE
