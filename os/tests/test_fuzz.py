"""The fuzzer: what it finds in the kernel (nothing), and that it finds planted mistakes."""

from __future__ import annotations

import itertools
import pathlib
import stat

import pytest

from grader import build
from grader.fuzz import GRAMMARS, __main__ as fuzz
from grader.fuzz.grammar import Grammar, generate
from grader.fuzz.runner import Failure, Programs
from grader.fuzz.shrink import shrink
from grader.labs import TOP, Lab

SCENARIOS = {"2.4": 200, "2.6": 150}  #: of the runs that must find nothing
MOST_SCENARIOS = 2000  #: until a planted mistake must have been found
FEW_LINES = 8  #: to which it must be shrunk

#: Of the kept answers, so many at least are told by the rules.
TOLD = {"2.4": 50, "2.6": 30}


@pytest.fixture(scope="session")
def reference() -> Programs:
    return fuzz.programs_of_the_reference()


@pytest.mark.parametrize("policy", GRAMMARS)
def test_nothing_is_found(policy: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = fuzz.main(["--policy", policy, "--seed", "test",
                        "--count", str(SCENARIOS[policy])])
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize("policy", GRAMMARS)
def test_a_seed_gives_the_same_scenarios(policy: str, reference: Programs) -> None:
    grammar = GRAMMARS[policy]
    one, two = (generate(grammar, "7/3", True, reference.probe).lines for _ in range(2))
    assert one == two
    assert one != generate(grammar, "7/4", True, reference.probe).lines


@pytest.mark.parametrize("policy", GRAMMARS)
def test_the_rules_agree_with_the_kept_answers(policy: str) -> None:
    """They are a second telling: what they know, they tell as the kept answers do."""
    files = [file for file in sorted((TOP / "os/tests/scenarios").glob("*.scn"))
             if f"policy={policy}" in file.read_text()]
    told = {file: GRAMMARS[policy].predict(file.read_text()) for file in files}
    wrong = [file.stem for file, prediction in told.items()
             if prediction and prediction != (0, file.with_suffix(".out").read_text())]
    assert not wrong
    assert len([file for file in files if told[file]]) >= TOLD[policy]


#: Results and states that scenarios must come to.
DEEP = {
    "2.4": ("alloc_pages -> sleeps", "alloc_pages -> none", "list inactive_dirty:",
            "list inactive_clean.", "buffers=locked", "buffers=pinned", "buffers=dirty",
            "flags=locked,dirty", "swapcache buffers=", "swap slot=", " free=0\n",
            "swap_out -> 1", "get_swap_page -> none", "reclaim_page -> p", "list=free",
            "map=3", "free.normal=0 ", "# refused", "expect p", "expect page_launder -> ",
            "order=5", "order=8", "0x"),
    "2.6": ("alloc_pages -> oom", "alloc_pages -> none", "alloc_pages -> x", "unevictable: ",
            "active_anon: ", "buffers=locked", "buffers=pinned", "writeback,reclaim",
            "swap slot=", "get_swap_page -> none", "list=free", "all_unreclaimable=1",
            "congested=1", "type=reserve: ", "type=unmovable: ", "pgrotated=",
            "unevictable_pgs_culled=", "unevictable_pgs_mlocked=", "slabs_scanned=",
            "kswapd_steal=", "nr_vmscan_immediate_reclaim=", "zone_reclaim -> ", "cache=0",
            "# refused", "expect p", "expect shrink_zone -> ", "pageblock highmem ",
            "order=6", "order=10", "0x", "stride=", "swap 2 ", "nofail", " refuse=1",
            "floor=", "deferred=", "laptop_mode=1", "sync=1", " block=", "numa_miss=",
            "zonelist 2: ", "list 1.normal.", "+thisnode", "numa_node=1", "cpus=0",
            "distances=", "default_zonelist_order -> "),
}
STATEMENTS = {
    "2.4": "machine ballast set page mm anon map touch read write step tick complete show "
           "expect",
    "2.6": "machine ballast block pageblock set page fill shrinker mm anon map touch read "
           "write step tick complete show expect",
}


@pytest.mark.parametrize("policy", GRAMMARS)
def test_scenarios_reach_all_of_the_language(policy: str, reference: Programs) -> None:
    """Each statement and function is written, and none of the deep states is rare."""
    text = ""
    for number in range(100):
        world = generate(GRAMMARS[policy], f"reach/{number}", number % 4 > 0, reference.probe)
        scenario = "\n".join(world.lines) + "\n"
        text += scenario + reference.probe(scenario).stdout
    for word in STATEMENTS[policy].split():
        assert f"\n{word} " in text or text.startswith(word), word
    missing = [state for state in DEEP[policy] if state not in text]
    assert not missing


# ---- planted mistakes ----

MISTAKES = {
    "a lost page is still counted":
        ("mm/reclaim/v24/reclaim_page.c", "\tzone->inactive_clean_pages--;\n", "", "bug"),
    "swap_out keeps its reference":
        ("mm/reclaim/v24/swap_out.c", "\tdeactivate_page(page);\n\tput_page(page);\n",
         "\tdeactivate_page(page);\n", "bug"),
    "laundering forgets the buffers' own pages":
        ("mm/reclaim/v24/launder.c",
         "\t\t__atomic_fetch_sub(&buffermem_pages, 1, __ATOMIC_RELAXED);\n", "", "bug"),
    "a scan runs over the end of its list":
        ("mm/reclaim/v24/launder.c", "budget > 0 && !list_empty(&inactive_dirty_list)",
         "budget + 1 > 0", "sanitizer|bug"),
    "laundering moves pages with a third user to the clean list":
        ("mm/reclaim/v24/launder.c", "page_count(page) > 2", "page_count(page) > 3", "rules"),
    "the reserve for those who cannot wait is half as large":
        ("mm/alloc/alloc24.c", "zone->pages_min / 4", "zone->pages_min / 8", "rules"),
    "2.6: reclaim keeps the reference of its isolation":
        ("mm/reclaim/v26/shrink_inactive.c", "\t\tdrop_isolation(page, &unused);\n", "",
         "bug"),
    "2.6: as many active pages of files as inactive ones are too many":
        ("mm/reclaim/v26/scan.c", "lru_pages(zone, LRU_ACTIVE_FILE) > lru_pages",
         "lru_pages(zone, LRU_ACTIVE_FILE) >= lru_pages", "rules"),
}


#: Of 2.6, with a scenario that shows each to --check and to nothing that it prints.
BROKEN = {
    "the marks of highmem are out of order":
        ("mm/alloc/watermark26.c", "zone->pages_low = least + share / 4;",
         "zone->pages_low = share + share / 4;",
         "machine policy=2.6 normal=4096 highmem=4096\n", "its marks are"),
    "a dirty page is on no list any more, and nobody's":
        ("mm/reclaim/v26/shrink_inactive.c",
         "\t\tadd_page_to_lru_list(page, page_lru(page), BY_shrink_inactive_list);\n",
         "\t\tif (PageDirty(page)) {\n\t\t\tatomic_dec(&page->count);\n"
         "\t\t\tspin_unlock_irqrestore(&lru_lock, flags);\n\t\t\tcontinue;\n\t\t}\n"
         "\t\tadd_page_to_lru_list(page, page_lru(page), BY_shrink_inactive_list);\n",
         "machine policy=2.6 normal=4096\npage p list=inactive_file flags=dirty\n"
         "call shrink_inactive_list zone=normal list=file\n", "isolated and is not back"),
    "free blocks are counted, taken ones are not":
        ("mm/alloc/buddy.c", "\tzone->free_area[page->order].nr_free--;\n", "",
         "machine policy=2.6 normal=4096\ncall alloc_pages gfp=nowait order=0\n",
         "free blocks of order"),
    "a CPU's pages are taken and still counted":
        ("mm/alloc/pcp.c", "\t\tpcp->count--;\n\t} while (prep", "\t} while (prep",
         "machine policy=2.6 normal=32768\ncall alloc_pages gfp=nowait order=0\n",
         "on a CPU's lists"),
    "the search for a slot does not come to a freed one":
        ("mm/swap/slots.c", "\tarea->lowest_bit = min(area->lowest_bit, offset);\n", "",
         "machine policy=2.6 normal=4096 swap=4\ncall get_swap_page n=2\n"
         "call swapcache_free 0:1\n", "is free, but outside"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_invariant_is_noticed(name: str, tmp_path: pathlib.Path) -> None:
    path, text, by, scenario, message = BROKEN[name]
    program = built_wrong(name, path, text, by, tmp_path, "sim")
    found = Programs(program, program).failure(scenario)
    assert found and found.kind == "bug" and message in found.message


def of_policy(name: str) -> Grammar:
    return GRAMMARS["2.6" if name.startswith("2.6") else "2.4"]


def planted(name: str, directory: pathlib.Path) -> Programs:
    """Both programs, built with the mistake."""
    path, text, by, _ = MISTAKES[name]
    return Programs(*(built_wrong(name, path, text, by, directory, machine)
                      for machine in ("sim-san", "sim")))


def built_wrong(name: str, path: str, text: str, by: str, directory: pathlib.Path,
                machine: str) -> pathlib.Path:
    """The program for MACHINE in which TEXT of os/PATH is BY."""
    source = (TOP / "os" / path).read_text()
    assert source.count(text) == 1, f"{name}: its text is not unique"
    wrong = directory / pathlib.Path(path).name
    wrong.write_text(source.replace(text, by))
    lab = Lab("fuzz", name, directory, (path,), (), ())
    return build.build(lab, {path: wrong}, machine, directory / machine)


@pytest.mark.parametrize("name", MISTAKES)
def test_planted_mistake_is_found_and_shrunk(name: str, tmp_path: pathlib.Path) -> None:
    programs, grammar = planted(name, tmp_path), of_policy(name)
    found = None
    for _, found in fuzz.search(grammar, programs, "planted", 0,
                                iter(range(MOST_SCENARIOS)), jobs=2):
        if found:
            break
    assert found, f"{MOST_SCENARIOS} scenarios have not shown it"
    small = fuzz.shrunk(grammar, programs, found)
    assert small.failure.kind in MISTAKES[name][3].split("|")
    assert len(small.lines) <= FEW_LINES, "\n".join(small.lines)
    saved = fuzz.save(small, "planted", tmp_path).read_text()
    again = programs.failure(saved, predict=grammar.predict)
    assert again and again.signature == found.failure.signature
    assert fuzz.programs_of_the_reference().failure(saved, predict=grammar.predict) is None


# ---- the judge and the shrinker by themselves ----

def script(path: pathlib.Path, text: str) -> pathlib.Path:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize("judge, plain, bug_allowed, kind", [
    ("echo a", "echo a", False, None),
    ("echo a", "echo b", False, "differs"),
    ("echo '-:3: BUG: page 7 is lost' >&2; exit 3", "echo a", False, "bug"),
    ("echo '-:3: BUG: page 7 is lost' >&2; exit 3", "echo a", True, None),
    ("echo c", "echo c", False, "rules"),
    ("echo '-:3: error: no such page' >&2; exit 2", "echo a", False, "refused"),
    ("echo '==1==ERROR: AddressSanitizer: heap-use-after-free on' >&2; exit 1", "echo a", True,
     "sanitizer"),
    ("echo 'x.c:1:2: runtime error: shift exponent' >&2; exit 1", "echo a", True, "sanitizer"),
    ("echo a; exit 1", "echo a; exit 1", False, "crash"),
    ("echo a; echo '-:2: expected p, got q' >&2; exit 1", "echo a", False, "differs"),
    ("echo a; echo '-:2: expected p, got q' >&2; exit 1", None, False, "rules"),
    ("echo '-:2: expected p, got q' >&2; echo '-:3: BUG: no' >&2; exit 3", None, False, "bug"),
    ("kill -SEGV $$", "echo a", True, "crash"),
    ("exec sleep 60", "echo a", True, "hang"),
])
def test_judgement(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, judge: str,
                   plain: str | None, bug_allowed: bool, kind: str | None) -> None:
    """The plain program does as the judge if nothing is said about it."""
    if kind == "hang":
        monkeypatch.setattr("grader.fuzz.runner.HANG_SECONDS", 2)
    programs = Programs(script(tmp_path / "judge", judge),
                        script(tmp_path / "plain", judge if plain is None else plain))
    failure = programs.failure("machine\n", bug_allowed, lambda text: (0, "a\n"))
    assert (failure and failure.kind) == kind


@pytest.mark.parametrize("program, kind", [
    ("echo a; echo '-:2: error: no such page' >&2; exit 2", None),
    ("echo a; echo '-:1: error: no such page' >&2; exit 2", "refused"),
    ("echo a; echo '-:1: expected p, got q' >&2; echo '-:2: error: no' >&2; exit 2", None),
    ("echo b; echo '-:2: error: no such page' >&2; exit 2", "rules"),
    ("echo a", "accepted"),
])
def test_judgement_of_a_wrong_statement(tmp_path: pathlib.Path, program: str,
                                        kind: str | None) -> None:
    both = script(tmp_path / "program", program)
    failure = Programs(both, both).failure("machine\npage # refused\n", False,
                                           lambda text: (2, "a\n"))
    assert (failure and failure.kind) == kind


#: Of each policy a scenario of which an expectation is not met, and one that is refused.
ENDS = """machine policy={} dma=4M normal=0x1000
page p list={} age=2
call activate_page p
expect p count=1 list={}
expect activate_page -> none
"""


@pytest.mark.parametrize("policy, inactive, active", [
    ("2.4", "inactive_dirty", "active"), ("2.6", "inactive_file", "active_file")])
def test_the_rules_know_expectations_and_refusals(policy: str, inactive: str,
                                                  active: str) -> None:
    text = ENDS.format(policy, inactive, active).replace(
        " age=2" if policy == "2.6" else "\0", "")
    predict = GRAMMARS[policy].predict
    said = "activate_page -> none\n"
    assert predict(text) == (0, said)
    assert predict(text + "expect p flags=dirty\n") == (1, said)
    assert predict(text + "expect page_launder -> 0\n") == (1, said)
    assert predict(text + "page # refused\nshow p\n") == (2, said)
    assert predict(text + "expect p flags=dirty\npage # refused\n") == (2, said)


def test_a_signature_names_no_page() -> None:
    one = Failure("bug", "page 641 (p1.3) has count 2, its holders are 1")
    two = Failure("bug", "page 7 (?) has count 3, its holders are 2")
    assert one.signature == two.signature
    assert one.signature != Failure("bug", "page 7 is dirty in no cache").signature


def test_shrinking_keeps_what_matters() -> None:
    """Of twenty lines two matter, of one of them a number above 5."""
    lines = ["machine dma=64", *(f"page p{i} n={i + 1} age={i}" for i in range(20))]

    def fails(candidate: list[str]) -> bool:
        words = " ".join(candidate)
        numbers = [int(word[2:]) for word in words.split() if word.startswith("n=")]
        return "p3 " in words + " " and any(n > 5 for n in numbers)

    small = shrink(lines, fails)
    assert len(small) == 3 and fails(small)
    assert small[0] == "machine" and "page p3" in small and " n=6" in small[2]


def test_shrinking_ends_within_its_budget() -> None:
    runs = itertools.count()

    def fails(candidate: list[str]) -> bool:
        next(runs)
        return True

    shrink(["machine", *("tick 1" for _ in range(200))], fails, runs=50)
    assert next(runs) <= 50
