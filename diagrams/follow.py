"""Follows a running guest's event rings through its RAM file, without stopping it.

Poll more often than a ring fills up; what was overwritten before it was read shows as a gap
in the sequence, never as wrong events.
"""
from __future__ import annotations

import threading

from diagrams import events
from diagrams.events import Trace
from diagrams.gdb import decode
from diagrams.gdb.decode import Kernel


def _begun(ring: dict[str, int]) -> int:
    """How many records the CPU has begun, complete or not. If a reader limits it, it waits with
    those that `head` does not count."""
    more = (ring["next"] - ring["head"]) & 0xFFFFFFFF
    return ring["head"] + (0 if ring["limited"] else more)


def _time_of(records: bytearray, at: int) -> int:
    return events.RECORD.unpack_from(records, at)[0]


class Follower:
    """Collects events from now on, or from the oldest that the rings hold. `poll` may be
    called by hand or from `running`."""

    def __init__(self, kernel: Kernel, from_start: bool = False):
        self.kernel = kernel
        self.read: dict[int, int] = {}  # cpu -> records read or skipped so far
        self._bytes: dict[int, bytearray] = {}  # cpu -> records, decoded only at the end
        for ring in decode.ring_headers(kernel):
            self.read[ring["cpu"]] = 0 if from_start else ring["head"]
        self._began = dict(self.read)

    def waiting(self) -> float:
        """How full the fullest ring is of records that `poll` has not read: 1 and more when
        some are lost."""
        return max((ring["head"] - self.read.get(ring["cpu"], 0)) / ring["nr_records"]
                   for ring in decode.ring_headers(self.kernel))

    def poll(self) -> int:
        """Copies what is new; how many events that was."""
        taken = 0
        for ring in decode.ring_headers(self.kernel):
            cpu, head, capacity = ring["cpu"], ring["head"], ring["nr_records"]
            first = max(self.read.get(cpu, 0), head - capacity)
            if first == head:
                continue
            new = self._records(ring, first, head)
            # The guest runs on: drop what it may have overwritten while we copied.
            now = next(_begun(r) for r in decode.ring_headers(self.kernel) if r["cpu"] == cpu)
            new = new[max(0, now - capacity - first) * events.RECORD.size:]
            self._bytes.setdefault(cpu, bytearray()).extend(new)
            self.read[cpu] = head
            taken += len(new) // events.RECORD.size
        return taken

    def _records(self, ring: dict[str, int], first: int, head: int) -> bytes:
        """Records number first..head-1, in one or two pieces."""
        size, capacity, base = ring["record_size"], ring["nr_records"], ring["records"]
        data = b""
        while first < head:
            slot = first % capacity
            count = min(head - first, capacity - slot)
            data += self.kernel.memory.read(base + slot * size, count * size)
            first += count
        return data

    def end(self) -> None:
        """The last poll. A guest may run on, and what one CPU does meanwhile be read while
        another's part of it is not: whatever is later than all that was there is left out."""
        there = {ring["cpu"]: ring["head"] for ring in decode.ring_headers(self.kernel)}
        self.poll()
        size = events.RECORD.size
        latest = 0
        for cpu, data in self._bytes.items():
            last = len(data) - (self.read[cpu] - there[cpu] + 1) * size
            if last >= 0:
                latest = max(latest, _time_of(data, last))
        for data in self._bytes.values():
            while data and _time_of(data, len(data) - size) > latest:
                del data[-size:]

    def _settled(self) -> int | None:
        """Until when nothing is missing; None: it is all there. A CPU that was interrupted
        while it wrote a record has not counted yet what it has recorded since."""
        times = [self.kernel.number(ring["records"] + (ring["head"] - 1) % ring["nr_records"]
                                    * ring["record_size"], 8) if ring["head"] else 0
                 for ring in decode.ring_headers(self.kernel)
                 if (ring["next"] - ring["head"]) & 0xFFFFFFFF]
        return min(times, default=None)

    def take(self, settled: bool = False) -> dict[int, bytes]:
        """The records that were read since the last call, by CPU; they are forgotten here.
        SETTLED: the guest stands still and will go on, and what another CPU may yet have
        something to put before is left for the next call."""
        size = events.RECORD.size
        until = self._settled() if settled else None
        taken = {}
        for cpu, data in self._bytes.items():
            end = len(data)
            while until is not None and end and _time_of(data, end - size) > until:
                end -= size
            taken[cpu] = bytes(data[:end])
            del data[:end]
        return taken

    def trace(self) -> Trace:
        """All that was read so far, in time order. Of a ring that lost its first records nobody
        would see it: the trace begins where all rings are there."""
        layout = self.kernel.layout
        rings = {cpu: events.decode_records(bytes(data), cpu)
                 for cpu, data in self._bytes.items() if data}
        begin = max((ring[0].ts for cpu, ring in rings.items()
                     if ring[0].seq != self._began.get(cpu, 0) & 0xFFFFFFFF), default=0)
        merged = [event for event in events.merge(rings.values()) if event.ts >= begin]
        return Trace(merged, layout.states, layout.events,
                     layout.reasons, self.kernel.era(), layout.machine, layout.flags)

    def running(self, seconds: float = 0.05) -> _Running:
        """A context in which a thread polls every so many seconds, and once at the end."""
        return _Running(self, seconds)


class _Running:
    def __init__(self, follower: Follower, seconds: float):
        self._follower = follower
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def _loop(self) -> None:
        while not self._stop.wait(self._seconds):
            self._follower.poll()

    def __enter__(self) -> Follower:
        self._thread.start()
        return self._follower

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._follower.end()
