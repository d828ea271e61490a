"""Does a working set survive a scan? A file that is read several times, then a stream.

`make_disk` makes a file system with the files `hot` and `stream`; `lost_pages` boots a guest,
reads `hot` so many times and `stream` once, and asks how much of `hot` is still in memory.
What is not would be read again: a refault.
"""
from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grader.guest import Config, Guest, GuestError

SBIN = "/usr/sbin:/sbin:/usr/bin:/bin"
PAGES_PER_MIB = 256


@dataclass
class Result:
    """What a stream left of the hot file."""
    pages: int  # of the hot file
    lost: int  # of them, no more in memory
    scanned: int  # looks at inactive pages, and pages freed, while the stream was read
    freed: int


def make_disk(image: Path, hot_mib: int, stream_mib: int) -> None:
    """An ext2 image with the two files; nothing in them is a hole."""
    with tempfile.TemporaryDirectory() as directory:
        for name, size in (("hot", hot_mib), ("stream", stream_mib)):
            with open(Path(directory) / name, "wb") as file:
                for _ in range(size):
                    file.write(os.urandom(4096) * PAGES_PER_MIB)
        with open(image, "wb") as file:
            file.truncate((hot_mib + stream_mib) * 17 // 16 + 4 << 20)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", "-b", "4096", "-m", "0", "-d",
                        directory, str(image)],
                       check=True, capture_output=True, env={"PATH": SBIN})


def disk_of(image: Path) -> list[str]:
    """QEMU's arguments for it."""
    return ["-drive", f"file={image},if=none,id=files,format=raw,readonly=on",
            "-device", "virtio-blk-pci,drive=files"]


def vmstat(guest: Guest) -> dict[str, int]:
    text = guest.run("cat /proc/vmstat")
    return {name: int(value) for name, value in re.findall(r"^(\w+) (\d+)$", text, re.M)}


def scanned_and_freed(before: dict[str, int], after: dict[str, int]) -> tuple[int, int]:
    """Looks at inactive pages, and pages freed; 2.6 counts both for each zone."""
    def grown(prefix: str) -> int:
        return sum(value - before[name] for name, value in after.items()
                   if name.startswith(prefix))
    return grown("pgscan"), grown("pgsteal")


def lost_pages(config: Config, image: Path, times: int) -> Result:
    """Reads `hot` TIMES times and `stream` once in a guest of its own."""
    config.extra += disk_of(image)
    with Guest(config) as guest:
        guest.boot()
        guest.run(f"mkdir /tmp/files; mount -r /dev/{'vdc' if config.swap else 'vdb'} /tmp/files")
        guest.run("; ".join(["cat /tmp/files/hot > /dev/null"] * times))
        before = vmstat(guest)
        guest.run("cat /tmp/files/stream > /dev/null", timeout=300)
        after = vmstat(guest)
        said = guest.run("fincore /tmp/files/hot")
    found = re.search(r": (\d+) of (\d+) pages in memory", said)
    if not found:
        raise GuestError(f"fincore did not say how much is in memory:\n{said}")
    return Result(int(found[2]), int(found[2]) - int(found[1]),
                  *scanned_and_freed(before, after))
