"""The debugger's commands on a live guest, and the same answers without a debugger."""
from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from diagrams import ram, tracecheck
from diagrams.check import check_dump
from diagrams.dump import Dump
from diagrams.follow import Follower
from diagrams.gdb import decode
from grader.guest import SLOW, TOP, Config, Guest

ARCHES = ("i386", "x86_64")


def gdb(guest: Guest, *commands: str) -> subprocess.CompletedProcess:
    lines = ["set debuginfod enabled off", f"source {TOP}/diagrams/gdb/mm.py",
             f"target remote {guest.gdb_socket}", *commands]
    return subprocess.run(
        ["gdb", "-nx", "-batch", *(a for line in lines for a in ("-ex", line)),
         str(guest.config.kernel_path)],
        capture_output=True, text=True, timeout=60 * SLOW, stdin=subprocess.DEVNULL,
        check=False)


@pytest.mark.parametrize("arch", ARCHES)
@pytest.mark.parametrize("cpus", [1, 4])
def test_gdb_and_the_ram_file_agree(arch: str, cpus: int, tmp_path: Path) -> None:
    """Under pressure, stopped anywhere: two ways to the same dump and the same events, all
    of them allowed by the model."""
    config = Config(arch=arch, mem=16, cpus=cpus, options="trace_records=65536")
    with Guest(config, tmp_path / "guest") as guest:
        guest.boot()
        follower = Follower(ram.open_ram(config.kernel_path, guest.ram))
        with follower.running(0.005):
            guest.send("memhog 16 & memhog 16; wait; echo end=$?\n")
            while decode.read_dump(follower.kernel)["vmstat"]["pswpout"] < 1000:
                time.sleep(0.05)
        dump, trace = tmp_path / "dump.json", tmp_path / "run.trace"
        # gdb lets the guest go on when it ends, so the other way is taken before.
        done = gdb(guest, f"mm dump {dump} --json", f"mm trace save {trace}", "mm lru",
                   "mm zone", "mm node --json",
                   f"shell cd {TOP} && {sys.executable} -m diagrams.ram "
                   f"{config.kernel_path} {guest.ram} --dump {dump}.ram --trace {trace}.ram")
        guest.expect(r"^end=0$", timeout=120)
    summary = json.loads(next(x for x in done.stdout.splitlines() if x.startswith('{"file"')))
    by_ram = json.loads(Path(f"{dump}.ram").read_text())
    assert json.loads(dump.read_text()) == by_ram
    assert trace.read_bytes() == Path(f"{trace}.ram").read_bytes() != b""
    assert summary["pages"] == by_ram["nr_pages"]
    assert (by_ram["arch"], by_ram["vm"]) == (arch, "2.4")
    assert f'"cpus": {list(range(cpus))},' in done.stdout
    if not by_ram["held"]:  # else a list may be half changed
        assert check_dump(Dump(by_ram)) == []
        assert done.stdout.count("(verified)") >= 4 and "WRONG" not in done.stdout
    report = tracecheck.check_trace(follower.trace())
    assert report.ok, report.errors[0]
    assert report.moves["active", "inactive_dirty", "deactivate_page"] > 100


@pytest.mark.parametrize("arch", ARCHES)
def test_damage_is_found_in_a_live_guest(arch: str, tmp_path: Path) -> None:
    with Guest(Config(arch=arch, mem=16), tmp_path / "guest") as guest:
        guest.boot()
        done = gdb(guest, "mm lru --check", "mm page active_list.prev",
                   "set var nr_active_pages += 3", "set var active_list.prev->prev = 0",
                   "mm lru --check")
        sound, _, damaged = done.stdout.partition("latest events")
        assert "no problem found" in sound and "active: number " in sound
        assert "prev: active: " in damaged and "which is no page's link" in damaged
        assert "counter: nr_active_pages is " in damaged
        assert "problems found" in done.stderr


#: Functions that a page meets on its way in and out.
STATIONS = ("page_add_new_anon_rmap", "__pagevec_lru_add", "balance_pgdat", "get_scan_count",
            "shrink_active_list", "page_referenced", "__isolate_lru_page", "shrink_page_list",
            "add_to_swap", "try_to_unmap_one", "page_remove_rmap", "pageout",
            "pagevec_move_tail", "__remove_mapping")


@pytest.mark.parametrize("arch", ARCHES)
def test_the_tools_on_a_guest_of_the_26_era(arch: str, tmp_path: Path) -> None:
    config = Config(arch=arch, vm="2.6", mem=16, options="trace_records=65536")
    with Guest(config, tmp_path / "guest") as guest:
        guest.boot()
        follower = Follower(ram.open_ram(config.kernel_path, guest.ram))
        with follower.running(0.005):
            assert guest.run_status("memhog 4")[1] == 0
            done = gdb(guest, "mm lru --check", "mm zone", f"mm dump {tmp_path}/dump.json")
        # A breakpoint by the name that the notes give it is met, inlined or not.
        guest.send("; ".join(["memhog 24"] * 30) + "\n")
        stops = gdb(guest, *(f"tbreak {name}" for name in STATIONS),
                    "python while gdb.breakpoints(): gdb.execute('continue')")
    met = re.findall(r"^Temporary breakpoint [\d.]+, (?:0x\w+ in )?(\w+)", stops.stdout, re.M)
    assert set(met) == set(STATIONS), stops.stdout + stops.stderr
    assert done.returncode == 0 and "no problem found" in done.stdout, done.stdout + done.stderr
    assert "nr_inactive_file: " in done.stdout and "cpu 0  count " in done.stdout
    assert json.loads((tmp_path / "dump.json").read_text())["vm"] == "2.6"
    trace = follower.trace()
    report = tracecheck.check_trace(trace)
    assert trace.vm == "2.6" and report.ok, report.errors[0]
    assert report.moves["pcp", "kernel", "buffered_rmqueue"] > 100
    assert report.moves["kernel", "anon", "do_anonymous_page"] > 100
