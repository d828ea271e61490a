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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Sequence

from diagrams import check, dump as dumps, events, model as models
from diagrams.events import Event, Trace

CONTEXT = 3


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
class Report:
    errors: list[Finding]
    gaps: list[Finding]
    moves: dict[tuple[str, str, str], int]  # (from, to, function) -> times

    @property
    def ok(self) -> bool:
        return not self.errors


def check_trace(trace: Trace, model: models.Model | None = None,
                max_errors: int = 100) -> Report:
    """Reads the whole trace; the report holds at most `max_errors` errors."""
    model = model or models.load(trace.vm)
    errors: list[Finding] = []
    gaps: list[Finding] = []
    moves: dict[tuple[str, str, str], int] = {}
    next_seq: dict[int, int] = {}
    known: dict[int, Event] = {}
    for index, event in enumerate(trace.events):
        expected = next_seq.get(event.cpu, event.seq)
        next_seq[event.cpu] = (event.seq + 1) & 0xFFFFFFFF
        if event.seq != expected:
            gaps.append(_gap(event, index, expected))
            known.clear()
        if event.pfn == events.NO_PAGE:
            continue
        for kind, text in _judge(trace, model, event, known.get(event.pfn), moves):
            if len(errors) < max_errors:
                errors.append(Finding(kind, index, text, _around(trace, index)))
        known[event.pfn] = event
    return Report(errors, gaps, moves)


def _gap(event: Event, index: int, expected: int) -> Finding:
    lost = (event.seq - expected) & 0xFFFFFFFF
    text = (f"{lost} records of cpu {event.cpu} lost before seq {event.seq}"
            if lost < 1 << 31 else
            f"seq of cpu {event.cpu} goes back from {expected} to {event.seq}")
    return Finding("gap", index, text)


def _judge(trace: Trace, model: models.Model, event: Event, last: Event | None,
           moves: dict[tuple[str, str, str], int]) -> list[tuple[str, str]]:
    """What is wrong with one event, given the page's event before it."""
    found = []
    source, target = trace.state(event.source), trace.state(event.target)
    if last is not None and last.target != event.source:
        found.append(("state", f"page {event.pfn} was left {trace.state(last.target)} by seq "
                               f"{last.seq}, but seq {event.seq} finds it {source}"))
    if trace.is_move(event):
        function = trace.reason(event.reason)
        key = (source, target, function)
        moves[key] = moves.get(key, 0) + 1
        if objection := model.objection(source, target, function):
            found.append(("move", f"page {event.pfn} at seq {event.seq}: {objection}"))
    # A page in transit may keep its flag: reclaim_page loses one that way (Q13).
    known = model.states.get(target)
    for state in model.lists() if known is None or known.kind != "transit" else []:
        bit = trace.flag_bits.get(state.flag)
        if bit is not None and bool(event.flags >> bit & 1) != (state.name == target):
            found.append(("flag", f"page {event.pfn} at seq {event.seq} is {target}, but flag "
                                  f"{state.flag} is {event.flags >> bit & 1}"))
    if event.age > model.age_max:
        found.append(("age", f"page {event.pfn} at seq {event.seq} has age {event.age}, the "
                             f"maximum is {model.age_max}"))
    return found


def _around(trace: Trace, index: int) -> list[str]:
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
