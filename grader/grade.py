"""Grades one lab: build, run the tests, score. Nothing that the student's code prints
can give points: a test passes only when the host's own judgement says so."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from grader import sandbox
from grader.build import BuildError, build
from grader.guest import GuestError, GuestPanic, find_gdb
from grader.labs import TOP, Lab
from grader.testing import Bench, Failure, Test, load_tests

SCHEMA = "highwater/result/1"


@dataclass
class TestResult:
    """What became of one test. `status`: pass, fail, panic, timeout or error."""

    __test__ = False  # pytest collects by name

    id: str
    title: str
    points: int
    max: int
    status: str = "error"
    message: str = ""
    expected: str = ""
    actual: str = ""
    hint: str = ""
    log: str = ""
    seconds: float = 0.0


@dataclass
class Result:
    """A lab's grade: what result.json holds."""

    schema: str
    lab: str
    title: str
    seed: int
    sandbox: str
    started: str  # UTC
    toolchain: dict[str, str]  # what the tools say of their versions
    points: int = 0
    max_points: int = 0
    build_error: str = ""
    seconds: float = 0.0
    tests: list[TestResult] = field(default_factory=list)

    @property
    def full_marks(self) -> bool:
        return not self.build_error and self.points == self.max_points > 0


@functools.cache
def toolchain() -> dict[str, str]:
    versions = {}
    for tool in ("gcc", "qemu-system-i386", find_gdb()):
        if shutil.which(tool):
            said = subprocess.run([tool, "--version"], capture_output=True, text=True,
                                  check=False).stdout
            versions[tool] = said.partition("\n")[0]
    return versions


def _run_test(test: Test, bench: Bench) -> TestResult:
    result = TestResult(test.name, test.title, 0, test.points)
    start = time.monotonic()
    try:
        test.run(bench)
        result.status, result.points = "pass", test.points
    except Failure as failure:
        result.status, result.message = failure.status, failure.message
        result.expected, result.actual = failure.expected, failure.actual
        result.log = failure.log
    except GuestPanic as panic:
        result.status, result.message = "panic", "the kernel panicked"
        result.actual = str(panic)
    except GuestError as error:
        result.status, result.message = "fail", "the guest did not get there"
        result.actual = str(error)
    except Exception as error:  # a defect of ours: no points, and it says so
        result.message = f"the test itself failed: {type(error).__name__}: {error}"
    if result.status != "pass":
        result.hint = test.hint
    result.seconds = round(time.monotonic() - start, 3)
    return result


def grade(lab: Lab, files: dict[str, Path], seed: int, out: Path,
          answers: Path | None = None) -> Result:
    """Grades FILES (reference name to the student's file) and writes OUT/result.json.

    ANSWERS replaces the lab's own file of answers.
    """
    if lab.answers and not answers:
        answers = lab.directory / lab.answers
    tests = load_tests(lab)
    result = Result(SCHEMA, lab.number, lab.title, seed, sandbox.tier(),
                    time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), toolchain(),
                    max_points=sum(test.points for test in tests))
    start = time.monotonic()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    programs: dict[str, Path] = {}
    try:
        missing = [path for path in files.values() if not path.exists()]
        if missing:
            raise BuildError("there is no " + ", ".join(
                str(path.relative_to(TOP) if path.is_relative_to(TOP) else path)
                for path in missing) + "; `make starters` makes it")
        for machine in lab.machines:
            programs[machine] = build(lab, files, machine, out / machine)
    except BuildError as error:
        result.build_error = str(error)
    if result.build_error:
        result.tests = [TestResult(test.name, test.title, 0, test.points, "fail",
                                   "your files do not build") for test in tests]
    else:
        benches = []
        for test in tests:
            directory = out / test.name
            directory.mkdir()
            benches.append(Bench(lab, seed, test.name, programs, directory, answers))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            result.tests = list(pool.map(_run_test, tests, benches))
    result.points = sum(test.points for test in result.tests)
    result.seconds = round(time.monotonic() - start, 3)
    write_result(result, out / "result.json")
    return result


def write_result(result: Result, path: Path) -> None:
    """Writes the whole file or nothing."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(result), indent=1) + "\n")
    new.rename(path)


def report(result: Result) -> str:
    """The result as text for a terminal."""
    lines = [f"Lab {result.lab}: {result.title}  (seed {result.seed})", ""]
    if result.build_error:
        lines += ["Your files do not build, so no test could run:", "",
                  textwrap.indent(result.build_error, "    "), ""]
    else:
        for test in result.tests:
            mark = "ok  " if test.status == "pass" else test.status
            lines.append(f"{test.points:3}/{test.max:<3} {mark:7} {test.title}")
            if test.status == "pass":
                continue
            lines.append(f"        {test.message}")
            for label, text in (("expected", test.expected), ("actual", test.actual),
                                ("hint", test.hint)):
                if text:
                    lines.append(_indent(f"{label + ':':10}{text}", 8, 18))
            lines.append("")
    lines.append(f"{result.points} of {result.max_points} points in {result.seconds:.1f} s")
    return "\n".join(lines)


def _indent(text: str, first: int = 4, rest: int = 4) -> str:
    lines = [part for line in text.splitlines()
             for part in textwrap.wrap(line, 96 - rest,
                                       break_long_words=False) or [""]] or [""]
    return "\n".join([" " * first + lines[0], *(" " * rest + line for line in lines[1:])])
