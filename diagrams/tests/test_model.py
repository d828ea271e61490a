"""The 2.4 model: what it says, and that a model which contradicts itself is refused."""
from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from diagrams import model as models

RAW = json.loads(Path(models.__file__).with_name("v24.json").read_text(encoding="utf-8"))


def test_a_page_goes_round_the_three_lists():
    model = models.load("2.4")
    cycle = [("free", "kernel", "rmqueue"), ("kernel", "active", "lru_cache_add"),
             ("active", "inactive_dirty", "deactivate_page"),
             ("inactive_dirty", "inactive_clean", "page_launder"),
             ("inactive_clean", "kernel", "reclaim_page"),
             ("kernel", "free", "__free_pages_ok")]
    assert [model.objection(*step) for step in cycle] == [None] * len(cycle)


@pytest.mark.parametrize("step, expected", [
    (("free", "inactive_clean", "rmqueue"), "must never happen"),
    (("inactive_clean", "inactive_clean", "reclaim_page"), "must never happen"),
    (("anon", "slab", "kmem_getpages"), "has no move"),
    (("active", "inactive_dirty", "reclaim_page"), "is not made by reclaim_page"),
    (("active", "unevictable", "mlock"), "has no state 'unevictable'"),
])
def test_an_illegal_move_is_objected_to(step, expected):
    assert expected in models.load("2.4").objection(*step)


def test_a_scenario_statement_is_not_judged():
    assert models.load("2.4").objection("kernel", "inactive_clean", "scenario") is None


def test_every_list_has_its_scanner():
    lists = models.load("2.4").lists()
    assert [(s.tag, s.scanner) for s in lists] == [
        ("A", "refill_inactive_scan"), ("ID", "page_launder"), ("IC", "reclaim_page")]


def broken(change) -> dict:
    raw = copy.deepcopy(RAW)
    change(raw)
    return raw


@pytest.mark.parametrize("change, expected", [
    (lambda r: r.update(schema="mm-model/9"), "expected 'mm-model/1'"),
    (lambda r: r["states"][1].update(tag="A"), "same tag"),
    (lambda r: r["states"].append(r["states"][1]), "same name"),
    (lambda r: r["states"][1].update(kind="odd"), "kind 'odd'"),
    (lambda r: r["moves"].append(r["moves"][0]), "is there twice"),
    (lambda r: r["moves"][0].update(to="nowhere"), "no state 'nowhere'"),
    (lambda r: r["moves"][0].update(via=[]), "no function makes it"),
    (lambda r: r["never"].append({"from": "free", "to": "kernel", "why": "x"}),
     "both legal and never"),
    (lambda r: r.update(moves=[m for m in r["moves"] if m["to"] != "slab"]),
     "not reached from"),
    (lambda r: r.update(moves=[m for m in r["moves"] if m["from"] != "slab"]),
     "no way back"),
    (lambda r: r.pop("age"), "age"),
])
def test_a_model_that_contradicts_itself_is_refused(change, expected):
    with pytest.raises(models.ModelError, match=expected):
        models.parse(broken(change))


def test_a_missing_file_and_an_unknown_era_are_named(tmp_path):
    with pytest.raises(models.ModelError, match="none.json: No such file"):
        models.load_file(tmp_path / "none.json")
    with pytest.raises(models.ModelError, match="no model for vm=1.0"):
        models.load("1.0")
