"""Dumps of page state, schema `mm-dump/1`: load, validate, save, and look things up.

A dump is columns of integers, one value a page frame, with the lists and free blocks as
they were walked, head to tail, the counters as the kernel keeps them, and whatever was
found broken. It carries the meaning of its own flag bits and state numbers.

Of a machine with several nodes it has those, too, and each zone has its node's number, also
in its name: `1.Normal`.
"""
from __future__ import annotations

import json
from pathlib import Path

SCHEMA = "mm-dump/1"
COLUMNS = ("flags", "count", "age", "mapping", "index", "buffers", "zone")
_REQUIRED = {"schema": str, "arch": str, "vm": str, "seq": int, "ts": int,
             "page_size": int, "nr_pages": int, "sizeof_page": int, "flag_bits": dict,
             "states": list, "cols": dict, "list_of": list, "lists": dict, "zones": list,
             "counters": dict, "bad": list}
_ZONE_REQUIRED = {"name": str, "start": int, "size": int, "free": int, "min": int,
                  "low": int, "high": int, "free_area": list}
_NODE_REQUIRED = {"id": int, "start": int, "spanned": int, "present": int, "cpus": list,
                  "distances": list, "zonelist": list, "kswapd_woken": bool,
                  "kswapd_max_order": int}

# Letters of Linux's page-types tool; the order is that of our pictures.
FLAG_LETTERS = {"locked": "L", "error": "E", "referenced": "R", "dirty": "D",
                "writeback": "W", "reclaim": "I", "slab": "S", "swap_cache": "s",
                "mlocked": "m", "uptodate": "U"}


class DumpError(ValueError):
    """A dump that cannot be read; the text says what was expected."""


class Dump:
    """A validated dump. `raw` is the JSON; the properties below are what others use."""

    def __init__(self, raw: dict):
        _validate(raw)
        self.raw = raw
        self.vm: str = raw["vm"]
        self.arch: str = raw["arch"]
        self.seq: int = raw["seq"]
        self.ts: int = raw["ts"]
        self.nr_pages: int = raw["nr_pages"]
        self.states: list[str] = raw["states"]
        self.cols: dict[str, list[int]] = raw["cols"]
        self.list_of: list[int] = raw["list_of"]
        self.lists: dict[str, list[int]] = raw["lists"]
        self.zones: list[dict] = raw["zones"]
        self.nodes: list[dict] = raw.get("nodes", [])  # only if there are several
        self.counters: dict[str, int] = raw["counters"]
        self.bad: list[list] = raw["bad"]
        self.vmstat: dict[str, int] = raw.get("vmstat", {})
        self.pagevecs: list[list[int]] = raw.get("pagevecs", [])  # 2.6: pages in each
        self.held: list[str] = raw.get("held", [])  # locks taken when it was made
        self.flag_bits: dict[str, int] = raw["flag_bits"]

    def has_flag(self, pfn: int, name: str) -> bool:
        """True when the named flag exists in this era and is set on the page."""
        bit = self.flag_bits.get(name)
        return bit is not None and bool(self.cols["flags"][pfn] >> bit & 1)

    def flag_names(self, pfn: int) -> list[str]:
        """Names of the flags that are set, lowest bit first."""
        value = self.cols["flags"][pfn]
        named = sorted(self.flag_bits.items(), key=lambda item: item[1])
        return [name for name, bit in named if value >> bit & 1]

    def flag_letters(self, pfn: int) -> str:
        """The flags that have a letter, as the pictures show them; uptodate is left out."""
        return "".join(letter for name, letter in FLAG_LETTERS.items()
                       if name != "uptodate" and self.has_flag(pfn, name))

    def state_of(self, pfn: int) -> str:
        return self.states[self.list_of[pfn]]

    def zones_of(self, node: dict | None) -> list[dict]:
        """The zones of that node; of the one node, if that is None."""
        return [zone for zone in self.zones if node is None or zone["node"] == node["id"]]

    def state_counts(self) -> dict[str, int]:
        """Pages in each state, in the order of the dump's state table."""
        counts = dict.fromkeys(self.states, 0)
        for number in self.list_of:
            counts[self.states[number]] += 1
        return counts


def state_of_list(name: str) -> str:
    """The state that a list holds: `Normal.inactive_clean` holds `inactive_clean`."""
    return name.rpartition(".")[2]


def zone_of_list(name: str) -> str:
    """The zone whose list it is: that of `1.Normal.active_file` is `1.Normal`. "": all zones'."""
    return name.rpartition(".")[0]


def is_called(name: str, wanted: str) -> bool:
    """Does WANTED mean the zone, or the list of a zone, with that NAME? In small letters,
    too, and without a number it is node 0's."""
    return name.lower() in (wanted.lower(), f"0.{wanted.lower()}")


def load(path: Path) -> Dump:
    """Reads and validates a dump file."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as err:
        raise DumpError(f"{path}: {err.strerror}") from None
    except UnicodeDecodeError:
        raise DumpError(f"{path}: not text, expected JSON with schema {SCHEMA}") from None
    try:
        raw = json.loads(text)
    except ValueError as err:
        raise DumpError(f"{path}: not JSON ({err}), expected schema {SCHEMA}") from None
    try:
        return Dump(raw)
    except DumpError as err:
        raise DumpError(f"{path}: {err}") from None


def save(raw: dict, path: Path) -> None:
    """Validates and writes a dump. One `dumps` and one write: three times faster."""
    _validate(raw)
    Path(path).write_text(json.dumps(raw, separators=(",", ":")), encoding="utf-8")


def _validate(raw: object) -> None:
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
        found = raw.get("schema") if isinstance(raw, dict) else type(raw).__name__
        raise DumpError(f"schema is {found!r}, expected {SCHEMA!r}")
    _check_keys("dump", raw, _REQUIRED)
    for number, zone in enumerate(raw["zones"]):
        if not isinstance(zone, dict):
            raise DumpError(f"zone {number} is no object")
        _check_keys(f"zone {number}", zone, _ZONE_REQUIRED)
    _validate_nodes(raw)
    nr_pages = raw["nr_pages"]
    for name in COLUMNS:
        column = raw["cols"].get(name)
        if not isinstance(column, list) or len(column) != nr_pages:
            raise DumpError(f"column {name} must hold {nr_pages} numbers")
    if len(raw["list_of"]) != nr_pages:
        raise DumpError(f"list_of must hold {nr_pages} numbers")
    if nr_pages and not 0 <= min(raw["list_of"]) <= max(raw["list_of"]) < len(raw["states"]):
        raise DumpError(f"list_of holds a number outside the {len(raw['states'])} states")
    blocks = {f"free_area of zone {z['name']}": b for z in raw["zones"]
              for b in z["free_area"]}
    for name, pfns in {**raw["lists"], **blocks}.items():
        if pfns and not 0 <= min(pfns) <= max(pfns) < nr_pages:
            raise DumpError(f"{name}: a page frame outside 0..{nr_pages - 1}")


def _validate_nodes(raw: dict) -> None:
    nodes = raw.get("nodes", [])
    for number, node in enumerate(nodes):
        if not isinstance(node, dict):
            raise DumpError(f"node {number} is no object")
        _check_keys(f"node {number}", node, _NODE_REQUIRED)
    for zone in raw["zones"] if nodes else ():
        if zone.get("node") not in [node["id"] for node in nodes]:
            raise DumpError(f"zone {zone['name']} is of no node")


def _check_keys(where: str, raw: dict, required: dict[str, type]) -> None:
    for key, kind in required.items():
        if key not in raw:
            raise DumpError(f"{where}: {key!r} is missing")
        if not isinstance(raw[key], kind) or isinstance(raw[key], bool) != (kind is bool):
            raise DumpError(f"{where}: {key!r} is {type(raw[key]).__name__}, "
                            f"expected {kind.__name__}")
