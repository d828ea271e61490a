"""Labs as data: labs/NN-name/lab.json, read and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
LABS = TOP / "labs"


class LabError(Exception):
    """A lab that does not exist or whose description is wrong; the message names it."""


@dataclass(frozen=True)
class Mutant:
    """A likely wrong solution: the reference with one piece of text replaced."""

    name: str
    file: str  # name of the source file, without its directory
    replace: str
    by: str
    score: int  # what the lab's tests must give it


@dataclass(frozen=True)
class Lab:
    number: str  # "06"
    title: str
    directory: Path
    files: tuple[str, ...]  # the reference's files, relative to os/
    machines: tuple[str, ...]  # that its tests run: "sim-san", "i386", "x86_64"
    mutants: tuple[Mutant, ...]
    answers: str = ""  # the file of answers, for a lab without code

    @property
    def student_files(self) -> dict[str, Path]:
        """The student's file for each of the reference's."""
        return {name: self.directory / Path(name).name for name in self.files}


def all_labs() -> list[Lab]:
    return [load(path.parent) for path in sorted(LABS.glob("[0-9][0-9]-*/lab.json"))]


def find_lab(number: str) -> Lab:
    labs = all_labs()
    for lab in labs:
        if lab.number == number.zfill(2):
            return lab
    known = ", ".join(lab.number for lab in labs)
    if not number:
        raise LabError(f"which lab? Say LAB=NUMBER; the labs are {known}")
    raise LabError(f"LAB={number}: there is no such lab; the labs are {known}")


def load(directory: Path) -> Lab:
    path = directory / "lab.json"
    try:
        data = json.loads(path.read_text())
        return Lab(
            number=directory.name[:2],
            title=data["title"],
            directory=directory,
            files=tuple(data["files"]),
            machines=tuple(data["machines"]),
            mutants=tuple(Mutant(**mutant) for mutant in data["mutants"]),
            answers=data.get("answers", ""),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LabError(f"{path}: not a lab description: {error}") from error
