"""The memory core on the host: scenarios, what they must print, and what is wrong input.

Everything runs in the build with address and undefined-behaviour sanitizers, with the
kernel's invariants checked after every statement. The scenarios under `scenarios/` hold
the expected values of the facts sheet as `expect` lines; the files beside them hold what
is printed, to the byte. Tables of numbers from the sheet are scenarios made here.
"""

from __future__ import annotations

import os
import pathlib
import re
import resource
import subprocess

import pytest

from diagrams import events, tracecheck
from grader.build import make

TOP = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = sorted((pathlib.Path(__file__).parent / "scenarios").glob("*.scn"))
# Directories of scenarios with known answers, separated by colons.
ORACLES = [pathlib.Path(name) for name in os.environ.get("HIGHWATER_ORACLES", "").split(":")
           if name]

M64 = "machine policy=2.4 dma=4096 normal=12288 swap=1024\n"
EMPTY = M64 + "ballast zone=dma leave=0\nballast zone=normal leave=0\n"


def build(options: list[str], name: str) -> pathlib.Path:
    """The program `name` under build/, made now unless it is up to date."""
    make("sim", "ARCH=sim", *options)
    return TOP / "build" / name / "highwater"


@pytest.fixture(scope="session")
def highwater() -> pathlib.Path:
    """The program with sanitizers."""
    return build(["SANITIZE=1"], "sim-san")


@pytest.fixture(scope="session")
def fast_highwater() -> pathlib.Path:
    """The program as users run it."""
    return build([], "sim")


def run(program: pathlib.Path, *arguments: str, text: str | None = None,
        cwd: pathlib.Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(program), *arguments], input=text, cwd=cwd, text=True,
                          capture_output=True, timeout=60)


def run_text(program: pathlib.Path, text: str) -> subprocess.CompletedProcess[str]:
    return run(program, "run", "--check", "-", text=text)


def printed(program: pathlib.Path, text: str) -> list[str]:
    """The result lines of a scenario that must go well."""
    result = run_text(program, text)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.splitlines()


def check_scenario(program: pathlib.Path, file: pathlib.Path, ring: pathlib.Path) -> None:
    result = run(program, "run", "--check", "--events", str(ring), str(file))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == file.with_suffix(".out").read_text()


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_scenario(highwater: pathlib.Path, file: pathlib.Path,
                  tmp_path: pathlib.Path) -> None:
    ring = tmp_path / "events.ring"
    check_scenario(highwater, file, ring)
    report = tracecheck.check_trace(events.load(ring))
    assert not report.errors, "\n".join(str(error) for error in report.errors)


def test_scenarios_are_there() -> None:
    assert len(SCENARIOS) >= 40
    assert all(file.with_suffix(".out").exists() for file in SCENARIOS)


@pytest.mark.skipif(not ORACLES, reason="HIGHWATER_ORACLES names no directory of answers")
@pytest.mark.parametrize("directory", ORACLES, ids=lambda directory: directory.name)
def test_known_answers(highwater: pathlib.Path, directory: pathlib.Path) -> None:
    """Scenarios whose answers came from the original functions: no difference at all."""
    files = sorted(directory.glob("*.scn"))
    wrong = []
    assert files
    for file in files:
        result = run(highwater, "run", "--check", str(file))
        if result.returncode or result.stdout != file.with_suffix(".out").read_text():
            wrong.append(file.stem)
    assert not wrong


def test_same_output_and_events_on_each_run(fast_highwater: pathlib.Path,
                                            tmp_path: pathlib.Path) -> None:
    file = str(SCENARIOS[0].parent / "shared-memory.scn")
    seen = set()
    for i in range(3):
        ring = tmp_path / f"{i}.ring"
        output = run(fast_highwater, "run", "--events", str(ring), file).stdout
        seen.add((output, ring.read_bytes()))
    assert len(seen) == 1


def test_speed(fast_highwater: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """300 statements in under 10 ms of processor time, from start to exit."""
    body = "".join(f"page p{i} list=active age=1 flags=dirty writepage=async\n"
                   "call refill_inactive_scan priority=0 oneshot=1\n"
                   "call page_launder gfp=kernel sync=0\n" for i in range(99))
    (tmp_path / "long.scn").write_text(EMPTY + body)

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = run(fast_highwater, "run", str(tmp_path / "long.scn"))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert result.returncode == 0
        return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)

    assert min(once() for _ in range(9)) < 0.010


# ---- numbers of the facts sheet ----

@pytest.mark.parametrize("dma, normal, high, sum_of_high, cluster", [
    (256, 0, 0, 30, 2), (320, 0, 0, 30, 2), (2048, 0, 0, 192, 2), (4096, 0, 0, 384, 3),
    (4096, 1279, 0, 414, 3), (4096, 4096, 0, 480, 4), (4096, 12288, 0, 672, 4),
    (4096, 28672, 0, 1056, 4), (4096, 32639, 0, 1146, 4), (4096, 32640, 0, 1149, 4),
    (4096, 225280, 32768, 1914, 4),
])
def test_watermarks(fast_highwater: pathlib.Path, dma: int, normal: int, high: int,
                    sum_of_high: int, cluster: int) -> None:
    """Facts 2.4, 3.1: with no page free the shortage is the sum of pages_high; a direct
    refill of a user moves 2^page_cluster pages (3.2)."""
    zones = {"dma": dma, "normal": normal, "highmem": high}
    text = f"machine policy=2.4 dma={dma} normal={normal} highmem={high}\n"
    text += "".join(f"ballast zone={z} leave=0\n" for z, n in zones.items() if n)
    text += "call free_shortage\npage a zone=dma n=100 list=active age=1\n"
    text += "call refill_inactive gfp=kernel user=1\nshow counters\n"
    result = run(fast_highwater, "run", "-", text=text)
    lines = result.stdout.splitlines()
    assert lines[0] == f"free_shortage -> {sum_of_high}"
    assert f" nr_inactive_dirty={2 ** cluster} " in lines[2]


@pytest.mark.parametrize("pressure, dma, normal, dirty, free_shortage, inactive_shortage", [
    (6400, 600, 0, 0, 105, 172), (6400, 600, 0, 150, 105, 22), (0, 700, 0, 0, 97, 0),
    (0, 0, 904, 0, 129, 0), (0, 128, 904, 0, 1, 0), (0, 129, 904, 0, 0, 0),
    (0, 0, 670, 0, 2, 2), (0, 0, 672, 0, 129, 0),
])
def test_shortages(highwater: pathlib.Path, pressure: int, dma: int, normal: int, dirty: int,
                   free_shortage: int, inactive_shortage: int) -> None:
    """Facts 2.4, 3.3."""
    text = M64 + f"set memory_pressure={pressure}\nballast zone=dma leave={dma}\n"
    if dirty:
        text += f"page d n={dirty} list=inactive_dirty\n"
    text += f"ballast zone=normal leave={normal}\ncall free_shortage\ncall inactive_shortage\n"
    assert printed(highwater, text) == [f"free_shortage -> {free_shortage}",
                                        f"inactive_shortage -> {inactive_shortage}"]


@pytest.mark.parametrize("gfp, dma, normal, clean, result, counters", [
    ("kernel", 3000, 3000, 0, "x", (3000, 2999, 0, 1)),
    ("kernel", 0, 192, 0, "x", (0, 191, 0, 1)),
    ("kernel", 256, 191, 0, "x", (255, 191, 0, 1)),
    ("kernel", 255, 191, 0, "x", (255, 190, 0, 1)),
    ("kernel", 0, 104, 100, "x", (0, 103, 100, 1)),
    ("kernel", 0, 103, 100, "c.0", (0, 103, 99, 2)),
    ("kernel", 0, 90, 60, "c.0", (0, 90, 59, 2)),
    ("atomic", 0, 90, 60, "x", (0, 89, 60, 1)),
    ("user", 0, 97, 0, "x", (0, 96, 0, 2)),
    ("atomic", 0, 24, 0, "x", (0, 23, 0, 1)),
    ("atomic", 0, 23, 0, "none", (0, 23, 0, 1)),
    ("atomic", 32, 23, 0, "x", (31, 23, 0, 1)),
])
def test_allocation(highwater: pathlib.Path, gfp: str, dma: int, normal: int, clean: int,
                    result: str, counters: tuple[int, int, int, int]) -> None:
    """Facts 2.4, 4.3: which phase serves a request for one page, and what is left."""
    text = M64 + f"ballast zone=dma leave={dma}\nballast zone=normal leave={normal}\n"
    if clean:
        text += f"page c n={clean} list=inactive_clean\n"
    text += f"call alloc_pages gfp={gfp} order=0 as=x\nshow counters\n"
    lines = printed(highwater, text)
    free_dma, free_normal, left, pressure = counters
    assert lines == [
        f"alloc_pages -> {result}",
        f"counters nr_active=0 nr_inactive_dirty=0 inactive_clean.dma=0 "
        f"inactive_clean.normal={left} free.dma={free_dma} free.normal={free_normal} "
        f"memory_pressure={pressure}"]


@pytest.mark.parametrize("request_line, pressure", [
    ("gfp=kernel order=1", 2), ("gfp=buffer order=1", 2)])
def test_large_request_fails(highwater: pathlib.Path, request_line: str,
                             pressure: int) -> None:
    """Facts 2.4, 4.3: two free frames that are no block; the wait counts as pressure."""
    lines = printed(highwater, EMPTY + f"ballast zone=normal leave=1\n"
                    f"call alloc_pages {request_line}\nshow counters\n")
    assert lines[0] == "alloc_pages -> none"
    assert lines[1].endswith(f"free.normal=1 memory_pressure={pressure}")


def test_swap_search_yields_257_slots(highwater: pathlib.Path) -> None:
    """Facts 2.4, 5.2: one search serves 257 allocations, then it looks for a run again."""
    text = M64.replace("1024", "2999") + "call get_swap_page\n" * 300 + \
        "".join(f"call swap_free 0:{slot}\n" for slot in range(1, 300)) + \
        "call get_swap_page\n" * 258
    lines = [line for line in printed(highwater, text) if line.startswith("get_swap_page")]
    # 258 to 300 were a cluster's start: it goes on with its other 214 slots.
    assert lines[:300] == [f"get_swap_page -> 0:{n}" for n in range(1, 301)]
    assert lines[300:514] == [f"get_swap_page -> 0:{n}" for n in range(301, 515)]
    assert lines[514:] == [f"get_swap_page -> 0:{n}" for n in range(1, 45)]


def test_a_slot_that_sticks(highwater: pathlib.Path) -> None:
    """Facts 2.4, 5.3: a count that reaches 0x7fff is never counted down again."""
    text = M64 + "call get_swap_page\n" + "call swap_duplicate 0:1\n" * 32766 + \
        "show swap\ncall swap_duplicate 0:1\ncall swap_free 0:1\nshow swap\n"
    result = run(highwater, "run", "-", text=text)
    assert result.stdout.splitlines().count("slot 0:1 map=32767") == 2


# ---- wrong input, bugs, expectations ----

HEAD = "machine policy=2.4 dma=512 normal=1536 swap=4\n"

def wrong_scenarios() -> list[tuple[str, int, str]]:
    """(scenario, line, message) for each line of scenario_errors.txt."""
    found, head = [], ""
    for row in (pathlib.Path(__file__).parent / "scenario_errors.txt").read_text().split("\n"):
        if row.startswith("@"):
            head = row[2:] + "\n" if row[2:] else ""
        elif not row.startswith("#") and "  ==>  " in row:
            statements, expected = row.split("  ==>  ")
            line, message = expected.split(": ", 1)
            text = "".join(f"{statement}\n" for statement in statements.split(" / "))
            found.append((head + text if text.strip() else "", int(line), message))
    return found


ERRORS = wrong_scenarios()


@pytest.mark.parametrize("text, line, message", ERRORS,
                         ids=[f"{i}-{m[:30]}" for i, (_, _, m) in enumerate(ERRORS)])
def test_error(highwater: pathlib.Path, text: str, line: int, message: str) -> None:
    result = run_text(highwater, text + ("show counters\n" if text else ""))
    assert result.returncode == 2
    assert "counters" not in result.stdout
    assert re.fullmatch(rf"-:{line}: error: .*({message}).*\n", result.stderr), result.stderr
    assert ", expected" in result.stderr


BUGS = {
    "lru_cache_add of an unlocked page": "page p\ncall lru_cache_add p\n",
    "lru_cache_add of a page on a list":
        "page p list=active flags=locked\ncall lru_cache_add p\n",
    "lru_cache_del of an unlocked page": "page p list=active\ncall lru_cache_del p\n",
    "the last reference of a listed page":
        "page p list=active mapping=none\ncall free_pages p order=0\n",
    "the last reference of a cached page": "page p\ncall free_pages p order=0\n",
    "the last reference of a locked page":
        "page p mapping=none flags=locked\ncall free_pages p order=0\n",
    "a dirty pte of a listed page without mapping":
        "page p list=active mapping=none\nmm A pages=1 swap_cnt=1\n"
        "map A at=0 page=p young=0 dirty=1\ncall try_to_swap_out A at=0\n",
    "a dirty pte of a metadata page":
        "page p mapping=none buffers=clean\nmm A pages=1 swap_cnt=1\n"
        "map A at=0 page=p young=0 dirty=1\ncall try_to_swap_out A at=0\n",
    "a count that is too low for its holders":
        "page p list=inactive_dirty count=1 buffers=clean\ncall page_launder gfp=none sync=0\n",
}


@pytest.mark.parametrize("what", BUGS)
def test_bug(highwater: pathlib.Path, what: str) -> None:
    """What the kernel asserts ends the run, with the statement's place."""
    text = HEAD + BUGS[what]
    result = run_text(highwater, text + "show counters\n")
    assert result.returncode == 3
    assert "counters" not in result.stdout
    last = text.count("\n")
    assert re.fullmatch(rf"-:{last}: BUG: .+\n", result.stderr), result.stderr


def test_checks_find_planted_damage(highwater: pathlib.Path) -> None:
    """--check is not blind: a slot taken from under a page of the swap cache is found."""
    text = HEAD + "page p mapping=swap\ncall swap_free 0:1\n"
    assert run(highwater, "run", "-", text=text).returncode == 0
    result = run_text(highwater, text)
    assert result.returncode == 3
    assert result.stderr.startswith("-:3: BUG: ") and "swap slot is free" in result.stderr


def test_checks_find_planted_damage_in_26(highwater: pathlib.Path) -> None:
    """A page of the swap cache whose slot has forgotten it."""
    text = ("machine policy=2.6 normal=2048 swap=4\npage p mapping=swap\n"
            "call swapcache_free 0:1\n")
    result = run_text(highwater, text)
    assert result.returncode == 3
    assert result.stderr.startswith("-:3: BUG: ") and "does not know of it" in result.stderr


def test_a_slot_can_be_freed_under_its_page(highwater: pathlib.Path) -> None:
    """The slot is given out again; both pages keep it, and each takes its own leave."""
    text = HEAD.replace("swap=4", "swap=1") + (
        "page p mapping=swap list=inactive_clean\ncall swap_free 0:1\nmm A pages=1 swap_cnt=1\n"
        "anon A at=0 age=0 young=0\ncall try_to_swap_out A at=0\nshow pages\n"
        "call reclaim_page zone=normal\ntouch A at=0\nshow pages\n")
    result = run(highwater, "run", "-", text=text)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "swap_free -> none", "try_to_swap_out -> 0",
        "page p list=inactive_clean age=0 count=1 flags=swapcache slot=0:1 map=2",
        "page A.0 list=inactive_dirty age=0 count=1 flags=dirty,swapcache slot=0:1 map=2",
        "reclaim_page -> p",
        "page p list=none age=2 count=1 flags=-",
        "page A.0 list=active age=5 count=2 flags=dirty,swapcache slot=0:1 map=0"]


def test_failed_expectations_come_at_the_end(highwater: pathlib.Path) -> None:
    text = HEAD + ("page p age=3\nmm A pages=2\ncall free_shortage\n"
                   "expect p age=4 count=1 list=active\nexpect A rss=1\n"
                   "expect free_shortage -> 7\nexpect inactive_target -> 0\nshow p\n")
    result = run_text(highwater, text)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == "page p list=none age=3 count=1 flags=-"
    assert result.stderr.splitlines() == [
        "-:5: expected p age=4 list=active, got p age=3 list=none",
        "-:6: expected A rss=1, got A rss=0",
        "-:7: expected free_shortage -> 7, got free_shortage -> 0",
        "-:8: expected inactive_target -> 0, got free_shortage -> 0"]


def test_lexical_rules(highwater: pathlib.Path) -> None:
    """Comments, blanks, tabs, hexadecimal numbers, units, an unfinished last line."""
    text = ("# a comment\n\n  machine\tpolicy=2.4 dma=2M normal=0x600 # another\r\n"
            "page Page_1.x age=0x10\nshow Page_1.x\nshow counters")
    assert printed(highwater, text) == [
        "page Page_1.x list=none age=16 count=1 flags=-",
        "counters nr_active=0 nr_inactive_dirty=0 inactive_clean.dma=0 inactive_clean.normal=0 "
        "free.dma=512 free.normal=1535 memory_pressure=0"]


# ---- the command ----

@pytest.mark.parametrize("arguments, message", [
    ([], "no command"), (["frob"], "unknown command frob"), (["run"], "no scenario to run"),
    (["run", "--frob", "x"], "unknown option --frob"), (["run", "--events"], "no file after"),
    (["run", "a", "b"], "more than one scenario: b"),
    (["run", "/nonexistent.scn"], "/nonexistent.scn: No such file"),
    (["run", "/"], "/: "),
])
def test_usage_errors(highwater: pathlib.Path, arguments: list[str], message: str) -> None:
    result = run(highwater, *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("highwater: ") and message in result.stderr


def test_help_and_version(highwater: pathlib.Path) -> None:
    result = run(highwater, "--help")
    assert result.returncode == 0 and result.stdout.startswith("usage: highwater run")
    for same in (["-h"], ["help"], ["run", "--help"]):
        again = run(highwater, *same)
        assert (again.returncode, again.stdout) == (0, result.stdout)
    assert run(highwater, "--version").stdout.startswith("highwater ")


def test_errors_name_the_file_as_given(highwater: pathlib.Path,
                                       tmp_path: pathlib.Path) -> None:
    (tmp_path / "bad.scn").write_text("machine\n")
    result = run(highwater, "run", "bad.scn", cwd=tmp_path)
    assert result.stderr.startswith("bad.scn:1: error: ")


def test_messages_are_shown_when_asked_for(highwater: pathlib.Path) -> None:
    text = HEAD + "page p list=inactive_clean mapping=none\ncall reclaim_page zone=normal\n"
    assert run(highwater, "run", "-", text=text).stderr == ""
    assert "is in no cache" in run(highwater, "run", "--messages", "-", text=text).stderr
