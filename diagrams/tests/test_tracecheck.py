"""The trace checker: legal traces pass, and every kind of error is reported in its place."""
from __future__ import annotations

from diagrams import dump as dumps, events, tracecheck
from diagrams.tests import fixture
from diagrams.tests.fixture import trace_of

LIFE = [(7, "free", "kernel", "rmqueue"), (7, "kernel", "active", "lru_cache_add"),
        (8, "free", "kernel", "rmqueue"),
        (7, "active", "inactive_dirty", "deactivate_page"),
        (7, "inactive_dirty", "inactive_clean", "page_launder"),
        (7, "inactive_clean", "kernel", "reclaim_page"),
        (7, "kernel", "free", "__free_pages_ok")]


def kinds(trace) -> list[tuple[str, int]]:
    return [(e.kind, e.index) for e in tracecheck.check_trace(trace).errors]


def test_a_legal_life():
    report = tracecheck.check_trace(trace_of(LIFE))
    assert report.ok and not report.gaps
    assert report.moves["free", "kernel", "rmqueue"] == 2


def test_a_long_random_legal_trace():
    report = tracecheck.check_trace(fixture.random_trace(5000))
    assert report.ok and not report.gaps


def test_a_move_that_the_model_lacks():
    trace = trace_of([*LIFE[:3], (7, "active", "inactive_clean", "page_launder")])
    report = tracecheck.check_trace(trace)
    assert [(e.kind, e.index) for e in report.errors] == [("move", 3)]
    shown = str(report.errors[0])
    assert "only page_launder calls a page clean" in shown
    assert "seq 1 " in shown and "  > seq 4 " in shown  # its own past, and the culprit


def test_the_wrong_function():
    assert kinds(trace_of([*LIFE[:3], (7, "active", "inactive_dirty", "reclaim_page")])) == [
        ("move", 3)]


def test_a_rotation_is_a_move_too():
    good = [*LIFE[:2], (7, "active", "active", "refill_inactive_scan")]
    assert kinds(trace_of(good)) == []
    assert kinds(trace_of([*good, (7, "active", "active", "page_launder")])) == [("move", 3)]


def test_a_state_that_does_not_follow():
    steps = [LIFE[0], (7, "anon", "active", "lru_cache_add")]
    report = tracecheck.check_trace(trace_of(steps))
    assert [e.kind for e in report.errors] == ["state"]
    assert "was left kernel by seq 1, but seq 2 finds it anon" in report.errors[0].text


def test_a_gap_is_reported_and_excuses_a_mismatch():
    trace = trace_of([LIFE[0], (7, "anon", "active", "lru_cache_add")])
    trace.events[1] = trace.events[1]._replace(seq=9)
    report = tracecheck.check_trace(trace)
    assert report.ok
    assert [g.text for g in report.gaps] == ["7 records of cpu 0 lost before seq 9"]


def test_a_gap_of_one_cpu_blinds_the_checker_until_that_cpu_is_seen_again():
    """CPU 1 made the lost moves before CPU 0 goes on with the page."""
    steps = [(8, "free", "kernel", "rmqueue"), LIFE[0],
             (7, "inactive_clean", "kernel", "reclaim_page"),
             (8, "kernel", "free", "__free_pages_ok"),
             (9, "free", "kernel", "rmqueue"), (9, "anon", "free", "__free_pages_ok")]
    trace = trace_of(steps)
    cpus = [(1, 1), (0, 1), (0, 2), (1, 9), (0, 3), (0, 4)]
    trace.events = [e._replace(cpu=cpu, seq=seq)
                    for e, (cpu, seq) in zip(trace.events, cpus)]
    report = tracecheck.check_trace(trace)
    assert [g.text for g in report.gaps] == ["7 records of cpu 1 lost before seq 9"]
    assert [(e.kind, e.index) for e in report.errors] == [("state", 5)]


def test_a_sequence_that_goes_back_is_reported():
    trace = trace_of(LIFE[:2])
    trace.events[1] = trace.events[1]._replace(seq=1)
    assert "goes back from 2 to 1" in tracecheck.check_trace(trace).gaps[0].text


def test_each_cpu_has_its_own_sequence():
    trace = trace_of(LIFE)
    trace.events = [e._replace(cpu=i % 2, seq=i // 2) for i, e in enumerate(trace.events)]
    report = tracecheck.check_trace(trace)
    assert report.ok and not report.gaps


def test_a_flag_that_contradicts_the_state():
    trace = trace_of(LIFE)
    trace.events[3] = trace.events[3]._replace(flags=fixture.flags_of("active"))
    assert kinds(trace) == [("flag", 3), ("flag", 3)]


def note(after: int, state: str, cpu: int, seq: int, trace) -> None:
    """Adds an event that is no move behind event number `after`."""
    made = fixture.event(seq, 7, state, state, 0, name="age_up", cpu=cpu)
    trace.events.insert(after + 1, made._replace(ts=trace.events[after].ts + 1))


def test_a_note_of_another_cpu_may_run_ahead_of_a_move_or_behind_it():
    for state, allowed in (("active", True), ("inactive_dirty", True),
                           ("anon", False)):
        trace = trace_of(LIFE)
        note(3, state, 1, 0, trace)  # right behind active -> inactive_dirty
        assert tracecheck.check_trace(trace).ok is allowed, state
        trace = trace_of(LIFE)
        note(2, state, 1, 0, trace)  # right before it
        assert tracecheck.check_trace(trace).ok is allowed, state


def test_several_notes_may_run_ahead_of_one_move():
    for second, allowed in (("inactive_dirty", True), ("anon", False)):
        trace = trace_of(LIFE)
        note(2, "inactive_dirty", 1, 0, trace)
        note(3, second, 1, 1, trace)
        assert tracecheck.check_trace(trace).ok is allowed, second


def test_a_note_of_the_same_cpu_may_only_run_ahead():
    late = trace_of(LIFE)
    note(3, "active", 0, 5, late)
    for i in range(5, len(late.events)):
        late.events[i] = late.events[i]._replace(seq=late.events[i].seq + 1)
    assert kinds(late) == [("state", 4)]


def test_a_note_whose_move_never_comes_is_wrong():
    steps = [*LIFE[:2], *[(8 + i, "free", "kernel", "rmqueue") for i in range(100)]]
    trace = trace_of(steps)
    note(1, "inactive_dirty", 1, 0, trace)
    assert kinds(trace) == [("state", 2)]


def test_an_age_above_the_maximum():
    trace = trace_of(LIFE)
    trace.events[1] = trace.events[1]._replace(age=65)
    assert kinds(trace) == [("age", 1)]


def test_the_command(tmp_path, capsys):
    good, bad, dump = tmp_path / "g.trace", tmp_path / "b.trace", tmp_path / "d.json"
    events.save(trace_of(LIFE), good)
    events.save(trace_of([(7, "free", "active", "rmqueue")]), bad)
    dumps.save(fixture.before(), dump)
    assert tracecheck.main([str(good), str(dump)]) == 0
    assert "7 events, 7 moves, 0 gaps, 0 errors" in capsys.readouterr().out
    assert tracecheck.main([str(bad)]) == 1
    assert "a free page must be allocated first" in capsys.readouterr().out
    assert tracecheck.main([str(tmp_path / "none")]) == 2
    assert "none: No such file" in capsys.readouterr().err
