"""Pictures: golden texts from small fixtures, what they must show, and bad command lines.

`HIGHWATER_UPDATE_GOLDEN=1 pytest …` writes the golden files anew; look at what changed.
"""
from __future__ import annotations

import os
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from diagrams import dump as dumps, events, model as models
from diagrams.dump import Dump
from diagrams.render import graphviz, lists, memory, states, timeline, zones
from diagrams.render.__main__ import main
from diagrams.render.style import RenderError
from diagrams.tests import fixture

GOLDEN = Path(__file__).with_name("golden")
LIFE = [(7, "free", "kernel", "rmqueue"), (8, "free", "kernel", "rmqueue"),
        (7, "kernel", "active", "lru_cache_add"), (8, "kernel", "anon", "do_anonymous_page"),
        (7, "active", "active", "refill_inactive_scan"),
        (7, "active", "inactive_dirty", "deactivate_page"),
        (7, "inactive_dirty", "inactive_clean", "page_launder"),
        (7, "inactive_clean", "kernel", "reclaim_page"),
        (7, "kernel", "inactive_clean", "lru_cache_add")]


def compare(name: str, made: str) -> None:
    path = GOLDEN / name
    if os.environ.get("HIGHWATER_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")


def needs_dot() -> None:
    if shutil.which("dot") is None:
        pytest.fail("Graphviz is missing: run ./setup")


def test_lists_golden():
    compare("lists.dot", lists.to_dot(Dump(fixture.after()), Dump(fixture.before())))


def test_zones_golden():
    compare("zones.dot", zones.to_dot(Dump(fixture.after())))


def test_states_golden():
    compare("states.dot", states.to_dot(models.load(), fixture.trace_of(LIFE),
                                        Dump(fixture.after())))


def test_model_golden():
    compare("model.dot", states.to_dot(models.load()))


def test_timeline_golden():
    compare("timeline.svg", timeline.to_svg(fixture.trace_of(LIFE), [7, 8]))


def test_memory_golden():
    series = memory.from_dumps([Dump(fixture.before()), Dump(fixture.after())])
    compare("memory.svg", memory.to_svg(series))


@pytest.mark.parametrize("dot", ["lists.dot", "zones.dot", "states.dot", "model.dot"])
def test_graphviz_accepts_each_picture(dot):
    needs_dot()
    svg = graphviz.to_svg((GOLDEN / dot).read_text(encoding="utf-8"))
    assert ElementTree.fromstring(svg.encode()).tag.endswith("svg")


@pytest.mark.parametrize("svg", ["timeline.svg", "memory.svg"])
def test_own_svg_is_well_formed(svg):
    assert ElementTree.parse(GOLDEN / svg).getroot().tag.endswith("svg")


def test_lists_show_where_a_page_came_from():
    dot = lists.to_dot(Dump(fixture.after()), Dump(fixture.before()))
    assert "◂IC" in dot and "◂A" in dot and "◂ID" in dot
    assert "came from" not in lists.to_dot(Dump(fixture.after()))


def test_a_long_list_is_cut_and_keeps_its_tail():
    raw = fixture.build({"active": list(range(64, 250)), "inactive_dirty": [],
                         "DMA.inactive_clean": [], "Normal.inactive_clean": []})
    dot = lists.to_dot(Dump(raw), max_pages=60)
    assert "… 126 more …" in dot
    assert "page 64 on" in dot and "page 249 on" in dot and "page 150 on" not in dot


def test_problems_are_written_under_the_lists():
    raw = fixture.before()
    raw["counters"]["nr_active_pages"] = 9
    raw["bad"].append(["active", "prev", [71], "active: page 71 follows page 70, but …"])
    dot = lists.to_dot(Dump(raw))
    assert "! prev: active: page 71" in dot
    assert "nr_active_pages is 9, but the walk found 5" in dot


def test_a_previous_dump_of_another_machine_is_refused():
    other = fixture.before()
    other["vm"] = "2.6"
    with pytest.raises(RenderError, match="vm=2.6"):
        lists.to_dot(Dump(fixture.after()), Dump(other))


@pytest.mark.parametrize("free, shown", [(3, ["free 3", "low 8", "high 12"]),
                                         (5000, ["min 4", "low 8", "high 12",
                                                 "free 5\u00a0000 ▸ beyond the scale"])])
def test_the_marks_of_a_zone_can_always_be_read(free, shown):
    raw = fixture.before()
    raw["zones"][0]["free"] = free
    dot = zones.to_dot(Dump(raw))
    assert all(f">{label}</FONT>" in dot for label in shown)


@pytest.mark.parametrize("free, said", [(3, "below min"), (4, "at min, not above it"),
                                        (5, "between min and low"), (8, "at low, not above it"),
                                        (12, "at high, not above it"), (13, "above high")])
def test_a_mark_is_met_by_more_pages_than_it(free, said):
    raw = fixture.before()
    zone = raw["zones"][0]
    assert zones.verdict({**zone, "free": free - 1}, 1) == said
    raw["zones"][0] = {**zone, "free": free}
    assert f": {said}</TD>" in zones.to_dot(Dump(raw))


def test_an_illegal_move_is_red_and_a_missing_one_dashed():
    dot = states.to_dot(models.load(), fixture.trace_of(LIFE))
    assert "BUG: not allowed<BR/>lru_cache_add 1×" in dot
    dashed = [line for line in dot.splitlines() if "style=dashed" in line]
    assert any(line.startswith('"anon" -> "free"') for line in dashed)
    assert not any(line.startswith('"free" -> "kernel"') for line in dashed)
    taken = states.to_dot(models.load(), fixture.trace_of(LIFE), every_move=False)
    assert "style=dashed" not in taken


def test_a_scenarios_own_moves_are_no_bug():
    trace = fixture.trace_of([(7, "kernel", "inactive_clean", "scenario")])
    dot = states.to_dot(models.load(), trace, every_move=False)
    assert "scenario 1×" in dot and "BUG" not in dot


def test_memory_from_a_trace_ends_at_its_dump():
    trace = fixture.trace_of(LIFE[:-1])
    end = fixture.build({"active": [], "inactive_dirty": [], "DMA.inactive_clean": [],
                         "Normal.inactive_clean": []}, states={8: "anon"})
    series = memory.from_trace(trace, Dump(end))
    first, last = series.samples[0].pages, series.samples[-1].pages
    assert (first["free"], last["free"]) == (2, 0)
    assert (first["anon"], last["anon"]) == (0, 1)
    wrong = fixture.build({"active": [], "inactive_dirty": [], "DMA.inactive_clean": [],
                           "Normal.inactive_clean": []})
    with pytest.raises(RenderError, match="do not fit"):
        memory.from_trace(trace, Dump(wrong))
    # Where records were lost, the same difference is excused and the loss is written down.
    trace.events[-1] = trace.events[-1]._replace(seq=20)
    series = memory.from_trace(trace, Dump(wrong))
    assert "12 events lost" in memory.to_svg(series)


@pytest.fixture
def files(tmp_path):
    dumps.save(fixture.before(), tmp_path / "a.json")
    dumps.save(fixture.after(), tmp_path / "b.json")
    events.save(fixture.random_trace(500), tmp_path / "t.trace")
    return tmp_path


@pytest.mark.parametrize("args", [
    "lists b.json --prev a.json -o o.svg", "lists b.json -o o.dot", "zones b.json -o o.svg",
    "states -o o.svg", "states t.trace --dump b.json --from 100 --to 300 -o o.svg",
    "timeline t.trace -o o.svg", "timeline t.trace 3 5 -o o.svg",
    "memory a.json b.json -o o.svg"])
def test_commands(files, monkeypatch, args):
    needs_dot()
    monkeypatch.chdir(files)
    assert main(args.split()) == 0
    out = next(files.glob("o.*"))
    assert out.stat().st_size > 1000


@pytest.mark.parametrize("args, expected", [
    ("lists none.json", "none.json: No such file"),
    ("lists t.trace", "t.trace: not text, expected JSON with schema mm-dump/1"),
    ("lists b.json -o o.png", "o.png: expected a name that ends in .svg or .dot"),
    ("lists b.json -o no/such/o.svg", "no/such/o.svg: No such file"),
    ("timeline b.json", "b.json: not a trace"),
    ("timeline t.trace 999", "t.trace: no event of page 999"),
    ("timeline t.trace 3 -o o.dot", "drawn without Graphviz"),
    ("states t.trace --from 9999", "t.trace: no event in the window"),
    ("states --vm 3.0", "no model for vm=3.0"),
    ("memory a.json", "two dumps or more"),
    ("memory a.json a.json", "same sequence number"),
    ("memory a.json b.json --trace t.trace", "expected one dump"),
])
def test_bad_command_lines(files, monkeypatch, capsys, args, expected):
    monkeypatch.chdir(files)
    assert main(args.split()) == 2
    assert expected in capsys.readouterr().err


def test_no_picture_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as error:
        main([])
    assert error.value.code == 2
