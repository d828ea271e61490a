"""The 2.6 era: its model, its checks of dumps and traces, and its pictures."""
from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from diagrams import check, model as models, tracecheck
from diagrams.dump import Dump
from diagrams.gdb import report
from diagrams.render import graphviz, lists, memory, states, timeline, zones
from diagrams.render.style import ink_on
from diagrams.tests import fixture26 as fixture
from diagrams.tests.test_render import GOLDEN, compare, needs_dot

MODEL = models.load("2.6")


@pytest.mark.parametrize("step, expected", [
    (("free", "inactive_file", "lru_add_drain"), "must never happen: a page joins the lists"),
    (("pagevec", "pcp", "free_hot_cold_page"), "a pagevec holds a reference"),
    (("inactive_file", "inactive_anon", "activate_page"), "what backs a page"),
    (("isolated", "active_anon", "shrink_active_list"), "is not made by shrink_active_list"),
    (("kernel", "active", "lru_cache_add"), "the 2.6 model has no state 'active'"),
    (("unevictable", "active_file", "activate_page"), "has no move"),
])
def test_an_illegal_move_is_objected_to(step, expected):
    assert expected in MODEL.objection(*step)


def test_the_flags_name_one_list():
    for name, flags in fixture.LIST_FLAGS.items():
        value = fixture.flags_of(*flags, "dirty")
        assert MODEL.said_by(value, fixture.FLAG_BITS) == [name]
        assert MODEL.said_by(value - fixture.flags_of("lru"), fixture.FLAG_BITS) == []
    both = fixture.flags_of("lru", "unevictable", "swapbacked")
    assert MODEL.said_by(both, fixture.FLAG_BITS) == ["unevictable"]


def kinds(steps) -> list[tuple[str, int]]:
    trace = fixture.trace_of(steps)
    return [(e.kind, e.index) for e in tracecheck.check_trace(trace).errors]


def test_a_legal_life_and_what_makes_it_illegal():
    life = fixture.LIFE
    assert kinds(life) == []
    assert kinds(life[:3]) == []
    assert kinds([*life[:3], (82, "pagevec", "unevictable", "lru_add_drain")]) == [("move", 3)]
    assert kinds([*life[:2], life[3]]) == [("state", 2)]
    assert kinds([*life, (90, "active_anon", "active_anon", "rotate_reclaimable_page")]) == [
        ("move", len(life))]


def test_a_list_flag_that_contradicts_the_state_is_found():
    trace = fixture.trace_of(fixture.LIFE)
    trace.events[3] = trace.events[3]._replace(flags=fixture.flags_of("lru", "active"))
    found = tracecheck.check_trace(trace).errors
    assert {e.kind for e in found} == {"flag"} and len(found) == 2
    assert "is inactive_file, but its flags say lru=1 unevictable=0 active=1" in found[0].text
    trace.events[3] = trace.events[3]._replace(flags=0)
    assert [e.kind for e in tracecheck.check_trace(trace).errors] == ["flag"]


@pytest.mark.parametrize("raw", [fixture.before(), fixture.after()])
def test_a_correct_dump_has_no_problem(raw):
    assert check.check_dump(Dump(raw)) == []


def problems(change) -> list[tuple[str, str, tuple[int, ...]]]:
    raw = fixture.before()
    change(raw)
    return [(p.kind, p.where, p.pfns) for p in check.check_dump(Dump(raw))]


def flip(raw, pfn, name):
    raw["cols"]["flags"][pfn] ^= fixture.flags_of(name)


def stat(raw, name, value):
    raw["zones"][1]["stats"][name] = value


@pytest.mark.parametrize("change, expected", [
    (lambda r: flip(r, 200, "lru"), [("stray", "inactive_file", (200,))]),
    (lambda r: flip(r, 70, "lru"), [("flag", "active_file", (70,))]),
    (lambda r: flip(r, 70, "active"), [("stray", "inactive_file", (70,)),
                                       ("flag", "active_file", (70,))]),
    (lambda r: flip(r, 90, "swapbacked"), [("stray", "active_file", (90,)),
                                           ("flag", "active_anon", (90,))]),
    (lambda r: stat(r, "nr_inactive_file", 4), [("counter", "Normal.nr_inactive_file", ())]),
    (lambda r: stat(r, "nr_mlock", 1), [("counter", "Normal.nr_mlock", ())]),
    (lambda r: r["zones"][1]["pcp"][0].update(count=3), [("counter", "Normal cpu 0 count", ())]),
    (lambda r: r["zones"][0].update(free=1), [("counter", "DMA.free_pages", ())]),
    (lambda r: r["cols"]["zone"].__setitem__(95, 0), [("zone", "Normal.inactive_anon", (95,))]),
    (lambda r: r["list_of"].__setitem__(140, fixture.number("kernel")),
     [("pcp", "Normal cpu 0", (140,))]),
    (lambda r: r["list_of"].__setitem__(200, fixture.number("pcp")), [("pcp", "", (200,))]),
    (lambda r: r["cols"]["count"].__setitem__(141, 1), [("freed", "Normal cpu 0", (141,))]),
    (lambda r: r["list_of"].__setitem__(80, fixture.number("isolated")),
     [("state", "isolated", (80,))]),
])
def test_each_disagreement_is_found_and_named(change, expected):
    assert problems(change) == expected


def test_a_page_on_two_cpus_lists_is_found():
    def twice(raw):
        raw["zones"][1]["pcp"][0]["lists"][0].append(141)
        raw["zones"][1]["pcp"][0]["count"] += 1
    assert problems(twice) == [("duplicate", "Normal cpu 0", (141,))]


def test_zones_in_words():
    said = "\n".join(report.zone_lines(report.zones(Dump(fixture.after())), []))
    for expected in ("zone DMA: 64 pages from 0", "  free 11 (verified)\n", "reserve 0 0 6 6",
                     "inactive_file 2", "unevictable 1", "file 10 in use of 40",
                     "cpu 0  count 3 of high 18, batch 3", "movable:3"):
        assert expected in said
    assert "inactive_clean" not in said


def test_lists_in_words():
    dump = Dump(fixture.after())
    data = report.lru(dump, "active_file", [])
    said = report.lru_lines(data, dump, True)
    assert "Normal nr_active_file: 3 (verified)" in said and "memory_pressure" not in str(said)
    assert not any("age" in line for line in said)
    assert said[-1] == "no problem found: links, flags, per-CPU lists, free blocks and counters agree"


def test_pictures_golden():
    before, after = Dump(fixture.before()), Dump(fixture.after())
    trace = fixture.trace_of(fixture.LIFE)
    compare("lists26.dot", lists.to_dot(after, before))
    compare("zones26.dot", zones.to_dot(after))
    compare("model26.dot", states.to_dot(MODEL))
    compare("states26.dot", states.to_dot(MODEL, trace, after))
    compare("timeline26.svg", timeline.to_svg(trace, [82, 90]))
    compare("memory26.svg", memory.to_svg(memory.from_dumps([before, after])))


@pytest.mark.parametrize("dot", ["lists26.dot", "zones26.dot", "states26.dot", "model26.dot"])
def test_graphviz_accepts_each_picture(dot):
    needs_dot()
    svg = graphviz.to_svg((GOLDEN / dot).read_text(encoding="utf-8"))
    assert ElementTree.fromstring(svg.encode()).tag.endswith("svg")


def test_lists_show_flags_and_where_pages_came_from():
    dot = lists.to_dot(Dump(fixture.after()), Dump(fixture.before()))
    assert all(mark in dot for mark in ("◂IF", "◂AF", "◂AA", "WIs", "nobody scans it"))
    assert "black bar" not in dot and "age 2" not in dot
    assert 'STYLE="dashed"' in dot


def test_words_can_be_read_on_every_state():
    assert {s.name for s in MODEL.states.values() if ink_on(s.colour) == "#FFFFFF"} == {
        "inactive_anon"}


def test_no_two_states_stand_on_each_other():
    boxes = list(states._boxes(MODEL, {}).values())
    for at, one in enumerate(boxes):
        for other in boxes[at + 1:]:
            assert (abs(one.x - other.x) > (one.width + other.width) / 2 or
                    abs(one.y - other.y) > (one.height + other.height) / 2)
