"""Picture `memory`: where all pages were over time, and free pages against the watermarks.

Above, every state as a band of a stack, free at the bottom. Below, on a scale of its own,
free pages as a line against the sums of min, low and high; under 2.4 also free + inactive
clean. The input is
a series of dumps, or a trace with the dump that was taken at its end.
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
    """Pages in each state at one moment."""
    when: int
    pages: dict[str, int]


class Series(NamedTuple):
    vm: str
    unit: str
    samples: list[Sample]
    marks: dict[str, int]  # min, low, high of all zones together
    awake: list[tuple[int, int]]  # stretches in which kswapd ran
    lost: int = 0  # records missing from the trace


def from_dumps(dumps: Sequence[Dump]) -> Series:
    """One sample a dump, placed at its sequence number."""
    if len(dumps) < 2:
        raise RenderError("memory over time needs two dumps or more, or a trace")
    if len({(d.vm, d.nr_pages) for d in dumps}) > 1:
        raise RenderError("the dumps are of different machines (vm or nr_pages differ)")
    ordered = sorted(dumps, key=lambda d: (d.seq, d.ts))
    samples = [Sample(d.seq, d.state_counts()) for d in ordered]
    if samples[0].when == samples[-1].when:
        raise RenderError("all dumps were taken at the same sequence number")
    return Series(ordered[0].vm, "seq", samples, _marks(ordered[-1]), [])


def from_trace(trace: Trace, end: Dump) -> Series:
    """Runs the trace backward from the dump taken at its end, so that every page counts.

    Where records were lost a page keeps its later state until its next event is met.
    """
    if not trace.events:
        raise RenderError("the trace holds no event")
    pages, state_of = end.state_counts(), list(end.list_of)
    if trace.states != end.states:
        raise RenderError("trace and dump name different states: they are of two kernels")
    step = max(len(trace.events) // SAMPLES, 1)
    samples = [Sample(len(trace.events), dict(pages))]
    wrong = 0
    for at in range(len(trace.events) - 1, -1, -1):
        event = trace.events[at]
        if event.pfn < end.nr_pages and event.source != event.target:
            known = state_of[event.pfn]
            wrong += known != event.target
            pages[end.states[known]] -= 1
            pages[end.states[event.source]] += 1
            state_of[event.pfn] = event.source
        if at % step == 0:
            samples.append(Sample(at, dict(pages)))
    lost = trace.lost()
    if wrong and not lost:
        raise RenderError(f"trace and dump do not fit: {wrong} moves end in a state that is "
                          f"not the page's next one; take the dump at the end of the trace")
    return Series(trace.vm, "event", samples[::-1], _marks(end), _kswapd(trace), lost)


def _marks(dump: Dump) -> dict[str, int]:
    return {name: sum(zone[name] for zone in dump.zones) for name in WATERMARKS}


def _kswapd(trace: Trace) -> list[tuple[int, int]]:
    awake: list[tuple[int, int]] = []
    since = None
    for at, event in enumerate(trace.events):
        name = trace.event(event.event)
        if name == "kswapd_wake" and since is None:
            since = at
        elif name == "kswapd_sleep" and since is not None:
            awake.append((since, at))
            since = None
    if since is not None:
        awake.append((since, len(trace.events)))
    return awake


def to_svg(series: Series) -> str:
    """SVG text of the two panels."""
    model = models.load(series.vm)
    height = TOP + STACK + SPACE + GAUGE + 56
    page = Page(LEFT + PLOT + RIGHT, height, "Memory over time")
    page.use_states(list(model.states.values()))
    page.label(LEFT, 22, f"Where the pages were, vm {series.vm}", 14, bold=True)
    first, last = series.samples[0].when, series.samples[-1].when
    xs = [LEFT + (s.when - first) / max(last - first, 1) * PLOT for s in series.samples]
    total = sum(series.samples[0].pages.values())
    missing = f", {number(series.lost)} events lost" if series.lost else ""
    page.label(LEFT, 40, f"{number(total)} pages, {len(series.samples)} samples{missing}", 10,
               colour=QUIET)
    _stack(page, model, series, xs, total)
    gauge_top = TOP + STACK + SPACE
    _gauge(page, model, series, xs, gauge_top)
    bottom = gauge_top + GAUGE
    for value in ticks(first, last):
        x = LEFT + (value - first) / max(last - first, 1) * PLOT
        page.line(x, bottom, x, bottom + 5)
        page.label(x, bottom + 18, number(value), 10, "middle")
    page.label(LEFT - 30, bottom + 18, series.unit, 10, "end", QUIET)
    return page.finish()


def _stack(page: Page, model: models.Model, series: Series, xs: list[float],
           total: int) -> None:
    floor = [0] * len(xs)
    labels: list[tuple[float, str]] = []
    for name in _BOTTOM_UP:
        heights = [s.pages.get(name, 0) for s in series.samples]
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


def _gauge(page: Page, model: models.Model, series: Series, xs: list[float],
           y: float) -> None:
    free = [s.pages.get("free", 0) for s in series.samples]
    both = [f + s.pages.get("inactive_clean", 0) for f, s in zip(free, series.samples)]
    top = max(min(max(both), series.marks["high"] * 3), series.marks["high"] * 5 // 4, 1)
    first, last = series.samples[0].when, series.samples[-1].when
    page.label(LEFT, y - 10, "free pages against the watermarks", 12, bold=True)
    page.rect(LEFT, y, PLOT, GAUGE, "#FFFFFF", "#888888")
    for start, end in series.awake:
        left = LEFT + (start - first) / max(last - first, 1) * PLOT
        right = LEFT + (end - first) / max(last - first, 1) * PLOT
        page.rect(left, y, max(right - left, 1), GAUGE, "#EEEEEE", "none", "kswapd awake")
    if series.awake:
        page.label(LEFT + PLOT, y - 10, "grey: kswapd awake", 10, "end", QUIET)
    labels = []
    for name, value in series.marks.items():
        at = _height(value, top, GAUGE, y)
        page.line(LEFT, at, LEFT + PLOT, at, WATERMARKS[name], 2, "8 3")
        labels.append((at, f"{name} {number(value)}"))
    lines = [(free, "#000000", 2)]
    clean = model.states.get("inactive_clean")
    if clean:
        lines.insert(0, (both, darker(clean.colour), 1.5))
    for values, colour, width in lines:
        points = [(x, _height(min(v, top), top, GAUGE, y)) for x, v in zip(xs, values)]
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
