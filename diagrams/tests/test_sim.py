"""The tools on the real memory core, as the host program `highwater` (make sim)."""
from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from diagrams import dump as dumps, events, tracecheck
from diagrams.check import check_dump
from diagrams.render import states as states_picture

ROOT = Path(__file__).resolve().parents[2]
HIGHWATER = ROOT / "build/sim/highwater"
SCENARIO = """\
machine policy=2.4 dma=4096 normal=12288 swap=1000
ballast zone=dma leave=600
ballast zone=normal leave=20
page a n=40 list=active age=1
page b n=20 list=inactive_dirty flags=dirty
page c n=20 list=inactive_dirty
page d n=10 list=inactive_clean
mm A pages=64
anon A at=0 n=16
call refill_inactive_scan priority=0 oneshot=0
call page_launder gfp=kernel sync=0
call reclaim_page zone=normal
call swap_out priority=6 gfp=kernel
show counters
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory) -> Path:
    assert HIGHWATER.exists(), f"{HIGHWATER} does not exist; run `make sim`"
    path = tmp_path_factory.mktemp("sim") / "life.scn"
    path.write_text(SCENARIO)
    return path


def gdb(scenario: Path, *commands: str) -> subprocess.CompletedProcess:
    """gdb on the scenario, stopped at its last statement."""
    lines = ["set debuginfod enabled off", f"source {ROOT}/diagrams/gdb/mm.py",
             "break do_show", f"run run {scenario} > /dev/null", *commands]
    return subprocess.run(
        ["gdb", "-batch", "-nx", *(a for line in lines for a in ("-ex", line)), HIGHWATER],
        capture_output=True, text=True, timeout=60, check=False)


def test_the_lists_of_a_scenario(scenario):
    done = gdb(scenario, "mm lru --check", "mm zone")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no problem found" in done.stdout
    assert done.stdout.count("(verified)") == 6
    assert "zone Normal: 12288 pages from 4096" in done.stdout


def test_a_dump_agrees_with_the_scenarios_own_counters(scenario, tmp_path):
    path = tmp_path / "dump.json"
    gdb(scenario, f"mm dump {path}")
    dump = dumps.load(path)
    shown = subprocess.run([HIGHWATER, "run", scenario], capture_output=True, text=True,
                           check=True).stdout.splitlines()[-1]
    counters = dict(pair.split("=") for pair in shown.split()[1:])
    assert check_dump(dump) == [] and dump.arch == "sim"
    assert int(counters["nr_active"]) == len(dump.lists["active"])
    assert int(counters["nr_inactive_dirty"]) == len(dump.lists["inactive_dirty"])
    assert int(counters["inactive_clean.normal"]) == len(dump.lists["Normal.inactive_clean"])
    assert [int(counters["free.dma"]), int(counters["free.normal"])] == [
        zone["free"] for zone in dump.zones]


def test_the_trace_of_gdb_and_of_the_program_are_the_same(scenario, tmp_path):
    by_gdb, by_sim = tmp_path / "gdb.trace", tmp_path / "sim.ring"
    gdb(scenario, f"mm trace save {by_gdb}")
    subprocess.run([HIGHWATER, "run", "--events", by_sim, scenario], check=True,
                   capture_output=True)
    one, two = events.load(by_gdb), events.load(by_sim)
    assert one.events == two.events
    assert (one.states, one.event_names, one.reasons, one.flag_bits) == (
        two.states, two.event_names, two.reasons, two.flag_bits)
    report = tracecheck.check_trace(one)
    assert report.ok and not report.gaps
    counts = states_picture.count_moves(one)
    assert counts["active", "inactive_dirty"]["deactivate_page"] >= 40
    assert counts["inactive_clean", "kernel"] == {"reclaim_page": 1}


@pytest.mark.parametrize("command, kind", [
    ("set var nr_active_pages = 7", "counter"),
    ("set var active_list.prev->prev = 0", "prev"),
    ("set var inactive_dirty_list.next->next = inactive_dirty_list.next", "cycle"),
    ("set var inactive_dirty_list.next->next = (struct list_head *)8", "next"),
    ("set var active_list.next = inactive_dirty_list.next", "duplicate"),
    ("set var mem_map[4100].flags |= 128", "stray"),
])
def test_damage_to_the_core_is_found(scenario, command, kind):
    done = gdb(scenario, command, "mm lru --check --json")
    line = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    assert kind in {p["kind"] for p in json.loads(line)["problems"]}


def test_the_life_of_the_page_at_the_head_of_a_list(scenario):
    done = gdb(scenario, "mm history inactive_dirty_list.next --json",
               "mm history zones[2].inactive_clean_list.next --json")
    dirty, clean = (json.loads(line)["events"] for line in done.stdout.splitlines()
                     if line.startswith('{"pfn"'))
    assert (clean[-1]["to"], clean[-1]["by"]) == ("inactive_clean", "page_launder")
    assert dirty[-1]["to"] == "inactive_dirty"
    assert not any(event.get("objection") for event in [*dirty, *clean])
