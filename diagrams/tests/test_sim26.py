"""The tools on the real memory core under the rules of 2.6, as the host program."""
from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from diagrams import dump as dumps, events, model as models, tracecheck
from diagrams.check import check_dump
from diagrams.tests.test_sim import HIGHWATER, gdb

#: What pages go through in 2.6; each scenario names the moves that it is about.
RECLAIM = """\
machine policy=2.6 dma=4096 normal=12288 swap=1000
ballast zone=dma leave=600
ballast zone=normal leave=300
fill zone=normal list=active_file n=300
fill zone=normal list=inactive_file n=200
call shrink_zone zone=normal priority=1
call balance_pgdat node=0 order=0
show counters
"""
LISTS = """\
machine policy=2.6 normal=4096
page a list=inactive_file
page b list=active_file flags=referenced
page c list=inactive_file flags=dirty
page d list=unevictable flags=mlocked
page e list=inactive_file flags=referenced
page f list=inactive_file flags=mlocked
call isolate_lru_page a
call putback_lru_page a
call lru_add_drain
call deactivate_page b
call deactivate_page c
call lru_add_drain
call rotate_reclaimable_page a
call lru_add_drain
call mark_page_accessed e
call isolate_lru_page d
call putback_lru_page d
call shrink_page_list zone=normal f
show lists
"""
SWAP = """\
machine policy=2.6 normal=4096 swap=64
mm A pages=40
anon A at=0 n=30 young=0 list=inactive_anon
anon A at=30 n=8 young=1 list=active_anon
call shrink_page_list zone=normal A.0 kswapd=1
complete A.0
call shrink_page_list zone=normal A.0 kswapd=1
call shrink_active_list zone=normal list=anon n=8
call shrink_inactive_list zone=normal list=anon n=32 priority=12
show counters
"""
#: More single pages than a CPU keeps: the rest goes back to the buddy.
ALLOCATION = "\n".join([
    "machine policy=2.6 normal=12288",
    *(f"call alloc_pages gfp=kernel order=0 as=p{n}" for n in range(20)),
    "call alloc_pages gfp=kernel order=2 as=many", "call free_pages many order=2",
    *(f"call free_pages p{n} order=0" for n in range(20)), "show counters\n"])
FILE, ANON = "inactive_file", "inactive_anon"
SCENARIOS = {
    "reclaim": (RECLAIM, [(FILE, "isolated", "isolate_lru_pages"),
                          ("active_file", "isolated", "isolate_lru_pages"),
                          ("isolated", FILE, "shrink_active_list"),
                          ("isolated", "pcp", "free_hot_cold_page"),
                          ("pcp", "free", "free_pcppages_bulk")]),
    "lists": (LISTS, [("isolated", "pagevec", "lru_cache_add"),
                      ("pagevec", FILE, "lru_add_drain"),
                      ("active_file", FILE, "deactivate_page"),
                      (FILE, FILE, "deactivate_page"),
                      (FILE, FILE, "rotate_reclaimable_page"),
                      (FILE, "active_file", "activate_page"),
                      ("unevictable", "isolated", "isolate_lru_page"),
                      ("isolated", "unevictable", "putback_lru_page")]),
    "swap": (SWAP, [(ANON, "isolated", "isolate_lru_pages"),
                    ("isolated", ANON, "shrink_inactive_list"),
                    ("active_anon", "isolated", "isolate_lru_pages"),
                    ("isolated", ANON, "shrink_active_list"),
                    ("isolated", "pcp", "free_hot_cold_page")]),
    "allocation": (ALLOCATION, [("free", "pcp", "rmqueue_bulk"),
                                ("pcp", "kernel", "buffered_rmqueue"),
                                ("free", "kernel", "buffered_rmqueue"),
                                ("kernel", "pcp", "free_hot_cold_page"),
                                ("kernel", "free", "__free_pages_ok"),
                                ("pcp", "free", "free_pcppages_bulk")]),
}


def run(tmp_path: Path, text: str) -> tuple[Path, events.Trace]:
    """The scenario's file and its trace."""
    assert HIGHWATER.exists(), f"{HIGHWATER} does not exist; run `make sim`"
    scenario, ring = tmp_path / "s.scn", tmp_path / "s.ring"
    scenario.write_text(text)
    done = subprocess.run([HIGHWATER, "run", "--events", ring, scenario], check=False,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return scenario, events.load(ring)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_move_of_a_scenario_is_allowed(name, tmp_path):
    text, expected = SCENARIOS[name]
    _, trace = run(tmp_path, text)
    assert trace.vm == "2.6"
    report = tracecheck.check_trace(trace)
    assert report.ok and not report.gaps, report.errors[0]
    assert set(expected) <= report.moves.keys(), sorted(set(expected) - report.moves.keys())
    assert tracecheck.main([str(tmp_path / "s.ring")]) == 0


def test_an_illegal_move_among_them_is_reported(tmp_path, capsys):
    _, trace = run(tmp_path, RECLAIM)
    numbers = {name: number for number, name in enumerate(trace.states)}
    at = next(i for i, e in enumerate(trace.events) if trace.is_move(e) and
              (trace.state(e.source), trace.state(e.target)) == ("isolated", "pcp"))
    good = trace.events[at]
    trace.events[at] = good._replace(target=numbers["free"])
    path = tmp_path / "bad.trace"
    events.save(trace, path)
    assert tracecheck.main([str(path)]) == 1
    said = capsys.readouterr().out
    assert f"page {good.pfn} at seq {good.seq}: the model has no move isolated -> free" in said


@pytest.mark.parametrize("name", SCENARIOS)
def test_lists_and_a_dump(name, tmp_path):
    scenario, _ = run(tmp_path, SCENARIOS[name][0])
    path = tmp_path / "dump.json"
    done = gdb(scenario, "mm lru --check", "mm zone", f"mm dump {path}", "mm dot zone",
               "mm dot lru", "mm dot states")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no problem found" in done.stdout and "WRONG" not in done.stdout
    assert done.stdout.count("digraph") == 3
    dump = dumps.load(path)
    assert (dump.vm, dump.arch, check_dump(dump)) == ("2.6", "sim", [])
    assert "active" not in dump.lists and "inactive_dirty" not in dump.lists
    for zone in dump.zones:
        assert len(zone["pcp"]) == 1 and len(zone["free_by_type"]) == 11
        assert [sum(row) for row in zone["free_by_type"]] == list(map(len, zone["free_area"]))


def test_the_commands_of_the_era(tmp_path):
    scenario, _ = run(tmp_path, RECLAIM)
    done = gdb(scenario, "mm zone", "mm lru active_file", "mm page zones[2].lru[2].next",
               "mm history zones[2].lru[2].next --json", "mm lru active")
    assert "Normal nr_active_file: " in done.stdout and "DMA nr_active_file: 0" in done.stdout
    assert re.search(r"cpu 0  count \d+ of high 18, batch 3", done.stdout)
    assert re.search(r"reserve( \d+){4}, against", done.stdout)
    assert "inactive_file: number 1 of " in done.stdout and "age" not in [
        line.split()[-2] for line in done.stdout.splitlines() if "mapped by" in line]
    life = json.loads(next(x for x in done.stdout.splitlines() if x.startswith('{"pfn"')))
    assert not any(event.get("objection") for event in life["events"])
    assert "vm=2.6 has no list active, expected inactive_anon, active_anon" in done.stderr


def test_tags_of_a_page(tmp_path):
    scenario, _ = run(tmp_path, """\
machine policy=2.6 dma=4096 normal=12288 swap=16
page s list=active_anon flags=dirty,swapbacked mapping=swap
page f n=70 list=inactive_file flags=dirty
page g list=active_file
show counters
""")
    done = gdb(scenario, "mm page zones[2].lru[2].next", "mm page zones[2].lru[3].next",
               "mm page zones[2].lru[1].next")
    mappings = re.findall(r"^  mapping  0x\w+ index (.*)   buffers", done.stdout, re.MULTILINE)
    assert mappings[0].endswith(" DIRTY") and mappings[0].split()[0] == "69", done.stdout
    assert "DIRTY" not in mappings[1] and "DIRTY" not in mappings[2]


def test_a_mechanism_of_both_eras_is_met_by_its_name(tmp_path):
    """`break activate_page` is 2.4's function; who runs is the other."""
    scenario, _ = run(tmp_path, RECLAIM)
    done = gdb(scenario, "mm break activate_page", "mm break page_referenced --json",
               "mm break no_such_thing", "mm break __activate_page")
    stops = re.findall(r"^breakpoint \d+ at (\w+), (?:\./)?(mm/reclaim/v2\d)/\w+\.c:\d+$",
                       done.stdout, re.MULTILINE)
    assert set(stops) == {("activate_page", "mm/reclaim/v24"),
                          ("activate_page_v26", "mm/reclaim/v26"),
                          # It begins with what is inline, of a header.
                          ("__activate_page", "mm/reclaim/v26")}, done.stdout
    assert '"symbol": "page_referenced"' in done.stdout
    assert "no function no_such_thing in this kernel" in done.stderr


@pytest.mark.parametrize("command, kind", [
    ("set var zones[2].stats[2] = 7", "counter"),
    ("set var zones[2].pcp[0].count += 1", "counter"),
    ("set var zones[2].lru[3].prev->prev = 0", "prev"),
    ("set var zones[2].lru[2].next->next = zones[2].lru[2].next", "cycle"),
    ("set var zones[2].lru[3].next = zones[2].lru[2].next", "duplicate"),
    ("set var mem_map[4200].flags |= 8192", "stray"),
    ("set var mem_map[4200].state = 2", "pcp"),
])
def test_damage_to_the_core_is_found(tmp_path, command, kind):
    scenario, _ = run(tmp_path, RECLAIM)
    done = gdb(scenario, command, "mm lru --check --json")
    line = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    assert kind in {p["kind"] for p in json.loads(line)["problems"]}


#: Which place of /proc/page_moves a state is; the tags of the lists are the model's.
PLACES = ("F", "N", "P", "V", "X", "IA", "AA", "IF", "AF", "U")
PLACE_OF = {"free": "F", "kernel": "N", "slab": "N", "pagetable": "N", "anon": "N", "pcp": "P",
            "pagevec": "V", "isolated": "X",
            **{state.name: state.tag for state in models.load("2.6").lists()}}


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_counters_of_moves_agree_with_the_trace(name, tmp_path):
    """page_moves, which /proc/page_moves shows, against the events one by one."""
    scenario, _ = run(tmp_path, SCENARIOS[name][0])
    path = tmp_path / "t.trace"
    done = gdb(scenario, f"mm trace save {path}", "print move_places_v26.names",
               "set max-value-size unlimited", "set print elements unlimited",
               "set print repeats unlimited", "output page_moves")
    assert re.findall(r'"(\w+)"', done.stdout) == list(PLACES)
    trace = events.load(path)
    wanted: Counter[tuple[str, str, str]] = Counter()
    for event in trace.events:
        if trace.is_move(event):
            source, target = trace.state(event.source), trace.state(event.target)
            if "reserved" not in (source, target):  # those began before the events did
                wanted[PLACE_OF[source], PLACE_OF[target], trace.reason(event.reason)] += 1
    values = re.findall(r"\d+", done.stdout[done.stdout.index("{{{"):])
    side, reasons = len(PLACES) + 1, trace.reasons
    assert len(values) == side ** 2 * len(reasons)
    counted: Counter[tuple[str, str, str]] = Counter()
    for at, value in enumerate(map(int, values)):
        pair, reason = divmod(at, len(reasons))
        source, target = divmod(pair, side)
        if value and max(source, target) < len(PLACES):
            counted[PLACES[source], PLACES[target], reasons[reason]] = value
    assert counted == wanted
