"""Several nodes: their dumps, checks, words and pictures, and the real core with two."""
from __future__ import annotations

import json

import pytest

from diagrams import dump as dumps
from diagrams.check import check_dump
from diagrams.dump import Dump, DumpError
from diagrams.events import Event, Trace
from diagrams.gdb import report
from diagrams.render import graphviz, lists, memory, zones
from diagrams.tests import fixture26 as fixture
from diagrams.tests.test_render import GOLDEN, compare, needs_dot
from diagrams.tests.test_sim import gdb
from diagrams.tests.test_sim26 import run

SCENARIO = """\
machine policy=2.6 nodes=2 dma=4096,0 normal=12288,16384 swap=1000 distances=10,25,25,10
ballast zone=0.dma leave=600
ballast zone=0.normal leave=300
ballast zone=1.normal leave=400
fill zone=0.normal list=active_file n=300
fill zone=1.normal list=active_file n=90
fill zone=1.normal list=inactive_file n=150
page k n=9 zone=0.dma list=inactive_file flags=referenced
call shrink_zone zone=0.normal priority=1
call balance_pgdat node=1 order=0
call alloc_pages gfp=nowait order=0 as=n0
set numa_node=1
call alloc_pages gfp=nowait order=0 as=n1
show counters
"""


def test_the_dump_of_two_nodes_is_sound(tmp_path):
    raw = fixture.two_nodes()
    assert check_dump(Dump(raw)) == []
    dumps.save(raw, tmp_path / "d.json")
    dump = dumps.load(tmp_path / "d.json")
    assert dump.raw == raw
    assert [[z["name"] for z in dump.zones_of(node)] for node in (*dump.nodes, None)] == [
        ["0.DMA", "0.Normal"], ["1.Normal"], ["0.DMA", "0.Normal", "1.Normal"]]


@pytest.mark.parametrize("key, value, expected", [
    ("nodes", [7], "node 0 is no object"),
    ("nodes", [{"id": 0}], "node 0: 'start' is missing"),
    ("nodes", fixture.two_nodes()["nodes"][:1], "zone 1.Normal is of no node"),
])
def test_nodes_that_break_the_schema_are_refused(key, value, expected):
    with pytest.raises(DumpError, match=expected):
        Dump({**fixture.two_nodes(), key: value})


@pytest.mark.parametrize("node, change, expected", [
    (1, {"start": 120}, "node 1 begins at 120, before the last ends"),
    (1, {"present": 129}, "node 1 has 129 pages in 128 frames"),
    (1, {"cpus": [1]}, "node 1 has cpu 1, as another has"),
    (0, {"spanned": 100, "present": 100}, "node 0 does not hold zone 0.Normal"),
    (1, {"zonelist": ["1.Normal", "1.Normal"]}, "node 1 has a zone twice in its list"),
    (1, {"zonelist": ["1.Normal"]}, "node 1 has not the zones of node 0 in its list"),
])
def test_nodes_that_contradict_each_other_are_found(node, change, expected):
    raw = fixture.two_nodes()
    raw["nodes"][node] |= change
    found = check_dump(Dump(raw))
    assert {p.kind for p in found} == {"node"} and any(expected in p.text for p in found), found


def test_a_page_on_the_same_list_of_the_other_node_is_found():
    raw = fixture.two_nodes()
    raw["lists"]["0.Normal.inactive_file"].append(raw["lists"]["1.Normal.inactive_file"].pop())
    found = [p for p in check_dump(Dump(raw)) if p.kind == "zone"]
    assert [(p.where, p.pfns) for p in found] == [("0.Normal.inactive_file", (200,))]
    assert "page 200 is on 0.Normal.inactive_file, but belongs to 1.Normal" in found[0].text


@pytest.mark.parametrize("wanted, names", [
    ("1.Normal", ["1.Normal"]), ("1.normal", ["1.Normal"]), ("normal", ["0.Normal"]),
    ("DMA", ["0.DMA"]), ("1.DMA", []), (None, ["0.DMA", "0.Normal", "1.Normal"])])
def test_zones_are_found_by_name(wanted, names):
    dump = Dump(fixture.two_nodes())
    assert [zone["name"] for zone in report.zones(dump, wanted)] == names


@pytest.mark.parametrize("wanted, names", [
    ("1.Normal.active_anon", ["1.Normal.active_anon"]),
    ("normal.active_anon", ["0.Normal.active_anon"]),
    ("active_anon", ["0.DMA.active_anon", "0.Normal.active_anon", "1.Normal.active_anon"])])
def test_lists_are_found_by_name(wanted, names):
    data = report.lru(Dump(fixture.two_nodes()), wanted, None)
    assert [entry["list"] for entry in data["lists"]] == names


def test_nodes_in_words():
    dump = Dump(fixture.two_nodes())
    said = report.zone_lines(report.zones(dump), dump.nodes)
    assert said[:4] == ["node 0: 120 pages in 128 frames from 0  cpu 0 1", "  distance 20 to node 1",
                        "  requests go to 0.Normal 1.Normal 0.DMA",
                        "  kswapd0 is pid 3, called for pages up to zone 0.Normal"]
    heads = [line for line in said if line.startswith(("node", "zone"))]
    assert [line.split(":")[0] for line in heads] == [
        "node 0", "zone 0.DMA", "zone 0.Normal", "node 1", "zone 1.Normal"]
    dump.nodes[1] |= {"kswapd_woken": True, "kswapd_max_order": 3, "cpus": []}
    assert report.nodes(dump.nodes[1:])[0].endswith("from 128  no cpu")
    assert report.nodes(dump.nodes[1:])[-1].endswith("called for blocks of 8 pages up to zone "
                                                     "1.Normal")


def test_pictures_golden():
    dump = Dump(fixture.two_nodes())
    later = Dump({**fixture.two_nodes(), "seq": 120})
    compare("lists-nodes.dot", lists.to_dot(dump))
    compare("zones-nodes.dot", zones.to_dot(dump))
    compare("memory-nodes.svg", memory.to_svg(memory.from_dumps([dump, later])))


@pytest.mark.parametrize("dot", ["lists-nodes.dot", "zones-nodes.dot"])
def test_graphviz_accepts_each_picture(dot):
    needs_dot()
    svg = graphviz.to_svg((GOLDEN / dot).read_text(encoding="utf-8"))
    assert svg.count("kswapd") == 2 and svg.count(">node ") == 2


def test_problems_stand_below_the_nodes():
    raw = fixture.two_nodes()
    raw["nodes"][1]["cpus"] = [1]
    dot = lists.to_dot(Dump(raw))
    assert "! node: node 1 has cpu 1" in dot and "lists0 -> lists1 -> lists -> legend" in dot


def test_each_kswapd_has_its_own_gauge():
    names = fixture.NAMES
    events = [Event(seq, seq, 0xFFFFFFFF, names.events.index(f"kswapd_{what}"), 0, 0, 0, 0, node,
                    0) for seq, (what, node) in enumerate([
                        ("wake", 1), ("wake", 0), ("sleep", 1), ("wake", 1), ("sleep", 0)])]
    trace = Trace(events, fixture.STATES, names.events, names.reasons, "2.6", "i386",
                  fixture.FLAG_BITS)
    series = memory.from_trace(trace, Dump(fixture.two_nodes()))
    assert [(node.name, node.awake) for node in series.nodes] == [
        ("node 0: ", [(1, 4)]), ("node 1: ", [(0, 2), (3, 5)])]
    assert [node["pcp"] for node in series.samples[-1].nodes] == [0, 2]
    assert series.samples[-1].pages["active_file"] == 2
    assert [node.marks["high"] for node in series.nodes] == [24, 12]


def test_two_nodes_of_the_core(tmp_path):
    """Dump, checks and words of a machine that runs; a page moved to the other node's list."""
    scenario, _ = run(tmp_path, SCENARIO)
    path = tmp_path / "dump.json"
    done = gdb(scenario, "mm lru --check", f"mm dump {path}", "mm node --json", "mm zone 1.normal",
               "mm lru normal.active_file", "mm page 20000",
               "set var zones[6].lru[2].next = zones[2].lru[2].next", "mm lru --check")
    sound, _, damaged = done.stdout.partition("page 20000 ")
    assert "no problem found" in sound and "WRONG" not in sound
    dump = dumps.load(path)
    assert check_dump(dump) == []
    assert [(zone["name"], zone["node"]) for zone in dump.zones] == [
        ("0.DMA", 0), ("0.Normal", 0), ("1.Normal", 1)]
    assert len(dump.lists["1.Normal.inactive_file"]) == 150
    nodes = json.loads(next(line for line in sound.splitlines() if line.startswith('[{"id"')))
    assert nodes == dump.nodes
    assert [(n["start"], n["spanned"], n["present"], n["distances"]) for n in nodes] == [
        (0, 16384, 16384, [10, 25]), (16384, 16384, 16384, [25, 10])]
    assert [n["zonelist"] for n in nodes] == [["0.Normal", "1.Normal", "0.DMA"],
                                              ["1.Normal", "0.Normal", "0.DMA"]]
    assert len({n["kswapd"] for n in nodes}) == 2
    assert "zone 1.Normal: 16384 pages from 16384" in sound and "zone 0.Normal: " not in sound
    assert f"0.Normal nr_active_file: {len(dump.lists['0.Normal.active_file'])} (ver" in sound
    assert "zone 1.Normal" in damaged
    assert "is on 1.Normal.inactive_file, but belongs to 0.Normal" in damaged
