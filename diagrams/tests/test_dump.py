"""Dumps: the schema is enforced, and each kind of disagreement is found and named."""
from __future__ import annotations

import json

import pytest

from diagrams import dump as dumps
from diagrams.check import check_dump
from diagrams.dump import Dump
from diagrams.tests import fixture


def test_a_dump_survives_saving_and_loading(tmp_path):
    path = tmp_path / "d.json"
    dumps.save(fixture.after(), path)
    dump = dumps.load(path)
    assert dump.raw == fixture.after()
    assert dump.state_of(74) == "inactive_dirty"
    assert dump.flag_letters(80) == "LD"
    assert dump.flag_names(81) == ["dirty", "inactive_dirty", "swap_cache"]
    assert dump.state_counts()["free"] == 19


def spoil(key, value):
    raw = fixture.before()
    if value is None:
        del raw[key]
    else:
        raw[key] = value
    return raw


@pytest.mark.parametrize("raw, expected", [
    ([], "schema is 'list'"),
    ({"schema": "mm-dump/2"}, "expected 'mm-dump/1'"),
    (spoil("zones", None), "'zones' is missing"),
    (spoil("seq", "7"), "'seq' is str, expected int"),
    (spoil("list_of", [1]), "list_of must hold 256"),
    (spoil("list_of", [99] * 256), "outside the 11 states"),
    (spoil("lists", {"active": [256]}), "active: a page frame outside"),
    (spoil("zones", [{"name": "DMA"}]), "zone 0: 'start' is missing"),
    (spoil("cols", {}), "column flags"),
])
def test_a_dump_that_breaks_the_schema_is_refused(tmp_path, raw, expected):
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(raw))
    with pytest.raises(dumps.DumpError, match=f"bad.json: .*{expected}"):
        dumps.load(path)


def test_no_json_and_no_file_are_named(tmp_path):
    path = tmp_path / "odd.json"
    path.write_text("hello")
    with pytest.raises(dumps.DumpError, match="odd.json: not JSON"):
        dumps.load(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(dumps.DumpError, match="odd.json: not text"):
        dumps.load(path)
    with pytest.raises(dumps.DumpError, match="No such file"):
        dumps.load(tmp_path / "none.json")


@pytest.mark.parametrize("raw", [fixture.before(), fixture.after()])
def test_a_correct_dump_has_no_problem(raw):
    assert check_dump(Dump(raw)) == []


def problems(change) -> list[tuple[str, str, tuple[int, ...]]]:
    raw = fixture.before()
    change(raw)
    return [(p.kind, p.where, p.pfns) for p in check_dump(Dump(raw))]


def set_flag(raw, pfn, name):
    raw["cols"]["flags"][pfn] |= fixture.flags_of(name)


def test_a_stray_page_is_found():
    assert problems(lambda r: set_flag(r, 200, "inactive_dirty")) == [
        ("stray", "inactive_dirty", (200,))]


def test_a_page_on_two_lists_is_found():
    def twice(raw):
        raw["lists"]["Normal.inactive_clean"].append(70)
        raw["zones"][1]["inactive_clean"] += 1
    assert problems(twice) == [("duplicate", "active", (70,)),
                               ("flag", "inactive_clean", (70,))]


def test_two_list_flags_are_found():
    assert problems(lambda r: set_flag(r, 70, "inactive_clean")) == [
        ("flag", "", (70,)), ("stray", "inactive_clean", (70,))]


def test_a_lost_flag_is_found():
    def clear(raw):
        raw["cols"]["flags"][70] = 0
    assert problems(clear) == [("flag", "active", (70,))]


@pytest.mark.parametrize("change, where", [
    (lambda r: r["counters"].update(nr_active_pages=6), "nr_active_pages"),
    (lambda r: r["counters"].update(nr_inactive_dirty_pages=2), "nr_inactive_dirty_pages"),
    (lambda r: r["zones"][0].update(free=12), "DMA.free_pages"),
    (lambda r: r["zones"][1].update(inactive_clean=9), "Normal.inactive_clean_pages"),
    (lambda r: r["zones"][1].update(inactive_dirty=9), "Normal.inactive_dirty_pages"),
])
def test_a_wrong_counter_is_found(change, where):
    assert problems(change) == [("counter", where, ())]


def test_a_wrong_state_is_found():
    def wrong(raw):
        raw["list_of"][70] = fixture.number("kernel")
        raw["list_of"][200] = fixture.number("active")
    assert problems(wrong) == [("state", "kernel", (70,)), ("state", "active", (200,))]


def test_an_age_out_of_range_is_found():
    def old(raw):
        raw["cols"]["age"][72] = 65
    assert problems(old) == [("age", "", (72,))]


def test_overlapping_and_used_free_blocks_are_found():
    def overlap(raw):
        raw["zones"][0]["free_area"][0].append(11)
        raw["zones"][0]["free"] += 1
    assert problems(overlap) == [("duplicate", "DMA order 1", (11,))]

    def used(raw):
        raw["cols"]["count"][9] = 1
    assert problems(used) == [("freed", "DMA order 0", (9,))]

    def listed(raw):
        raw["zones"][1]["free_area"][0].append(70)
        raw["zones"][1]["free"] += 1
        raw["cols"]["count"][70] = 0
    assert problems(listed) == [("freed", "Normal order 0", (70,))]

    def outside(raw):
        raw["zones"][0]["free_area"][0].append(100)
        raw["zones"][0]["free"] += 1
        raw["cols"]["count"][100] = 0
    assert problems(outside) == [("freed", "DMA order 0", (100,))]


def test_broken_links_of_the_walk_come_first():
    def broken(raw):
        raw["bad"].append(["active", "prev", [71], "active: page 71 …"])
        raw["cols"]["age"][72] = 65
    assert problems(broken) == [("prev", "active", (71,)), ("age", "", (72,))]
