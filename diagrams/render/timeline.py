"""Picture `timeline`: chosen pages, one row each, their states along a trace.

The letter tag stands in every stretch that has room for it, a pattern repeats it elsewhere.
Below each row the page's age runs as a black profile from 0 to the maximum, if the era has
ages; a small mark shows where the page was referenced. Lost records are grey gaps through all rows.
"""
from __future__ import annotations

from collections import Counter
from typing import Sequence

from diagrams import model as models
from diagrams.events import Event, Trace
from diagrams.render.style import QUIET, RenderError, number
from diagrams.render.svg import Page, fill_of, ticks

LEFT, RIGHT, TOP = 110, 30, 56
PLOT = 1000
BAND, AGE, ROW = 20, 18, 54
SHORT_ROW = 34  # without ages


def most_varied(trace: Trace, count: int) -> list[int]:
    """The pages with the most kinds of moves; among equals those with the fewest moves, whose
    rows are clearest, then by frame number."""
    moves: Counter[int] = Counter()
    kinds: dict[int, set[tuple[int, int]]] = {}
    for event in trace.events:
        if event.source != event.target:
            moves[event.pfn] += 1
            kinds.setdefault(event.pfn, set()).add((event.source, event.target))
    return sorted(moves, key=lambda pfn: (-len(kinds[pfn]), moves[pfn], pfn))[:count]


def to_svg(trace: Trace, pfns: Sequence[int]) -> str:
    """SVG text. Time runs by sequence on one CPU, by time stamp when there are several."""
    if not trace.events:
        raise RenderError("the trace holds no event")
    wanted = set(pfns)
    lives: dict[int, list[Event]] = {pfn: [] for pfn in pfns}
    for event in trace.events:
        if event.pfn in wanted:
            lives[event.pfn].append(event)
    if absent := [pfn for pfn in pfns if not lives[pfn]]:
        raise RenderError(f"no event of page {', '.join(map(str, absent))} in the trace")
    model = models.load(trace.vm)
    clock = Clock(trace)
    aged = model.age_max is not None
    step = ROW if aged else SHORT_ROW
    height = TOP + step * len(pfns) + 90
    page = Page(LEFT + PLOT + RIGHT, height, f"Timeline of pages {', '.join(map(str, pfns))}")
    page.use_states(list(model.states.values()))
    page.label(LEFT, 22, f"Life of {len(pfns)} pages, vm {trace.vm}, {clock.unit} "
                         f"{number(clock.first)} to {number(clock.last)}", 14, bold=True)
    top = _age_scale(model, lives) if aged else 0
    profile = f" · black profile below: age 0…{top}" if aged else ""
    page.label(LEFT, 40, f"band: state{profile} · ▾ referenced", 10, colour=QUIET)
    for row, pfn in enumerate(pfns):
        y = TOP + row * step
        page.label(LEFT - 8, y + 14, f"page {pfn}", 11, "end")
        _states(page, trace, model, clock, lives[pfn], y)
        if aged:
            page.label(LEFT - 8, y + BAND + 15, "age", 9, "end", QUIET)
            _ages(page, top, clock, lives[pfn], y + BAND + 3)
        _references(page, trace, clock, lives[pfn], y)
    bottom = TOP + len(pfns) * step
    _gaps(page, trace, clock, bottom)
    _axis(page, clock, bottom)
    _legend(page, model, trace, lives, bottom + 38)
    return page.finish()


class Clock:
    """Turns an event into a position on the time axis."""

    def __init__(self, trace: Trace):
        self._by_time = len({e.cpu for e in trace.events}) > 1
        self.unit = "time" if self._by_time else "seq"
        times = [self.of(e) for e in trace.events]
        self.first, self.last = min(times), max(times)

    def of(self, event: Event) -> int:
        return event.ts if self._by_time else event.seq

    def at(self, value: int) -> float:
        return LEFT + (value - self.first) / max(self.last - self.first, 1) * PLOT

    def x(self, event: Event) -> float:
        return self.at(self.of(event))


def _states(page: Page, trace: Trace, model: models.Model, clock: Clock,
            life: list[Event], y: float) -> None:
    """Stretches of one state; before its first event a page has that event's `from`."""
    start, name = float(LEFT), trace.state(life[0].source)
    for event in [*life, None]:
        end = clock.x(event) if event else float(LEFT + PLOT)
        after = trace.state(event.target) if event else ""
        if event and after == name:
            continue
        state = model.states.get(name)
        width = end - start
        if width > 0:
            page.rect(start, y, width, BAND, fill_of(state) if state else "#FF0000",
                      tip=f"{name}, {width / PLOT:.1%} of the window")
        if width > 9 + 8 * len(model.tag(name)):
            page.label(start + 5, y + 14, model.tag(name), 11, bold=True, halo=True)
        start, name = end, after


def _age_scale(model: models.Model, lives: dict[int, list[Event]]) -> int:
    """The top of the profiles: a power of two that holds the highest age shown."""
    highest, top = max(e.age for life in lives.values() for e in life), 8
    while top < min(highest, model.age_max):
        top *= 2
    return top


def _ages(page: Page, top: int, clock: Clock, life: list[Event], y: float) -> None:
    page.rect(LEFT, y, PLOT, AGE, "#FFFFFF", "#BBBBBB", stroke_width=0.5)
    level = y + AGE
    points = [(clock.x(life[0]), level)]
    for event in life:
        x = clock.x(event)
        points.append((x, level))
        level = y + AGE - min(event.age, top) / top * AGE
        points.append((x, level))
    points += [(LEFT + PLOT, level), (LEFT + PLOT, y + AGE)]
    page.shape(points, "#111111", "none", "age")


def _references(page: Page, trace: Trace, clock: Clock, life: list[Event], y: float) -> None:
    for event in life:
        if trace.event(event.event) == "referenced":
            x = clock.x(event)
            page.shape([(x - 3, y - 6), (x + 3, y - 6), (x, y - 1)], "#000000", "none",
                       f"referenced at {clock.unit} {clock.of(event)}")


def _gaps(page: Page, trace: Trace, clock: Clock, bottom: float) -> None:
    """Grey columns where records are missing; a word at the foot where there is room."""
    last: dict[int, Event] = {}
    written = 0.0
    for event in trace.events:
        before = last.get(event.cpu)
        if before is not None and event.seq != before.seq + 1:
            x, end = clock.x(before), clock.x(event)
            page.rect(x, TOP - 4, max(end - x, 2), bottom - TOP + 4, "#E0E0E0", "#888888",
                      f"{event.seq - before.seq - 1} records lost")
            if (x + end) / 2 > written + 30:
                written = (x + end) / 2
                page.label(written, bottom - 3, "lost", 9, "middle", QUIET, halo=True)
        last[event.cpu] = event


def _axis(page: Page, clock: Clock, y: float) -> None:
    page.line(LEFT, y, LEFT + PLOT, y)
    for value in ticks(clock.first, clock.last):
        x = clock.at(value)
        page.line(x, y, x, y + 5)
        page.label(x, y + 17, number(value), 10, "middle")
    page.label(LEFT - 40, y + 17, clock.unit, 10, "end", QUIET)


def _legend(page: Page, model: models.Model, trace: Trace, lives: dict[int, list[Event]],
            y: float) -> None:
    """Only the states that these pages were in."""
    seen = {n for life in lives.values() for e in life for n in (e.source, e.target)}
    names = {trace.state(n) for n in seen}
    x = float(LEFT)
    for state in model.states.values():
        if state.name not in names:
            continue
        label = f"[{state.tag}] {state.name}"
        width = 36 + 6.2 * len(label)
        if x + width > LEFT + PLOT:
            x, y = float(LEFT), y + 20
        page.rect(x, y, 16, 12, fill_of(state))
        page.label(x + 21, y + 10, label, 11)
        x += width
