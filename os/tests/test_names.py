"""The caches of names and inodes of a machine that runs: they grow, and shrink under pressure."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.guest import Config, Guest
from guests import ARCHES, fsck

#: Files at first; each has an inode and a name, both cached.
FILES = 800
#: As many as a line of the shell takes.
IN_A_LINE = 40


def names(guest: Guest) -> tuple[int, int]:
    """How many there are, and how many nobody uses."""
    fields = [int(n) for n in guest.run("cat /proc/sys/fs/dentry-state").split()]
    return fields[0], fields[1]


def inodes(guest: Guest) -> tuple[int, int]:
    """How many there are, and how many nobody uses."""
    fields = [int(n) for n in guest.run("cat /proc/sys/fs/inode-nr").split()]
    return fields[0], fields[1]


def slab_objects(guest: Guest, cache: str) -> int:
    """Objects that the slabs of a cache have room for."""
    for line in guest.run("cat /proc/slabinfo").splitlines():
        if line.startswith(cache + " "):
            return int(line.split()[2])
    raise AssertionError(f"no {cache}")


def make_files(guest: Guest) -> None:
    guest.run("mkdir /tmp/many; cd /tmp/many")
    for first in range(0, FILES, IN_A_LINE):
        guest.run("touch " + " ".join(f"n{i}" for i in range(first, first + IN_A_LINE)))
    guest.run("sync")


@pytest.mark.parametrize("arch", ARCHES)
def test_the_caches_shrink_under_pressure(arch: str, tmp_path: Path) -> None:
    config = Config(arch=arch, mem=16)
    with Guest(config, tmp_path / "guest") as guest:
        guest.boot()
        names_before, inodes_before = names(guest), inodes(guest)
        make_files(guest)
        many_names, many_inodes = names(guest), inodes(guest)
        assert many_names[0] >= names_before[0] + FILES
        assert many_names[1] >= names_before[1] + FILES
        assert many_inodes[0] >= inodes_before[0] + FILES
        assert slab_objects(guest, "dentry_cache") >= FILES

        guest.run("memhog 20 -p 3", timeout=240)
        few_names, few_inodes = names(guest), inodes(guest)
        assert few_names[1] < many_names[1] / 4, (many_names, few_names)
        assert few_inodes[0] < many_inodes[0] / 2, (many_inodes, few_inodes)
        assert few_names[0] - few_names[1] <= many_names[0] - many_names[1] + 4
        assert 0 <= few_inodes[1] < few_inodes[0]
        assert slab_objects(guest, "dentry_cache") < FILES / 2

        # Nothing is lost: each file is looked up anew.
        guest.run("cd /tmp/many")
        assert guest.run("ls | wc -l").strip().endswith(str(FILES))
        guest.run("cat n0 n799; ls -l > /dev/null")
        assert names(guest)[0] >= few_names[0] + FILES

        guest.run("cd /; rm -r /tmp/many; echo 3 > /proc/sys/vm/drop_caches")
        end_names, end_inodes = names(guest), inodes(guest)
        # What is left are the names that drop_caches itself was found by, and those of cat.
        assert end_names[0] <= names_before[0] + 4, (names_before, end_names)
        assert end_inodes[0] <= inodes_before[0] + 4, (inodes_before, end_inodes)
        guest.send("exit 0\n")
        assert guest.wait() == 0
        fsck(guest.directory / "root.img")
