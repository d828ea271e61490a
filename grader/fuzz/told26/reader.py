"""Reads a scenario of policy 2.6 and says what it must print, by the rules beside it."""

from __future__ import annotations

from grader.fuzz.telling import Unknown, decimal, pages_of, predict_by, swap_areas
from grader.fuzz.told26.calls import Calls, flag
from grader.fuzz.told26.drivers import Machine, Shrinker
from grader.fuzz.told26.frames import PAGEBLOCK, ZONES, Mm, Page, Zone
from grader.fuzz.told26.slots import Area

QUIET = ("show", "expect")  #: after these the pagevecs are not flushed


class Reader(Calls):
    """A scenario's names, and the lines that have been printed."""

    def __init__(self) -> None:
        super().__init__()
        self.autodrain = True

    def settle(self, statement: str) -> None:
        if self.autodrain and statement not in QUIET:
            self.machine.drain()
        self.end_names()

    # ---- building a state ----

    def _do_machine(self, words: list[str], keys: dict[str, str]) -> None:
        count = int(keys.get("nodes", "1"))
        sizes: list[dict[str, int]] = [{} for _ in range(count)]
        for zone in ZONES:
            for node, size in enumerate(keys.get(zone, "0").split(",")):
                if pages := pages_of(decimal(size)):
                    sizes[node][zone] = pages
        if any(size % PAGEBLOCK for size in
               [size for zones in sizes for size in zones.values()][:-1]):
            raise Unknown("pageblocks of two zones")
        cpus = [number == "1" for number in keys.get("cpus", "1").split(",")]
        distances = [int(number) for number in keys.get("distances", "").split(",") if number]
        self.machine = Machine(
            sizes, [Area(slots, prio) for slots, prio in swap_areas(keys.get("swap", ""))],
            cpus if len(cpus) == count else None, distances)

    def _do_set(self, words: list[str], keys: dict[str, str]) -> None:
        machine = self.machine
        for name, text in keys.items():
            if name == "task":
                raise Unknown(name)
            if name == "numa_zonelist_order":
                machine.order_zones(text)
                continue
            value = int(text)
            counter, _, rest = name.partition(".")
            key = rest.removesuffix(".anon").removesuffix(".file")
            zone = machine.zone(key) if key else None
            if counter in ("recent_scanned", "recent_rotated") and zone:
                stat = zone.scanned if counter == "recent_scanned" else zone.rotated
                stat[rest.endswith(".file")] = value
            elif counter == "pages_scanned" and zone:
                zone.pages_scanned = value
            elif counter == "all_unreclaimable" and zone:
                zone.all_unreclaimable = bool(value)
            elif name == "min_free_kbytes":
                machine.set_marks(value)
            elif name == "numa_node":
                machine.here = value
            elif name == "autodrain":
                self.autodrain = bool(value)
            elif name in ("swappiness", "zone_reclaim_mode"):
                setattr(machine, name, value)
            elif name == "laptop_mode":
                machine.laptop_mode = bool(value)
            elif name not in ("vfs_cache_pressure", "dirty_ratio", "dirty_background_ratio",
                              "page_cluster"):
                raise Unknown(name)

    def _do_ballast(self, words: list[str], keys: dict[str, str]) -> None:
        zone, leave = self.machine.zone(keys["zone"]), pages_of(keys["leave"])
        while zone.free > leave:
            self._more_ballast(zone, zone.free - leave)
        while zone.free < leave:
            if not zone.ballast:
                raise Unknown("more than there is")
            pfn = zone.ballast.pop()
            self.machine.page(pfn).count = 0
            self.machine.give(zone, pfn, 0, self.machine.type_of(pfn))

    def _more_ballast(self, zone: Zone, most: int = 1) -> None:
        """One frame or, if they lie together, up to MOST."""
        found = self.machine.take_singles(zone, most)
        if not found:
            raise Unknown("a zone without frames")
        for pfn in found:
            self.machine.fresh(pfn, zone).count = 1
        zone.ballast += found

    def _do_pageblock(self, words: list[str], keys: dict[str, str]) -> None:
        self.machine.types[int(keys["pfn"]) // PAGEBLOCK] = keys["type"]

    def _do_block(self, words: list[str], keys: dict[str, str]) -> None:
        machine, zone = self.machine, self.machine.zone(keys["zone"])
        order, pfn = int(keys["order"]), int(keys["pfn"])
        for i in range(int(keys.get("n", 1))):
            first = pfn + i * int(keys.get("stride", 2 << order))
            for frame in range(first, first + (1 << order)):
                zone.ballast.remove(frame)
                machine.fresh(frame, zone)
            machine.give(zone, first, order, keys.get("type", machine.type_of(first)))

    def _new_page(self, keys: dict[str, str]) -> Page:
        zone = self.machine.zone(keys.get("zone", "normal"))
        if "pfn" in keys:
            pfn = int(keys["pfn"])
            if "zone" not in keys:
                zone = self.machine.zone_of(pfn)
            if pfn not in zone.ballast:
                raise Unknown("a frame that is no ballast")
            zone.ballast.remove(pfn)
        else:
            if not zone.ballast:
                self._more_ballast(zone)
            pfn = zone.ballast.pop()
        page = self.machine.fresh(pfn, zone)
        page.count = int(keys.get("count", 1))
        return page

    def _do_page(self, words: list[str], keys: dict[str, str]) -> None:
        names = [f"{words[1]}.{i}" for i in range(int(keys["n"]))] if "n" in keys \
            else [words[1]]
        for name in names:
            self.name(name, self._make_page(keys))

    def _do_fill(self, words: list[str], keys: dict[str, str]) -> None:
        for _ in range(int(keys["n"])):
            self._make_page(keys)

    def _make_page(self, keys: dict[str, str]) -> Page:
        machine, page = self.machine, self._new_page(keys)
        where = keys.get("list", "none")
        mapping = keys.get("mapping", "shm" if where.endswith("anon") else "file")
        page.mapping = None if mapping in ("none", "swap") else mapping
        page.write = keys.get("writepage", "instant")
        if where.endswith("anon") or mapping in ("shm", "swap"):
            page.flags.add("swapbacked")
        if page.mapping:
            page.zone.stat["nr_file_pages"] += 1
        if mapping == "swap":
            slot = machine.swap.get()
            if not slot:
                raise Unknown("no slot")
            machine.enter_swap_cache(page, slot)
            page.count -= 1  # is in what was written
            for _ in range(int(keys.get("map", 1))):
                machine.swap.duplicate(slot)
        if keys.get("buffers", "none") != "none":
            page.buffers = {keys["buffers"]} - {"clean"}
        self._set_flags(page, keys)
        self._enlist(page, where)
        return page

    def _set_flags(self, page: Page, keys: dict[str, str]) -> None:
        machine = self.machine
        for word in filter(None, keys.get("flags", "").split(",")):
            if word == "dirty":
                machine.dirty(page)
            elif word == "writeback":
                machine.start_writeback(page)
            elif word != "uptodate":
                page.flags.add(word)
        if "mlocked" in page.flags:
            page.zone.stat["nr_mlock"] += 1
        if page.buffers and "locked" in page.buffers:
            machine.start_io(page)

    def _enlist(self, page: Page, where: str) -> None:
        if where == "none":
            return
        if where.startswith("active"):
            page.flags.add("active")
        if where == "unevictable":
            page.flags.add("unevictable")
        elif page.list != where:
            raise Unknown("a page on a list of the other kind")
        self.machine.add(page)

    def _do_mm(self, words: list[str], keys: dict[str, str]) -> None:
        self.machine.mms[words[1]] = Mm(int(keys["pages"]))

    def _do_anon(self, words: list[str], keys: dict[str, str]) -> None:
        machine, mm = self.machine, self.machine.mms[words[1]]
        for i in range(int(keys.get("n", 1))):
            at = int(keys["at"]) + i
            own = {"pfn": str(int(keys["pfn"]) + i)} if "pfn" in keys else {}
            page = self._new_page({**keys, **own})
            page.anon = True
            page.flags.add("swapbacked")
            self._set_flags(page, keys)
            self._enlist(page, keys.get("list", "active_anon"))
            machine.map(mm, at, page, self._bits(keys, "1"))
            self.name(f"{words[1]}.{at}", page)

    @staticmethod
    def _bits(keys: dict[str, str], dirty: str) -> dict[str, bool]:
        return {"young": flag(keys, "young", "1"), "dirty": flag(keys, "dirty", dirty),
                "exec": flag(keys, "exec", "0"), "locked": flag(keys, "locked", "0")}

    def _do_map(self, words: list[str], keys: dict[str, str]) -> None:
        page = self.page(keys["page"])
        page.anon |= page.swap_cache
        self.machine.map(self.machine.mms[words[1]], int(keys["at"]), page,
                         self._bits(keys, "0"))
        page.count += 1

    def _do_shrinker(self, words: list[str], keys: dict[str, str]) -> None:
        if "objects" not in keys:
            raise Unknown("a file system's shrinker")
        if "objects" not in keys:
            raise Unknown("a file system's shrinker")
        self.machine.shrinkers[words[1]] = Shrinker(
            int(keys["objects"]), int(keys.get("seeks", 2)), int(keys.get("batch", 0)),
            flag(keys, "refuse", "0"), int(keys.get("floor", 0)), int(keys.get("deferred", 0)))

    # ---- acting ----

    def _do_touch(self, words: list[str], keys: dict[str, str]) -> None:
        pte = self.machine.mms[words[1]].ptes.get(int(keys["at"]))
        if not pte or not pte.page:
            return
        pte.young = True
        pte.dirty |= flag(keys, "write", "0")

    def _do_complete(self, words: list[str], keys: dict[str, str]) -> None:
        if words[1] == "all":
            for page in list(self.machine.flight):
                self.machine.end_io(page)
            return
        page = self.page(words[1])
        if page in self.machine.flight:
            self.machine.end_io(page)
        elif "locked" in page.flags:
            page.flags.discard("locked")
        else:
            raise Unknown("nothing is in flight")

    def _do_step(self, words: list[str], keys: dict[str, str]) -> None:
        if words[1] != "kswapd":
            raise Unknown(words[1])
        for _ in range(int(keys.get("n", 1))):
            self.machine.step_kswapd()

    def _do_tick(self, words: list[str], keys: dict[str, str]) -> None:
        self.machine.now += int(words[1])

    def _do_call(self, words: list[str], keys: dict[str, str]) -> None:
        arguments = [word for word in words[2:] if "=" not in word]
        call = getattr(self, f"_call_{words[1]}", None)
        if not call:
            raise Unknown(words[1])
        result = call(arguments, keys)
        if isinstance(result, bool):
            result = "yes" if result else "no"
        self.answer(words[1], "none" if result is None else result)


def predict(text: str) -> tuple[int, str] | None:
    """Exit status and output of a scenario that is not refused; None if no rule tells."""
    return predict_by(Reader(), text)
