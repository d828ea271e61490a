"""Tests of lab 01: the student's answers against the student's own machine.

What a machine of this seed always has is read, through gdb, from a fresh boot of it. The
rest is read from the student's dump, which must be a dump of that machine.
"""

from __future__ import annotations

from diagrams import check, dump as dumps
from grader.seeded import Truth, machine_truth
from grader.testing import Answers, Bench, Failure, test


def truth(bench: Bench) -> Truth:
    return machine_truth(bench.answers.number("seed"), bench.directory.parent)


def student_dump(bench: Bench) -> dumps.Dump:
    """The dump beside the answers; Failure unless it is of the student's own machine."""
    machine = truth(bench)
    path = bench.answers.path.parent / "dump.json"
    if not path.exists():
        raise Failure("there is no dump", expected=f"a dump at {path}", actual="no such file")
    try:
        dump = dumps.load(path)
    except dumps.DumpError as error:
        raise Failure("the dump cannot be read", actual=str(error)) from error
    compare_machines(dump, machine)
    return dump


def compare_machines(dump: dumps.Dump, machine: Truth) -> None:
    names = [zone["name"] for zone in dump.zones]
    if names != list(machine.zones):
        raise Failure("the dump is of another machine", actual=f"zones {', '.join(names)}",
                      expected=f"zones {', '.join(machine.zones)}")
    for zone in dump.zones:
        for key in ("start", "size", "min", "low", "high"):
            expected = machine.zones[zone["name"]][key]
            if zone[key] != expected:
                raise Failure("the dump is of another machine", actual=f"{key} {zone[key]}",
                              expected=f"zone {zone['name']}: {key} {expected}")
    if dump.nr_pages != machine.frames:
        raise Failure("the dump is of another machine", actual=f"{dump.nr_pages} frames",
                      expected=f"{machine.frames} frames")


def equal(answers: Answers, name: str, expected: int) -> None:
    actual = answers.number(name)
    if actual != expected:
        raise Failure(f"{name} is not what your machine has", actual=str(actual),
                      expected="another number (your machine knows it)")


@test(10, "How many page frames there are",
      "`mm zone` shows them for each zone; in gdb, `print nr_frames` is the sum.")
def frames(bench: Bench) -> None:
    equal(bench.answers, "frames", truth(bench).frames)


@test(10, "How large a page's record is",
      "In gdb: `print sizeof(struct page)`, or `ptype/o struct page` for its parts.")
def page_record(bench: Bench) -> None:
    equal(bench.answers, "page_record_bytes", truth(bench).page_record_bytes)


@test(10, "How large the zones are",
      "`mm zone` prints start and size of each zone, in frames of 4 KiB.")
def zones(bench: Bench) -> None:
    equal(bench.answers, "dma_frames", truth(bench).zones["DMA"]["size"])
    equal(bench.answers, "normal_frames", truth(bench).zones["Normal"]["size"])


@test(10, "The lowest watermark of zone Normal",
      "pages_min is size/128 for Normal, but at least 10 and at most 255; `mm zone` shows it.")
def watermark(bench: Bench) -> None:
    equal(bench.answers, "normal_pages_min", truth(bench).zones["Normal"]["min"])


@test(10, "What the whole system aims at",
      "freepages holds the sums over all zones: `print freepages`.")
def aim(bench: Bench) -> None:
    equal(bench.answers, "freepages_high",
          sum(zone["high"] for zone in truth(bench).zones.values()))


@test(10, "Which zone comes behind Normal",
      "`mm page N` names the zone of frame N.")
def behind_normal(bench: Bench) -> None:
    actual = bench.answers.word("zone_behind_normal")
    if actual.lower() != "highmem":
        raise Failure("zone_behind_normal is not where that frame is", actual=actual,
                      expected="the name of another zone")


@test(10, "The dump is sound, and of your machine",
      "Make it with `mm dump labs/01-first-look/dump.json` in gdb on `make qemu LAB=01`, "
      "after you have filled in your seed.")
def sound_dump(bench: Bench) -> None:
    dump = student_dump(bench)
    problems = check.check_dump(dump)
    if problems or dump.bad:
        raise Failure("the lists in the dump are broken",
                      actual="\n".join(map(str, problems)) or str(dump.bad))


@test(10, "How many pages are active",
      "`mm lru active` counts them; so does the title of the list in the diagram.")
def active(bench: Bench) -> None:
    equal(bench.answers, "active_pages", len(student_dump(bench).lists.get("active", [])))


@test(10, "Which page the next scan sees first",
      "Pages enter at the head; a scan takes the tail. `mm lru active -v` lists head to tail.")
def tail(bench: Bench) -> None:
    pages = student_dump(bench).lists.get("active")
    if not pages:
        raise Failure("the active list of the dump is empty",
                      expected="a dump taken after the programs have run")
    equal(bench.answers, "next_to_scan", pages[-1])


@test(10, "Which free block goes next",
      "An allocation takes the head of the list of its order: the last list of free_area "
      "that is not empty holds the largest blocks.")
def block(bench: Bench) -> None:
    normal = next(z for z in student_dump(bench).zones if z["name"] == "Normal")
    largest = next((blocks for blocks in reversed(normal["free_area"]) if blocks), None)
    if largest is None:
        raise Failure("zone Normal of the dump has no free block",
                      expected="a dump taken at the prompt, with memory free")
    equal(bench.answers, "next_block", largest[0])
