"""Lab 01: answers found as a student finds them, in gdb on the seeded machine."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from diagrams import dump as dumps
from grader import seeded
from grader.debugger import Debugger
from grader.grade import Result, grade
from grader.guest import Guest
from grader.labs import find_lab

LAB = find_lab("01")
SEED = 20260
OTHER_SEED = 7


def number(debugger: Debugger, expression: str) -> int:
    said = debugger.command(f"print {expression}")
    found = re.search(r"= (\d+)$", said)
    assert found, said
    return int(found[1])


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], Path]:
    """The right answers, and the dump that they are about."""
    dump = tmp_path_factory.mktemp("looked") / "dump.json"
    with Guest(seeded.seeded_config(SEED)) as guest:
        guest.boot()
        guest.run("memhog 4")
        with Debugger(guest) as debugger:
            debugger.command(f"mm dump {dump}")
            kinds = {"DMA": 0, "Normal": 2}  # as in enum zone_type
            for name in kinds:
                kinds[name] = number(debugger, f"(int)ZONE_{name.upper()}")
            size = {name: number(debugger, f"zones[{kind}].size")
                    for name, kind in kinds.items()}
            behind = debugger.command(f"mm page {sum(size.values())}")
            head = f"((struct page *)((char *)active_list.prev - " \
                   f"(unsigned long)&((struct page *)0)->lru) - mem_map)"
            order = max(order for order in range(10) if number(
                debugger, f"zones[{kinds['Normal']}].free_area[{order}].nr_free"))
            block = f"zones[{kinds['Normal']}].free_area[{order}].blocks[0].next"
            answers: dict[str, object] = {
                "seed": SEED,
                "frames": number(debugger, "nr_frames"),
                "page_record_bytes": number(debugger, "sizeof(struct page)"),
                "dma_frames": size["DMA"],
                "normal_frames": size["Normal"],
                "normal_pages_min": number(debugger, f"zones[{kinds['Normal']}].pages_min"),
                "freepages_high": number(debugger, "freepages.high"),
                "zone_behind_normal": re.search(r"zone (\w+)", behind)[1],
                "active_pages": number(debugger, "nr_active_pages"),
                "next_to_scan": number(debugger, head),
                "next_block": number(
                    debugger, f"(struct page *)((char *){block} - "
                              "(unsigned long)&((struct page *)0)->list) - mem_map"),
            }
    return answers, dump


def graded(directory: Path, answers: dict[str, object] | str,
           dump: Path | str | None) -> Result:
    """The grade of answers.txt as committed, filled in, or of a text of its own."""
    text = answers
    if isinstance(answers, dict):
        text = re.sub(r"^(\w+) =$", lambda m: f"{m[0]} {answers.get(m[1], '')}",
                      (LAB.directory / LAB.answers).read_text(), flags=re.MULTILINE)
    (directory / "answers.txt").write_text(str(text))
    if isinstance(dump, Path):
        shutil.copy(dump, directory / "dump.json")
    elif dump is not None:
        (directory / "dump.json").write_text(dump)
    return grade(LAB, {}, 1, directory / "out", directory / "answers.txt")


def failed(result: Result) -> dict[str, str]:
    return {test.id: test.message for test in result.tests if test.status != "pass"}


def test_right_answers_get_all_points(tmp_path: Path, looked) -> None:
    result = graded(tmp_path, *looked)
    assert result.full_marks and result.max_points == 100, failed(result)


def test_as_committed_there_are_no_points(tmp_path: Path) -> None:
    result = graded(tmp_path, {}, None)
    assert result.points == 0
    assert set(failed(result).values()) == {"seed has no answer yet",
                                            "zone_behind_normal has no answer yet"}


def test_each_wrong_answer_costs_its_test(tmp_path: Path, looked) -> None:
    right, dump = looked
    wrong = {name: value + 1 for name, value in right.items() if isinstance(value, int)}
    result = graded(tmp_path, {**wrong, "seed": SEED, "zone_behind_normal": "Normal"}, dump)
    assert result.points == 10, failed(result)  # the dump itself is good
    assert set(failed(result)) == {test.id for test in result.tests} - {"sound_dump"}
    for test in result.tests:
        for value in right.values():
            assert str(value) not in re.findall(r"\w+", test.expected), "it tells the answer"


def test_malformed_answers_are_named(tmp_path: Path, looked) -> None:
    right, dump = looked
    result = graded(tmp_path, {**right, "frames": "many", "dma_frames": ""}, dump)
    assert failed(result) == {"frames": "frames is not a number",
                              "zones": "dma_frames has no answer yet"}
    result = graded(tmp_path, {**right, "seed": "me"}, dump)
    assert result.points == 10 and failed(result)["frames"] == "seed is not a number"
    result = graded(tmp_path, "seed = 1\nframes 12\n", dump)
    assert set(failed(result).values()) == {"answers.txt, line 2: there is no '='"}


@pytest.mark.parametrize("text, said", [
    ("not a dump", "not JSON"), ("[]", "schema is 'list'"), ("{}", "schema is None"),
    ('{"schema": "mm-dump/1"}', "is missing")])
def test_malformed_dumps_are_named(tmp_path: Path, looked, text: str, said: str) -> None:
    result = graded(tmp_path, looked[0], text)
    assert result.points == 60
    assert set(failed(result)) == {"sound_dump", "active", "tail", "block"}
    assert set(failed(result).values()) == {"the dump cannot be read"}
    assert said in next(test for test in result.tests if test.id == "tail").actual


def test_a_dump_with_a_broken_list_is_not_sound(tmp_path: Path, looked) -> None:
    raw = json.loads(looked[1].read_text())
    raw["lists"]["active"].append(raw["lists"]["active"][0])
    result = graded(tmp_path, looked[0], json.dumps(raw))
    assert failed(result)["sound_dump"] == "the lists in the dump are broken"


def test_the_dump_of_another_machine_is_recognised(tmp_path: Path, looked) -> None:
    other = tmp_path / "other.json"
    with Guest(seeded.seeded_config(OTHER_SEED)) as guest:
        guest.boot()
        with Debugger(guest) as debugger:
            debugger.command(f"mm dump {other}")
    assert dumps.load(other).nr_pages
    result = graded(tmp_path, looked[0], other)
    assert failed(result) == dict.fromkeys(("sound_dump", "active", "tail", "block"),
                                           "the dump is of another machine")


def test_seeds_make_different_machines() -> None:
    machines = {(config.options, config.mem)
                for config in map(seeded.seeded_config, range(200))}
    assert len(machines) > 195
