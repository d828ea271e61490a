"""Every lab's tests have teeth: the reference passes, the starter fails everything, each
kept wrong solution gets exactly its score, and the starters are those of the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.grade import Result, grade
from grader.labs import TOP, Lab, Mutant, all_labs
from grader.starters import starter_text, starters

SEED = 4
LABS = {lab.directory.name: lab for lab in all_labs()}
CODE_LABS = {name: lab for name, lab in LABS.items() if lab.files}
MUTANTS = {f"{name}-{mutant.name}": (lab, mutant)
           for name, lab in CODE_LABS.items() for mutant in lab.mutants}


def reference(lab: Lab) -> dict[str, Path]:
    return {name: TOP / "os" / name for name in lab.files}


def graded(lab: Lab, files: dict[str, Path], out: Path, seed: int = SEED) -> Result:
    return grade(lab, files, seed, out)


def explain(result: Result) -> str:
    return result.build_error or "\n".join(
        f"{test.id}: {test.status} {test.message}" for test in result.tests)


@pytest.mark.parametrize("name", CODE_LABS)
@pytest.mark.parametrize("seed", [1, 2])
def test_reference_gets_full_marks(name: str, seed: int, tmp_path: Path) -> None:
    lab = CODE_LABS[name]
    result = graded(lab, reference(lab), tmp_path / "out", seed)
    assert result.full_marks, explain(result)
    assert result.max_points == 100


@pytest.mark.parametrize("name", CODE_LABS)
def test_starter_compiles_and_fails_every_test(name: str, tmp_path: Path) -> None:
    lab = CODE_LABS[name]
    files = {}
    for source, path in zip(lab.files, lab.student_files.values()):
        files[source] = tmp_path / path.name
        files[source].write_text(
            starter_text((TOP / "os" / source).read_text(), lab.number))
    result = graded(lab, files, tmp_path / "out")
    assert not result.build_error, result.build_error
    assert result.points == 0, explain(result)
    # A kernel that cannot free memory may try for ever; nothing else may hang.
    assert {test.status for test in result.tests if test.id != "under_pressure"} <= {
        "fail", "panic"}, explain(result)


@pytest.mark.parametrize("name", CODE_LABS)
def test_starters_are_those_of_the_reference(name: str) -> None:
    for path, text in starters(CODE_LABS[name]).items():
        assert path.read_text() == text, f"{path}: run `make starters`"


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_gets_its_score(name: str, tmp_path: Path) -> None:
    lab, mutant = MUTANTS[name]
    result = graded(lab, mutated(lab, mutant, tmp_path), tmp_path / "out")
    assert not result.build_error, result.build_error
    assert result.points == mutant.score, explain(result)


def mutated(lab: Lab, mutant: Mutant, directory: Path) -> dict[str, Path]:
    files = reference(lab)
    for name, path in files.items():
        if path.name == mutant.file:
            text = path.read_text()
            assert text.count(mutant.replace) == 1, f"{mutant.name}: its text is not unique"
            files[name] = directory / path.name
            files[name].write_text(text.replace(mutant.replace, mutant.by))
    return files
