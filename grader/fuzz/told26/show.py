"""What `show` prints of the machine that the rules of policy 2.6 keep."""

from __future__ import annotations

from typing import Callable

from grader.fuzz.telling import Keys, Telling, flags_and_more
from grader.fuzz.told26.drivers import Machine
from grader.fuzz.told26.frames import LISTS, MAX_ORDER, MOVABLE, PAGEBLOCK, PCP_TYPES, TYPES, \
    ZONES, Page, Zone
from grader.fuzz.told26.reclaim import Control

FLAGS = ("locked", "referenced", "dirty", "writeback", "reclaim", "swapcache", "mlocked",
         "swapbacked")
VMSTAT = ("nr_mlock", "nr_anon_pages", "nr_mapped", "nr_file_pages", "nr_dirty",
          "nr_writeback", "nr_vmscan_write", "nr_vmscan_immediate_reclaim", "nr_isolated_anon",
          "nr_isolated_file", "pgalloc", "pgfree", "pgrefill", "pgsteal", "pgscan_kswapd",
          "pgscan_direct", "numa_hit", "numa_miss", "numa_foreign", "numa_local",
          "numa_other", "slabs_scanned", "kswapd_steal", "pageoutrun", "allocstall",
          "pgrotated", "unevictable_pgs_culled", "unevictable_pgs_rescued",
          "unevictable_pgs_mlocked")

_KERNEL = ("wait", "io", "fs")
GFP: dict[str, tuple[str, ...]] = {
    "none": (), "nowait": (), "atomic": ("high",), "noio": ("wait",), "nofs": ("wait", "io"),
    "kernel": _KERNEL, "temporary": (*_KERNEL, "reclaimable"), "user": _KERNEL,
    "highuser": (*_KERNEL, "highmem"), "highuser_movable": (*_KERNEL, "highmem", "movable")}


def gfp_of(text: str) -> frozenset[str]:
    name, *bits = text.split("+")
    return frozenset((*GFP[name], *bits))


class Show(Telling[Page]):
    def __init__(self) -> None:
        super().__init__()
        self.machine = Machine([{}], [])
        self.sc = Control()
        self.details = False  # the latest call also told about dirty pages

    def end_names(self) -> None:
        self.names.update(dict.fromkeys(self.machine.ended))
        self.machine.ended.clear()

    # ---- show ----

    def _do_show(self, words: list[str], keys: Keys) -> None:
        show_zone: Callable[[Zone], None] | None = getattr(self, f"_zone_{words[1]}", None)
        if show_zone:
            show_zone(self.machine.zone(keys.get("zone", "normal")))
        else:
            super()._do_show(words, keys)

    def page_keys(self, page: Page) -> str:
        shown = page.flags | ({"swapcache"} if page.slot else set())
        flags = [flag for flag in FLAGS if flag in shown]
        users = self.machine.swap.count(page.slot) if page.slot else 0
        return (f"list={page.list if 'lru' in page.flags else 'none'} count={page.count} "
                f"{flags_and_more(flags, page.buffers, page.slot, users)}")

    def _show_lists(self, words: list[str], keys: Keys) -> None:
        for zone in self.machine.by_index:
            for name in LISTS:
                pages = [self.name_of(page) for page in zone.lru[name]]
                if pages:
                    self.out.append(f"list {zone.node}.{zone.name}.{name}: {' '.join(pages)}")

    def _show_counters(self, words: list[str], keys: Keys) -> None:
        events = self.machine.events
        values = []
        for zone in self.machine.by_index:
            values.append(f"nr_free.{zone.key}={zone.free}")
            values += [f"nr_{name}.{zone.key}={len(zone.lru[name])}" for name in LISTS]
        values.append(f"pgscan={events['pgscan_kswapd'] + events['pgscan_direct']}")
        values += [f"{name}={events[name]}" for name in (
            "pgsteal", "pgactivate", "pgdeactivate", "pswpin", "pswpout")]
        self.out.append("counters " + " ".join(values))

    def _show_vmstat(self, words: list[str], keys: Keys) -> None:
        total = {name: self.machine.events[name] + sum(
            zone.stat[name] for zone in self.machine.by_index) for name in VMSTAT}
        self.out.append(" ".join(["vmstat", *(
            f"{name}={value}" for name, value in total.items() if value)]))

    def has_mm(self, name: str) -> bool:
        return name in self.machine.mms

    def mm_keys(self, name: str) -> str:
        ptes = self.machine.mms[name].ptes
        in_swap = sum(1 for pte in ptes.values() if not pte.page)
        return f"rss={len(ptes) - in_swap} swapents={in_swap}"

    def _show_mm(self, words: list[str], keys: Keys) -> None:
        self.out.append(f"mm {words[2]} {self.mm_keys(words[2])}")
        for at, pte in sorted(self.machine.mms[words[2]].ptes.items()):
            self.out.append(f"pte {words[2]} {at} " + (
                f"present page={self.name_of(pte.page)} young={pte.young:d} dirty={pte.dirty:d}"
                if pte.page else f"swap slot={pte.slot[0]}:{pte.slot[1]}" if pte.slot else ""))

    def _show_swap(self, words: list[str], keys: Keys) -> None:
        for number, area in enumerate(self.machine.swap.areas):
            self.out.append(f"swap {number} prio={area.prio} slots={area.slots} "
                            f"used={area.used}")
            self.out += [f"slot {number}:{at} map={area.count[at]} cache={area.cache[at]:d}"
                         for at in range(1, area.slots + 1) if area.busy(at)]

    def _show_sc(self, words: list[str], keys: Keys) -> None:
        line = f"sc nr_scanned={self.sc.nr_scanned}"
        if self.details:
            line += f" nr_dirty={self.sc.nr_dirty} nr_writeback={self.sc.nr_writeback}"
        self.out.append(line)

    def _show_frame(self, words: list[str], keys: Keys) -> None:
        for name in words[2:]:
            page = self.page(name)
            self.out.append(f"frame {name} pfn={page.pfn} zone={page.zone.key} "
                            f"block={self.machine.type_of(page.pfn)}")

    def _show_kswapd(self, words: list[str], keys: Keys) -> None:
        prefix = "{}." if len(self.machine.nodes) > 1 else ""
        self.out += [f"kswapd {node.number} woken={node.woken:d} order={node.order} "
                     f"class={prefix.format(node.number)}{ZONES[node.classzone]}"
                     for node in self.machine.nodes if node.zones]

    def _show_zonelist(self, words: list[str], keys: Keys) -> None:
        gfp = gfp_of(keys.get("gfp", "highuser"))
        node = self.machine.nodes[int(keys.get("node", 0))]
        zones = node.own if "thisnode" in gfp else node.fallback
        self.out.append(" ".join([f"zonelist {node.number}:", *(
            zone.key for zone in zones.up_to(self.machine.highest_for(gfp)))]))

    def _show_shrinkers(self, words: list[str], keys: Keys) -> None:
        self.out += [f"shrinker {name} objects={shrinker.objects} deferred={shrinker.deferred}"
                     for name, shrinker in self.machine.shrinkers.items()]

    # ---- show … zone=Z ----

    def _zone_zone(self, zone: Zone) -> None:
        self.out.append(
            f"zone {zone.key} pages_scanned={zone.pages_scanned} "
            f"all_unreclaimable={zone.all_unreclaimable:d} congested={zone.congested:d} "
            f"recent_scanned={zone.scanned[0]},{zone.scanned[1]} "
            f"recent_rotated={zone.rotated[0]},{zone.rotated[1]}")

    def _zone_marks(self, zone: Zone) -> None:
        reserve = " ".join(f"reserve.{other.key}={zone.reserve[other.name]}"
                           for other in self.machine.nodes[zone.node].zones)
        self.out.append(
            f"marks {zone.key} min={zone.min} low={zone.low} high={zone.high} {reserve} "
            f"inactive_ratio={zone.inactive_ratio} batch={zone.batch} pcp_high={zone.pcp_high}")

    def _zone_buddy(self, zone: Zone) -> None:
        for order in range(MAX_ORDER + 1):
            for kind in TYPES:
                blocks = zone.queue(order, kind)
                if blocks:
                    self.out.append(f"buddy {zone.key} order={order} type={kind}: "
                                    + " ".join(map(str, blocks)))

    def _zone_pcp(self, zone: Zone) -> None:
        self.out += [f"pcp {zone.key} type={kind}: " + " ".join(map(str, zone.pcp[kind]))
                     for kind in PCP_TYPES if zone.pcp[kind]]

    def _zone_pageblocks(self, zone: Zone) -> None:
        self.out += [f"pageblock {zone.key} {pfn} type={self.machine.type_of(pfn)}"
                     for pfn in range(zone.start, zone.end, PAGEBLOCK)
                     if self.machine.type_of(pfn) != MOVABLE]
