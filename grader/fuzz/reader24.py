"""Reads a scenario of policy 2.4 and says what it must print, by the rules of rules24.py."""

from __future__ import annotations

from typing import Callable

from grader.fuzz.memory24 import CLEAN, Mm, Page, Pte
from grader.fuzz.rules24 import Rules, Sleeps
from grader.fuzz.telling import Slot, Telling, Unknown, flags_and_more, pages_of, predict_by, \
    swap_areas

GFP = {"none": 0, "atomic": 2, "buffer": 3, "user": 5, "kernel": 7, "highuser": 0x15,
       "kswapd": 4}
ZONES = ("dma", "normal", "highmem")

class Reader(Telling[Page]):
    """A scenario's names, and the lines that have been printed."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = Rules({}, [], None)

    def settle(self, statement: str) -> None:
        self._end_names()

    def _end_names(self) -> None:
        for page in self.memory.freed:
            if page.name:
                self.names.update({name: None for name, named in self.names.items()
                                   if named is page})
                page.name = None
        self.memory.freed.clear()

    # ---- building a state ----

    def _do_machine(self, words: list[str], keys: dict[str, str]) -> None:
        self.memory = Rules(
            {zone: pages_of(keys[zone]) for zone in ZONES if pages_of(keys.get(zone, "0"))},
            swap_areas(keys.get("swap", "")),
            int(keys["page_cluster"]) if "page_cluster" in keys else None)

    def _do_ballast(self, words: list[str], keys: dict[str, str]) -> None:
        zone = self.memory.zones[keys["zone"]]
        leave = pages_of(keys["leave"])
        while zone.free > leave:
            page = self.memory.take(zone, 0)
            assert page
            zone.ballast.append(page)
        while zone.free < leave:
            page = zone.ballast.pop()
            page.count = 0
            self.memory.give_back(page, 0)

    def _do_set(self, words: list[str], keys: dict[str, str]) -> None:
        if "page_cluster" in keys:
            self.memory.cluster = int(keys["page_cluster"])
        else:
            self.memory.pressure = int(keys["memory_pressure"])

    def _new_page(self, keys: dict[str, str], zone: str, age: int) -> Page:
        """A frame of the ballast, or else of the buddy, as nobody has used it."""
        memory = self.memory
        stack = memory.zones[zone].ballast
        frame = stack.pop() if stack else memory.take(memory.zones[zone], 0)
        if not frame:
            raise Unknown("a zone without frames")
        frame.renew()
        frame.age = int(keys.get("age", age))
        frame.count = int(keys.get("count", 1))
        return frame

    def _do_page(self, words: list[str], keys: dict[str, str]) -> None:
        names = [f"{words[1]}.{i}" for i in range(int(keys["n"]))] if "n" in keys \
            else [words[1]]
        flags = keys.get("flags", "").split(",")
        mapping = keys.get("mapping", "file")
        buffers = keys.get("buffers", "none")
        for name in names:
            page = self._new_page(keys, keys.get("zone", "normal"), 0)
            page.locked, page.referenced = "locked" in flags, "referenced" in flags
            page.dirty, page.ramdisk = "dirty" in flags, "ramdisk" in flags
            page.mapping = None if mapping == "none" else mapping
            page.write = keys.get("writepage", "instant")
            if mapping == "swap":
                page.slot = self.memory.get_slot()
            if buffers != "none":
                page.buffers = {buffers} - {"clean"}
            if buffers == "locked":
                page.in_flight = "page" if page.locked else "buffer"
                self.memory.flight.append(page)
            if keys.get("list", "none") != "none":
                self.memory.add(page, keys["list"])
            self.name(name, page)

    def _do_mm(self, words: list[str], keys: dict[str, str]) -> None:
        self.memory.mms[words[1]] = Mm(pages_of(keys["pages"]), int(keys.get("swap_cnt", 0)))

    def _map_page(self, mm: Mm, at: int, page: Page, keys: dict[str, str], dirty: str) -> None:
        mm.ptes[at] = Pte(page, None, keys.get("young", "1") == "1",
                          keys.get("dirty", dirty) == "1")
        mm.rss += 1

    def _do_anon(self, words: list[str], keys: dict[str, str]) -> None:
        for i in range(int(keys.get("n", 1))):
            at = int(keys["at"]) + i
            page = self._new_page(keys, "normal", 2)
            self._map_page(self.memory.mms[words[1]], at, page, keys, "1")
            self.name(f"{words[1]}.{at}", page)

    def _do_map(self, words: list[str], keys: dict[str, str]) -> None:
        page = self.page(keys["page"])
        self._map_page(self.memory.mms[words[1]], int(keys["at"]), page, keys, "0")
        page.count += 1

    # ---- acting ----

    def _do_complete(self, words: list[str], keys: dict[str, str]) -> None:
        page = self.names.get(words[1])
        for busy in list(self.memory.flight) if words[1] == "all" else [page] if page else []:
            self.memory.end_io(busy)

    def _do_step(self, words: list[str], keys: dict[str, str]) -> None:
        turn = {"kswapd": self.memory.kswapd, "kreclaimd": self.memory.kreclaimd}.get(words[1])
        if not turn:
            raise Unknown(words[1])
        for _ in range(int(keys.get("n", 1))):
            turn()

    def _do_tick(self, words: list[str], keys: dict[str, str]) -> None:
        self.memory.ticks += int(words[1])

    def _do_call(self, words: list[str], keys: dict[str, str]) -> None:
        function = words[1]
        self.answer(function, self._result(function, words[2] if len(words) > 2 else "", keys))

    def _result(self, function: str, word: str, keys: dict[str, str]) -> object:
        memory = self.memory
        gfp, user = GFP[keys.get("gfp", "none")], keys.get("user") == "1"
        priority = int(keys.get("priority", 0))
        if function in ("age_page_up", "activate_page", "deactivate_page", "lru_cache_add",
                        "lru_cache_del", "age_page_down_ageonly"):
            return self._act_on(function, self.page(word))
        if function in ("get_swap_page", "swap_duplicate", "swap_free"):
            return self._act_on_slot(function, word)
        if function == "refill_inactive_scan":
            return memory.refill_inactive_scan(priority, keys["oneshot"] == "1")
        if function == "page_launder":
            return memory.page_launder(gfp, keys["sync"] == "1")
        if function == "reclaim_page":
            return self.name_of(memory.reclaim_page(memory.zones[keys["zone"]]))
        if function == "refill_inactive":
            return memory.refill_inactive(user)
        if function == "do_try_to_free_pages":
            return memory.do_try_to_free_pages(gfp, user)
        if function == "try_to_swap_out":
            return memory.try_to_swap_out(memory.mms[word], int(keys["at"]))
        if function == "alloc_pages":
            return self._alloc(gfp, int(keys["order"]), keys.get("as"))
        if function == "free_pages":
            memory.drop(self.page(word))
            return "none"
        if function == "out_of_memory":
            return "yes" if memory.out_of_memory() else "no"
        if function == "recalculate_vm_stats":
            return memory.recalculate() or "none"
        plain: dict[str, Callable[[], int]] = {
            "free_shortage": memory.free_shortage, "swap_out": memory.swap_out,
            "inactive_shortage": memory.inactive_shortage,
            "inactive_target": memory.inactive_target}
        if function not in plain:
            raise Unknown(function)
        return plain[function]()

    def _act_on(self, function: str, page: Page) -> str:
        if function == "age_page_down_ageonly":
            page.age //= 2
        else:
            {"age_page_up": self.memory.age_up, "activate_page": self.memory.activate,
             "deactivate_page": self.memory.deactivate, "lru_cache_add": self.memory.lru_add,
             "lru_cache_del": self.memory.lru_del}[function](page)
        return "none"

    def _act_on_slot(self, function: str, word: str) -> object:
        if function == "get_swap_page":
            found = self.memory.get_slot()
            return f"{found[0]}:{found[1]}" if found else "none"
        area, _, offset = word.partition(":")
        slot: Slot = int(area), int(offset)
        if function == "swap_duplicate":
            return self.memory.duplicate(slot)
        self.memory.free_slot(slot)
        return "none"

    def _alloc(self, gfp: int, order: int, name: str | None) -> str:
        try:
            page = self.memory.alloc_pages(gfp, order)
        except Sleeps:
            return "sleeps"
        finally:
            self._end_names()
        if page and name:
            self.name(name, page)
        return self.name_of(page)

    # ---- looking ----

    def page_keys(self, page: Page) -> str:
        flags = [flag for flag, is_set in (
            ("locked", page.locked), ("referenced", page.referenced), ("dirty", page.dirty),
            ("swapcache", page.slot)) if is_set]
        users = self.memory.slot_count(page.slot) if page.slot else 0
        return (f"list={CLEAN if page.lost else page.list or 'none'} age={page.age} "
                f"count={page.count} {flags_and_more(flags, page.buffers, page.slot, users)}")

    def _show_lists(self, words: list[str], keys: dict[str, str]) -> None:
        memory = self.memory
        lists = [("active", memory.active), ("inactive_dirty", memory.dirty)]
        lists += [(f"{CLEAN}.{zone.name}", zone.clean) for zone in memory.zones.values()]
        for name, pages in lists:
            if pages:
                self.out.append(f"list {name}: " + " ".join(map(self.name_of, pages)))

    def _show_counters(self, words: list[str], keys: dict[str, str]) -> None:
        memory = self.memory
        zones = memory.zones.values()
        self.out.append(" ".join([
            f"counters nr_active={len(memory.active)} nr_inactive_dirty={len(memory.dirty)}",
            *(f"{CLEAN}.{zone.name}={len(zone.clean)}" for zone in zones),
            *(f"free.{zone.name}={zone.free}" for zone in zones),
            f"memory_pressure={memory.pressure}"]))

    def has_mm(self, name: str) -> bool:
        return name in self.memory.mms

    def mm_keys(self, name: str) -> str:
        mm = self.memory.mms[name]
        return f"rss={mm.rss} swap_cnt={mm.swap_cnt} resume={mm.resume}"

    def _show_mm(self, words: list[str], keys: dict[str, str]) -> None:
        name = words[2]
        self.out.append(f"mm {name} {self.mm_keys(name)}")
        for at, pte in sorted(self.memory.mms[name].ptes.items()):
            self.out.append(f"pte {name} {at} " + (
                f"present page={self.name_of(pte.page)} young={pte.young:d} dirty={pte.dirty:d}"
                if pte.page else f"swap slot={pte.slot[0]}:{pte.slot[1]}" if pte.slot else ""))

    def _show_buddy(self, words: list[str], keys: dict[str, str]) -> None:
        zone = self.memory.zones[keys["zone"]]
        self.out += [f"buddy {zone.name} order={order}: " + " ".join(map(str, blocks))
                     for order, blocks in enumerate(zone.blocks) if blocks]

    def _show_swap(self, words: list[str], keys: dict[str, str]) -> None:
        for number, area in enumerate(self.memory.areas):
            self.out.append(f"swap {number} prio={area.prio} slots={area.slots} "
                            f"free={area.slots - area.used}")
            self.out += [f"slot {number}:{slot} map={count}"
                         for slot, count in enumerate(area.map) if count]


def predict(text: str) -> tuple[int, str] | None:
    """Exit status and output of a scenario that is not refused; None if no rule tells."""
    return predict_by(Reader(), text)
