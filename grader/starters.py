"""Starter files: the reference with the part that a student writes taken out.

Two comment lines mark such a part in a file of os/:

    /* LAB 06 BEGIN */
    ...
    /* LAB 06 END: return 0; */

The starter has a comment in its place, and after it the text behind "END:", if any,
so that it compiles.
"""

from __future__ import annotations

import re
from pathlib import Path

from grader.labs import TOP, Lab, LabError

PART = re.compile(
    r"^(?P<indent>\s*)/\* LAB (?P<lab>\d\d) BEGIN \*/\n(?P<body>.*?)"
    r"^\s*/\* LAB (?P=lab) END(?:: (?P<instead>[^*]*?))? \*/\n",
    re.MULTILINE | re.DOTALL,
)


def starter_text(reference: str, number: str) -> str:
    """The starter made from a reference file's text. Raises LabError if it has no marks."""
    count = 0

    def cut(match: re.Match[str]) -> str:
        nonlocal count
        if match["lab"] != number:
            return match[0]
        count += 1
        lines = [f"{match['indent']}/* Lab {number}: your code. */"]
        if match["instead"]:
            lines.append(f"{match['indent']}{match['instead']}")
        return "\n".join(lines) + "\n"

    text = PART.sub(cut, reference)
    if not count:
        raise LabError(f"no part is marked for lab {number}")
    if "LAB " + number in text:
        raise LabError(f"a mark for lab {number} has no partner")
    return text


def starters(lab: Lab) -> dict[Path, str]:
    """For each of the student's files, the text it starts with."""
    made = {}
    for name, path in lab.student_files.items():
        try:
            made[path] = starter_text((TOP / "os" / name).read_text(), lab.number)
        except LabError as error:
            raise LabError(f"os/{name}: {error}") from error
    return made


def write_starters(labs: list[Lab], force: bool = False) -> list[str]:
    """Writes missing and outdated starters; returns a line for each file.

    A file that is neither missing nor a starter of this version may hold somebody's
    work: it is left alone unless FORCE is set.
    """
    said = []
    for lab in labs:
        for path, text in starters(lab).items():
            name = path.relative_to(TOP)
            if path.exists() and path.read_text() == text:
                said.append(f"{name}: up to date")
            elif path.exists() and not force:
                said.append(f"{name}: differs from the starter, left alone "
                            "(--force overwrites it)")
            else:
                path.write_text(text)
                said.append(f"{name}: written")
    return said
