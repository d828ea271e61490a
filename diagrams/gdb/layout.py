"""Where things are in the kernel's memory: offsets, sizes, numbers of names, addresses.

Everything comes from debug information through `Symbols`, a small interface that `cmds.py`
implements for gdb, so that no offset is written down by hand. A layout can be saved as JSON
and used later to read a file of guest memory without a debugger.
"""
from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Protocol

Field = tuple[int, int]  # offset, size in bytes
SCHEMA = "mm-layout/4"


# Virtual addresses of physical address 0: the direct map, and the kernel's image.
DIRECT_MAP = {"i386": 0xC0000000, "x86_64": 0xFFFF800000000000}
IMAGE_MAP = {"i386": 0xC0000000, "x86_64": 0xFFFFFFFF80000000}


class LayoutError(Exception):
    """The symbols are missing or are not those of a kernel that we know."""


class Symbols(Protocol):
    """What the debugger must answer. Each raises LayoutError when the name is unknown."""

    def struct(self, tag: str) -> tuple[int, dict[str, Field]]:
        """Size of a structure and its fields; arrays count as one field."""

    def enum(self, tag: str) -> dict[str, int]: ...

    def variable(self, name: str) -> tuple[int, int]:
        """Address and size of a global variable."""

    def pointer_size(self) -> int: ...

    def machine(self) -> str:
        """`i386`, `x86_64` or `sim`."""


@dataclass(frozen=True)
class Struct:
    """A structure of the kernel."""
    size: int
    fields: dict[str, Field]

    def offset(self, field: str) -> int:
        return self.fields[field][0]


@dataclass(frozen=True)
class Layout:
    """All that a decoder needs; names as in the kernel, without PG_, STATE_, EV_, BY_, VM_ and so on."""
    machine: str
    pointer: int
    structs: dict[str, Struct]
    variables: dict[str, Field]  # address, size
    flags: dict[str, int]
    states: list[str]
    events: list[str]
    reasons: list[str]
    counters: list[str]
    zone_stats: list[str]  # 2.6: what zone->stats counts
    lru_lists: list[str]  # 2.6: the lists of a zone
    migrate_types: list[str]

    def to_json(self) -> dict:
        return {"schema": SCHEMA, **asdict(self)}

    @staticmethod
    def from_json(raw: dict) -> Layout:
        """Reads what `to_json` made, also after it went through a file."""
        if raw.get("schema") != SCHEMA:
            raise LayoutError(f"schema is {raw.get('schema')!r}, expected {SCHEMA!r}")
        try:
            structs = {name: Struct(s["size"], {f: tuple(v) for f, v in s["fields"].items()})
                       for name, s in raw["structs"].items()}
            variables = {name: tuple(v) for name, v in raw["variables"].items()}
            return Layout(raw["machine"], raw["pointer"], structs, variables, raw["flags"],
                          raw["states"], raw["events"], raw["reasons"], raw["counters"],
                          raw["zone_stats"], raw["lru_lists"], raw["migrate_types"])
        except KeyError as err:
            raise LayoutError(f"{err} is missing") from None


_STRUCTS = {
    "page": ("list", "lru", "mapping", "index", "buffers", "flags", "count", "mapcount",
             "zone", "order", "state", "age"),
    "list_head": ("next", "prev"),
    "free_area": ("blocks", "nr_free"),
    "spinlock": ("holder",),
    "zone": ("lock", "name", "type", "start_pfn", "size", "free_pages", "pages_min", "pages_low",
             "pages_high", "free_area", "inactive_clean_list", "inactive_clean_pages",
             "inactive_dirty_pages", "lowmem_reserve", "pcp", "pcp_batch", "pcp_high", "lru",
             "stats", "recent_scanned", "recent_rotated", "pages_scanned",
             "all_unreclaimable"),
    "per_cpu_pages": ("lock", "count", "lists", "free_diff"),
    "pagevec": ("n", "pages"),
    "event_ring": ("magic", "record_size", "nr_records", "cpu", "head", "records",
                   "limited", "limit", "next"),
    "reclaim_policy": ("name",),
    "address_space": ("pages",),
    "radix_tree": ("root", "height", "rotate"),
    "radix_node": ("slots", "marks"),
    "pglist_data": ("zonelists", "start_pfn", "spanned_pages", "present_pages", "cpus",
                    "kswapd", "kswapd_max_order", "classzone_idx", "kswapd_woken"),
    "zonelist": ("refs",),
    "task": ("pid",),
}
_VARIABLES = ("mem_map", "nr_frames", "zones", "policy", "event_rings", "events_on",
              "lru_lock", "active_list", "inactive_dirty_list", "nr_active_pages",
              "nr_inactive_dirty_pages", "memory_pressure", "vm_counters", "nr_cpus",
              "cpu_pagevecs", "nodes", "nr_online_nodes", "node_distances")


def read_layout(symbols: Symbols) -> Layout:
    """Asks for everything once; takes some milliseconds, so keep the result."""
    structs = {}
    for tag, wanted in _STRUCTS.items():
        size, fields = symbols.struct(tag)
        if missing := [f for f in wanted if f not in fields]:
            raise LayoutError(f"struct {tag} has no field {', '.join(missing)}: the symbols "
                              f"are of another kernel than these commands")
        structs[tag] = Struct(size, {f: fields[f] for f in wanted})
    return Layout(symbols.machine(), symbols.pointer_size(), structs,
                  {name: symbols.variable(name) for name in _VARIABLES},
                  _without("PG_", symbols.enum("page_flag")),
                  _table("STATE_", symbols.enum("page_state")),
                  _table("EV_", symbols.enum("mm_event")),
                  _table("BY_", symbols.enum("mm_reason")),
                  _table("VM_", symbols.enum("vm_counter")),
                  _table("STAT_", symbols.enum("zone_stat")),
                  _table("LRU_", symbols.enum("lru_list")),
                  _table("MIGRATE_", symbols.enum("migrate_type")))


def _without(prefix: str, names: dict[str, int]) -> dict[str, int]:
    """The names that have the prefix, without it; others (NR_…) are no values."""
    return {n[len(prefix):]: value for n, value in names.items() if n.startswith(prefix)}


def _table(prefix: str, names: dict[str, int]) -> list[str]:
    """Names by number; functions keep their case, states and events are lower case."""
    values = _without(prefix, names)
    table = [""] * (max(values.values()) + 1)
    for name, value in values.items():
        table[value] = name if prefix == "BY_" else name.lower()
    return table
