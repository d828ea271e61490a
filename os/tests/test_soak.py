"""The short form of `make soak`, and that its judges find what they are for."""
from __future__ import annotations

import contextlib
import copy
from pathlib import Path

import pytest

from diagrams import model as models
from diagrams.dump import Dump
from diagrams.events import Event, Trace
from diagrams.names import kernel_names
from diagrams.stream import StreamCheck
from grader import rest, soak
from grader.guest import GuestError
from guests import checking_kernel

SECONDS = 6  # of the guest's time: all machines together take about a minute


@pytest.mark.parametrize("vm, arch, cpus", [
    ("2.4", "i386", 4), ("2.4", "x86_64", 1), ("2.6", "i386", 1), ("2.6", "x86_64", 4)])
def test_soak(vm: str, arch: str, cpus: int, tmp_path: Path) -> None:
    """Each era on both architectures, crossed with one and four CPUs; `make soak` takes all.
    With four CPUs the kernel checks its locks and lists itself, too."""
    machine = soak.Machine(arch, cpus, vm, check=cpus > 1)
    if machine.check:
        checking_kernel(arch)
    outcome = soak.soak(machine, SECONDS, 1, tmp_path)
    print(outcome)
    assert not outcome.problems, str(outcome)
    assert outcome.verdict.events > 100000 and outcome.verdict.dumps > 0


CONSOLE = """\
Out of memory: killed process 20 (memhog), 25624 pages
soak: process 20 (memhog) was ended by signal 15
Out of memory: killed process 31 (forkstorm), 600 pages
soak: forkstorm failed, worker 1, job 7, process 30, status 1: forkstorm: process 31: Terminated
forkstorm: 2 children, 3 MiB each, 1 passes, failed

soak: memhog failed, worker 2, job 1, process 40, status 1: memhog: Cannot allocate memory

soak: 60 programs, 1 killed, 2 failed, 0 swapoffs, 0 mounts: done
"""


def test_victims_and_their_parents_are_excused() -> None:
    assert soak.judge_console(CONSOLE) == []


@pytest.mark.parametrize("old, new, problem", [
    ("killed process 20 (memhog)", "killed process 21 (memhog)", "not by the OOM killer"),
    ("Out of memory: killed process 31 (forkstorm), 600 pages\n", "", "without a reason"),
    ("memhog: Cannot allocate memory", "memhog: page 3 of 9, word 0 is wrong", "wrong data"),
    ("soak: 60", "swap_free: slot 00000200 has 0 holders, not 1\nsoak: 60", "the kernel says"),
])
def test_others_are_not(old: str, new: str, problem: str) -> None:
    assert old in CONSOLE
    found = soak.judge_console(CONSOLE.replace(old, new))
    assert len(found) == 1 and problem in found[0], found


#: By name and with the bits of the states' flags.
PAGES = [("free", 0, 0, 0, 0), ("kernel", 1, 0, 0, 0), ("slab", 1, 0, 0, 0),
         ("anon", 1, 1, 0, 0), ("active", 2, 1, 0xC0100000, 0)]


def state_of(pages: list[tuple[str, int, int, int, int]], vm: str = "2.4") -> rest.State:
    names, model = kernel_names(), models.load(vm)
    bits = {state.name: sum(wanted << names.flag_bits[flag]
                            for flag, wanted in state.flags.items()) for state in model.lists()}
    lists = {name: [pfn for pfn, page in enumerate(pages) if page[0] == name] for name in bits}
    column = [[page[i] for page in pages] for i in range(1, 5)]
    zone = {"name": "DMA", "start": 0, "size": len(pages), "free": 1, "min": 0, "low": 0,
            "high": 0, "free_area": [[0]], "pcp": [],
            "stats": {f"nr_{name}": len(pfns) for name, pfns in lists.items()} | {"nr_mlock": 0}}
    dump = Dump({
        "schema": "mm-dump/1", "arch": "i386", "vm": vm, "seq": 0, "ts": 0,
        "page_size": 4096, "nr_pages": len(pages), "sizeof_page": 48,
        "flag_bits": names.flag_bits, "states": names.states,
        "cols": {"flags": [bits.get(page[0], 0) for page in pages],
                 "count": column[0], "mapcount": column[1], "mapping": column[2],
                 "buffers": column[3], "age": [0] * len(pages), "index": [0] * len(pages),
                 "zone": [0] * len(pages)},
        "list_of": [names.states.index(page[0]) for page in pages],
        "lists": {name if vm == "2.4" else f"DMA.{name}": pfns
                  for name, pfns in lists.items()}, "bad": [], "pagevecs": [],
        "zones": [zone], "counters": {f"nr_{name}_pages": len(pfns)
                                      for name, pfns in lists.items()}})
    return rest.State(9, 1, {"task": 9, "inode_cache": 15, "buffer_head": 20}, 1, 1,
                      dict.fromkeys(rest.ZERO_AT_REST[vm], 0), dump)


def test_the_same_state_again_is_no_leak() -> None:
    assert rest.compare(state_of(PAGES), state_of(PAGES), 1) == []


@pytest.mark.parametrize("page, problem", [
    (("kernel", 1, 0, 0, 0), "2 kernel pages, 1 before"),
    (("slab", 1, 0, 0, 0), "2 slab pages"),
    (("anon", 1, 0, 0, 0), "page 5, anon, has 1 references, but its owners are: nobody"),
    (("active", 1, 0, 0, 0), "page 5, active, has 1 references, but its owners are: nobody"),
    (("active", 3, 1, 0xC0100000, 0), "page 5, active, has 3 references, but its owners are: "
                                      "ptes 1, page cache 1"),
    (("isolated", 1, 0, 0, 0), "1 isolated pages, 0 before"),
])
def test_a_leaked_page_is_found(page: tuple[str, int, int, int, int], problem: str) -> None:
    found = rest.compare(state_of(PAGES), state_of([*PAGES, page]), 1)
    assert len(found) == 1 and problem in found[0], found


def test_a_pagevec_owns_a_reference_of_its_pages() -> None:
    """In 2.6 a dead page may wait in one."""
    before, after = (state_of([*PAGES[:3], ("active_file", 2, 1, 0xC0100000, 0), *waiting], "2.6")
                     for waiting in ([], [("pagevec", 1, 0, 0, 0)]))
    found = rest.compare(before, after, 1)
    assert len(found) == 1 and "page 4, pagevec, has 1 references" in found[0], found
    after.dump.pagevecs.append([4])
    assert rest.compare(before, after, 1) == []


def test_a_page_that_could_not_be_dropped_keeps_its_inode_in_2_6() -> None:
    cached = ("inactive_file", 1, 0, 0xC0100000, 0)
    before, after = state_of(PAGES[:3], "2.6"), state_of([*PAGES[:3], cached], "2.6")
    after.objects["inode_cache"] += 1
    assert rest.compare(before, after, 1) == []
    after.objects["inode_cache"] += 1
    found = rest.compare(before, after, 1)
    assert len(found) == 1 and "slab inode_cache: 17 objects, 16 at most" in found[0], found


def test_a_flusher_may_have_been_started() -> None:
    """With its stack of two pages and its task, but with nothing else."""
    stack = [("kernel", 1, 0, 0, 0)] * 2
    before, after = state_of(PAGES), state_of([*PAGES, *stack])
    after.tasks, after.flushers, after.objects["task"] = 10, 2, 10
    assert rest.compare(before, after, 1) == []
    after.objects["task"] = 9
    assert rest.compare(before, after, 1) == ["slab task: 9 objects, 10 at least"]


@pytest.mark.parametrize("change, problem", [
    (lambda s: s.objects.update(inode_cache=16), "slab inode_cache: 16 objects, 15 at most"),
    (lambda s: s.objects.update(inode_cache=14), "slab inode_cache: 14 objects, 15 at least"),
    (lambda s: s.objects.update(buffer_head=37), "slab buffer_head: 37 objects, 36 at most"),
    (lambda s: setattr(s, "tasks", 10), "10 tasks, 1 of them flushers; 9 before, with 1"),
    (lambda s: s.objects.update(task=10), "slab task: 10 objects, 9 at most"),
    (lambda s: s.vmstat.update(nr_async_pages=1), "nr_async_pages is 1 at rest"),
])
def test_leaked_objects_are_found(change, problem: str) -> None:
    after = copy.deepcopy(state_of(PAGES))
    change(after)
    found = rest.compare(state_of(PAGES), after, 1)
    assert len(found) == 1 and problem in found[0], found


SLABINFO = """\
slabinfo - version: 2.1
task 9 12 320 12 1 : tunables 0 0 0 : slabdata {0} {0} 0
"""


class RestlessGuest:
    """Its slabs come and go for so long as it is told, one each time that somebody asks."""

    def __init__(self, restless: int):
        self.config = self.ram = self  # of no interest to what is tested
        self.kernel_path = Path()
        self.restless = restless

    def run(self, command: str) -> str:
        if command == "cat /proc/slabinfo":
            self.restless -= self.restless > 0
            return SLABINFO.format(10 + self.restless)
        return {"cat /proc/loadavg": "0.00 0.00 0.00 1/9 20\n", "cat /proc/vmstat": "pgfree 7\n",
                "ps": "4 1 S [flush-254:0]\n"}.get(command, "")


@pytest.mark.parametrize("restless, looks", [(0, 1), (4, 2), (1000, None)])
def test_slabs_and_ram_are_of_one_moment(restless: int, looks: int | None, monkeypatch) -> None:
    """A slab that is given back between both is no leak."""
    seen = []
    monkeypatch.setattr(rest.ram, "open_ram", lambda *_: None)
    monkeypatch.setattr(rest.decode, "read_dump", lambda _: state_of(PAGES, "2.6").dump.raw)
    guest = RestlessGuest(restless)

    def held():
        seen.append(guest.restless)
        return contextlib.nullcontext()

    if looks is None:
        with pytest.raises(GuestError, match="do not come to rest"):
            rest.look(guest, held)
        return
    state = rest.look(guest, held)
    assert (len(seen), state.slab_pages, state.tasks, state.flushers) == (looks, 10, 9, 1)


def stream(*pieces: list[tuple[int, str, str]]) -> StreamCheck:
    """Judges moves of page 7 that come in pieces of (sequence, from, to)."""
    names = kernel_names()
    by = {"free": "rmqueue", "kernel": "__free_pages_ok"}
    check = StreamCheck(Trace([], names.states, names.events, names.reasons, "2.4", "i386",
                              names.flag_bits))
    for piece in pieces:
        check.feed([Event(seq, seq, 7, names.events.index("move"), names.states.index(source),
                          names.states.index(target), 0, 2, 1,
                          names.reasons.index(by[source])) for seq, source, target in piece])
    check.end()
    return check


def test_a_trace_in_pieces_is_one_trace() -> None:
    good = stream([(0, "free", "kernel")], [(1, "kernel", "free"), (2, "free", "kernel")])
    assert good.errors == [] and (good.seen, good.moves) == (3, 3)
    wrong = stream([(0, "free", "kernel")], [(1, "free", "kernel")])
    assert len(wrong.errors) == 1 and "was left kernel" in wrong.errors[0]
    assert "seq 0" in wrong.errors[0].split("\n", 1)[1]  # the piece before is context


def test_lost_records_are_an_error_of_the_whole_trace() -> None:
    lost = stream([(0, "free", "kernel")], [(4, "free", "kernel")])
    assert len(lost.errors) == 1 and "lost before seq 4, 1 was to come" in lost.errors[0]
