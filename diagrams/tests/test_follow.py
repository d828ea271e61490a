"""Following a ring that goes on while it is read."""
from __future__ import annotations

import struct

from diagrams import events
from diagrams.follow import Follower
from diagrams.gdb.decode import Kernel
from diagrams.gdb.layout import Layout, Struct
from diagrams.names import kernel_names

CPUS, CAPACITY, RINGS, RECORDS, POLICY, NAME = 2, 8, 0, 128, 1024, 1040
HEADER = {"magic": (0, 4), "record_size": (4, 4), "nr_records": (8, 4), "cpu": (12, 4),
          "head": (16, 8), "records": (24, 8), "limited": (32, 4), "limit": (36, 4),
          "next": (40, 4)}
RING = 48


class Guest:
    """Memory with a ring for each CPU that a test fills."""

    def __init__(self) -> None:
        self.bytes = bytearray(2048)
        self.heads = [0] * CPUS
        self.now = 0
        struct.pack_into("<QQ", self.bytes, POLICY, POLICY + 8, NAME)
        self.bytes[NAME:NAME + 4] = b"2.4\0"
        self.begun = 0  # records that are being written
        self.during_read = 0  # events that happen while records are read
        self.after_headers = 0  # and that happen on the last CPU when headers have been
        self._update()

    def _update(self) -> None:
        for cpu, head in enumerate(self.heads):
            struct.pack_into("<IIIIQQIII", self.bytes, RINGS + RING * cpu, events.RING_MAGIC, 32,
                             CAPACITY, cpu, head, RECORDS + 32 * CAPACITY * cpu, 0, 0,
                             head + self.begun)

    def happen(self, count: int, cpu: int = 0) -> None:
        for _ in range(count):
            head = self.heads[cpu]
            events.RECORD.pack_into(
                self.bytes, RECORDS + 32 * (CAPACITY * cpu + head % CAPACITY),
                self.now, head, 7, 3, 7, 7, 64, 2, 1, 8)
            self.heads[cpu] += 1
            self.now += 1
        self._update()

    def read(self, address: int, length: int) -> bytes:
        data = bytes(self.bytes[address:address + length])
        if address == RINGS:
            count, self.after_headers = self.after_headers, 0
            self.happen(count, CPUS - 1)
        elif address >= RECORDS and self.during_read:
            count, self.during_read = self.during_read, 0
            self.happen(count)
        return data


def follower(guest: Guest) -> Follower:
    names = kernel_names()
    layout = Layout("i386", 8, {"event_ring": Struct(RING, HEADER),
                                "reclaim_policy": Struct(8, {"name": (0, 8)})},
                    {"event_rings": (RINGS, RING * CPUS), "policy": (POLICY, 8)},
                    names.flag_bits, names.states, names.events, names.reasons, [], [], [], [])
    return Follower(Kernel(layout, guest))


def seqs(follow: Follower) -> list[int]:
    return [e.seq for e in follow.trace().events]


def test_only_new_events_are_taken_and_in_order():
    guest = Guest()
    guest.happen(5)
    follow = follower(guest)
    guest.happen(6)  # wraps
    assert follow.poll() == 6
    guest.happen(3)
    assert follow.poll() == 3
    assert follow.poll() == 0
    assert seqs(follow) == list(range(5, 14))
    assert follow.trace().vm == "2.4"


def test_what_was_overwritten_is_a_gap():
    guest = Guest()
    follow = follower(guest)
    guest.happen(20)
    assert follow.poll() == 8
    assert seqs(follow) == list(range(12, 20))


def test_what_may_have_changed_during_the_copy_is_dropped():
    guest = Guest()
    follow = follower(guest)
    guest.happen(8)
    guest.begun = 2
    guest.during_read = 3
    assert follow.poll() == 3
    assert follow.poll() == 3
    assert seqs(follow) == list(range(5, 11))


def test_a_thread_polls_and_the_end_is_not_lost():
    guest = Guest()
    with follower(guest).running(0.001) as follow:
        guest.happen(4)
    assert seqs(follow) == [0, 1, 2, 3]


def test_what_is_read_of_one_cpu_only_is_left_out_at_the_end():
    guest = Guest()
    follow = follower(guest)
    guest.happen(2)
    guest.happen(2, cpu=1)
    guest.after_headers = 3
    follow.end()
    assert [(e.cpu, e.ts) for e in follow.trace().events] == [(0, 0), (0, 1), (1, 2), (1, 3)]


def test_a_trace_begins_where_all_rings_are_there():
    guest = Guest()
    follow = follower(guest)
    guest.happen(2, cpu=1)
    guest.happen(9)  # the first is lost
    guest.happen(1, cpu=1)
    follow.poll()
    assert [(e.cpu, e.ts) for e in follow.trace().events] == [
        *((0, ts) for ts in range(3, 11)), (1, 11)]


def test_what_another_cpu_may_yet_precede_waits():
    guest = Guest()
    follow = follower(guest)
    guest.happen(2)
    guest.happen(2, cpu=1)
    guest.begun = 1  # each is within a record: what an interrupt adds is not counted yet
    guest.happen(1)
    follow.poll()
    first = {cpu: len(data) // 32 for cpu, data in follow.take(settled=True).items()}
    assert first == {0: 2, 1: 2}  # the third of CPU 0 is later than the last of CPU 1
    guest.begun = 0
    guest.happen(1, cpu=1)
    follow.poll()
    second = {cpu: len(data) // 32 for cpu, data in follow.take(settled=True).items()}
    assert second == {0: 1, 1: 1}
    guest.begun = 1
    guest.happen(2)
    follow.poll()
    assert len(follow.take()[0]) // 32 == 2
