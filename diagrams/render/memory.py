"""Picture `memory`: where all pages were over time, and free pages against the watermarks.

Above, every state as a band of a stack, free at the bottom. Below, on a scale of its own,
free pages as a line against the sums of min, low and high; under 2.4 also free + inactive
clean. With several nodes there is such a gauge for each, since each has a kswapd. The input
is a series of dumps, or a trace with the dump that was taken at its end.
"""
from __future__ import annotations

from typing import NamedTuple, Sequence

from diagrams import model as models
from diagrams.dump import Dump
from diagrams.events import Trace
from diagrams.render.style import QUIET, WATERMARKS, RenderError, darker, number
from diagrams.render.svg import Page, fill_of, ticks

LEFT, RIGHT, PLOT = 70, 170, 860
TOP, STACK, SPACE, GAUGE = 50, 220, 46, 150
SAMPLES = 400
LINE = 14
_BOTTOM_UP = ("free", "pcp", "inactive_clean", "inactive_dirty", "active", "inactive_file",
              "active_file", "inactive_anon", "active_anon", "unevictable", "pagevec", "anon",
              "isolated", "slab", "pagetable", "kernel", "reserved")


class Sample(NamedTuple):
    """Pages in each state at one moment: of the machine, and of each node."""
    when: int
    nodes: list[dict[str, int]]

    @property
    def pages(self) -> dict[str, int]:
        return {state: sum(node[state] for node in self.nodes) for state in self.nodes[0]}


class Node(NamedTuple):
    name: str  # "" if there is one node only
    marks: dict[str, int]  # min, low, high of all its zones together
    awake: list[tuple[int, int]] = []  # stretches in which its kswapd ran


class Series(NamedTuple):
    vm: str
    unit: str
    samples: list[Sample]
    nodes: list[Node]
    lost: int = 0  # records missing from the trace


class Axis(NamedTuple):
    """Of time."""
    first: int
    last: int

    def x(self, when: int) -> float:
        return LEFT + (when - self.first) / max(self.last - self.first, 1) * PLOT


def from_dumps(dumps: Sequence[Dump]) -> Series:
    """One sample a dump, placed at its sequence number."""
    if len(dumps) < 2:
        raise RenderError("memory over time needs two dumps or more, or a trace")
    if len({(d.vm, d.nr_pages) for d in dumps}) > 1:
        raise RenderError("the dumps are of different machines (vm or nr_pages differ)")
    ordered = sorted(dumps, key=lambda d: (d.seq, d.ts))
    samples = [Sample(d.seq, _counts(d)) for d in ordered]
    if samples[0].when == samples[-1].when:
        raise RenderError("all dumps were taken at the same sequence number")
    return Series(ordered[0].vm, "seq", samples, _nodes(ordered[-1]))


def from_trace(trace: Trace, end: Dump) -> Series:
    """Runs the trace backward from the dump taken at its end, so that every page counts.

    Where records were lost a page keeps its later state until its next event is met.
    """
    if not trace.events:
        raise RenderError("the trace holds no event")
    nodes, state_of, node_of = _counts(end), list(end.list_of), _node_of(end)
    if trace.states != end.states:
        raise RenderError("trace and dump name different states: they are of two kernels")
    step = max(len(trace.events) // SAMPLES, 1)
    samples = [Sample(len(trace.events), [dict(pages) for pages in nodes])]
    wrong = 0
    for at in range(len(trace.events) - 1, -1, -1):
        event = trace.events[at]
        if event.pfn < end.nr_pages and event.source != event.target:
            known, pages = state_of[event.pfn], nodes[node_of[event.pfn]]
            wrong += known != event.target
            pages[end.states[known]] -= 1
            pages[end.states[event.source]] += 1
            state_of[event.pfn] = event.source
        if at % step == 0:
            samples.append(Sample(at, [dict(pages) for pages in nodes]))
    lost = trace.lost()
    if wrong and not lost:
        raise RenderError(f"trace and dump do not fit: {wrong} moves end in a state that is "
                          f"not the page's next one; take the dump at the end of the trace")
    return Series(trace.vm, "event", samples[::-1], _nodes(end, trace), lost)


def _node_of(dump: Dump) -> list[int]:
    """The node of each page."""
    nodes = [zone.get("node", 0) for zone in dump.zones] or [0]
    return [nodes[zone] for zone in dump.cols["zone"]]


def _counts(dump: Dump) -> list[dict[str, int]]:
    """Pages in each state, for each node."""
    counts = [dict.fromkeys(dump.states, 0) for _ in dump.nodes or [None]]
    for state, node in zip(dump.list_of, _node_of(dump)):
        counts[node][dump.states[state]] += 1
    return counts


def _nodes(dump: Dump, trace: Trace | None = None) -> list[Node]:
    """What belongs to a node's gauge; a daemon's event has its node's number as count."""
    return [Node(f"node {number}: " if node else "",
                 {mark: sum(zone[mark] for zone in dump.zones_of(node)) for mark in WATERMARKS},
                 _kswapd(trace, number) if trace else [])
            for number, node in enumerate(dump.nodes or [None])]


def _kswapd(trace: Trace, node: int) -> list[tuple[int, int]]:
    awake: list[tuple[int, int]] = []
    since = None
    for at, event in enumerate(trace.events):
        name = trace.event(event.event)
        if name == "kswapd_wake" and event.count == node and since is None:
            since = at
        elif name == "kswapd_sleep" and event.count == node and since is not None:
            awake.append((since, at))
            since = None
    if since is not None:
        awake.append((since, len(trace.events)))
    return awake


def to_svg(series: Series) -> str:
    """SVG text of the panels."""
    model = models.load(series.vm)
    height = TOP + STACK + (SPACE + GAUGE) * len(series.nodes) + 56
    page = Page(LEFT + PLOT + RIGHT, height, "Memory over time")
    page.use_states(list(model.states.values()))
    page.label(LEFT, 22, f"Where the pages were, vm {series.vm}", 14, bold=True)
    axis = Axis(series.samples[0].when, series.samples[-1].when)
    xs = [axis.x(sample.when) for sample in series.samples]
    total = sum(series.samples[0].pages.values())
    missing = f", {number(series.lost)} events lost" if series.lost else ""
    page.label(LEFT, 40, f"{number(total)} pages, {len(series.samples)} samples{missing}", 10,
               colour=QUIET)
    _stack(page, model, series, xs, total)
    bottom = TOP + STACK
    for place, node in enumerate(series.nodes):
        samples = [(axis.x(sample.when), sample.nodes[place]) for sample in series.samples]
        _gauge(page, model, node, samples, axis, bottom + SPACE)
        bottom += SPACE + GAUGE
    for value in ticks(axis.first, axis.last):
        x = axis.x(value)
        page.line(x, bottom, x, bottom + 5)
        page.label(x, bottom + 18, number(value), 10, "middle")
    page.label(LEFT - 30, bottom + 18, series.unit, 10, "end", QUIET)
    return page.finish()


def _stack(page: Page, model: models.Model, series: Series, xs: list[float],
           total: int) -> None:
    floor = [0] * len(xs)
    pages = [sample.pages for sample in series.samples]
    labels: list[tuple[float, str]] = []
    for name in _BOTTOM_UP:
        heights = [p.get(name, 0) for p in pages]
        state = model.states.get(name)
        if state is None or not any(heights):
            continue
        roof = [f + h for f, h in zip(floor, heights)]
        points = [(x, _height(r, total, STACK, TOP)) for x, r in zip(xs, roof)]
        points += [(x, _height(f, total, STACK, TOP)) for x, f in zip(xs[::-1], floor[::-1])]
        page.shape(points, fill_of(state), tip=f"{name}: {heights[0]} to {heights[-1]} pages")
        middle = _height((roof[-1] + floor[-1]) / 2, total, STACK, TOP)
        labels.append((middle, f"[{state.tag}] {name} {number(heights[-1])}"))
        floor = roof
    for y, label, wanted in _spread(labels, TOP + STACK):
        page.line(LEFT + PLOT, wanted, LEFT + PLOT + 12, y, "#888888", 0.7)
        page.label(LEFT + PLOT + 15, y + 4, label, 11)
    for value in ticks(0, total, 5):
        page.label(LEFT - 8, _height(value, total, STACK, TOP) + 4, number(value), 10, "end")


def _gauge(page: Page, model: models.Model, node: Node,
           samples: list[tuple[float, dict[str, int]]], axis: Axis, y: float) -> None:
    free = [pages.get("free", 0) for _, pages in samples]
    both = [f + pages.get("inactive_clean", 0) for f, (_, pages) in zip(free, samples)]
    top = max(min(max(both), node.marks["high"] * 3), node.marks["high"] * 5 // 4, 1)
    page.label(LEFT, y - 10, f"{node.name}free pages against the watermarks", 12, bold=True)
    page.rect(LEFT, y, PLOT, GAUGE, "#FFFFFF", "#888888")
    for start, end in node.awake:
        page.rect(axis.x(start), y, max(axis.x(end) - axis.x(start), 1), GAUGE, "#EEEEEE",
                  "none", "kswapd awake")
    if node.awake:
        page.label(LEFT + PLOT, y - 10, "grey: kswapd awake", 10, "end", QUIET)
    labels = []
    for name, value in node.marks.items():
        at = _height(value, top, GAUGE, y)
        page.line(LEFT, at, LEFT + PLOT, at, WATERMARKS[name], 2, "8 3")
        labels.append((at, f"{name} {number(value)}"))
    lines = [(free, "#000000", 2)]
    clean = model.states.get("inactive_clean")
    if clean:
        lines.insert(0, (both, darker(clean.colour), 1.5))
    for values, colour, width in lines:
        points = [(x, _height(min(v, top), top, GAUGE, y))
                  for (x, _), v in zip(samples, values)]
        page.shape(points, "none", colour, closed=False, width=width)
    labels.append((_height(min(free[-1], top), top, GAUGE, y), f"free {number(free[-1])}"))
    if clean:
        labels.append((_height(min(both[-1], top), top, GAUGE, y),
                       f"free + clean {number(both[-1])}"))
    for at, label, wanted in _spread(labels, y + GAUGE):
        page.line(LEFT + PLOT, wanted, LEFT + PLOT + 12, at, "#888888", 0.7)
        page.label(LEFT + PLOT + 15, at + 4, label, 11)
    for value in ticks(0, top, 4):
        page.label(LEFT - 8, _height(value, top, GAUGE, y) + 4, number(value), 10, "end")


def _height(value: float, top: int, height: int, y: float) -> float:
    return y + height - value / max(top, 1) * height


def _spread(labels: list[tuple[float, str]], bottom: float) -> list[tuple[float, str, float]]:
    """Moves labels apart so that none covers another, and none lies below `bottom`.

    Gives (shown at, label, wanted at), from top to bottom.
    """
    ordered = sorted(labels)
    shown = [wanted for wanted, _ in ordered]
    for i in range(1, len(shown)):
        shown[i] = max(shown[i], shown[i - 1] + LINE)
    for i in range(len(shown) - 1, -1, -1):
        shown[i] = min(shown[i], bottom - LINE * (len(shown) - 1 - i))
        if i + 1 < len(shown):
            shown[i] = min(shown[i], shown[i + 1] - LINE)
    return [(at, label, wanted) for at, (wanted, label) in zip(shown, ordered)]
