"""The grader's commands: python3 -m grader grade|starters."""

from __future__ import annotations

import argparse
import os
import sys

from grader.grade import grade, report
from grader.labs import TOP, LabError, all_labs, find_lab
from grader.starters import write_starters

OUT = TOP / "build" / "grade"


def _grade(arguments: argparse.Namespace) -> int:
    lab = find_lab(arguments.lab)
    out = OUT / lab.directory.name
    result = grade(lab, lab.student_files, arguments.seed, out)
    print(report(result))
    print(f"details: {os.path.relpath(out / 'result.json')}")
    return 0 if result.full_marks else 1


def _starters(arguments: argparse.Namespace) -> int:
    for line in write_starters(all_labs(), arguments.force):
        print(line)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="grader", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("grade", help="run a lab's tests on the student's files")
    command.add_argument("lab", nargs="?", default="", help="its number, such as 06")
    command.add_argument("--seed", type=int, default=1)
    command.set_defaults(run=_grade)
    command = commands.add_parser("starters", help="make the labs' starter files")
    command.add_argument("--force", action="store_true", help="overwrite what differs")
    command.set_defaults(run=_starters)
    arguments = parser.parse_args()
    try:
        return arguments.run(arguments)
    except LabError as error:
        print(f"grader: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
