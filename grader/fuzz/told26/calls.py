"""The functions of policy 2.6 that a scenario can call, and their results."""

from __future__ import annotations

from typing import Iterable

from grader.fuzz.told26.drivers import OutOfMemory
from grader.fuzz.telling import Slot, Unknown
from grader.fuzz.told26.frames import ZONES, Page, Zone
from grader.fuzz.told26.reclaim import Control
from grader.fuzz.told26.show import Show, gfp_of

def flag(keys: dict[str, str], name: str, default: str) -> bool:
    return keys.get(name, default) == "1"


class Calls(Show):
    """`call FUNC` is the method _call_FUNC."""

    # ---- calls: one page ----

    def _call_mark_page_accessed(self, names: list[str], keys: dict[str, str]) -> None:
        self.machine.accessed(self.page(names[0]))

    def _call_activate_page(self, names: list[str], keys: dict[str, str]) -> None:
        self.machine.activate(self.page(names[0]))

    def _call_deactivate_page(self, names: list[str], keys: dict[str, str]) -> None:
        self.machine.deactivate(self.page(names[0]))

    def _call_rotate_reclaimable_page(self, names: list[str], keys: dict[str, str]) -> None:
        self.machine.rotate(self.page(names[0]))

    def _call_putback_lru_page(self, names: list[str], keys: dict[str, str]) -> None:
        self.machine.put_back(self.page(names[0]))

    def _call_isolate_lru_page(self, names: list[str], keys: dict[str, str]) -> bool:
        return self.machine.isolate(self.page(names[0]))

    def _call_page_evictable(self, names: list[str], keys: dict[str, str]) -> bool:
        return self.machine.evictable(self.page(names[0]))

    def _call_page_referenced(self, names: list[str], keys: dict[str, str]) -> int:
        return self.machine.referenced(self.page(names[0]), False)[0]

    def _call_lru_cache_add_file(self, names: list[str], keys: dict[str, str]) -> None:
        self._cache_add(self.page(names[0]), "inactive_file")

    def _call_lru_cache_add_anon(self, names: list[str], keys: dict[str, str]) -> None:
        self._cache_add(self.page(names[0]), "inactive_anon")

    def _cache_add(self, page: Page, name: str) -> None:
        if page.file != name.endswith("file") or "lru" in page.flags:
            raise Unknown("a page for another list")
        self.machine.cache_add(page, name)

    def _call_lru_add_drain(self, names: list[str], keys: dict[str, str]) -> None:
        self.machine.drain()

    # ---- calls: a zone ----

    def _zone(self, keys: dict[str, str]) -> Zone:
        return self.machine.zone(keys.get("zone", "normal"))

    def _call_zone_watermark_ok(self, names: list[str], keys: dict[str, str]) -> bool:
        flags = keys.get("flags", "none").split(",")
        return self._zone(keys).watermark_ok(
            int(keys["order"]), int(keys["mark"]), self.machine.zone(keys["class"]).name,
            "high" in flags, "harder" in flags)

    @staticmethod
    def _control(keys: dict[str, str]) -> Control:
        kswapd = flag(keys, "kswapd", "0")
        limit = float("inf") if kswapd else float(keys.get("nr_to_reclaim", 32))
        return Control(
            gfp_of(keys.get("gfp", "kernel")), int(keys.get("order", 0)), limit,
            flag(keys, "may_writepage", "1"), flag(keys, "may_unmap", "1"),
            flag(keys, "may_swap", "1"), kswapd)

    def _shrink_control(self, keys: dict[str, str]) -> Control:
        """The one that `show sc` will show."""
        self.sc = self._control(keys)
        self.details = False
        return self.sc

    def _call_get_scan_count(self, names: list[str], keys: dict[str, str]) -> str:
        counts = self.machine.scan_count(self._zone(keys), int(keys.get("priority", 12)),
                                         self._control(keys))
        return " ".join(f"{name}={n}" for name, n in counts.items())

    def _call_inactive_list_is_low(self, names: list[str], keys: dict[str, str]) -> bool:
        return self.machine.is_low(self._zone(keys), keys["list"])

    def _call_shrink_active_list(self, names: list[str], keys: dict[str, str]) -> None:
        self.machine.shrink_active_list(self._zone(keys), int(keys.get("n", 32)), keys["list"],
                                        self._shrink_control(keys))

    def _call_shrink_inactive_list(self, names: list[str], keys: dict[str, str]) -> int:
        return self.machine.shrink_inactive_list(
            self._zone(keys), int(keys.get("n", 32)), keys["list"],
            int(keys.get("priority", 12)), self._shrink_control(keys))

    def _call_shrink_page_list(self, names: list[str], keys: dict[str, str]) -> int:
        machine, sc = self.machine, self._shrink_control(keys)
        priority = int(keys.get("priority", 12))
        sc.set_mode(priority, flag(keys, "sync", "0"))
        machine.drain()
        pages = [self.page(name) for name in names]
        for page in pages:
            if not machine.isolate(page) or "unevictable" in page.flags:
                raise Unknown("a page that is on no list")
        machine.note_isolated(pages)
        freed, left = machine.shrink_page_list(self._zone(keys), pages, priority, sc)
        machine.return_survivors(left)
        self.details = True
        return freed

    def _call_shrink_zone(self, names: list[str], keys: dict[str, str]) -> int:
        sc = self._shrink_control(keys)
        self.machine.shrink_zone(self._zone(keys), int(keys.get("priority", 12)), sc)
        return sc.nr_reclaimed

    # ---- calls: the machine ----

    def _call_balance_pgdat(self, names: list[str], keys: dict[str, str]) -> int:
        node = self.machine.nodes[int(keys["node"])]
        if not node.zones:
            raise Unknown("kswapd of a node without memory")
        highest = self.machine.zone(keys["class"]).index if "class" in keys else len(ZONES)
        return self.machine.balance_pgdat(node, int(keys.get("order", 0)), highest)

    def _call_try_to_free_pages(self, names: list[str], keys: dict[str, str]) -> int:
        return self.machine.try_to_free_pages(gfp_of(keys.get("gfp", "kernel")),
                                              int(keys.get("order", 0)))

    def _call_zone_reclaim(self, names: list[str], keys: dict[str, str]) -> int:
        return self.machine.zone_reclaim(self._zone(keys), gfp_of(keys.get("gfp", "kernel")),
                                         int(keys.get("order", 0)))

    def _call_default_zonelist_order(self, names: list[str], keys: dict[str, str]) -> str:
        return self.machine.nodes.default_order()

    def _call_find_next_best_node(self, names: list[str], keys: dict[str, str]) -> int | None:
        used = {int(number) for number in filter(None, keys.get("used", "").split(","))}
        return self.machine.nodes.next_best(self.machine.nodes[int(keys["node"])], used)

    def _call_shrink_slab(self, names: list[str], keys: dict[str, str]) -> int:
        return self.machine.shrink_slab(int(keys["scanned"]), int(keys["lru"]))

    def _call_alloc_pages(self, names: list[str], keys: dict[str, str]) -> str:
        order = int(keys.get("order", 0))
        try:
            page = self.machine.alloc_pages(gfp_of(keys.get("gfp", "kernel")), order)
        except OutOfMemory:
            return "oom"
        finally:
            self.end_names()
        if not page:
            return "none"
        if "as" not in keys:
            return f"frame {page.pfn}"
        self.name(keys["as"], page)
        return keys["as"]

    def _call_free_pages(self, names: list[str], keys: dict[str, str]) -> None:
        page = self.page(names[0])
        if page.count == 1 and "lru" in page.flags:
            raise Unknown("the last reference of a page that is used")
        self.machine.put(page)

    # ---- calls: slots ----

    def _call_get_swap_page(self, names: list[str], keys: dict[str, str]) -> str:
        slot: Slot | None = None
        for _ in range(int(keys.get("n", 1))):
            slot = self.machine.swap.get()
        return f"{slot[0]}:{slot[1]}" if slot else "none"

    @staticmethod
    def _slot(names: Iterable[str]) -> Slot:
        area, _, offset = next(iter(names)).partition(":")
        return int(area), int(offset)

    def _call_swap_duplicate(self, names: list[str], keys: dict[str, str]) -> int:
        return self.machine.swap.duplicate(self._slot(names))

    def _call_swap_free(self, names: list[str], keys: dict[str, str]) -> None:
        slot = self._slot(names)
        if not self.machine.swap.count(slot):
            raise Unknown("a slot without users")
        self.machine.swap.release(slot, cache=False)

    def _call_swapcache_free(self, names: list[str], keys: dict[str, str]) -> None:
        slot = self._slot(names)
        if slot in self.machine.cached or not self.machine.swap.areas[slot[0]].cache[slot[1]]:
            raise Unknown("a slot that is in use")
        self.machine.swap.release(slot, cache=True)
