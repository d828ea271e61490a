"""Runs a scenario and judges the outcome."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

#: Host seconds after which a scenario hangs; it needs milliseconds.
HANG_SECONDS = 30
HANG = -1000  #: the status of one that did
EXPECTED = 1  #: the status when an `expect` was not met
#: At the end of a statement: the comment that says that it must be refused.
REFUSED = "# refused"

#: Leaks are no failure: the program ends with its scenario.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}


#: Exit status and output that a scenario must have; None if nobody can tell.
Predict = Callable[[str], tuple[int, str] | None]


@dataclass(frozen=True)
class Outcome:
    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Failure:
    """What is wrong, and with a sanitizer's report or a BUG, in which words."""

    #: "sanitizer", "bug", "hang", "crash", "differs", "rules", "refused", "accepted"
    kind: str
    message: str

    @property
    def signature(self) -> str:
        """The same for the same mistake: without numbers, names and places."""
        if self.kind in ("differs", "rules"):
            return self.kind
        words = re.sub(r"\([^)]*\)|0x[0-9a-f]+|\d+", "N", self.message)
        return f"{self.kind}: {words}"


def run(program: Path, text: str, *options: str) -> Outcome:
    try:
        done = subprocess.run([str(program), "run", *options, "-"], input=text, text=True,
                              capture_output=True, timeout=HANG_SECONDS, env=ENVIRONMENT,
                              check=False)
    except subprocess.TimeoutExpired:
        return Outcome(HANG, "", "")
    return Outcome(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Programs:
    """The build with sanitizers, which judges, and the plain one, which must agree."""

    judge: Path
    plain: Path

    def probe(self, text: str) -> Outcome:
        return run(self.plain, text)

    def failure(self, text: str, bug_allowed: bool = False,
                predict: Predict = lambda text: None) -> Failure | None:
        """What is wrong with the scenario's run, if anything is."""
        judged = run(self.judge, text, "--check")
        found = _own_failure(judged, bug_allowed, line_to_refuse(text))
        if found:
            return found
        plain = run(self.plain, text)
        if judged.status in (0, EXPECTED) and plain != judged:
            return Failure("differs", _difference((judged.status, judged.stdout),
                                                  (plain.status, plain.stdout)))
        by_rules = predict(text)
        if by_rules and by_rules != (plain.status, plain.stdout):
            return Failure("rules", _difference((plain.status, plain.stdout), by_rules))
        return None


def line_to_refuse(text: str) -> int | None:
    """The number of the line that says so of itself."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.endswith(REFUSED):
            return number
    return None


def _own_failure(outcome: Outcome, bug_allowed: bool, refusal: int | None) -> Failure | None:
    report = re.search(r"(AddressSanitizer: [\w-]+|runtime error: .*)", outcome.stderr)
    if outcome.status == HANG:
        return Failure("hang", f"no end after {HANG_SECONDS} seconds")
    if report:
        place = re.search(r"(?:#\d+ \S+ in (\w+)[^\n]* os/mm|^(\S+):\d+:\d+: runtime)",
                          outcome.stderr, re.MULTILINE)
        where = f" in {place[1] or place[2]}" if place else ""
        return Failure("sanitizer", report[1] + where)
    if outcome.status == 3:
        return None if bug_allowed else Failure("bug", _message(outcome, "BUG: "))
    if outcome.status == 2:
        if failing_line(outcome) == refusal:
            return None
        return Failure("refused", _message(outcome, "error: "))
    if refusal and outcome.status in (0, EXPECTED):
        return Failure("accepted", f"line {refusal} is not refused")
    if outcome.status and not (outcome.status == EXPECTED and _message(outcome, "expected ")):
        return Failure("crash", f"exit status {outcome.status}: {outcome.stderr[:200]}")
    return None


def _message(outcome: Outcome, what: str) -> str:
    """Of the first line of standard error that says WHAT about a line of the scenario."""
    found = re.search(rf"^[^:\n]*:\d+: {what}(.*)", outcome.stderr, re.MULTILINE)
    return found[1] if found else ""


def failing_line(outcome: Outcome) -> int | None:
    """The line that a BUG or an error was reported for."""
    place = re.search(r"^[^:\n]*:(\d+): (BUG|error):", outcome.stderr, re.MULTILINE)
    return int(place[1]) if place else None


def _difference(one: tuple[int, str], other: tuple[int, str]) -> str:
    for a, b in zip(one[1].splitlines(), other[1].splitlines()):
        if a != b:
            return f"`{a}`, not `{b}`"
    return f"exit status {one[0]}, not {other[0]}"
