"""What the book says about the code is so."""

from __future__ import annotations

import re
import subprocess

import pytest

from grader.labs import TOP

MECHANISMS = TOP / "book" / "mechanisms.md"
ROW = re.compile(r"^\| (?P<what>.*?) \| `(?P<function>\w+)` \| `(?P<file>[\w/.]+)` "
                 r"\|(?: `(?P<scenario>[\w-]+)` \|)?$", re.MULTILINE)
ROWS = list(ROW.finditer(MECHANISMS.read_text()))


def test_every_row_is_read() -> None:
    table = [line for line in MECHANISMS.read_text().splitlines()
             if line.startswith("|") and "`" in line]
    assert len(table) == len(ROWS) > 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what"][:40])
def test_mechanism(row: re.Match[str]) -> None:
    """The file defines the function; the scenario is there and has a known result."""
    path = TOP / row["file"] if row["file"].startswith("os/") else TOP / "os/mm" / row["file"]
    code = path.read_text()
    definition = rf"^[a-z][^;=]*\b{row['function']}\([^;{{]*\)\n\{{"
    assert re.search(definition, code, re.MULTILINE), f"{path} does not define it"
    scenario = ""
    if row["scenario"]:
        script = TOP / "os/tests/scenarios" / f"{row['scenario']}.scn"
        scenario = script.read_text()
        assert script.with_suffix(".out").exists()
    quirk = re.match(r"(Q\d+): ", row["what"])
    if quirk:
        header = "".join(h.read_text() for h in path.parent.glob("*.h"))
        assert re.search(rf"\b{quirk[1]}\b", code + scenario + header), "nothing mentions it"


def test_appendix_is_that_of_the_kernel() -> None:
    made = subprocess.run([TOP / "grader/python", TOP / "book/make-appendix", "--print"],
                          capture_output=True, text=True, check=True).stdout
    written = (TOP / "book/appendix-system-calls.md").read_text()
    assert written == made, "run `grader/python book/make-appendix`"
    names = re.findall(r"\bX\((\w+),\s*\w+,\s*\w+,", (TOP / "os/kernel/syscalls.h").read_text())
    assert sorted(set(names) - {"name"}) == re.findall(r"^\| `(\w+)` \| [\d–]", written, re.M)
