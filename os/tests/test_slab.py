"""/proc/slabinfo on four processors: the counts add up under load, and memory comes back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.guest import Config, Guest
from guests import ARCHES, checking_kernel, fsck

LINE = re.compile(r"^(\S+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) : +(\d+) +(\d+)$")


@dataclass(frozen=True)
class Cache:
    """One line of /proc/slabinfo; objects and slabs that are in use, and all of them."""

    active: int
    objects: int
    size: int
    active_slabs: int
    slabs: int
    pages_per_slab: int
    limit: int
    batch: int


def slabinfo(text: str) -> dict[str, Cache]:
    """The caches by name. Fails on a text that is not in 2.4's format, or does not add up."""
    lines = text.strip().splitlines()
    assert lines[0] == "slabinfo - version: 1.1 (SMP)"
    caches = {}
    for line in lines[1:]:
        found = LINE.match(line)
        assert found, line
        cache = caches[found[1]] = Cache(*map(int, found.groups()[1:]))
        assert cache.active <= cache.objects, line
        assert cache.active_slabs <= cache.slabs, line
        if cache.slabs:
            per_slab, rest = divmod(cache.objects, cache.slabs)
            assert rest == 0, line
            assert 0 < per_slab * cache.size <= cache.pages_per_slab * 4096, line
            # Used slabs hold all used objects, and at least one each.
            assert cache.active_slabs <= cache.active <= cache.active_slabs * per_slab, line
        else:
            assert cache.objects == cache.active == 0, line
        assert cache.batch <= cache.limit, line
    return caches


@pytest.mark.parametrize("arch, check", [("i386", True), ("x86_64", False)])
def test_counts_add_up_under_load(arch: str, check: bool, tmp_path: Path) -> None:
    """While processes come and go, and limits change, on four CPUs.

    The checking build gets less to do: it is slower, and a line of /proc/slabinfo may wait for
    a processor behind all of the load.
    """
    kernel = checking_kernel(arch) if check else None
    directory = tmp_path / "guest"
    with Guest(Config(arch=arch, cpus=4, mem=32, kernel=kernel), directory) as guest:
        guest.boot()
        before = slabinfo(guest.run("cat /proc/slabinfo"))
        assert before["vm_area"].limit > 0 and before["task"].slabs > 0
        guest.send("fsstress -n 40 -p 2 /tmp & forkstorm 4 4 & memhog 36 -r &\n" if check else
                   "fsstress -n 200 -p 4 /tmp & forkstorm 8 6 & memhog 40 -r &\n")
        guest.expect("# ")
        seen = []
        for limits in ("vm_area 8 4", "vm_area 0 0", "dentry_cache 200 50", "vm_area 31 7",
                       "buffer_head 2 1", "radix_node 0 0", "size-64 1 1"):
            output, status = guest.run_status(f"echo {limits} > /proc/slabinfo", timeout=240)
            assert status == 0, output
            text = guest.run("cat /proc/slabinfo", timeout=240)
            text = text[text.index("slabinfo - "):]
            seen.append(slabinfo("\n".join(
                line for line in text.splitlines() if " : " in line or "version" in line)))
            name, limit, batch = limits.split()
            assert (seen[-1][name].limit, seen[-1][name].batch) == (int(limit), int(batch))
        assert max(caches["vm_area"].active for caches in seen) > before["vm_area"].active
        guest.run("wait", timeout=300)
        # Nobody uses more than before, apart from what processors keep at hand.
        after = slabinfo(guest.run("cat /proc/slabinfo"))
        for name in ("mm_struct", "vm_area", "task"):
            kept = 4 * after[name].limit
            assert after[name].active <= before[name].active + kept, (name, after[name])
        guest.send("exit 0\n")
        assert guest.wait() == 0
    fsck(directory / "root.img")


def test_bad_tunables_are_refused(tmp_path: Path) -> None:
    with Guest(Config(cpus=4), tmp_path / "guest") as guest:
        guest.boot()
        before = slabinfo(guest.run("cat /proc/slabinfo"))
        for words in ("vm_area", "vm_area 8", "vm_area 4 8", "vm_area 8 0", "no-cache 8 4",
                      "vm_area 8 4 2", "vm_area 4097 1", "vm_area x 1"):
            output, status = guest.run_status(f"echo {words} > /proc/slabinfo")
            assert status != 0 and "Invalid argument" in output, (words, output)
        after = slabinfo(guest.run("cat /proc/slabinfo"))
        assert {name: c.limit for name, c in after.items()} == \
            {name: c.limit for name, c in before.items()}


@pytest.mark.parametrize("arch", ARCHES)
def test_pressure_takes_free_slabs_back(arch: str, tmp_path: Path) -> None:
    """Names and inodes of many files fill slabs; memory that is needed comes out of them."""
    with Guest(Config(arch=arch, cpus=4, mem=32), tmp_path / "guest") as guest:
        guest.boot()
        guest.run("cd /tmp")
        for group in range(16):
            guest.run("touch " + " ".join(f"{group}-{i}" for i in range(50)))

        def pages(names: tuple[str, ...]) -> int:
            caches = slabinfo(guest.run("cat /proc/slabinfo"))
            return sum(caches[name].slabs * caches[name].pages_per_slab for name in names)

        names = ("dentry_cache", "inode_cache")
        full = pages(names)
        reaped = int(guest.run("cat /proc/vmstat").split("slab_reaped ")[1].split()[0])
        guest.run("memhog 64 -p 2", timeout=300)
        assert pages(names) < full * 3 / 4, (full, pages(names))
        vmstat = guest.run("cat /proc/vmstat")
        assert int(vmstat.split("slab_reaped ")[1].split()[0]) > reaped, vmstat
