"""Nodes by the rules of policy 2.6: in which order requests try the zones of all (1.4), and
which zones they found full of late (3.3)."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.fuzz.told26.frames import ZONES, Zone

LOCAL, REMOTE = 10, 20  #: distances of which the machine statement says nothing
RECLAIM_DISTANCE = 30
MOST_NODES = 4
SECOND = 100  #: in ticks
NORMAL = ZONES.index("normal")


@dataclass
class ZoneList:
    zones: list[Zone] = field(default_factory=list)
    full: list[Zone] = field(default_factory=list)  # as a hint
    wiped: int = 0  # when nothing was known of them

    def up_to(self, highest: str) -> list[Zone]:
        return [zone for zone in self.zones if zone.index <= ZONES.index(highest)]

    def set_up(self, now: int) -> None:
        if now - self.wiped > SECOND:
            self.full.clear()
            self.wiped = now


@dataclass
class Node:
    number: int
    zones: list[Zone]
    cpus: bool
    distances: list[int]
    fallback: ZoneList = field(default_factory=ZoneList)
    own: ZoneList = field(default_factory=ZoneList)  # for those who want this node's or none
    # What its kswapd has been asked for.
    woken: bool = False
    order: int = 0
    classzone: int = 0

    def __post_init__(self) -> None:
        self.classzone = self.highest

    @property
    def highest(self) -> int:
        return self.zones[-1].index if self.zones else 0

    @property
    def size(self) -> int:
        return sum(zone.size for zone in self.zones)

    @property
    def low(self) -> int:
        """Of its memory, what is below Normal."""
        return sum(zone.size for zone in self.zones if zone.index < NORMAL)


class Nodes(list[Node]):
    """All of a machine, and the order that the user wants."""

    def __init__(self, zones: list[Zone], count: int, cpus: list[bool], distances: list[int]):
        super().__init__(
            Node(number, [zone for zone in zones if zone.node == number], cpus[number],
                 distances[number * count:][:count]) for number in range(count))
        self.wanted = "default"
        self.load = [0] * count
        self.far = False  # some of them: better to reclaim one's own
        self.build()

    def build(self) -> None:
        """All zone lists, anew."""
        by_nodes = self.wanted == "node" or (self.wanted == "default"
                                             and self.default_order() == "node")
        self.load = [0] * len(self)
        for node in self:
            zones = [zone for near in self._by_distance(node) for zone in reversed(near.zones)]
            if not by_nodes:
                zones.sort(key=lambda zone: -zone.index)
            node.fallback = ZoneList(zones)
            node.own = ZoneList(list(reversed(node.zones)))

    def default_order(self) -> str:
        total, low = sum(node.size for node in self), sum(node.low for node in self)
        average = total // (sum(1 for node in self if node.zones) + 1)
        small = [node for node in self
                 if node.low and node.size > average and node.low > node.size * 70 // 100]
        all_normal = all(any(zone.index == NORMAL for zone in node.zones) for node in self)
        return "zone" if low and low <= total // 2 and not small and all_normal else "node"

    def next_best(self, node: Node, used: set[int]) -> int | None:
        if node.number not in used:
            return node.number
        others = [other for other in self if other.zones and other.number not in used]
        if not others:
            return None
        return min(others, key=lambda other: (
            (node.distances[other.number] + (other.number < node.number) + other.cpus)
            * len(self) * MOST_NODES + self.load[other.number])).number

    def _by_distance(self, node: Node) -> list[Node]:
        found: list[Node] = []
        load, last = len(self), node.number
        while (best := self.next_best(node, {near.number for near in found})) is not None:
            self.far |= node.distances[best] > RECLAIM_DISTANCE
            if node.distances[best] != node.distances[last]:
                self.load[best] = load
            found.append(self[best])
            last, load = best, load - 1
        return found
