"""Judges a trace by the model of its era, and is the command that checks files.

    python3 -m diagrams.tracecheck FILE...      # traces and dumps

A move that the model does not allow, a state that does not follow from the page's last
event, a list flag that contradicts the state and an age out of range are errors; each is
reported with the events around it. A gap in a CPU's sequence means lost records: it is
reported as a gap, and the states known before it are forgotten.

Exit status: 0 nothing wrong, 1 errors found, 2 a file cannot be read.
"""
from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Sequence

from diagrams import check, dump as dumps, events, model as models
from diagrams.events import MOVING, Event, Trace

CONTEXT = 3  # events shown before and after a wrong one
NEAR_END = 64  # events within which the end of a trace may cut a move from its note


@dataclass
class Finding:
    """An error or a gap, with the position in the trace and lines of context."""
    kind: str  # "move", "state", "flag", "age", "gap"
    index: int
    text: str
    context: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join([f"{self.kind}: {self.text}", *self.context])


@dataclass
class Gap(Finding):
    """Lost records; `since` is the position of the CPU's last record before them."""
    since: int = 0


@dataclass
class Report:
    errors: list[Finding]
    gaps: list[Gap]
    moves: dict[tuple[str, str, str], int]  # (from, to, function) -> times

    @property
    def ok(self) -> bool:
        return not self.errors


def check_trace(trace: Trace, model: models.Model | None = None,
                max_errors: int = 100) -> Report:
    """Reads the whole trace; the report holds at most `max_errors` errors."""
    judge = Judge(trace, model or models.load(trace.vm))
    gaps = _find_gaps(trace)
    ends = {gap.since: gap.index for gap in gaps}
    blind_until = -1
    for index, event in enumerate(trace.events):
        if index <= blind_until:
            judge.forget()
        if event.pfn != events.NO_PAGE:
            judge.look_at(index, event)
        blind_until = max(blind_until, ends.get(index, -1))
    judge.end(len(trace.events))
    found = sorted(judge.found)[:max_errors]
    errors = [Finding(kind, index, text, around(trace, index)) for index, kind, text in found]
    return Report(errors, gaps, judge.moves)


def _find_gaps(trace: Trace) -> list[Gap]:
    """Where a CPU's sequence jumps. What it did meanwhile is unknown, so no page's state is
    known from its last record before the gap to its first one behind it."""
    gaps: list[Gap] = []
    last: dict[int, int] = {}  # cpu -> index of its latest record
    for index, event in enumerate(trace.events):
        before = last.get(event.cpu)
        last[event.cpu] = index
        if before is None:
            continue
        expected = (trace.events[before].seq + 1) & 0xFFFFFFFF
        if event.seq == expected:
            continue
        lost = (event.seq - expected) & 0xFFFFFFFF
        text = (f"{lost} records of cpu {event.cpu} lost before seq {event.seq}"
                if lost < 1 << 31 else
                f"seq of cpu {event.cpu} goes back from {expected} to {event.seq}")
        gaps.append(Gap("gap", index, text, since=before))
    return gaps


class Judge:
    """Follows every page through the trace and collects what is wrong.

    Moves and rotations are recorded by whoever owns the page or holds its list's lock, so
    they must follow one another exactly. Other events of a page (an end of I/O, say) may be
    recorded meanwhile by another CPU or an interrupt: such notes may be one move ahead of
    the move's own record, or one behind it when they come from another CPU.

    There are millions of events and some hundred kinds of them: what can be said of a kind is
    worked out once.
    """

    def __init__(self, trace: Trace, model: models.Model):
        self.found: list[tuple[int, str, str]] = []  # index, kind, text
        self._trace, self._model = trace, model
        self._times: Counter[tuple[int, int, int]] = Counter()  # by from, to and reason
        self._objections: dict[tuple[int, int, int], str] = {}  # "" if there is none
        self._sound: set[tuple[int, int]] = set()  # flags and states that agree
        self._moving = {number for number, name in enumerate(trace.event_names)
                        if name in MOVING}
        self._last: dict[int, Event] = {}  # the page's latest move, or its first event
        self._early: dict[int, tuple[int, Event]] = {}  # a note that seems ahead of a move
        self._lists = model.lists()
        self._bits = trace.flag_bits

    @property
    def moves(self) -> dict[tuple[str, str, str], int]:
        """(from, to, function) -> times."""
        trace = self._trace
        return {(trace.state(source), trace.state(target), trace.reason(reason)): times
                for (source, target, reason), times in self._times.items()}

    def forget(self) -> None:
        """Records were lost: nothing is known of any page."""
        self._last.clear()
        self._early.clear()

    def look_at(self, index: int, event: Event) -> None:
        oldest = self._model.age_max
        if oldest is not None and event.age > oldest:
            self._say(index, "age", f"page {event.pfn} at seq {event.seq} has age {event.age}, "
                                    f"the maximum is {oldest}")
        last = self._last.get(event.pfn)
        if event.event in self._moving:
            self._move(index, event, last)
        elif last is None:
            self._last[event.pfn] = event
        elif event.source != last.target and not (event.source == last.source and
                                                  event.cpu != last.cpu):
            _, early = self._early.get(event.pfn, (0, None))
            if early is None or early.source != event.source:
                self._end_early(event.pfn)
                self._early[event.pfn] = (index, event)

    def end(self, length: int) -> None:
        """The trace of LENGTH events is over: a note whose move never came was wrong, unless it is so near
        the end that the move may just be missing."""
        for pfn in list(self._early):
            if self._early[pfn][0] < length - NEAR_END:
                self._end_early(pfn)

    def _move(self, index: int, event: Event, last: Event | None) -> None:
        key = (event.source, event.target, event.aux & 0xFFFF)
        self._times[key] += 1
        if last is not None and last.target != event.source:
            self._say(index, "state", _mismatch(self._trace, last, event))
        early = self._early.pop(event.pfn, None) if self._early else None
        if early and early[1].source != event.target:
            self._say(early[0], "state", _mismatch(self._trace, last, early[1]))
        if key not in self._objections:
            self._objections[key] = self._objection(event)
        if objection := self._objections[key]:
            self._say(index, "move", f"page {event.pfn} at seq {event.seq}: {objection}")
        if (event.flags, event.target) not in self._sound:
            self._flags(index, event)
        self._last[event.pfn] = event

    def _objection(self, event: Event) -> str:
        trace = self._trace
        return self._model.objection(trace.state(event.source), trace.state(event.target),
                                     trace.reason(event.reason)) or ""

    def _flags(self, index: int, event: Event) -> None:
        """A page in transit may keep its flag: reclaim_page loses one that way (Q13)."""
        target, before = self._trace.state(event.target), len(self.found)
        state = self._model.states.get(target)
        transit = state is not None and state.kind == "transit"
        for listed in self._lists if not transit else ():
            if listed.is_said_by(event.flags, self._bits) != (listed.name == target):
                flags = " ".join(f"{name}={event.flags >> self._bits[name] & 1}"
                                 for name in listed.flags)
                self._say(index, "flag", f"page {event.pfn} at seq {event.seq} is {target}, but "
                                         f"its flags say {flags}")
        if len(self.found) == before:
            self._sound.add((event.flags, event.target))

    def _end_early(self, pfn: int) -> None:
        index, note = self._early.pop(pfn, (0, None))
        if note is not None:
            self._say(index, "state", _mismatch(self._trace, self._last[pfn], note))

    def _say(self, index: int, kind: str, text: str) -> None:
        self.found.append((index, kind, text))


def _mismatch(trace: Trace, last: Event, event: Event) -> str:
    return (f"page {event.pfn} was left {trace.state(last.target)} by seq {last.seq}, but seq "
            f"{event.seq} finds it {trace.state(event.source)}")


def around(trace: Trace, index: int) -> list[str]:
    """The page's own last events, then the neighbours in time; an arrow marks the culprit."""
    pfn = trace.events[index].pfn
    own = [i for i in range(index) if trace.events[i].pfn == pfn][-CONTEXT:]
    near = range(max(0, index - CONTEXT), min(len(trace.events), index + CONTEXT + 1))
    shown = sorted({*own, *near})
    return [f"  {'>' if i == index else ' '} {trace.describe(trace.events[i])}" for i in shown]


def _check_file(path: Path) -> bool:
    """Prints the report of one trace or dump; True when nothing is wrong."""
    if _is_dump(path):
        dump = dumps.load(path)
        problems = check.check_dump(dump)
        for problem in problems:
            print(f"{path}: {problem}")
        print(f"{path}: {dump.nr_pages} pages, {len(problems)} problems")
        return not problems
    trace = events.load(path)
    report = check_trace(trace)
    for finding in (*report.gaps, *report.errors):
        print(f"{path}: {finding}")
    print(f"{path}: {len(trace.events)} events, {sum(report.moves.values())} moves, "
          f"{len(report.gaps)} gaps, {len(report.errors)} errors")
    return report.ok


def _is_dump(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b'"mm-dump/' in file.read(200)
    except OSError:
        return False


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m diagrams.tracecheck",
        description="Check traces and dumps against the model of their era.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    try:
        results = [_check_file(path) for path in args.files]
    except (events.TraceError, dumps.DumpError, models.ModelError) as err:
        print(f"tracecheck: {err}", file=sys.stderr)
        return 2
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
