"""Curves between boxes: where an edge starts, ends, bends and carries its label.

Coordinates are points with y upward, as Graphviz has them. The state picture places its
nodes itself, because a reader who has learned the picture must find every state where it
was; Graphviz then only draws (`neato -n2`).
"""
from __future__ import annotations

import math
from typing import NamedTuple

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]
ARROW = 9.0  # length of an arrow head


class Box(NamedTuple):
    """A node: its centre and size."""
    x: float
    y: float
    width: float
    height: float

    def holds(self, p: Point) -> bool:
        return (abs(p[0] - self.x) <= self.width / 2 and
                abs(p[1] - self.y) <= self.height / 2)


class Path(NamedTuple):
    """A drawn edge: Graphviz's `pos`, and the place of the label."""
    pos: str
    label: Point


def between(a: Box, b: Box, bend: float, label_at: float = 0.5) -> Path:
    """From a to b, bowed to the left of its direction by `bend` times the distance."""
    dx, dy = b.x - a.x, b.y - a.y
    bow = (-dy * bend * 4 / 3, dx * bend * 4 / 3)
    curve = ((a.x, a.y), (a.x + dx / 3 + bow[0], a.y + dy / 3 + bow[1]),
             (b.x - dx / 3 + bow[0], b.y - dy / 3 + bow[1]), (b.x, b.y))
    steps = [i / 200 for i in range(201)]
    start = next(t for t in steps if not a.holds(_at(curve, t)))
    end = next(t for t in reversed(steps) if not b.holds(_at(curve, t)))
    return _path(_part(curve, start, end), label_at)


def loop(box: Box, size: float = 42) -> Path:
    """A move to the same state: a loop on top of the box, its label above."""
    top = box.y + box.height / 2
    curve = ((box.x - 18, top), (box.x - 34, top + size), (box.x + 34, top + size),
             (box.x + 18, top))
    path = _path(curve, 0.5)
    return Path(path.pos, (path.label[0], path.label[1] + 12))


def _path(curve: Curve, label_at: float) -> Path:
    tip = curve[3]
    end = next((t / 200 for t in range(200, 0, -1)
                if math.dist(_at(curve, t / 200), tip) >= ARROW), 0.5)
    label = _at(curve, label_at)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _part(curve, 0, end))
    return Path(f"e,{tip[0]:.1f},{tip[1]:.1f} {points}", label)


def _at(curve: Curve, t: float) -> Point:
    u = 1 - t
    weights = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
    return (sum(w * p[0] for w, p in zip(weights, curve)),
            sum(w * p[1] for w, p in zip(weights, curve)))


def _part(curve: Curve, start: float, end: float) -> Curve:
    """The same curve cut to start..end."""
    def split(c: Curve, t: float) -> tuple[Curve, Curve]:
        def mix(p: Point, q: Point) -> Point:
            return (p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t)
        ab, bc, cd = mix(c[0], c[1]), mix(c[1], c[2]), mix(c[2], c[3])
        abc, bcd = mix(ab, bc), mix(bc, cd)
        middle = mix(abc, bcd)
        return (c[0], ab, abc, middle), (middle, bcd, cd, c[3])
    first = split(curve, end)[0]
    return split(first, start / end)[1] if start else first
