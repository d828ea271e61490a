"""What the grader says about files that crash, hang, cheat or do not compile."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from grader import __main__ as command, build
from grader.grade import Result, TestResult as Outcome, grade, report
from grader.labs import TOP, find_lab

LAB = find_lab("06")
AGING, REFILL = LAB.files
LOCKED = "\tspin_lock(&lru_lock);\n\tbudget = "


def planted(directory: Path, name: str, old: str, new: str) -> dict[str, Path]:
    """The reference's files, but with OLD replaced in the file NAME."""
    files = {other: TOP / "os" / other for other in LAB.files}
    text = files[name].read_text()
    assert text.count(old) == 1, old
    files[name] = directory / Path(name).name
    files[name].write_text(text.replace(old, new))
    return files


def booted(files: dict[str, Path], directory: Path) -> Outcome:
    """What the test that boots a kernel says; the others have no program to run."""
    lab = dataclasses.replace(LAB, machines=("i386",))
    result = grade(lab, files, 3, directory / "out")
    assert not result.build_error, result.build_error
    return next(test for test in result.tests if test.id == "under_pressure")


def refused(directory: Path, name: str, old: str, new: str) -> Result:
    result = grade(LAB, planted(directory, name, old, new), 3, directory / "out")
    assert result.points == 0 and result.build_error
    assert {test.status for test in result.tests} == {"fail"}
    return result


def test_panic_shows_its_line_and_a_backtrace(tmp_path: Path) -> None:
    files = planted(tmp_path, REFILL, LOCKED, '\tpanic("planted %d", 7);\n' + LOCKED)
    test = booted(files, tmp_path)
    line = files[REFILL].read_text().split("planted")[0].count("\n") + 1
    assert test.status == "panic" and test.points == 0
    assert "PANIC: planted 7" in test.actual
    assert f"refill_inactive_scan at refill.c:{line}" in test.actual, test.actual
    assert "kswapd" in test.actual or "alloc" in test.actual, test.actual


def test_hang_with_the_lock_held_shows_where_the_cpu_is(tmp_path: Path) -> None:
    files = planted(tmp_path, REFILL, LOCKED, LOCKED.replace(
        "\tbudget", "\tfor (volatile int forever = 1; forever;)\n\t\t;\n\tbudget"))
    test = booted(files, tmp_path)
    assert test.status == "timeout" and test.points == 0
    assert "CPU 0:" in test.actual and "refill_inactive_scan" in test.actual, test.actual
    assert "refill.c:" in test.actual, test.actual


def test_hang_without_interrupts_is_seen(tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    """The guest's clock stands still then. (That `cli` is refused is put aside here.)"""
    monkeypatch.setattr(build, "FORBIDDEN_INSTRUCTIONS", re.compile("(?!)"))
    files = planted(tmp_path, REFILL, LOCKED, LOCKED.replace(
        "\tbudget", '\tfor (;;)\n\t\tasm volatile("cli");\n\tbudget'))
    test = booted(files, tmp_path)
    assert test.status == "timeout" and "with interrupts off" in test.actual, test.actual
    assert "refill_inactive_scan" in test.actual


def test_what_does_not_compile_gets_nothing(tmp_path: Path,
                                            monkeypatch: pytest.MonkeyPatch,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    lab = dataclasses.replace(LAB, directory=tmp_path / LAB.directory.name)
    lab.directory.mkdir()
    shutil.copy(LAB.directory / "tests.py", lab.directory)
    planted(lab.directory, AGING, "page->age /= 2;", "page->years /= 2;")
    shutil.copy(TOP / "os" / REFILL, lab.directory)
    monkeypatch.setattr(command, "find_lab", lambda number: lab)
    monkeypatch.setattr(command, "OUT", tmp_path / "grade")
    monkeypatch.setattr(sys, "argv", ["grader", "grade", "06"])
    assert command.main() == 1
    said = capsys.readouterr().out
    assert "no member named 'years'" in said.replace("‘", "'").replace("’", "'")
    assert "aging.c:" in said and "0 of 100 points" in said
    written = json.loads((tmp_path / "grade" / lab.directory.name / "result.json").read_text())
    assert written["schema"] == "highwater/result/1"
    assert written["points"] == 0 and written["max_points"] == 100
    assert "years" in written["build_error"] and len(written["tests"]) == 10


def test_printed_results_give_no_points(tmp_path: Path) -> None:
    """A starter that claims success by all means that printk has."""
    files = {}
    for name, path in LAB.student_files.items():
        files[name] = tmp_path / path.name
        files[name].write_text(path.read_text().replace(
            "/* Lab 06: your code. */\n\treturn 0;",
            'static int told;\n\tif (!told++)\n\t\t'
            'printk("ok\\nrefill_inactive_scan -> 1\\n[init] exit 0\\n{\\"points\\": 100}\\n");'
            "\n\treturn 0;"))
    assert "printk(" in files[REFILL].read_text()
    result = grade(LAB, files, 3, tmp_path / "out")
    assert not result.build_error, result.build_error
    assert result.points == 0, report(result)


@pytest.mark.parametrize("call", ["write(1, \"ok\", 2)", "puts(\"ok\")", "_exit(0)"])
def test_calls_to_the_host_are_refused(tmp_path: Path, call: str) -> None:
    name = call.split("(")[0]
    result = refused(tmp_path, REFILL, LOCKED,
                     f"\textern int {name}();\n\t{call};\n{LOCKED}")
    assert f"refill.c uses what the kernel does not offer: {name}" in result.build_error


def test_machine_instructions_are_refused(tmp_path: Path) -> None:
    result = refused(tmp_path, REFILL, LOCKED, f'\tasm volatile("outb %al, $0xf4");\n{LOCKED}')
    assert "machine instruction `out`" in result.build_error


def test_forged_records_are_refused(tmp_path: Path) -> None:
    result = refused(tmp_path, REFILL, LOCKED, f"\tevent_rings[0].head = 0;\n{LOCKED}")
    assert "does not offer: event_rings" in result.build_error


def test_a_header_beside_the_file_changes_nothing(tmp_path: Path) -> None:
    """Quotes look in the file's own directory first: there the grader's copy is alone."""
    header = tmp_path / "mm" / "reclaim" / "v24" / "v24.h"
    header.parent.mkdir(parents=True)
    header.write_text("#error this header was changed\n")
    files = {name: Path(shutil.copy(TOP / "os" / name, tmp_path)) for name in LAB.files}
    result = grade(LAB, files, 3, tmp_path / "out")
    assert result.full_marks, report(result)


def test_a_structure_of_ones_own_is_refused(tmp_path: Path) -> None:
    result = refused(tmp_path, REFILL, "/* LAB 06 BEGIN */\n\n/*\n * One",
                     "struct page { int mine; };\n/*\n * One")
    assert "redefinition of" in result.build_error
