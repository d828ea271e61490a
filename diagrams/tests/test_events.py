"""The 32-byte record, rings that have wrapped, and trace files."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from diagrams import events, model as models
from diagrams.events import Event
from diagrams.names import NamesError, kernel_names
from diagrams.tests import fixture

ROOT = Path(__file__).resolve().parents[2]
RECORD = bytes.fromhex("0807060504030201" "2a000000" "39300000" "0100" "07" "08"
                       "80000000" "0500" "0200" "0d00" "1100")


def test_the_record_is_32_bytes_little_endian():
    assert events.decode_records(RECORD) == [
        Event(0x0102030405060708, 42, 12345, 1, 7, 8, 0x80, 5, 2, 0x0011000D)]
    event = events.decode_records(RECORD)[0]
    assert (event.reason, event.who) == (13, 17)


def test_half_a_record_is_refused():
    with pytest.raises(events.TraceError, match="multiple of 32"):
        events.decode_records(RECORD[:-1])


def ring(head: int, capacity: int = 4, **change) -> list[Event]:
    slots = [events.RECORD.pack(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)] * capacity
    for seq in range(head):
        slots[seq % capacity] = events.RECORD.pack(seq * 10, seq, 7, 1, 1, 3, 0, 2, 1, 2)
    header = {"magic": events.RING_MAGIC, "record_size": 32, "capacity": capacity,
              "head": head, "cpu": 1, **change}
    return events.decode_ring(b"".join(slots), **header)


@pytest.mark.parametrize("head, seqs", [
    (0, []), (3, [0, 1, 2]), (4, [0, 1, 2, 3]), (6, [2, 3, 4, 5])])
def test_a_ring_is_read_oldest_first(head, seqs):
    assert [e.seq for e in ring(head)] == seqs


@pytest.mark.parametrize("change, expected", [
    ({"magic": 7}, "ring of cpu 1 has magic 0x7, expected 0x31474d48"),
    ({"record_size": 40}, "records of 40 bytes"),
    ({"capacity": 3}, "power of two"),
    ({"capacity": 64}, "expected 2048"),
])
def test_a_broken_ring_header_is_named(change, expected):
    kept = {k: v for k, v in change.items() if k != "capacity"}
    with pytest.raises(events.TraceError, match=expected):
        if "capacity" in change:
            events.decode_ring(b"\0" * 128, magic=events.RING_MAGIC, record_size=32,
                               capacity=change["capacity"], head=2, cpu=1)
        else:
            ring(2, **kept)


def test_rings_of_several_cpus_are_merged_by_time():
    one = [Event(10, 0, 1, 1, 1, 3, 0, 0, 1, 0, 0), Event(30, 1, 1, 1, 3, 7, 0, 0, 1, 0, 0)]
    two = [Event(20, 0, 2, 1, 1, 3, 0, 0, 1, 0, 1)]
    assert [(e.ts, e.cpu) for e in events.merge([one, two])] == [(10, 0), (20, 1), (30, 0)]


def test_a_trace_file_explains_itself(tmp_path):
    trace = fixture.random_trace(200)
    trace.events[50] = trace.events[50]._replace(cpu=3)
    path = tmp_path / "t.trace"
    events.save(trace, path)
    assert events.load(path) == trace


@pytest.mark.parametrize("content, expected", [
    (b"", "not a trace"),
    (b'{"schema":"mm-dump/1"}\n', "not a trace"),
    (b'{"schema":"mm-trace/1"}\n', "lacks 'states'"),
])
def test_a_file_that_is_no_trace_is_named(tmp_path, content, expected):
    path = tmp_path / "odd.trace"
    path.write_bytes(content)
    with pytest.raises(events.TraceError, match=f"odd.trace: .*{expected}"):
        events.load(path)


def test_a_cut_trace_is_refused(tmp_path):
    path = tmp_path / "cut.trace"
    events.save(fixture.random_trace(20), path)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(events.TraceError, match="expected 20 records"):
        events.load(path)


def ring_file(head: int, records: int, capacity: int = 4) -> bytes:
    body = b"".join(events.RECORD.pack(seq, seq, 7, 1, 1, 3, 0, 2, 1, 2)
                    for seq in range(head - records, head))
    return events.RING_FILE.pack(events.RING_MAGIC, 32, capacity, 0, head, b"2.6") + body


def test_a_ring_file_takes_its_names_from_the_kernels_headers(tmp_path):
    path = tmp_path / "sim.ring"
    path.write_bytes(ring_file(head=6, records=4))
    trace = events.load(path)
    assert [e.seq for e in trace.events] == [2, 3, 4, 5]
    first = trace.events[0]
    assert (trace.event(first.event), trace.state(first.source), trace.state(first.target),
            trace.reason(first.reason)) == ("move", "free", "kernel", "rmqueue")
    assert trace.flag_bits["inactive_clean"] == 11
    assert (trace.vm, trace.arch) == ("2.6", "sim")


def test_a_cut_ring_file_is_refused(tmp_path):
    path = tmp_path / "cut.ring"
    path.write_bytes(ring_file(head=6, records=3))
    with pytest.raises(events.TraceError, match="cut.ring: 96 bytes follow"):
        events.load(path)


def test_headers_that_are_not_there_are_named(tmp_path):
    with pytest.raises(NamesError, match="events.h: No such file"):
        kernel_names(tmp_path)


ERAS = ("2.4", "2.6")


def test_every_state_of_the_kernel_is_in_the_model_of_an_era():
    known = [set(models.load(vm).states) for vm in ERAS]
    assert set.union(*known) == set(kernel_names().states)


@pytest.mark.parametrize("vm", ERAS)
def test_a_model_names_only_what_the_kernel_has(vm):
    """A function must be the reason of some source file: else its move can never be seen."""
    names, model = kernel_names(), models.load(vm)
    used = {via.function for move in model.moves.values() for via in move.via}
    assert used | model.unjudged.keys() <= set(names.reasons)
    sources = [path.read_text() for path in (ROOT / "os").rglob("*.c")]
    given = {name for text in sources for name in re.findall(r"\bBY_(\w+)", text)}
    assert used | model.unjudged.keys() <= given
    assert {flag for state in model.lists() for flag in state.flags} <= names.flag_bits.keys()
