"""/proc as 2.4's users know it: tunables that hold and refuse, counters that agree."""

from __future__ import annotations

import re
import struct
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from diagrams.gdb import decode
from diagrams.gdb.decode import Kernel
from diagrams.ram import open_ram
from grader.guest import Config, Guest
from guests import ARCHES

# Each: what is there at first, what can be written, what is refused.
TUNABLES = {
    "vm/overcommit_memory": ("0", ["1", "0"], ["2", "-1", "x", "1 1"]),
    "vm/page-cluster": (None, ["0", "5", "3"], ["6", "3 3", "-1"]),
    "vm/max_map_count": ("65536", ["300", "99999999"], ["-1", "1 1", "many"]),
    "fs/file-max": ("8192", ["100", "20000"], ["-1", "1 1", "x"]),
    "vm/dirty_writeback_centisecs": ("500", ["0", "6000", "500"], ["6001", "x"]),
    "vm/dirty_expire_centisecs": ("3000", ["0", "60000", "3000"], ["60001"]),
    "vm/percpu_pagelist_fraction": ("0", ["8", "100000", "0"], ["7", "-1", "8 8"]),
    "vm/dirty_bytes": ("0", ["4096"], ["-1", "1 1"]),
    "vm/dirty_ratio": ("0", ["20"], ["101"]),  # it is one or the other
    "vm/dirty_background_bytes": ("0", ["4096"], ["100000000"]),
    "vm/dirty_background_ratio": ("0", ["10"], ["101"]),
    "vm/buffermem": ("2\t10\t60", ["1\t20\t100", "3\t3\t3"], ["5 4 60", "0 0 101", "1 2 3 4"]),
    "vm/pagecache": ("2\t15\t75", ["0\t1\t2"], ["9 1 2", "a"]),
    "vm/pagetable_cache": ("25\t50", ["0\t10000"], ["50 25", "0 10001"]),
    "vm/kswapd": ("512\t32\t8", ["512\t32\t4", "9\t9\t1"], ["512 0 8", "31 32 8", "512 32 0",
                                                            "512 32 1025"]),
    "vm/bdflush": (None, ["30\t64\t64\t0\t500\t3000\t60\t0\t0",
                          "100\t1\t20000\t0\t0\t100\t0\t0\t0"],
                   ["101", "30 0", "30 64 20001", "30 64 64 0 500 99", "1 2 3 4 5 6 7 8 9 10"]),
}


def test_tunables_hold_what_makes_sense(tmp_path: Path) -> None:
    with Guest(Config(), tmp_path / "guest") as guest:
        guest.boot()
        for name, (first, good, bad) in TUNABLES.items():
            path = f"/proc/sys/{name}"
            if first is not None:
                assert guest.run(f"cat {path}").strip() == first
            for value in good:
                output, status = guest.run_status(f"echo {value} > {path}".replace("\t", " "))
                assert status == 0, (name, value, output)
                assert guest.run(f"cat {path}").strip() == value
            for value in bad:
                output, status = guest.run_status(f"echo {value} > {path}")
                assert status != 0 and "Invalid argument" in output, (name, value, output)
                assert guest.run(f"cat {path}").strip() == good[-1]
        output, status = guest.run_status("echo 1 2 3 > /proc/sys/vm/freepages")
        assert status != 0 and "Permission denied" in output, output


def test_overcommit(tmp_path: Path) -> None:
    """More than all memory and swap is refused, unless the machine or the program says so."""
    with Guest(Config(mem=16, swap=False), tmp_path / "guest") as guest:
        guest.boot()
        assert "ok" in guest.run("memhog 4 -c")
        output, status = guest.run_status("memhog 20 -c")
        assert status == 1 and "cannot map 20 MiB" in output, output
        guest.run("echo 1 > /proc/sys/vm/overcommit_memory")
        output, status = guest.run_status("memhog 20 -c", timeout=120)
        assert status != 0 and "Out of memory: killed process" in output, output
        guest.run("echo 0 > /proc/sys/vm/overcommit_memory")
        output, status = guest.run_status("memhog 20", timeout=120)
        assert status != 0 and "Out of memory: killed process" in output, output


def numbers(text: str) -> dict[str, int]:
    """Lines of "NAME NUMBER ..."."""
    return {m[1]: int(m[2]) for m in re.finditer(r"^(\w+) +(\d+)", text, re.MULTILINE)}


def test_statistics_of_the_machine_and_its_caches(tmp_path: Path) -> None:
    with Guest(Config(), tmp_path / "guest") as guest:
        guest.boot()
        before = numbers(guest.run("cat /proc/stat"))
        names = [int(n) for n in guest.run("cat /proc/sys/fs/dentry-state").split()]
        inodes = [int(n) for n in guest.run("cat /proc/sys/fs/inode-state").split()]
        assert len(names) == 6 and names[0] >= names[1] > 0
        assert len(inodes) == 7 and inodes[0] > inodes[1] >= 0
        guest.run("cd /tmp; touch " + " ".join(f"f{i}" for i in range(40)))
        more = [int(n) for n in guest.run("cat /proc/sys/fs/dentry-state").split()]
        assert more[0] >= names[0] + 40 and more[1] >= names[1] + 40
        counts = [int(n) for n in guest.run("cat /proc/sys/fs/inode-nr").split()]
        assert len(counts) == 2 and counts[0] >= inodes[0] + 40
        guest.run("sleep 1")
        after = numbers(guest.run("cat /proc/stat"))
        assert after["intr"] >= before["intr"] + 50 and after["ctxt"] >= before["ctxt"] + 40
        guest.run("rm " + " ".join(f"f{i}" for i in range(40)))
        guest.run("echo 2 > /proc/sys/vm/drop_caches")
        fewer = [int(n) for n in guest.run("cat /proc/sys/fs/inode-nr").split()]
        assert fewer[0] < counts[0] - 30


PLACES = "FNADC"
NR_PLACES = 10  # 2.6 has more
PLACE_OF = {"free": "F", "pcp": "F", "active": "A", "inactive_dirty": "D", "inactive_clean": "C",
            "kernel": "N", "slab": "N", "pagetable": "N", "anon": "N", "isolated": "D"}
Moves = Counter[tuple[str, str, str]]


def counted_moves(kernel: Kernel, elf: Path, reasons: list[str]) -> Moves:
    """The kernel's page_moves by place, place and function."""
    line = subprocess.run(["nm", "-S", str(elf)], capture_output=True, text=True, check=True)
    found = re.search(r"^(\w+) (\w+) \w page_moves$", line.stdout, re.MULTILINE)
    assert found
    address, size = int(found[1], 16), int(found[2], 16)
    side = NR_PLACES + 1
    assert size == side * side * len(reasons) * 4
    values = struct.unpack(f"<{size // 4}I", kernel.memory.read(address, size))
    moves: Moves = Counter()
    for at, value in enumerate(values):
        pair, reason = divmod(at, len(reasons))
        source, target = divmod(pair, side)
        if value and source < len(PLACES) and target < len(PLACES):
            moves[PLACES[source], PLACES[target], reasons[reason]] = value
    return moves


def traced_moves(kernel: Kernel) -> tuple[Moves, list[str]]:
    trace = decode.read_trace(kernel)
    moves: Moves = Counter()
    for event in trace.events:
        if trace.event(event.event) in ("move", "rotate"):
            source, target = trace.state(event.source), trace.state(event.target)
            if target != "isolated" and "reserved" not in (source, target):
                moves[PLACE_OF[source], PLACE_OF[target], trace.reason(event.reason)] += 1
    return moves, trace.reasons


def check_counts_in_proc(guest: Guest) -> None:
    """/proc/vmstat's sums are those of /proc/page_moves; no page took an edge that is none."""
    vmstat = numbers(guest.run("cat /proc/vmstat"))
    sums: Counter[str] = Counter()
    for line in guest.run("cat /proc/page_moves").splitlines():
        source, target, _, count = line.split()
        sums[f"move_{source}_{target}"] += int(count)
    for name in ("move_F_C", "move_F_D", "move_F_A", "move_C_C", "move_N_C", "move_A_C"):
        assert vmstat.get(name, 0) == sums[name] == 0, name
    for name in ("move_N_A", "move_A_D", "move_A_A", "move_D_C", "move_C_N"):
        assert 0 < vmstat[name] <= sums[name], name
    assert sum(vmstat[f"move_{a}_F"] for a in "NADC") == vmstat["move_N_F"]
    for name in ("kswapd_wake", "kreclaimd_wake", "memory_pressure"):
        assert vmstat[name] > 0, name
    for name in ("inactive_target", "free_shortage", "inactive_shortage"):
        assert name in vmstat


@pytest.mark.parametrize("arch", ARCHES)
def test_counters_of_edges_agree_with_the_trace(arch: str, tmp_path: Path) -> None:
    """Each edge, by each function. So little pressure that one ring holds all that happens."""
    config = Config(arch=arch, mem=64, icount=True, options="trace_records=1048576")
    directory = tmp_path / "guest"
    with Guest(config, directory) as guest:
        guest.boot()
        free = re.search(r"MemFree: +(\d+) kB", guest.run("cat /proc/meminfo"))
        assert free
        guest.run("filescan -w 4 /tmp/data && filescan /tmp/data && "
                  f"memhog {int(free[1]) // 1024 - 5} -p 1", timeout=240)
        guest.send("exit 0\n")
        assert guest.wait() == 0
    kernel = open_ram(config.kernel_path, directory / "ram")
    for ring in decode.ring_headers(kernel):
        assert ring["head"] <= ring["nr_records"], "the ring is too small for this test"
    traced, reasons = traced_moves(kernel)
    assert sum(traced.values()) > 20000 and traced["D", "C", "page_launder"] > 0
    assert counted_moves(kernel, config.kernel_path, reasons) == traced


def test_four_processors_count_at_least_what_they_trace(tmp_path: Path) -> None:
    config = Config(cpus=4, mem=32)
    directory = tmp_path / "guest"
    with Guest(config, directory) as guest:
        guest.boot()
        guest.run("filescan -w 4 /tmp/data & memhog 24 -r & memhog 24 -r & wait", timeout=240)
        check_counts_in_proc(guest)
        guest.send("exit 0\n")
        assert guest.wait() == 0
    kernel = open_ram(config.kernel_path, directory / "ram")
    traced, reasons = traced_moves(kernel)
    counted = counted_moves(kernel, config.kernel_path, reasons)
    assert traced and all(counted[move] >= n for move, n in traced.items())
