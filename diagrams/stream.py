"""The whole trace of a long run, judged while it goes on.

A ring holds the last second or so. Here the guest stands still whenever a quarter of a ring
is new, until its records are copied and the judge, a process of its own, has taken them. If
the host is too busy to look in time, a CPU whose ring is full waits at its limit. So no event
is lost; a gap in the sequence is an error like a wrong move.
"""
from __future__ import annotations

import mmap
import multiprocessing
import struct
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Callable, ContextManager

from diagrams import events, model as models, ram
from diagrams.check import check_dump
from diagrams.dump import Dump
from diagrams.events import Event, Trace
from diagrams.follow import Follower
from diagrams.gdb import decode
from diagrams.gdb.decode import Kernel
from diagrams.gdb.layout import IMAGE_MAP
from diagrams.tracecheck import Judge, around

FULL = 0.25  # of a ring: time to copy
LOOK_SECONDS = 0.01  # between two looks at the rings
DUMP_SECONDS = 3.0  # between two checks of all lists
KEPT = 64  # events of the last piece that may be context of an error in the next one
MAX_ERRORS = 20


class StreamCheck:
    """`tracecheck.check_trace` for a trace that comes in pieces, each in time order."""

    def __init__(self, names: Trace):
        self.seen = 0  # events so far
        self.errors: list[str] = []
        self._recent = Trace([], names.states, names.event_names, names.reasons, names.vm,
                             names.arch, names.flag_bits)
        self._judge = Judge(self._recent, models.load(names.vm))
        self._next: dict[int, int] = {}  # cpu -> sequence number that must come next

    @property
    def moves(self) -> int:
        return sum(self._judge.moves.values())

    def feed(self, piece: list[Event]) -> None:
        """Judges the events after those of the last call."""
        before = self._recent.events[-KEPT:]
        self._recent.events = before + piece
        first, look_at = self.seen, self._judge.look_at
        for index, event in enumerate(piece, first):
            if event.seq != self._next.get(event.cpu, event.seq):
                self._lost(event)
            self._next[event.cpu] = (event.seq + 1) & 0xFFFFFFFF
            if event.pfn != events.NO_PAGE:
                look_at(index, event)
        self.seen += len(piece)
        self._report(first - len(before))

    def end(self) -> None:
        self._judge.end(self.seen)
        self._report(self.seen)

    def _lost(self, event: Event) -> None:
        self._judge.forget()
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(f"gap: records of cpu {event.cpu} were lost before seq "
                               f"{event.seq}, {self._next[event.cpu]} was to come")

    def _report(self, offset: int) -> None:
        """Turns what the judge has found into text, with the events that are still here."""
        for index, kind, text in sorted(self._judge.found):
            if len(self.errors) >= MAX_ERRORS:
                break
            here = index - offset
            shown = around(self._recent, here) if 0 <= here < len(self._recent.events) else []
            self.errors.append("\n".join([f"{kind}: {text}", *shown]))
        self._judge.found.clear()


@dataclass
class Verdict:
    """What was seen of a run."""
    events: int = 0
    moves: int = 0
    dumps: int = 0  # checks of all lists
    errors: list[str] = field(default_factory=list)


def _judge_process(pieces: Connection, names: Trace) -> None:
    """Takes dictionaries of cpu -> records until None comes; answers with the verdict."""
    check = StreamCheck(names)
    while (piece := pieces.recv()) is not None:
        check.feed(events.merge(events.decode_records(data, cpu)
                                for cpu, data in piece.items()))
    check.end()
    pieces.send((check.seen, check.moves, check.errors))


class Limits:
    """The words of the rings that a reader writes, in a guest's RAM file."""

    def __init__(self, kernel: Kernel, memory: Path):
        layout = kernel.layout
        ring = layout.structs["event_ring"]
        address, size = layout.variables["event_rings"]
        # The rings' headers are variables of the kernel's image, which is mapped linearly.
        start = address - IMAGE_MAP[layout.machine]
        self._kernel = kernel
        self._at = {at // ring.size: start + at for at in range(0, size, ring.size)}
        self._limited, self._limit = ring.offset("limited"), ring.offset("limit")
        with open(memory, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)

    def set(self, read: dict[int, int]) -> None:
        """Each CPU may fill its ring from what has been READ of it on."""
        for ring in decode.ring_headers(self._kernel):
            limit = read.get(ring["cpu"], 0) + ring["nr_records"]
            self._write(ring["cpu"], self._limit, limit & 0xFFFFFFFF)
            self._write(ring["cpu"], self._limited, 1)

    def lift(self) -> None:
        for ring in decode.ring_headers(self._kernel):
            self._write(ring["cpu"], self._limited, 0)

    def _write(self, cpu: int, offset: int, value: int) -> None:
        struct.pack_into("<I", self._memory, self._at[cpu] + offset, value)


class Watcher:
    """Judges a guest from its first event on. Make it before the guest starts; `watching`
    begins once it has booted."""

    def __init__(self, kernel: Path, vm: str = "2.4"):
        layout = ram.layout_of(kernel)
        names = Trace([], layout.states, layout.events, layout.reasons, vm, layout.machine,
                      layout.flags)
        self.verdict = Verdict()
        self._kernel = kernel
        self._pieces, theirs = multiprocessing.Pipe()
        self._judge = multiprocessing.Process(target=_judge_process, args=(theirs, names),
                                              daemon=True)
        self._judge.start()
        theirs.close()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._next_dump = 0.0

    def watch(self, memory: Path, hold: Callable[[], ContextManager[object]]) -> None:
        """Begins to follow the guest whose RAM is the file MEMORY; within HOLD it stands."""
        self._follower = Follower(ram.open_ram(self._kernel, memory), from_start=True)
        self._limits = Limits(self._follower.kernel, memory)
        self._limits.set(self._follower.read)
        self._hold = hold
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()

    def _loop(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            if self._follower.waiting() >= FULL or time.monotonic() >= self._next_dump:
                with self._hold():
                    self._copy()
                    self._check_lists()

    def _copy(self) -> None:
        """Returns when the judge has taken what the rings held."""
        goes_on = not self._stop.is_set()
        new = self._follower.poll()
        self._pieces.send(self._follower.take(settled=goes_on))
        if new and goes_on:
            self._limits.set(self._follower.read)

    def _check_lists(self) -> None:
        if time.monotonic() < self._next_dump:
            return
        dump = Dump(decode.read_dump(self._follower.kernel))
        if dump.held:
            return  # a list may be half changed: look again soon
        self._next_dump = time.monotonic() + DUMP_SECONDS
        self.verdict.dumps += 1
        self.verdict.errors += [f"lists: {p}" for p in check_dump(dump)[:MAX_ERRORS]]

    def stop(self) -> None:
        """Ends the thread that holds the guest, before the guest ends."""
        self._stop.set()
        if self._thread:
            self._thread.join()
            self._limits.lift()

    def finish(self) -> Verdict:
        """The whole judgement, with what the rings still hold; the guest must be gone."""
        self.stop()
        if self._thread:
            self._copy()
        self._pieces.send(None)
        self.verdict.events, self.verdict.moves, errors = self._pieces.recv()
        self.verdict.errors += errors
        self._judge.join()
        return self.verdict
