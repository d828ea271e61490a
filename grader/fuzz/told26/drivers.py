"""Who reclaims and when, by the rules of policy 2.6: sections 3, 6 and 7 of the sheet."""

from __future__ import annotations

from dataclasses import dataclass

from grader.fuzz.telling import Unknown
from grader.fuzz.told26.frames import MAX_ORDER, MOVABLE, RECLAIMABLE, UNMOVABLE, ZONES, \
    Page, Zone
from grader.fuzz.told26.nodes import LOCAL, REMOTE, Node, Nodes, ZoneList
from grader.fuzz.told26.reclaim import BATCH, COSTLY_ORDER, FIRST_PRIORITY, FS, HIGH, WAIT, \
    Control, Reclaim
from grader.fuzz.told26.slots import Area

#: An allocation that has tried so often tries for ever.
MOST_TRIES = 60
#: Memory of one node, or none, and soon.
THISNODE = frozenset(("thisnode", "nowarn", "noretry"))


class OutOfMemory(Exception):
    """The killer would run."""


@dataclass
class Shrinker:
    objects: int
    seeks: int = 2
    batch: int = 0
    refuse: bool = False
    floor: int = 0
    deferred: int = 0


@dataclass
class Walk:
    """One request along a zone list, at one mark."""

    zonelist: ZoneList
    gfp: frozenset[str]
    order: int
    mark: str
    high: bool
    harder: bool
    hints: bool = False  # zones that were full of late are passed by

    def mark_ok(self, zone: Zone, requester: str) -> bool:
        return zone.watermark_ok(self.order, getattr(zone, self.mark), requester, self.high,
                                 self.harder)


class Machine(Reclaim):
    def __init__(self, sizes: list[dict[str, int]], areas: list[Area],
                 cpus: list[bool] | None = None, distances: list[int] | None = None) -> None:
        super().__init__(sizes, areas)
        self.shrinkers: dict[str, Shrinker] = {}
        self.laptop_mode = False
        self.zone_reclaim_mode = 0
        self.by_index = list(self.zones.values())
        count = len(sizes)
        self.nodes = Nodes(self.by_index, count, cpus or [True] * count, distances or [
            LOCAL if place % (count + 1) == 0 else REMOTE for place in range(count * count)])
        self.here = 0  # the node of the CPU that runs statements
        self.now = 0  # in ticks
        self._mind_distances()

    def order_zones(self, wanted: str) -> None:
        self.nodes.wanted = wanted
        self.nodes.build()
        self._mind_distances()

    def _mind_distances(self) -> None:
        if self.nodes.far:
            self.zone_reclaim_mode = 1

    # ---- shrinkers (7) ----

    def shrink_slab(self, scanned: int, lru: int) -> int:
        freed = 0
        for shrinker in self.shrinkers.values():
            if shrinker.objects > 0:
                freed += self._shrink_one(shrinker, scanned or BATCH, lru)
        return freed

    def _shrink_one(self, shrinker: Shrinker, scanned: int, lru: int) -> int:
        freed, objects, batch = 0, shrinker.objects, shrinker.batch or 128
        delta = 4 * scanned // shrinker.seeks * objects // (lru + 1)
        total = shrinker.deferred + delta
        if delta < objects // 4:
            total = min(total, objects // 2)
        total = min(total, 2 * objects)
        while total >= batch and not shrinker.refuse:
            gone = min(batch, max(shrinker.objects - shrinker.floor, 0))
            shrinker.objects -= gone
            freed += gone
            self.events["slabs_scanned"] += batch
            total -= batch
        shrinker.deferred = total
        return freed

    # ---- one zone (5.4) ----

    def shrink_zone(self, zone: Zone, priority: int, sc: Control) -> None:
        left = self.scan_count(zone, priority, sc)
        reclaimed = 0
        while left["inactive_anon"] or left["active_file"] or left["inactive_file"]:
            for name in left:
                n = min(left[name], BATCH)
                left[name] -= n
                state, _, kind = name.partition("_")
                if not n:
                    continue
                if state == "inactive":
                    reclaimed += self.shrink_inactive_list(zone, n, kind, priority, sc)
                elif self.is_low(zone, kind):
                    self.shrink_active_list(zone, n, kind, sc)
            if reclaimed >= sc.nr_to_reclaim and priority < FIRST_PRIORITY:
                break
        sc.nr_reclaimed += reclaimed
        self.age_anon(zone, sc)

    def age_anon(self, zone: Zone, sc: Control) -> None:
        if self.is_low(zone, "anon"):
            self.shrink_active_list(zone, BATCH, "anon", sc)

    def can_reclaim(self, zone: Zone) -> bool:
        """zone_reclaimable (6.1)."""
        return zone.pages_scanned < 6 * self.reclaimable(zone, self.swap.free > 0)

    # ---- direct reclaim (6.1) ----

    @staticmethod
    def highest_for(gfp: frozenset[str]) -> str:
        """1.2."""
        return next((zone for zone in ("dma", "dma32", "highmem") if zone in gfp), "normal")

    def zonelist(self, gfp: frozenset[str]) -> ZoneList:
        node = self.nodes[self.here]
        return node.own if "thisnode" in gfp else node.fallback

    def zones_for(self, gfp: frozenset[str]) -> list[Zone]:
        return self.zonelist(gfp).up_to(self.highest_for(gfp))

    def try_to_free_pages(self, gfp: frozenset[str], order: int) -> int:
        zones = self.zones_for(gfp)
        sc = Control(gfp, order, may_writepage=not self.laptop_mode)
        self.events["allocstall"] += 1
        scanned = 0
        for priority in range(FIRST_PRIORITY, -1, -1):
            sc.nr_scanned = 0
            for zone in zones:
                if not zone.all_unreclaimable or priority == FIRST_PRIORITY:
                    self.shrink_zone(zone, priority, sc)
            self.shrink_slab(sc.nr_scanned, sum(
                self.reclaimable(zone, self.swap.free > 0) for zone in zones))
            scanned += sc.nr_scanned
            if sc.nr_reclaimed >= sc.nr_to_reclaim:
                break
            if scanned > BATCH * 3 // 2:
                sc.may_writepage = True
        return sc.nr_reclaimed or int(not all(zone.all_unreclaimable for zone in zones))

    # ---- kswapd (6.2, 6.3) ----

    def step_kswapd(self) -> None:
        for node in self.nodes:
            if node.zones:
                order, highest = node.order, node.classzone
                node.order, node.classzone, node.woken = 0, node.highest, False
                self.balance_pgdat(node, order, highest)

    def wakeup_kswapd(self, zone: Zone, order: int, requester: int) -> None:
        node = self.nodes[zone.node]
        if node.order < order:
            node.order = order
            node.classzone = min(node.classzone, requester)
        if not zone.watermark_ok(order, zone.low, ZONES[0]):
            node.woken = True

    def balance_pgdat(self, node: Node, order: int, highest: int) -> int:
        while True:
            self.events["pageoutrun"] += 1
            sc = Control(order=order, nr_to_reclaim=float("inf"), kswapd=True,
                         may_writepage=not self.laptop_mode)
            done, end, priority = self._balance_once(node, sc, order, highest)
            if not done:
                if sc.nr_reclaimed < BATCH:
                    order = 0
                continue
            if order and not self._small_requests_ok(node, end, priority):
                order = 0
                continue
            return order

    def _balance_once(self, node: Node, sc: Control, order: int, highest: int
                      ) -> tuple[bool, int, int]:
        """Whether all is well, the last zone looked at, and the last priority."""
        end, scanned = 0, 0
        for priority in range(FIRST_PRIORITY, -1, -1):
            first = self._first_unbalanced(node, sc, order, priority)
            if first is None:
                return True, end, priority
            end = first
            lru = sum(self.reclaimable(zone, self.swap.free > 0)
                      for zone in self._up_to(node, end))
            ok, balanced = True, 0
            for zone in self._up_to(node, end):
                if zone.all_unreclaimable and priority != FIRST_PRIORITY:
                    continue
                sc.nr_scanned = 0
                requester = ZONES[end]
                gap = min(zone.low, -(-zone.size // 100))
                if not zone.watermark_ok(order, zone.high + gap, requester):
                    self.shrink_zone(zone, priority, sc)
                    slab = self.shrink_slab(sc.nr_scanned, lru)
                    scanned += sc.nr_scanned
                    if not slab and not self.can_reclaim(zone):
                        zone.all_unreclaimable = True
                if scanned > 2 * BATCH and scanned > sc.nr_reclaimed * 3 // 2:
                    sc.may_writepage = True
                if zone.all_unreclaimable:
                    if end and end == zone.index:
                        end -= 1
                    continue
                if not zone.watermark_ok(order, zone.high, ZONES[end]):
                    ok = False
                else:
                    zone.congested = False
                    balanced += zone.size if zone.index <= highest else 0
            enough = order and balanced >= sum(
                zone.size for zone in self._up_to(node, highest)) // 4
            if ok or enough:
                return True, end, priority
            if sc.nr_reclaimed >= BATCH:
                break
        return False, end, priority

    def _first_unbalanced(self, node: Node, sc: Control, order: int, priority: int
                          ) -> int | None:
        for zone in reversed(node.zones):
            if zone.all_unreclaimable and priority != FIRST_PRIORITY:
                continue
            self.age_anon(zone, sc)
            if not zone.watermark_ok(order, zone.high, ZONES[0]):
                return zone.index
            zone.congested = False
        return None

    def _small_requests_ok(self, node: Node, end: int, priority: int) -> bool:
        for zone in self._up_to(node, end):
            if zone.all_unreclaimable and priority != FIRST_PRIORITY:
                continue
            if not zone.watermark_ok(0, zone.high, ZONES[0]):
                return False
            zone.congested = False
        return True

    @staticmethod
    def _up_to(node: Node, end: int) -> list[Zone]:
        return [zone for zone in node.zones if zone.index <= end]

    # ---- zone_reclaim (6.4) ----

    def _cache_to_reclaim(self, zone: Zone) -> int:
        file = sum(len(zone.lru[name]) for name in ("inactive_file", "active_file"))
        pages = zone.stat["nr_file_pages"] if self.zone_reclaim_mode & 4 \
            else max(0, file - zone.stat["nr_mapped"])
        return max(0, pages - (0 if self.zone_reclaim_mode & 2 else zone.stat["nr_dirty"]))

    def zone_reclaim(self, zone: Zone, gfp: frozenset[str], order: int) -> int:
        least = zone.size // 100
        if self._cache_to_reclaim(zone) <= least or zone.all_unreclaimable:
            return -1
        if WAIT not in gfp or (self.nodes[zone.node].cpus and zone.node != self.here):
            return -2
        mode, need = self.zone_reclaim_mode, 1 << order
        sc = Control(gfp, order, max(need, BATCH), bool(mode & 2), bool(mode & 4))
        for priority in range(4, -1, -1):
            self.shrink_zone(zone, priority, sc)
            if sc.nr_reclaimed >= need:
                break
        return int(sc.nr_reclaimed >= need)

    # ---- allocation (3) ----

    def _freelist(self, gfp: frozenset[str], order: int, mark: str, high: bool = False,
                  harder: bool = False) -> Page | None:
        """get_page_from_freelist (3.3): of several nodes' zones, those that were full a moment
        ago are asked only if no other has a page."""
        walk = Walk(self.zonelist(gfp), gfp, order, mark, high, harder)
        page = self._walk(walk, first=True)
        if not page and walk.hints:
            walk.hints = False
            page = self._walk(walk, first=False)
        return page

    def _walk(self, walk: Walk, first: bool) -> Page | None:
        kind, gfp = UNMOVABLE, walk.gfp
        if self.grouping and gfp & {"movable", "reclaimable"}:
            kind = MOVABLE if "movable" in gfp else RECLAIMABLE
        zones = self.zones_for(gfp)
        for zone in zones:
            full = walk.zonelist.full
            if walk.hints and zone in full:
                continue
            if not walk.mark_ok(zone, zones[0].name):
                if first and not walk.hints and len(self.nodes) > 1:
                    walk.zonelist.set_up(self.now)
                    walk.hints = True
                if self.zone_reclaim_mode:
                    if walk.hints and zone in full:
                        continue
                    if self.zone_reclaim(zone, gfp, walk.order) < 0:
                        continue
                if not self.zone_reclaim_mode or not walk.mark_ok(zone, zones[0].name):
                    full.append(zone)
                    continue
            page = self.allocate(zone, walk.order, kind, "cold" in gfp)
            if page:
                self._count_node(zones[0], zone)
                return page
            full.append(zone)
        return None

    def _count_node(self, preferred: Zone, zone: Zone) -> None:
        """14, zone_statistics."""
        if len(self.nodes) == 1:
            return
        if zone.node == preferred.node:
            self.events["numa_hit"] += 1
        else:
            self.events["numa_miss"] += 1
            self.events["numa_foreign"] += 1
        self.events["numa_local" if zone.node == self.here else "numa_other"] += 1

    def alloc_pages(self, gfp: frozenset[str], order: int) -> Page | None:
        if not self.zones_for(gfp):
            return None
        return self._freelist(gfp, order, "low") or self._slow(gfp, order)

    def _slow(self, gfp: frozenset[str], order: int) -> Page | None:
        if order > MAX_ORDER or gfp >= THISNODE:
            return None
        # A scenario's caller counts as a realtime task (1.7).
        high, harder = HIGH in gfp, WAIT in gfp or "nomemalloc" not in gfp
        zones, reclaimed, wake = self.zones_for(gfp), 0, True
        for _ in range(MOST_TRIES):
            if wake and "no_kswapd" not in gfp:
                for zone in zones:
                    self.wakeup_kswapd(zone, order, zones[0].index)
            wake = False
            page = self._freelist(gfp, order, "min", high, harder)
            if page or WAIT not in gfp:
                return page
            progress = self.try_to_free_pages(gfp, order)
            page = self._after_reclaim(gfp, order, high, harder) if progress else None
            if page:
                return page
            if not progress and FS in gfp and "noretry" not in gfp:
                page = self._freelist(gfp, order, "high")
                if page:
                    return page
                if "thisnode" in gfp:
                    raise Unknown("a kill for one node's memory")
                if "nofail" in gfp or (order <= COSTLY_ORDER and
                                       self.highest_for(gfp) in ("normal", "highmem")):
                    raise OutOfMemory
                return None
            reclaimed += progress
            if not self._again(gfp, order, reclaimed):
                return None
        raise Unknown("an allocation that tries for ever")

    def _after_reclaim(self, gfp: frozenset[str], order: int, high: bool, harder: bool
                       ) -> Page | None:
        self.zonelist(gfp).full.clear()
        page = self._freelist(gfp, order, "min", high, harder)
        if page:
            return page
        for zone in self.by_index:
            if any(zone.pcp.values()):
                self.flush_pcp(zone, sum(map(len, zone.pcp.values())))
        return self._freelist(gfp, order, "min", high, harder)

    @staticmethod
    def _again(gfp: frozenset[str], order: int, reclaimed: int) -> bool:
        """should_alloc_retry (3.5)."""
        if "noretry" in gfp:
            return False
        return ("nofail" in gfp or order <= COSTLY_ORDER
                or ("repeat" in gfp and reclaimed < 1 << order))
