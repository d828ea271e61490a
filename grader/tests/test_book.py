"""What the book says about the code is so."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from pathlib import Path

import pytest

from diagrams import events
from grader.build import make
from grader.labs import TOP
from grader.mechanisms import BOOK, SCENARIOS, TESTS, Row, file_of, read_rows

ROWS = read_rows()
#: A path of letters, such as `ID → X → A`, at the start of a row's first column.
PATH = re.compile(r"(?:[A-Z]+ → )+[A-Z]+")
QUIRKS = 43  #: so many the facts about 2.4 have
MODEL = json.loads((TOP / "diagrams" / "model" / "v24.json").read_text())
STATES = {state["tag"]: state["name"] for state in MODEL["states"]}


def row_id(row: Row) -> str:
    return row.what[:40]


def test_every_row_is_read() -> None:
    table = [line for line in BOOK.read_text().splitlines()
             if line.startswith("|") and "`" in line]
    assert len(table) == len(ROWS) > 200


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_mechanism(row: Row) -> None:
    """The file defines the function; a comment there, or what shows it, names the quirk."""
    code = row.path.read_text()
    definition = rf"^[a-z][^;=]*\b{row.function}\([^;{{]*\)\n\{{"
    assert re.search(definition, code, re.MULTILINE), f"{row.path} does not define it"
    quirk = re.match(r"(Q\d+): ", row.what)
    if quirk:
        header = "".join(h.read_text() for h in row.path.parent.glob("*.h"))
        shown = file_of(row.shown).read_text()
        assert re.search(rf"\b{quirk[1]}\b", code + shown + header), "nothing mentions it"


def test_hot_functions_are_defined() -> None:
    """The linker passes over a name that nothing has any longer."""
    names = re.findall(r"\.text\.(\w+)", (TOP / "os/arch/x86/hot.lds").read_text())
    code = "".join(file.read_text() for file in (TOP / "os").rglob("*.[cS]"))
    assert len(names) > 20
    for name in names:
        assert re.search(rf"^[a-z][^;=]*\b{name}\(|\.section \.text\.{name},", code,
                         re.MULTILINE), name


@pytest.mark.parametrize("name", sorted({row.shown for row in ROWS}))
def test_what_shows_it_runs(name: str) -> None:
    """It is there, and a test that pytest collects runs it."""
    file = file_of(name)
    if name.startswith("units/"):
        unit = file.stem
        lists = (TESTS / "test_units.py").read_text() + (TESTS / "test_cache.py").read_text()
        assert file.exists() and re.search(rf'"{unit}"[:,]', lists), "no test runs it"
    elif "::" in name:
        test = name.split("::")[1]
        assert re.search(rf"^def {test}\(", file.read_text(), re.MULTILINE)
    else:
        # test_scenarios.py runs whatever has these two.
        assert file.exists() and file.with_suffix(".out").exists()


def path_of(row: Row) -> list[str]:
    """The states of a row about a move, else an empty list."""
    path = PATH.match(row.what)
    return [STATES[tag] for tag in path[0].split(" → ")] if path else []


@pytest.fixture(scope="module")
def sim() -> Path:
    make("sim", "ARCH=sim")
    return TOP / "build" / "sim" / "highwater"


@pytest.mark.parametrize("row", [row for row in ROWS if path_of(row)
                                 and file_of(row.shown).suffix == ".scn"], ids=row_id)
def test_scenario_makes_the_move(row: Row, sim: Path, tmp_path: Path) -> None:
    """One page of the scenario goes all of the path, in one go."""
    ring = tmp_path / "events.ring"
    subprocess.run([sim, "run", "--events", ring, file_of(row.shown)], check=True,
                   capture_output=True)
    trace = events.load(ring)
    lives: dict[int, list[str]] = {}
    for event in filter(trace.is_move, trace.events):
        life = lives.setdefault(event.pfn, [trace.state(event.source)])
        life.append(trace.state(event.target))
    path = path_of(row)
    assert any(life[i:i + len(path)] == path
               for life in lives.values() for i in range(len(life)))


def test_every_move_of_the_model_has_a_row() -> None:
    rows = {pair for row in ROWS for pair in itertools.pairwise(path_of(row))}
    model = {(move["from"], move["to"]) for move in MODEL["moves"]}
    assert rows == model


def test_every_quirk_is_in_one_table() -> None:
    text = BOOK.read_text()
    numbers = re.findall(r"^(?:\| |- )Q(\d+): ", text, re.MULTILINE)
    assert sorted(map(int, numbers)) == list(range(1, QUIRKS + 1))


def test_every_event_script_has_a_file() -> None:
    """E1 to E42, in the table of the scenarios' README; each file is one that runs."""
    readme = (SCENARIOS / "README.md").read_text()
    table = re.findall(r"^\| ((?:E\d+ ?)+)\|.*\| (.*) \|$", readme, re.MULTILINE)
    numbers = [int(n) for scripts, _ in table for n in re.findall(r"E(\d+)", scripts)]
    assert sorted(numbers) == list(range(1, 43))
    for _, files in table:
        for name in re.findall(r"`([^`]+)`", files):
            test_what_shows_it_runs(name.removesuffix(".c"))


def test_appendix_is_that_of_the_kernel() -> None:
    made = subprocess.run([TOP / "grader/python", TOP / "book/make-appendix", "--print"],
                          capture_output=True, text=True, check=True).stdout
    written = (TOP / "book/appendix-system-calls.md").read_text()
    assert written == made, "run `grader/python book/make-appendix`"
    names = re.findall(r"\bX\((\w+),\s*\w+,\s*\w+,", (TOP / "os/kernel/syscalls.h").read_text())
    assert sorted(set(names) - {"name"}) == re.findall(r"^\| `(\w+)` \| [\d–]", written, re.M)
