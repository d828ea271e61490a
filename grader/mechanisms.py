"""The rows of book/mechanisms.md: each mechanism, its function and what shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from grader.labs import TOP

BOOK = TOP / "book" / "mechanisms.md"
TESTS = TOP / "os" / "tests"
SCENARIOS = TESTS / "scenarios"
_ROW = re.compile(r"^\| (.*?) \| `(\w+)` \| `([\w/.]+)` \| `([\w./:-]+)` \|$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    what: str
    function: str
    file: str  # below os/mm, or below the top if it begins with os/
    shown: str  # a scenario, units/NAME or FILE::TEST

    @property
    def path(self) -> Path:
        return TOP / self.file if self.file.startswith("os/") else TOP / "os/mm" / self.file

    def is_home(self, file: str | Path) -> bool:
        """Is FILE, as a compiler names it, the row's? An inline function has many homes."""
        return self.file.endswith(".h") or str(file).endswith(
            str(self.path.relative_to(TOP / "os")))


def file_of(shown: str) -> Path:
    """The file of a scenario, a program in C or a test, by what the last column says."""
    if shown.startswith("units/"):
        return TESTS / f"{shown}.c"
    if "::" in shown:
        return TESTS / shown.split("::")[0]
    return SCENARIOS / f"{shown}.scn"


def read_rows() -> list[Row]:
    return [Row(*found) for found in _ROW.findall(BOOK.read_text())]
