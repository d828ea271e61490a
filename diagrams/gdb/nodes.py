"""Zones and nodes in a kernel's memory.

With one node a zone is called `Normal`; with several, all have the number of theirs in front:
`0.Normal`, `1.Normal`.
"""
from __future__ import annotations

from functools import partial
from itertools import takewhile

from diagrams.gdb.kernel import Kernel


class Zone:
    """One zone of the kernel: the bytes of its record, and where they are."""

    def __init__(self, kernel: Kernel, data: bytes, base: int, number: int):
        layout = kernel.layout.structs["zone"]
        self.kernel, self._data, self._at = kernel, data, number * layout.size
        self._layout, self.address = layout, base + self._at
        nodes = (kernel.layout.variables["nodes"][1]
                 // kernel.layout.structs["pglist_data"].size)
        self.node = number * nodes // (len(data) // layout.size)
        self.name = kernel.text(self.value("name"))

    def value(self, field: str) -> int:
        return self.kernel.field(self._data, "zone", field, self._at)

    def place(self, field: str) -> tuple[int, int, bytes]:
        """Address, size and bytes of a field that is a structure or an array."""
        offset, size = self._layout.fields[field]
        at = self._at + offset
        return self.address + offset, size, self._data[at:at + size]

    def numbers(self, field: str) -> list[int]:
        """An array of unsigned longs."""
        return self.kernel.words(self.place(field)[2])


def zones_of(kernel: Kernel) -> dict[int, Zone]:
    """The zones that exist, by number. With several nodes, theirs is part of each name."""
    address, size = kernel.layout.variables["zones"]
    data = kernel.memory.read(address, size)
    zones = {number: Zone(kernel, data, address, number)
             for number in range(size // kernel.layout.structs["zone"].size)}
    if kernel.variable("nr_online_nodes") > 1:
        for zone in zones.values():
            zone.name = f"{zone.node}.{zone.name}"
    return {number: zone for number, zone in zones.items() if zone.value("size")}


def read_nodes(kernel: Kernel) -> list[dict]:
    """The nodes that exist, by their numbers."""
    address, size = kernel.layout.variables["nodes"]
    step = kernel.layout.structs["pglist_data"].size
    data = kernel.memory.read(address, size)
    rows = kernel.memory.read(*kernel.layout.variables["node_distances"])
    zones = list(zones_of(kernel).values())
    count, width = kernel.variable("nr_online_nodes"), len(rows) // (size // step)
    return [_node(kernel, number, data[number * step:][:step],
                  list(rows[number * width:][:count]), zones) for number in range(count)]


def _node(kernel: Kernel, number: int, data: bytes, distances: list[int], zones: list[Zone]
          ) -> dict:
    """Its memory and CPUs, its distances to all nodes, the zones in the order in which its
    requests try them; its kswapd's pid and what that is asked for."""
    value = partial(kernel.field, data, "pglist_data")
    names = {zone.address: zone.name for zone in zones}
    highest = [zone.name for zone in zones
               if zone.node == number and zone.value("type") <= value("classzone_idx")]
    return {"id": number, "start": value("start_pfn"), "spanned": value("spanned_pages"),
            "present": value("present_pages"),
            "cpus": [cpu for cpu in range(kernel.variable("nr_cpus"))
                     if value("cpus") >> cpu & 1],
            "distances": distances,
            "zonelist": [names[at] for at in takewhile(bool, _zonelist(kernel, data))],
            "kswapd": _pid(kernel, value("kswapd")), "kswapd_woken": bool(value("kswapd_woken")),
            "kswapd_max_order": value("kswapd_max_order"),
            "classzone": highest[-1] if highest else None}


def _pid(kernel: Kernel, task: int) -> int | None:
    offset, size = kernel.layout.structs["task"].fields["pid"]
    return kernel.number(task + offset, size) if task else None


def _zonelist(kernel: Kernel, node: bytes) -> list[int]:
    """The addresses of the zones in the node's fallback list, which is its first; zeros
    follow."""
    offset, size = kernel.layout.structs["zonelist"].fields["refs"]
    at = kernel.layout.structs["pglist_data"].offset("zonelists") + offset
    return kernel.words(node[at:at + size])
