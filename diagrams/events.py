"""Page events: the 32-byte record, the ring in guest memory, and the trace file.

A record is `<QIIHBBIHHI`: ts, seq, pfn, event, from, to, flags (after), age, count, aux.
The low 16 bits of aux are the reason (the function that did it), the high 16 bits the pid
of the current task. Each CPU writes its own ring of a power-of-two number of records, and
`seq` counts them from 0 and never resets, so a lost record shows as a gap.

A trace file (`mm-trace/1`) is one line of JSON that names states, events and reasons, then
the records of all rings in time order: it explains itself without the kernel that made it.
A ring file is what the sim writes: the header of one ring, the era, then its records oldest
first; its names come from the kernel's headers.
"""
from __future__ import annotations

import contextlib
import gc
import json
import struct
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple

from diagrams.names import NamesError, kernel_names

RECORD = struct.Struct("<QIIHBBIHHI")
RING_MAGIC = 0x31474D48  # "HMG1" in memory order
RING_HEADER = struct.Struct("<IIIIQ")  # magic, record size, records, cpu, head
RING_FILE = struct.Struct("<IIIIQ8s")  # the same, and the name of the era
NO_PAGE = 0xFFFFFFFF  # pfn of an event that is about no page
SCHEMA = "mm-trace/1"
MOVING = ("move", "rotate")


class TraceError(ValueError):
    """A trace or ring that cannot be read; the text says what was expected."""


class Event(NamedTuple):
    """One record. `source` and `target` are state numbers, `ts` is in clock units."""
    ts: int
    seq: int
    pfn: int
    event: int
    source: int
    target: int
    flags: int
    age: int
    count: int
    aux: int
    cpu: int = 0

    @property
    def reason(self) -> int:
        return self.aux & 0xFFFF

    @property
    def who(self) -> int:
        """High half of aux: the pid of the task that ran."""
        return self.aux >> 16


@dataclass
class Trace:
    """Events in time order with the names of their numbers."""
    events: list[Event]
    states: list[str]
    event_names: list[str]
    reasons: list[str]
    vm: str = "2.4"
    arch: str = ""
    flag_bits: dict[str, int] = field(default_factory=dict)

    def state(self, number: int) -> str:
        return _name(self.states, number, "state")

    def event(self, number: int) -> str:
        return _name(self.event_names, number, "event")

    def reason(self, number: int) -> str:
        return _name(self.reasons, number, "reason")

    def is_move(self, event: Event) -> bool:
        """A change of state, or a rotation to the head of the page's own list; made by whoever
        owns the page or holds its list's lock, unlike all other events."""
        return self.event(event.event) in MOVING

    def of_page(self, pfn: int) -> list[Event]:
        """The life of one page."""
        return [e for e in self.events if e.pfn == pfn]

    def lost(self) -> int:
        """Records that are missing between the first and the last one of each CPU."""
        following: dict[int, int] = {}
        lost = 0
        for event in self.events:
            lost += max(event.seq - following.get(event.cpu, event.seq), 0)
            following[event.cpu] = event.seq + 1
        return lost

    def window(self, first: int | None, last: int | None) -> Trace:
        """The part between two sequence numbers, both included."""
        low = first if first is not None else 0
        high = last if last is not None else 1 << 32
        kept = [e for e in self.events if low <= e.seq <= high]
        return Trace(kept, self.states, self.event_names, self.reasons, self.vm, self.arch,
                     self.flag_bits)

    def describe(self, event: Event) -> str:
        """One event as a line of text, for reports and `mm history`."""
        if event.pfn == NO_PAGE:
            return (f"seq {event.seq} ts {event.ts} cpu {event.cpu}: "
                    f"{self.event(event.event)} by {self.reason(event.reason)} "
                    f"number={event.count}")
        move = self.state(event.source)
        if event.source != event.target:
            move += f" -> {self.state(event.target)}"
        age = f"age={event.age} " if self.vm == "2.4" else ""
        return (f"seq {event.seq} ts {event.ts} cpu {event.cpu} pfn {event.pfn}: "
                f"{self.event(event.event)} {move} by {self.reason(event.reason)} "
                f"{age}count={event.count} flags={event.flags:#x}")


def _name(names: list[str], number: int, what: str) -> str:
    return names[number] if number < len(names) and names[number] else f"{what}#{number}"


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """While many tuples are made the collector would look for cycles in them, in vain and
    several times as long as making them takes: seconds for a million records."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def decode_records(data: bytes, cpu: int = 0) -> list[Event]:
    """All records of a byte string whose length is a multiple of 32."""
    if len(data) % RECORD.size:
        raise TraceError(f"{len(data)} bytes of records, expected a multiple of {RECORD.size}")
    make, tail = tuple.__new__, (cpu,)  # straight to the tuple: faster than Event(...)
    with without_collector():
        return [make(Event, fields + tail) for fields in RECORD.iter_unpack(data)]


def decode_ring(body: bytes, *, magic: int, record_size: int, capacity: int, head: int,
                cpu: int) -> list[Event]:
    """Records of one ring, oldest first; the numbers are those of its header."""
    if magic != RING_MAGIC:
        raise TraceError(f"ring of cpu {cpu} has magic {magic:#x}, expected {RING_MAGIC:#x}")
    if record_size != RECORD.size:
        raise TraceError(f"ring of cpu {cpu} has records of {record_size} bytes, "
                         f"expected {RECORD.size}")
    if capacity == 0 or capacity & (capacity - 1):
        raise TraceError(f"ring of cpu {cpu} has {capacity} records, expected a power of two")
    if len(body) < capacity * record_size:
        raise TraceError(f"ring of cpu {cpu} holds {len(body)} bytes, "
                         f"expected {capacity * record_size}")
    if head <= capacity:
        return decode_records(body[:head * record_size], cpu)
    cut = (head % capacity) * record_size
    return decode_records(body[cut:capacity * record_size] + body[:cut], cpu)


def merge(rings: Iterable[list[Event]]) -> list[Event]:
    """One list in time order; within a CPU the order of its ring is kept.

    An interrupt may come after an event has taken its place in the ring and before it has
    looked at the clock: then the interrupt's events have earlier times but later places.
    """
    timed = []
    with without_collector():
        for ring in rings:
            latest = 0
            for event in ring:
                if event.ts > latest:
                    latest = event.ts
                timed.append((latest, event))
        timed.sort(key=itemgetter(0))
        return [event for _, event in timed]


def save(trace: Trace, path: Path) -> None:
    """Writes a trace file. CPUs are kept as runs: [cpu, number of records]."""
    runs: list[list[int]] = []
    for event in trace.events:
        if runs and runs[-1][0] == event.cpu:
            runs[-1][1] += 1
        else:
            runs.append([event.cpu, 1])
    head = {"schema": SCHEMA, "vm": trace.vm, "arch": trace.arch, "states": trace.states,
            "events": trace.event_names, "reasons": trace.reasons,
            "flag_bits": trace.flag_bits, "nr_records": len(trace.events), "cpu_runs": runs}
    body = b"".join(RECORD.pack(*event[:10]) for event in trace.events)
    Path(path).write_bytes(json.dumps(head).encode() + b"\n" + body)


def load(path: Path) -> Trace:
    """Reads a trace file written by `save`, or a ring file."""
    try:
        data = Path(path).read_bytes()
    except OSError as err:
        raise TraceError(f"{path}: {err.strerror}") from None
    try:
        if data[:4] == RING_MAGIC.to_bytes(4, "little"):
            return _parse_ring(data)
        return _parse(data)
    except (TraceError, NamesError) as err:
        raise TraceError(f"{path}: {err}") from None


def _parse_ring(data: bytes) -> Trace:
    """The file of one ring: its header says how many records were lost before the first."""
    if len(data) < RING_FILE.size:
        raise TraceError("the file ends within the header of its ring")
    _magic, size, capacity, cpu, head, era = RING_FILE.unpack_from(data)
    kept = min(head, capacity)
    if size != RECORD.size or len(data) != RING_FILE.size + kept * size:
        raise TraceError(f"{len(data) - RING_FILE.size} bytes follow the ring's header, "
                         f"expected {kept} records of {RECORD.size} bytes")
    names = kernel_names()
    return Trace(decode_records(data[RING_FILE.size:], cpu), names.states, names.events,
                 names.reasons, era.rstrip(b"\0").decode("ascii", "replace"), "sim",
                 names.flag_bits)


def _parse(data: bytes) -> Trace:
    line, newline, body = data.partition(b"\n")
    try:
        head = json.loads(line) if newline else {}
    except ValueError:
        head = {}
    if not isinstance(head, dict) or head.get("schema") != SCHEMA:
        raise TraceError(f"not a trace: expected a first line of JSON with schema {SCHEMA}")
    try:
        trace = Trace([], head["states"], head["events"], head["reasons"], head["vm"],
                      head["arch"], head["flag_bits"])
        expected, runs = head["nr_records"], head["cpu_runs"]
    except KeyError as err:
        raise TraceError(f"the first line lacks {err}") from None
    if len(body) != expected * RECORD.size:
        raise TraceError(f"{len(body)} bytes follow the first line, expected "
                         f"{expected} records of {RECORD.size} bytes")
    at = 0
    for cpu, count in runs:
        end = at + count * RECORD.size
        trace.events += decode_records(body[at:end], cpu)
        at = end
    if len(trace.events) != expected:
        raise TraceError(f"cpu_runs covers {len(trace.events)} records of {expected}")
    return trace
