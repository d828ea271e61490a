"""What a guest has in use at a moment of rest, and what of it was not given back later.

    what                       read from               must be
    tasks, objects of a slab   /proc                   as many as before
    pages of each state        the guest's RAM         as many as before, see _compare_states
    references to a page       the guest's RAM         its owners', see _page_at_rest
    page cache, dirty data     sync, drop_caches       nothing but pages that are mapped

Caches that keep spares on purpose have a bound instead, see `_object_bound`. At rest no swap
area is on and no program runs but the shell. A flusher, though, may have been started for a
disk meanwhile, or have ended: it counts for what it has.
"""
from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Callable, ContextManager

from diagrams import model as models, ram
from diagrams.check import check_dump
from diagrams.dump import Dump
from diagrams.gdb import decode
from grader.guest import Guest, GuestError

BOUNDED = ("radix_node", "buffer_head", "slab_outside")  # see _object_bound
SPARE_HEADS = 36  # buffer heads that the kernel keeps for hard times
RETURNED_BIOS = 64  # of pages just read from swap: the reaper takes them every two seconds
STACK_PAGES = 2  # of a task, in the kernel
#: Counters of /proc/vmstat.
ZERO_AT_REST = {
    "2.4": ("nr_swapcache", "nr_async_pages"),
    "2.6": ("nr_unevictable", "nr_mlock", "nr_dirty", "nr_writeback", "nr_isolated_anon",
            "nr_isolated_file", "nr_shmem"),
}


@dataclass
class Cache:
    """A line of /proc/slabinfo."""
    name: str
    objects: int  # active ones
    slabs: int
    pages_per_slab: int
    array: str  # limit and batch of each CPU's array


@dataclass
class State:
    """What is in use at a moment of rest."""
    tasks: int
    flushers: int  # those of them that write for a disk
    objects: dict[str, int]  # of each slab cache
    slabs: int
    slab_pages: int  # as /proc/slabinfo adds them up
    vmstat: dict[str, int]
    dump: Dump


def come_to_rest(guest: Guest) -> None:
    """Nothing is dirty any more, and caches hold only what is in use. The second round takes
    what the first one's own programs have brought back."""
    for _ in range(2):
        guest.run("sync; echo 3 > /proc/sys/vm/drop_caches")


def read_slabinfo(guest: Guest) -> list[Cache]:
    """Both formats: 1.1 of vm=2.4, 2.1 of vm=2.6."""
    text = guest.run("cat /proc/slabinfo")
    lines = re.findall(r"^(\S+) +(\d+) +\d+ +\d+ +\d+ +(\d+) +(\d+) :(?: *(\d+ +\d+))?$", text,
                       re.MULTILINE)
    lines += [(name, objects, slabs, pages, array) for name, objects, pages, array, slabs in
              re.findall(r"^(\S+) +(\d+) +\d+ +\d+ +\d+ +(\d+) : tunables +(\d+ +\d+) +0 : "
                         r"slabdata +\d+ +(\d+) +0$", text, re.MULTILINE)]
    if not lines:
        raise GuestError("/proc/slabinfo is not as expected")
    return [Cache(name, int(objects), int(slabs), int(pages), array or "0 0")
            for name, objects, slabs, pages, array in lines]


def set_arrays(guest: Guest, arrays: dict[str, str]) -> None:
    """The processors' stocks of free objects: without them, an active object is in use."""
    for name, sizes in arrays.items():
        guest.run(f"echo {name} {sizes} > /proc/slabinfo")


def count_tasks(guest: Guest) -> int:
    return int(guest.run("cat /proc/loadavg").split()[3].split("/")[1])


def count_flushers(guest: Guest) -> int:
    return len(re.findall(r"\bflush-", guest.run("ps")))


def look(guest: Guest, held: Callable[[], ContextManager[None]]) -> State:
    """Brings the guest to rest and sees what it has; within HELD it stands still. Some work
    comes by the clock even then: slabs are reaped, flushers come and go. What the guest says
    of these must be the same before and after its RAM is read, or all is done again."""
    for _ in range(10):
        tasks, flushers = count_tasks(guest), count_flushers(guest)
        come_to_rest(guest)
        arrays = {cache.name: cache.array for cache in read_slabinfo(guest)}
        set_arrays(guest, dict.fromkeys(arrays, "0 0"))
        caches = read_slabinfo(guest)
        with held():
            dump = Dump(decode.read_dump(ram.open_ram(guest.config.kernel_path, guest.ram)))
        again = read_slabinfo(guest)
        vmstat = dict(line.split() for line in guest.run("cat /proc/vmstat").splitlines() if line)
        set_arrays(guest, arrays)
        if ((tasks, flushers) == (count_tasks(guest), count_flushers(guest))
                and [cache.slabs for cache in caches] == [cache.slabs for cache in again]):
            return State(tasks, flushers, {cache.name: cache.objects for cache in caches},
                         sum(cache.slabs for cache in caches),
                         sum(cache.slabs * cache.pages_per_slab for cache in caches),
                         {k: int(v) for k, v in vmstat.items()}, dump)
    raise GuestError("slabs, tasks and flushers do not come to rest")


def compare(before: State, after: State, cpus: int) -> list[str]:
    """What was not given back."""
    problems = [f"{p}" for p in check_dump(after.dump)]
    flushers = after.flushers - before.flushers
    if after.tasks - flushers != before.tasks:
        problems.append(f"{after.tasks} tasks, {after.flushers} of them flushers; "
                        f"{before.tasks} before, with {before.flushers}")
    for cache, number in after.objects.items():
        bound = _object_bound(cache, before, after, cpus)
        least = 0 if cache in BOUNDED else (
            _fixed_objects(cache, before, after) - _kept_by_pagevecs(cache, before.dump) -
            (RETURNED_BIOS if cache == "bio" else 0))
        if not least <= number <= bound:
            limit = f"{bound} at most" if number > bound else f"{least} at least"
            problems.append(f"slab {cache}: {number} objects, {limit}")
    problems += [f"{counter} is {after.vmstat[counter]} at rest"
                 for counter in ZERO_AT_REST[after.dump.vm] if after.vmstat[counter]]
    return problems + _compare_states(before, after)


def _object_bound(cache: str, before: State, after: State, cpus: int) -> int:
    """The most objects that a cache may have at rest. Two have spares: two nodes for each
    level of the highest tree but one on each CPU, and SPARE_HEADS buffer heads. Their other
    objects belong to cached pages, of which a few stay mapped: a node, or the heads of the
    smallest blocks, for each. Descriptors belong to slabs. The shell itself may have been in
    swap a moment ago: its RETURNED_BIOS. All other caches must be as they were, but for what
    pages in pagevecs keep."""
    if cache == "slab_outside":
        return after.slabs
    cols = after.dump.cols
    if cache == "radix_node":
        return cpus * 20 + sum(1 for mapping in cols["mapping"] if mapping)
    if cache == "buffer_head":
        return SPARE_HEADS + 4 * sum(1 for b in cols["buffers"] if b)
    returned = RETURNED_BIOS if cache == "bio" else 0
    return _fixed_objects(cache, before, after) + returned + _kept_by_pagevecs(cache, after.dump)


def _fixed_objects(cache: str, before: State, after: State) -> int:
    """As many as before, but for the flushers' tasks."""
    flushers = after.flushers - before.flushers if cache == "task" else 0
    return before.objects.get(cache, 0) + flushers


def _kept_by_pagevecs(cache: str, dump: Dump) -> int:
    """Objects in memory for pages in pagevecs alone, at most; none in 2.4. The anon_vma of a
    dead page; the inode of a file of which a page could not be dropped. That one stays when
    its page has joined a list since: any file counts that has a page which nobody maps."""
    cols = dump.cols
    if cache == "anon_vma":
        return sum(1 for pfn in _in_pagevecs(dump) if not cols["mapcount"][pfn])
    if cache == "inode_cache" and dump.vm != "2.4":
        return len({mapping for mapping, mapped in zip(cols["mapping"], cols["mapcount"])
                    if not mapped} - {0})
    return 0


def _in_pagevecs(dump: Dump) -> Counter[int]:
    """How many pagevecs hold each page; none in 2.4."""
    return Counter(pfn for pfns in dump.pagevecs for pfn in pfns)


def _compare_states(before: State, after: State) -> list[str]:
    """Pages by state. A slab that is free may be kept, but must be some cache's. The shell may
    have more anonymous pages than before, and fewer, as reclaim forgets pages of zeros."""
    counts = after.dump.state_counts()
    was = before.dump.state_counts()
    model = models.load(after.dump.vm)
    lists = {state.name for state in model.lists()}
    waiting = _in_pagevecs(after.dump)
    problems = []
    stacks = (after.flushers - before.flushers) * STACK_PAGES
    for state, more in (("kernel", stacks), ("pagetable", 0), ("isolated", 0)):
        if counts.get(state, 0) != was.get(state, 0) + more:
            problems.append(f"{counts[state]} {state} pages, {was[state]} before: "
                            f"{_examples(after.dump, state)}")
    if counts["slab"] != after.slab_pages:
        problems.append(f"{counts['slab']} slab pages, but the caches have "
                        f"{after.slab_pages}")
    for pfn, number in enumerate(after.dump.list_of):
        state = after.dump.states[number]
        if state in lists or state in ("anon", "pagevec"):
            problems += _page_at_rest(after.dump, pfn, state, waiting[pfn])
    return problems


def _page_at_rest(dump: Dump, pfn: int, state: str, waiting: int) -> list[str]:
    """A page of a file or a process: not in swap, no write due, each reference accounted for."""
    cols = dump.cols
    if dump.has_flag(pfn, "swap_cache"):
        return [f"page {pfn} is still in the swap cache"]
    # Pages of processes are dirty for good under 2.6, once reclaim has looked at them.
    if dump.has_flag(pfn, "locked") or (dump.has_flag(pfn, "dirty") and cols["mapping"][pfn]):
        return [f"page {pfn}, {state}, is still {' '.join(dump.flag_names(pfn))}"]
    owners = {"ptes": cols["mapcount"][pfn], "pagevecs": waiting,
              "page cache": int(cols["mapping"][pfn] != 0),
              "buffers": int(cols["buffers"][pfn] != 0)}
    if cols["count"][pfn] == sum(owners.values()) > 0:
        return []
    said = ", ".join(f"{name} {number}" for name, number in owners.items() if number)
    return [f"page {pfn}, {state}, has {cols['count'][pfn]} references, but its owners are: "
            f"{said or 'nobody'}"]


def _examples(dump: Dump, state: str) -> str:
    """A few pages of a state, for a message."""
    pages = [pfn for pfn, number in enumerate(dump.list_of) if dump.states[number] == state]
    return ", ".join(f"{pfn} (count {dump.cols['count'][pfn]}, mapped "
                     f"{dump.cols['mapcount'][pfn]}, {' '.join(dump.flag_names(pfn)) or '-'})"
                     for pfn in pages[-8:])
