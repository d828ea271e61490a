"""The mm commands in a real gdb, on a host program with the kernel's own structures.

`fixture.c` builds 16,384 pages and plants one corruption; each kind must be found and named.
"""
from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from diagrams import dump as dumps, events, tracecheck
from diagrams.check import check_dump

ROOT = Path(__file__).resolve().parents[2]
DUMP_SECONDS = 0.1  # of processor time, for a dump with all walks and checks
SLACK = 2  # for processors that are slower or shared
TIMED = """python
import time
def cpu(command):
    start = time.process_time()
    gdb.execute(command, to_string=True)
    return time.process_time() - start
print('{"seconds": %f}' % min(cpu("mm dump FILE") for _ in range(5)))
end
"""


@pytest.fixture(scope="session")
def program(tmp_path_factory) -> Path:
    """The fixture, compiled with the kernel's headers."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    assert compiler and shutil.which("gdb"), "gcc and gdb are needed: run ./setup"
    out = tmp_path_factory.mktemp("gdb") / "fixture"
    subprocess.run([compiler, "-g", "-O1", "-std=gnu11", "-Wall", "-I", ROOT / "os",
                    "-I", ROOT / "os/arch/x86_64", "-o", out,
                    Path(__file__).with_name("fixture.c")], check=True)
    return out


def gdb(program: Path | None, *commands: str) -> subprocess.CompletedProcess:
    """Runs gdb in batch mode with the mm commands loaded."""
    lines = ["set debuginfod enabled off", f"source {ROOT}/diagrams/gdb/mm.py", *commands]
    args = [arg for line in lines for arg in ("-ex", line)]
    return subprocess.run(["gdb", "-batch", "-nx", *args, *([program] if program else [])],
                          capture_output=True, text=True, timeout=60, check=False)


def stopped(program: Path, planted: str, *commands: str) -> subprocess.CompletedProcess:
    """The same on the program, stopped when it has planted its corruption."""
    return gdb(program, "break stop_here", f"run {planted} > /dev/null", *commands)


def answer(program: Path, command: str, planted: str = "") -> dict:
    """The JSON that a command prints."""
    done = stopped(program, planted, command)
    lines = [line for line in done.stdout.splitlines() if line[:1] in "[{" and '"' in line]
    assert lines, done.stdout + done.stderr
    return json.loads(lines[-1])


def test_lru_counts_are_verified(program):
    done = stopped(program, "", "mm lru", "mm lru --check")
    assert "nr_active_pages: 6000 (verified)" in done.stdout
    assert "nr_inactive_dirty_pages: 1500 (verified)" in done.stdout
    assert "Normal inactive_clean_pages: 1500 (verified)" in done.stdout
    assert "no problem found" in done.stdout
    assert done.returncode == 0


def test_one_list_with_its_pages(program):
    done = stopped(program, "", "mm lru inactive_clean -v")
    assert "nr_active_pages" not in done.stdout
    pages = [line.split()[0] for line in done.stdout.splitlines() if "inactive_clean" in line
             and line.startswith("    ")]
    assert pages[:2] == ["13994", "13988"] and pages[-1] == "5000" and len(pages) == 1500


PLANTED = [
    ("next", "next", [5009], "page 5009 has next 0x"),
    ("prev", "prev", [5009], "page 5009 follows page 5015, but its prev is page 5021"),
    ("cycle", "cycle", [5021, 5009], "page 5009 leads back to page 5021"),
    ("duplicate", "duplicate", [5009], "page 5009 is on active and inactive_dirty"),
    ("stray", "stray", [100], "page 100 has the flags of inactive_clean, but no inactive_clean"),
    ("counter", "counter", [], "nr_inactive_dirty_pages is 1502, but the walk found 1500"),
    ("age", "age", [5001], "page 5001 has age 99, the maximum is 64"),
    ("state", "state", [5001], "page 5001 is anon by its record, but on active"),
    ("block", "counter", [], "DMA order 3: nr_free is 127, but the walk found 128"),
]


@pytest.mark.parametrize("planted, kind, pages, text", PLANTED, ids=[p[0] for p in PLANTED])
def test_a_planted_corruption_is_found_and_named(program, planted, kind, pages, text):
    problems = answer(program, "mm lru --check --json", planted)["problems"]
    found = [p for p in problems if p["kind"] == kind and p["pages"] == pages]
    assert any(text in p["text"] for p in found), problems


def test_the_check_fails_the_batch(program):
    done = stopped(program, "cycle", "mm lru --check")
    assert done.returncode == 1
    assert "problems found" in done.stderr


def test_a_kernel_stopped_within_a_change(program):
    done = stopped(program, "held", "mm lru")
    assert "note: lru_lock and zone DMA's lock held: the kernel stopped" in done.stdout
    assert "note:" not in stopped(program, "", "mm lru").stdout


def test_a_page(program):
    data = answer(program, "mm page 13995 --json")
    assert (data["state"], data["zone"], data["count"]) == ("active", "Normal", 1)
    assert data["places"] == [{"list": "active", "position": 4, "length": 6000}]
    clean = stopped(program, "", "mm page 13994").stdout
    assert "inactive_clean: number 1 of 1500 on Normal.inactive_clean, from the head" in clean
    assert "inactive_dirty -> inactive_clean by page_launder" in clean
    assert "index 130 DIRTY WRITEBACK   buffers 0x0" in clean
    assert (data["mapping"], data["tags"]) == (0, [])
    by_address = answer(program, "mm page 'mem_map+100' --json")
    assert by_address["pfn"] == 100


def test_zones(program):
    dma, normal = answer(program, "mm zone --json")
    assert (dma["name"], dma["free"], dma["in_blocks"]) == ("DMA", 1024, 1024)
    assert dma["blocks"][3] == 128 and normal["blocks"][9] == 1
    assert normal["verdict"] == "above high"


def test_a_dump_is_fast_and_correct(program, tmp_path):
    path = tmp_path / "dump.json"
    stopped(program, "", f"mm dump {path}")
    dump = dumps.load(path)
    assert (dump.nr_pages, dump.vm, dump.seq) == (16384, "2.4", 13500)
    assert check_dump(dump) == []
    assert dump.lists["inactive_dirty"][-1] == 5003
    assert dump.state_counts()["inactive_clean"] == 1500
    assert (dump.vmstat["pgscan"], dump.vmstat["pswpin"]) == (42, 0)
    script = tmp_path / "timed.gdb"
    script.write_text(TIMED.replace("FILE", str(path)))
    assert answer(program, f"source {script}")["seconds"] < DUMP_SECONDS * SLACK
    assert answer(program, f"mm dump {path} --json")["pages"] == 16384


def test_history_and_a_saved_trace(program, tmp_path):
    path = tmp_path / "t.trace"
    data = answer(program, "mm history 13994 --json")
    assert [(e["from"], e["to"], e["by"], e["objection"]) for e in data["events"]] == [
        ("inactive_dirty", "inactive_clean", "page_launder", None)]
    saved = answer(program, f"mm trace save {path} --json")
    assert (saved["recorded"], saved["saved"]) == (13500, 1024)
    trace = events.load(path)
    assert [trace.events[0].seq, trace.events[-1].seq] == [13500 - 1024, 13499]
    report = tracecheck.check_trace(trace)
    assert report.ok and not report.gaps


def test_recording_is_switched(program):
    done = stopped(program, "", "mm trace off", "mm trace stat", "mm trace on")
    assert done.stdout.count("recording is off") == 2
    assert "recording is on" in done.stdout


@pytest.mark.parametrize("picture", ["lru", "states", "zone"])
def test_pictures(program, tmp_path, picture):
    svg = tmp_path / f"{picture}.svg"
    done = stopped(program, "", f"mm dot {picture} -o {svg}", f"mm dot {picture}")
    assert f"wrote {svg}" in done.stdout and "digraph" in done.stdout
    assert svg.read_text().rstrip().endswith("</svg>")


@pytest.mark.parametrize("planted, command, expected", [
    ("", "mm page 99999", "99999 is no page: expected a frame below 16384"),
    ("", "mm page nonsense", "is no page: No symbol"),
    ("", "mm page", "arguments are required: PFN|ADDRESS"),
    ("", "mm lru odd", "vm=2.4 has no list odd, expected active, inactive_dirty"),
    ("", "mm zone odd", "no zone odd, expected DMA, Normal"),
    ("", "mm dump /no/such/dir/x", "/no/such/dir/x: No such file"),
    ("", "mm dot lru -o x.png", "x.png: expected a name that ends in .svg or .dot"),
    ("", "mm dot lru --prev none.json", "none.json: No such file"),
    ("", "mm trace save", "save needs a FILE"),
    ("", "mm nonsense", "no command 'nonsense'"),
    ("empty", "mm lru", "the kernel has no pages yet"),
    ("magic", "mm history 7", "the event ring of cpu 0 has magic 0x0"),
])
def test_errors_are_one_clear_sentence(program, planted, command, expected):
    done = stopped(program, planted, command)
    assert done.returncode == 1
    assert expected in done.stderr and "Traceback" not in done.stderr


def test_no_target_and_no_symbols(program):
    assert "mm: no running kernel: `make qemu`" in gdb(program, "mm lru").stderr
    done = gdb(Path("/bin/true"), "starti", "mm zone")
    assert "no symbols for struct page: load the kernel's symbols" in done.stderr


COMMANDS = ("break", "dot", "dump", "history", "layout", "lru", "node", "page", "trace", "zone")


def test_completion():
    typed = {"mm ": [f"mm {name}" for name in COMMANDS],
             "mm lru in": [f"mm lru inactive_{kind}" for kind in ("anon", "clean", "dirty", "file")],
             "mm lru --c": ["mm lru --check"],
             "mm dot s": ["mm dot states"]}
    done = gdb(None, *(f"complete {text}" for text in typed))
    assert done.stdout.splitlines() == [line for lines in typed.values() for line in lines]


def test_every_command_has_help():
    shown = gdb(None, *(line for name in COMMANDS for line in
                        (f"help mm {name}", f"mm {name} -h"))).stdout
    for name in COMMANDS:
        assert f"\nmm {name} " in shown, f"no example in `help mm {name}`"
        assert f"usage: mm {name} [-h] [--json]" in shown


def test_functions(program):
    done = stopped(program, "", "print $pfn($page(77))", "print $page(77)->state")
    assert "= 77" in done.stdout
