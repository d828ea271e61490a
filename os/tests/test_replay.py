"""Replay of access traces: the formats, the simple policies against brute force, the core's
invariants and figures, the table and the picture.

Programs with sanitizers wherever the trace is small enough for them.
"""

from __future__ import annotations

import json
import pathlib
import random
import struct
import subprocess
import xml.etree.ElementTree as ElementTree
from collections import OrderedDict
from typing import Sequence

import pytest
from test_scenarios import build

VMS = ("lru", "clock", "opt", "2.4", "2.6")
CORES = ("2.4", "2.6")


@pytest.fixture(scope="session")
def sanitized() -> pathlib.Path:
    return build(["SANITIZE=1"], "sim-san")


@pytest.fixture(scope="session")
def fast() -> pathlib.Path:
    return build([], "sim")


def run(program: pathlib.Path, *arguments: str, data: bytes = b"",
        cwd: pathlib.Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(program), *arguments], input=data, cwd=cwd, timeout=250,
                          capture_output=True)


def output(program: pathlib.Path, *arguments: str, data: bytes = b"",
           cwd: pathlib.Path | None = None) -> str:
    done = run(program, *arguments, data=data, cwd=cwd)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def workload(program: pathlib.Path, name: str, pages: int, refs: int, *options: str) -> bytes:
    """A trace in the binary format, which takes no time to read."""
    done = run(program, "trace", name, f"--pages={pages}", f"--refs={refs}",
               "--format=oracleGeneral", *options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def text_trace(pages: Sequence[int], writes: Sequence[bool] | None = None) -> bytes:
    marks = [" w" if w else "" for w in writes] if writes else [""] * len(pages)
    return "".join(f"{page}{mark}\n" for page, mark in zip(pages, marks)).encode()


def replay(program: pathlib.Path, trace: bytes, vm: str, memory: int, *options: str) -> dict:
    """The result of one run, with what is said about the trace."""
    report = json.loads(output(program, "replay", "-", f"--vm={vm}", f"--memory={memory}",
                               "--json", *options, data=trace))
    return {**report, **report["runs"][0]}


# ---- the same policies, slow and plain ----

def slow_lru(pages: Sequence[int], memory: int) -> int:
    stack: OrderedDict[int, None] = OrderedDict()
    misses = 0
    for page in pages:
        if page in stack:
            stack.move_to_end(page)
            continue
        misses += 1
        if len(stack) == memory:
            stack.popitem(last=False)
        stack[page] = None
    return misses


def slow_clock(pages: Sequence[int], memory: int) -> int:
    circle: list[list] = []  # [page, used]
    hand = misses = 0
    for page in pages:
        found = next((frame for frame in circle if frame[0] == page), None)
        if found:
            found[1] = True
            continue
        misses += 1
        if len(circle) < memory:
            circle.append([page, False])
            continue
        while circle[hand][1]:
            circle[hand][1] = False
            hand = (hand + 1) % memory
        circle[hand] = [page, False]
        hand = (hand + 1) % memory
    return misses


def slow_opt(pages: Sequence[int], memory: int) -> int:
    inside: set[int] = set()
    misses = 0
    for now, page in enumerate(pages):
        if page in inside:
            continue
        misses += 1
        if len(inside) == memory:
            def next_use(other: int) -> int:
                later = (at for at in range(now, len(pages)) if pages[at] == other)
                return next(later, len(pages))
            inside.remove(max(inside, key=next_use))
        inside.add(page)
    return misses


SLOW = {"lru": slow_lru, "clock": slow_clock, "opt": slow_opt}


@pytest.mark.parametrize("vm", SLOW)
def test_simple_policies_are_exact(fast: pathlib.Path, vm: str) -> None:
    rng = random.Random(20)
    for _ in range(12):
        population = rng.randrange(1, 60)
        pages = [min(rng.randrange(population), rng.randrange(population))
                 for _ in range(rng.randrange(1, 700))]
        for memory in {1, 2, rng.randrange(1, 70), len(set(pages))}:
            expected = SLOW[vm](pages, memory)
            assert replay(fast, text_trace(pages), vm, memory)["misses"] == expected, (
                pages, memory)


def test_simple_policies_with_sanitizers(sanitized: pathlib.Path) -> None:
    rng = random.Random(21)
    pages = [min(rng.randrange(90), rng.randrange(90)) for _ in range(5000)]
    for vm, slow in SLOW.items():
        assert replay(sanitized, text_trace(pages), vm, 17)["misses"] == slow(pages, 17)


# ---- the core ----

WORKLOADS = {
    "zipf": ["--alpha=0.9", "--writes=30"],
    "scan": ["--writes=5"],
    "loop": [],
    "gc": ["--writes=60"],
    "fork": ["--writes=30"],
}


@pytest.mark.parametrize("vm", CORES)
@pytest.mark.parametrize("name", WORKLOADS)
def test_core(sanitized: pathlib.Path, name: str, vm: str) -> None:
    """Every page keeps its contents, no list breaks, memory is never exceeded."""
    trace = output(sanitized, "trace", name, "--pages=1500", "--refs=20000", "--seed=3",
                   *WORKLOADS[name]).encode()
    memory = 500
    result = replay(sanitized, trace, vm, memory, "--verify", "--check")
    optimum = replay(sanitized, trace, "opt", memory)["misses"]
    assert optimum <= result["misses"] <= result["references"]
    assert result["misses"] == result["pages"] + result["refaults"]
    assert result["resident"] <= result["resident_most"] <= memory
    assert result["resident"] > 0.8 * memory
    # Without read-ahead a page is read only by the fault that needs it.
    assert result["swap_in"] == result["refaults"]
    assert 0 < result["swap_out"]
    assert result["freed"] <= result["scanned"]


@pytest.mark.parametrize("vm", CORES)
def test_core_with_room_misses_each_page_once(sanitized: pathlib.Path, vm: str) -> None:
    trace = output(sanitized, "trace", "zipf", "--pages=1000", "--refs=20000").encode()
    result = replay(sanitized, trace, vm, 1200)
    assert result["refaults"] == result["swap_out"] == 0
    assert result["misses"] == result["pages"]


@pytest.mark.parametrize("vm", CORES)
def test_core_with_hardly_any_memory(sanitized: pathlib.Path, vm: str) -> None:
    trace = output(sanitized, "trace", "zipf", "--pages=300", "--refs=2000").encode()
    result = replay(sanitized, trace, vm, 64, "--verify", "--check")
    assert result["resident_most"] <= 64


@pytest.mark.parametrize("vm", CORES)
def test_core_with_read_ahead(sanitized: pathlib.Path, vm: str) -> None:
    """Neighbours in swap come along: of a loop, which was swapped out in order, most."""
    trace = output(sanitized, "trace", "loop", "--pages=1500", "--refs=8000").encode()
    alone = replay(sanitized, trace, vm, 500, "--verify")
    ahead = replay(sanitized, trace, vm, 500, "--verify", "--page-cluster=3")
    assert ahead["misses"] < alone["misses"] / 2
    assert ahead["swap_in"] > ahead["refaults"]


@pytest.mark.parametrize("vm", CORES)
def test_clean_pages_are_written_once(fast: pathlib.Path, vm: str) -> None:
    """A page that is only read keeps its slot, and the slot its contents."""
    trace = output(fast, "trace", "loop", "--pages=1500", "--refs=30000").encode()
    result = replay(fast, trace, vm, 500)
    assert result["refaults"] > 10 * result["pages"]
    assert result["swap_out"] <= result["pages"]


def test_core_is_deterministic(fast: pathlib.Path) -> None:
    trace = output(fast, "trace", "zipf", "--pages=3000", "--refs=60000", "--writes=20").encode()
    for vm in CORES:
        first, second = (output(fast, "replay", "-", f"--vm={vm}", "--memory=25%", data=trace)
                         for _ in range(2))
        assert first == second
    assert output(fast, "replay", "-", "--vm=2.4", "--memory=25%", data=trace) != first


def test_more_pages_than_an_address_space_has(fast: pathlib.Path) -> None:
    pages = 530_000
    trace = workload(fast, "loop", pages, 700_000)
    result = replay(fast, trace, "2.6", 600_000)
    assert (result["pages"], result["refaults"]) == (pages, 0)
    result = replay(fast, trace, "2.6", 400_000)
    assert result["resident_most"] <= 400_000
    # All of them, but for what the swap token keeps of one of the two address spaces.
    assert 0.9 * (700_000 - pages) < result["refaults"] <= 700_000 - pages


def test_figures_of_known_workloads(fast: pathlib.Path) -> None:
    """The eras beside LRU: neither is far from it, and a loop defeats all three."""
    zipf = workload(fast, "zipf", 20_000, 400_000)
    misses = {vm: replay(fast, zipf, vm, 5000)["misses"] for vm in VMS}
    assert misses["opt"] < 0.6 * misses["lru"]
    assert misses["2.6"] < 1.09 * misses["lru"]
    assert misses["2.4"] < 1.06 * misses["lru"]
    loop = workload(fast, "loop", 4000, 100_000)
    for vm in ("lru", "clock", *CORES):
        assert replay(fast, loop, vm, 2000)["misses"] >= 99_900
    # The optimum keeps all but one page of memory through each round.
    assert replay(fast, loop, "opt", 2000)["misses"] == pytest.approx(
        4000 + 96_000 * (1 - 1999 / 3999), rel=0.001)


def test_scan_efficiency(fast: pathlib.Path) -> None:
    zipf = workload(fast, "zipf", 20_000, 400_000)
    result = replay(fast, zipf, "2.6", 5000)
    assert 1 < result["scanned"] / result["freed"] < 3.5


# ---- formats ----

REFERENCES = [(0x7FFF_FFFF_F, False), (5, True), (5, False), (0x4000_8, True), (5, False)]


def as_text() -> bytes:
    lines = ["# a comment", "", "0x7ffffffff123", "5 w", "5 r # again", "0x40008FFF\tW", " 5"]
    return "\n".join(lines).encode()  # no newline at the end


def as_lackey() -> bytes:
    return (b"==12== Lackey, an example Valgrind tool\n==12== \n"
            b"I  7ffffffff000,3\n S 00005ff8,8\n L 5000,1\n M 40008123,4\nI  5010,2\n==12==\n")


def as_oracle() -> bytes:
    return b"".join(struct.pack("<IQIq", 1, page, 4096, -1) for page, _ in REFERENCES)


@pytest.mark.parametrize("name, data, writes", [
    ("text", as_text(), 2), ("lackey", as_lackey(), 2), ("oracleGeneral", as_oracle(), 0)])
def test_formats(sanitized: pathlib.Path, tmp_path: pathlib.Path, name: str, data: bytes,
                 writes: int) -> None:
    (tmp_path / "t").write_bytes(data)
    for arguments in (["t"], ["t", f"--format={name}"]):
        report = json.loads(output(sanitized, "replay", *arguments, "--vm=lru", "--memory=2",
                                   "--json", cwd=tmp_path))
        assert report["format"] == name
        assert (report["references"], report["writes"], report["pages"]) == (5, writes, 3)
        assert report["runs"][0]["misses"] == 3


def test_an_access_across_pages_is_two(sanitized: pathlib.Path) -> None:
    result = replay(sanitized, b" L 1ffc,8\n S 1ff8,8\n", "lru", 4)
    assert (result["references"], result["pages"], result["writes"]) == (3, 2, 1)


def test_lines_across_pieces_of_the_input(fast: pathlib.Path) -> None:
    """More than a mebibyte, with lines of all lengths up to twenty digits."""
    rng = random.Random(5)
    names = [rng.randrange(10 ** rng.randrange(1, 20)) for _ in range(3000)]
    pages = [rng.choice(names) for _ in range(200_000)]
    data = text_trace(pages)
    assert len(data) > 1 << 21
    result = replay(fast, data, "lru", 700)
    assert result["references"] == len(pages)
    assert result["pages"] == len(set(pages))
    assert result["misses"] == slow_lru(pages, 700)
    binary = b"".join(struct.pack("<IQIq", 0, page, 1, 0) for page in pages)
    assert replay(fast, binary, "lru", 700)["misses"] == result["misses"]


@pytest.mark.parametrize("data, options, message", [
    (b"", [], "standard input: no references, expected a trace"),
    (b"1\n2 x\n", [], "standard input:2: '2 x', expected a page number or 0xADDRESS, then "
                      "perhaps r or w"),
    (b"1\n\n99999999999999999999\n", [], "standard input:3: '99999999999999999999', expected a "
                                         "page number or 0xADDRESS, then perhaps r or w"),
    (b"I  4000,3\nhello\n", [], "standard input:2: 'hello', expected I, L, S or M, then "
                                "ADDRESS,SIZE, as lackey prints them"),
    (b" L 4000,0\n", [], "standard input:1: ' L 4000,0', expected I, L, S or M, then "
                         "ADDRESS,SIZE, as lackey prints them"),
    (as_oracle() + b"12345", [], "standard input: record 6: 5 bytes, expected 24"),
    (b"\x28\xb5\x2f\xfd1234", [], "the trace is compressed, expected `zstd -dc FILE | "
                                  "highwater replay - ...`"),
    (b"1" * 2_000_000, [], "standard input:1: a line of more than 1048576 bytes, expected a "
                           "trace"),
    (b"1\n", ["--memory=0"], "--memory=0, expected 1 to 4194304 pages (4096), bytes (16M) or a "
                             "share of the trace's pages (25%)"),
    (b"1\n", ["--memory=4x"], "--memory=4x, expected 1 to 4194304 pages (4096), bytes (16M) or "
                              "a share of the trace's pages (25%)"),
    (b"1\n", ["--memory=99.5"], "--memory=99.5, expected 1 to 4194304 pages (4096), bytes (16M) "
                                "or a share of the trace's pages (25%)"),
    (b"1\n", ["--memory=63"], "--memory: 63 pages, expected at least 64 for vm 2.6"),
    (b"1\n", ["--vm=2.5"], "--vm=2.5, expected 2.4, 2.6, lru, clock or opt"),
    (b"1\n", ["--vm=2.4,2.6"], "several policies or sizes without --compare, expected one"),
    (b"1\n", ["--format=csv"], "unknown format 'csv', expected text, lackey or oracleGeneral"),
    (b"1\n", ["--colour"], "unknown option --colour, see `highwater replay --help`"),
    (b"1\n", ["--page-cluster=9"], "--page-cluster=9, expected a number from 0 to 5"),
], ids=range(17))
def test_wrong_input(sanitized: pathlib.Path, data: bytes, options: list[str],
                     message: str) -> None:
    done = run(sanitized, "replay", "-", "--memory=64", *options, data=data)
    assert done.stderr.decode().splitlines()[0] == f"highwater: {message}"
    assert (done.returncode, done.stdout) == (2, b"")


def test_a_trace_that_is_not_there(sanitized: pathlib.Path) -> None:
    done = run(sanitized, "replay", "/nowhere/trace", "--memory=64")
    assert done.returncode == 2
    assert done.stderr == b"highwater: /nowhere/trace: No such file or directory\n"
    done = run(sanitized, "replay", "-", "--compare", "--plot=/nowhere/plot.svg", "--vm=lru",
               "--memory=2", data=b"1\n2\n3\n")
    assert done.returncode == 2
    assert done.stderr == b"highwater: /nowhere/plot.svg: No such file or directory\n"


# ---- the reports ----

def test_report(fast: pathlib.Path) -> None:
    pages = [page for _ in range(50) for page in range(120)]
    lines = dict(line.split(maxsplit=1) for line in output(
        fast, "replay", "-", "--vm=2.6", "--memory=256K", data=text_trace(pages)).splitlines())
    assert lines["trace"] == "standard input: 6000 references (0 writes), 120 pages, text"
    assert lines["vm"] == "2.6 with 64 pages of memory (53.3 %)"
    assert lines["misses"] == "6000 = 120 first uses + 5880 refaults"
    assert lines["lru"] == "1.0000: 1.000 times as many misses"
    optimum = slow_opt(pages, 64)
    assert lines["optimum"] == f"{optimum / 6000:.4f}: {6000 / optimum:.3f} times as many misses"
    assert lines["swap"].startswith("5880 pages read, ")


def test_comparison(sanitized: pathlib.Path, tmp_path: pathlib.Path) -> None:
    trace = output(sanitized, "trace", "zipf", "--pages=1000", "--refs=10000").encode()
    (tmp_path / "a & b.txt").write_bytes(trace)
    table = output(sanitized, "replay", "a & b.txt", "--compare", cwd=tmp_path)
    assert table.splitlines()[-1] == "picture: a & b.svg"
    rows = [line.split() for line in table.splitlines() if "%" in line]
    assert [round(float(row[1])) for row in rows] == [10, 25, 50]
    for row in rows:
        memory = int(row[0])
        assert row[2] == "%"
        for vm, share in zip(VMS, row[3:], strict=True):
            assert f"{replay(sanitized, trace, vm, memory)['misses'] / 10_000:.4f}" == share
    root = ElementTree.parse(tmp_path / "a & b.svg").getroot()
    texts = ["".join(element.itertext()) for element in root.iter() if
             element.tag.endswith("}text")]
    assert texts[0] == "Pages that were not in memory: a & b.txt"
    for name, share in zip(("LRU", "CLOCK", "OPT", "vm 2.4", "vm 2.6"), rows[-1][3:]):
        (label,) = [text for text in texts if text.startswith(name + " ")]
        assert float(label.split()[-2]) == pytest.approx(100 * float(share), abs=0.06)
    lines = [element for element in root.iter() if element.tag.endswith("}polyline")]
    assert [len(line.get("points").split(" ")) for line in lines] == [6] * 5


def test_comparison_of_what_is_asked_for(fast: pathlib.Path, tmp_path: pathlib.Path) -> None:
    trace = output(fast, "trace", "loop", "--pages=400", "--refs=4000").encode()
    report = json.loads(output(
        fast, "replay", "-", "--compare", "--vm=opt,2.6", "--memory=200,1M,80,50%", "--json",
        f"--plot={tmp_path}/p.svg", data=trace))
    assert [(r["vm"], r["memory"]) for r in report["runs"]] == [
        (vm, memory) for memory in (80, 200, 256) for vm in ("opt", "2.6")]
    assert (tmp_path / "p.svg").read_text().rstrip().endswith("</svg>")


def test_comparison_on_a_small_trace(fast: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """A tenth of it is less than the core can work in."""
    report = json.loads(output(fast, "replay", "-", "--compare", "--json", cwd=tmp_path,
                               data=text_trace([i % 400 for i in range(800)])))
    assert {r["memory"] for r in report["runs"]} == {64, 100, 200}


# ---- workloads ----

@pytest.mark.parametrize("name", WORKLOADS)
def test_workloads(sanitized: pathlib.Path, name: str) -> None:
    arguments = ["trace", name, "--pages=256", "--refs=5000", "--writes=10"]
    first = output(sanitized, *arguments)
    assert first == output(sanitized, *arguments)
    lines = first.splitlines()
    assert len(lines) == 5000
    assert 200 < len({line.split()[0] for line in lines}) <= 256
    assert 400 < sum(line.endswith(" w") for line in lines) < 600
    if name != "loop":
        assert first != output(sanitized, *arguments, "--seed=2")
    binary = run(sanitized, *arguments[:4], "--format=oracleGeneral").stdout
    text = output(sanitized, *arguments[:4])
    assert [page for _, page, _, _ in struct.iter_unpack("<IQIq", binary)] == [
        int(line) for line in text.splitlines()]


def test_fame_of_zipf_pages(fast: pathlib.Path) -> None:
    lines = output(fast, "trace", "zipf", "--pages=100", "--refs=100000").split()
    counts = sorted((lines.count(page) for page in set(lines)), reverse=True)
    harmonic = sum(1 / k for k in range(1, 101))
    for rank in (1, 2, 5, 10):
        assert counts[rank - 1] == pytest.approx(100_000 / harmonic / rank, rel=0.06)


@pytest.mark.parametrize("arguments, message", [
    ([], "no workload, expected zipf, scan, loop, gc or fork"),
    (["zip"], "workload 'zip', expected zipf, scan, loop, gc or fork"),
    (["zipf", "--pages=0"], "--pages=0: expected a number from 1 to 268435456"),
    (["zipf", "--alpha=x"], "--alpha=x: expected a number from 0 to 10"),
    (["zipf", "--size=3"], "--size=3: unknown, see `highwater trace --help`"),
])
def test_wrong_workloads(sanitized: pathlib.Path, arguments: list[str], message: str) -> None:
    done = run(sanitized, "trace", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"highwater: {message}\n"
