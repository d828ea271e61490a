"""What `show` prints of the machine that the rules of policy 2.6 keep."""

from __future__ import annotations

from typing import Callable

from grader.fuzz.told26.drivers import Machine
from grader.fuzz.told26.frames import LISTS, MAX_ORDER, MOVABLE, PAGEBLOCK, PCP_TYPES, TYPES, \
    ZONES, Page, Unknown, Zone
from grader.fuzz.told26.reclaim import Control

FLAGS = ("locked", "referenced", "dirty", "writeback", "reclaim", "swapcache", "mlocked",
         "swapbacked")
VMSTAT = ("nr_mlock", "nr_anon_pages", "nr_mapped", "nr_file_pages", "nr_dirty",
          "nr_writeback", "nr_vmscan_write", "nr_vmscan_immediate_reclaim", "nr_isolated_anon",
          "nr_isolated_file", "pgalloc", "pgfree", "pgrefill", "pgsteal", "pgscan_kswapd",
          "pgscan_direct", "slabs_scanned", "kswapd_steal", "pageoutrun", "allocstall",
          "pgrotated", "unevictable_pgs_culled", "unevictable_pgs_rescued",
          "unevictable_pgs_mlocked")


class Show:
    def __init__(self) -> None:
        self.machine = Machine({}, [])
        self.names: dict[str, Page | None] = {}  # None: ended
        self.out: list[str] = []
        self.sc = Control()
        self.details = False  # the latest call also told about dirty pages

    # ---- names ----

    def page(self, name: str) -> Page:
        page = self.names.get(name)
        if not page:
            raise Unknown(f"a call with {name}")
        return page

    def name(self, name: str, page: Page) -> None:
        if name in self.names:
            raise Unknown("a name that is taken")
        self.names[name] = page
        page.name = name

    def end_names(self) -> None:
        self.names.update(dict.fromkeys(self.machine.ended))
        self.machine.ended.clear()

    # ---- show ----

    def _do_show(self, words: list[str], keys: dict[str, str]) -> None:
        show: Callable[[list[str]], None] | None = getattr(self, f"_show_{words[1]}", None)
        show_zone: Callable[[Zone], None] | None = getattr(self, f"_zone_{words[1]}", None)
        if show:
            show(words)
        elif show_zone:
            show_zone(self.machine.zones[keys.get("zone", "normal")])
        else:
            for name in words[1:]:
                self._page_line(name)

    def _show_pages(self, words: list[str]) -> None:
        for name in self.names:
            self._page_line(name)

    def _page_line(self, name: str) -> None:
        if name not in self.names:
            raise Unknown(name)
        page = self.names[name]
        if not page:
            self.out.append(f"page {name} list=free")
            return
        shown = page.flags | ({"swapcache"} if page.slot else set())
        flags = ",".join(flag for flag in FLAGS if flag in shown)
        line = (f"page {name} list={page.list if 'lru' in page.flags else 'none'} "
                f"count={page.count} flags={flags or '-'}")
        if page.buffers is not None:
            state = [state for state in ("locked", "dirty", "pinned") if state in page.buffers]
            line += f" buffers={(state or ['clean'])[0]}"
        if page.slot:
            line += (f" slot={page.slot[0]}:{page.slot[1]} "
                     f"map={self.machine.swap.count(page.slot)}")
        self.out.append(line)

    def _show_lists(self, words: list[str]) -> None:
        for zone in self.machine.by_index:
            for name in LISTS:
                pages = [getattr(page, "name") or "?" for page in zone.lru[name]]
                if pages:
                    self.out.append(f"list 0.{zone.name}.{name}: {' '.join(pages)}")

    def _show_counters(self, words: list[str]) -> None:
        events = self.machine.events
        values = []
        for zone in self.machine.by_index:
            values.append(f"nr_free.{zone.name}={zone.free}")
            values += [f"nr_{name}.{zone.name}={len(zone.lru[name])}" for name in LISTS]
        values.append(f"pgscan={events['pgscan_kswapd'] + events['pgscan_direct']}")
        values += [f"{name}={events[name]}" for name in (
            "pgsteal", "pgactivate", "pgdeactivate", "pswpin", "pswpout")]
        self.out.append("counters " + " ".join(values))

    def _show_vmstat(self, words: list[str]) -> None:
        total = {name: self.machine.events[name] + sum(
            zone.stat[name] for zone in self.machine.by_index) for name in VMSTAT}
        self.out.append(" ".join(["vmstat", *(
            f"{name}={value}" for name, value in total.items() if value)]))

    def _show_mm(self, words: list[str]) -> None:
        ptes = self.machine.mms[words[2]].ptes
        in_swap = sum(1 for pte in ptes.values() if not pte.page)
        self.out.append(f"mm {words[2]} rss={len(ptes) - in_swap} swapents={in_swap}")
        for at, pte in sorted(ptes.items()):
            self.out.append(f"pte {words[2]} {at} " + (
                f"present page={pte.page.name or '?'} young={pte.young:d} dirty={pte.dirty:d}"
                if pte.page else f"swap slot={pte.slot[0]}:{pte.slot[1]}" if pte.slot else ""))

    def _show_swap(self, words: list[str]) -> None:
        for number, area in enumerate(self.machine.swap.areas):
            self.out.append(f"swap {number} prio={area.prio} slots={area.slots} "
                            f"used={area.used}")
            self.out += [f"slot {number}:{at} map={area.count[at]} cache={area.cache[at]:d}"
                         for at in range(1, area.slots + 1) if area.busy(at)]

    def _show_sc(self, words: list[str]) -> None:
        line = f"sc nr_scanned={self.sc.nr_scanned}"
        if self.details:
            line += f" nr_dirty={self.sc.nr_dirty} nr_writeback={self.sc.nr_writeback}"
        self.out.append(line)

    def _show_frame(self, words: list[str]) -> None:
        for name in words[2:]:
            page = self.page(name)
            self.out.append(f"frame {name} pfn={page.pfn} zone={page.zone.name} "
                            f"block={self.machine.type_of(page.pfn)}")

    def _show_kswapd(self, words: list[str]) -> None:
        machine = self.machine
        self.out.append(f"kswapd 0 woken={machine.woken:d} order={machine.kswapd_order} "
                        f"class={ZONES[machine.kswapd_class]}")

    def _show_shrinkers(self, words: list[str]) -> None:
        self.out += [f"shrinker {name} objects={shrinker.objects} deferred={shrinker.deferred}"
                     for name, shrinker in self.machine.shrinkers.items()]

    # ---- show … zone=Z ----

    def _zone_zone(self, zone: Zone) -> None:
        self.out.append(
            f"zone {zone.name} pages_scanned={zone.pages_scanned} "
            f"all_unreclaimable={zone.all_unreclaimable:d} congested={zone.congested:d} "
            f"recent_scanned={zone.scanned[0]},{zone.scanned[1]} "
            f"recent_rotated={zone.rotated[0]},{zone.rotated[1]}")

    def _zone_marks(self, zone: Zone) -> None:
        reserve = " ".join(f"reserve.{name}={n}" for name, n in zone.reserve.items())
        self.out.append(
            f"marks {zone.name} min={zone.min} low={zone.low} high={zone.high} {reserve} "
            f"inactive_ratio={zone.inactive_ratio} batch={zone.batch} pcp_high={zone.pcp_high}")

    def _zone_buddy(self, zone: Zone) -> None:
        for order in range(MAX_ORDER + 1):
            for kind in TYPES:
                blocks = zone.queue(order, kind)
                if blocks:
                    self.out.append(f"buddy {zone.name} order={order} type={kind}: "
                                    + " ".join(map(str, blocks)))

    def _zone_pcp(self, zone: Zone) -> None:
        self.out += [f"pcp {zone.name} type={kind}: " + " ".join(map(str, zone.pcp[kind]))
                     for kind in PCP_TYPES if zone.pcp[kind]]

    def _zone_pageblocks(self, zone: Zone) -> None:
        self.out += [f"pageblock {zone.name} {pfn} type={self.machine.type_of(pfn)}"
                     for pfn in range(zone.start, zone.end, PAGEBLOCK)
                     if self.machine.type_of(pfn) != MOVABLE]
