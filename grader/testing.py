"""What a lab's tests are written with: the decorator, the bench, and failures.

A lab's tests.py holds functions marked with @test. Each gets a Bench: random numbers
from the run's seed, the student's build of sim, and a booted guest. A test judges what
it reads from there; it raises Failure to say what was expected and what happened.
"""

from __future__ import annotations

import importlib.util
import math
import random
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from grader import sandbox
from grader.build import reference_program
from grader.evidence import Evidence, GuestHang, Watch, qemu_sandbox
from grader.guest import SLOW, Config, Guest
from grader.labs import TOP, Lab

#: CPU seconds that one scenario may take; the reference needs a few milliseconds.
SCENARIO_SECONDS = math.ceil(SLOW)
#: Events that a booted guest keeps (it takes an eighth of its memory at most).
RING_RECORDS = 65536


class Failure(Exception):
    """A test failed: what was expected, and what the student's kernel did."""

    def __init__(self, message: str, expected: str = "", actual: str = "",
                 status: str = "fail", log: str = ""):
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.actual = actual
        self.status = status  # "fail", "panic" or "timeout"
        self.log = log


class Answers:
    """A student's file of answers: lines of `name = value`, and comments."""

    def __init__(self, path: Path):
        self.path = path
        self._values: dict[str, str] = {}
        try:
            text = path.read_text()
        except OSError as error:
            raise Failure(f"the answers cannot be read: {error}") from error
        for number, line in enumerate(text.splitlines(), 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            name, equals, value = line.partition("=")
            if not equals:
                raise Failure(f"{path.name}, line {number}: there is no '='", actual=line)
            self._values[name.strip()] = value.strip()

    def word(self, name: str) -> str:
        value = self._values.get(name, "")
        if not value:
            raise Failure(f"{name} has no answer yet", expected=f"a value behind '{name} ='")
        return value

    def number(self, name: str) -> int:
        value = self.word(name)
        try:
            return int(value, 0)
        except ValueError:
            raise Failure(f"{name} is not a number", expected="a number, such as 12 or 0xc",
                          actual=value) from None


class Bench:
    """One test's access to the student's kernel, or to the student's answers."""

    def __init__(self, lab: Lab, seed: int, name: str, programs: dict[str, Path],
                 directory: Path, answers: Path | None = None):
        self.lab = lab
        self._answers = answers
        self.random = random.Random(f"{seed}/{name}")
        self.programs = programs  # by machine
        self.directory = directory

    @property
    def answers(self) -> Answers:
        assert self._answers, "this lab has no answers"
        return Answers(self._answers)

    def scenario(self, text: str) -> list[str]:
        """The lines that the student's sim prints for a scenario."""
        program = self.programs["sim-san"]
        outcome = sandbox.run(
            [str(program), "run", "--check", "-"], cwd=self.directory, stdin=text,
            read=[program.parent], write=[self.directory], seconds=SCENARIO_SECONDS,
            address_space=None)
        if outcome.timed_out:
            raise Failure("a scenario did not come to an end", status="timeout",
                          expected="an answer within milliseconds",
                          actual=f"nothing after {SCENARIO_SECONDS} s of computing: "
                                 "an endless loop?", log=text)
        if outcome.status == 3:
            raise Failure("the kernel stopped itself", status="panic",
                          actual=_statement(outcome.stderr, text), log=outcome.stderr[-4000:])
        if outcome.status not in (0, 1):
            raise Failure("the kernel crashed", status="panic",
                          actual=_crash(outcome.stderr), log=outcome.stderr[-4000:])
        return outcome.stdout.splitlines()

    def boot(self, command: str, mem: int, busy_ticks: int) -> Evidence:
        """Boots the student's i386 kernel, runs COMMAND, and reads what it left.

        MEM is in MiB. BUSY_TICKS is the guest time at work that the kernel may use.
        """
        config = Config(arch="i386", mem=mem, icount=True, kernel=self.programs["i386"],
                        command=command, options=f"trace_records={RING_RECORDS}",
                        extra=qemu_sandbox("qemu-system-i386"))
        with Guest(config) as guest:
            watch = Watch(guest, reference_program("i386"))
            try:
                return watch.evidence(watch.wait(busy_ticks))
            except GuestHang as hang:
                raise Failure("the kernel hangs", status="timeout", actual=str(hang),
                              expected="power-off after the workload",
                              log=guest.tail()) from hang

    def compare(self, text: str, expected: list[str], what: str) -> None:
        """Runs a scenario and raises Failure at the first line that differs."""
        actual = self.scenario(text)
        for number, (want, got) in enumerate(zip(expected, actual)):
            if want != got:
                raise Failure(what, expected=want, actual=got,
                              log=_context(text, actual, number))
        if len(expected) != len(actual):
            raise Failure(what, expected=f"{len(expected)} lines of output",
                          actual=f"{len(actual)} lines", log=text)


def _context(text: str, actual: list[str], number: int) -> str:
    before = "\n".join(actual[max(0, number - 5):number])
    return f"the scenario:\n{text}\nthe lines before the difference:\n{before}"


def _statement(stderr: str, text: str) -> str:
    """sim's BUG line, with the statement that it names."""
    match = re.search(r"^[^:\n]*:(\d+): (BUG: .*)$", stderr, re.MULTILINE)
    if not match:
        return _crash(stderr)
    lines = text.splitlines()
    number = int(match[1])
    statement = lines[number - 1] if 0 < number <= len(lines) else "?"
    return f"{match[2]}\n    at: {statement}"


def _crash(stderr: str) -> str:
    """The summary and the frames in the kernel's sources of a sanitizer's report."""
    lines = stderr.strip().splitlines()
    head = next((line for line in lines if "ERROR: " in line or "runtime error" in line),
                lines[-1] if lines else "no message")
    frames = [line.strip() for line in lines if re.match(r"\s*#\d+ .*\.c:\d+", line)]
    return "\n".join([head.strip(), *(f"    {frame}" for frame in frames[:8])])


@dataclass(frozen=True)
class Test:
    """One test of a lab."""

    name: str
    title: str
    points: int
    hint: str
    run: Callable[[Bench], None]


def test(points: int, title: str, hint: str) -> Callable[[Callable[[Bench], None]], Test]:
    """Marks a function of a lab's tests.py as a test worth POINTS."""

    def mark(function: Callable[[Bench], None]) -> Test:
        return Test(function.__name__, title, points, hint, function)

    return mark


def load_tests(lab: Lab) -> list[Test]:
    """The tests of a lab's tests.py, in the order in which they are written."""
    path = lab.directory / "tests.py"
    spec = importlib.util.spec_from_file_location(f"lab{lab.number}_tests", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return [value for value in vars(module).values() if isinstance(value, Test)]


__all__ = ["Bench", "Failure", "Test", "TOP", "load_tests", "test"]
