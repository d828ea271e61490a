"""What procps' programs free and vmstat compute from /proc, and how they read it.

They cannot be pointed at another /proc: this is their logic, applied to a guest's files. A
file that they could not read, or a line that they need and miss, is an error here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PAGE_KIB = 4


@dataclass
class Free:
    """free's two lines, in KiB."""
    total: int
    used: int
    free: int
    shared: int
    buff_cache: int
    available: int
    swap_total: int
    swap_used: int
    swap_free: int


def numbers(text: str, separator: str) -> dict[str, int]:
    """Lines of NAME, separator, number; what comes behind the number is not looked at."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        name, between, rest = line.strip().partition(separator)
        value = re.match(r"\s*(\d+)", rest)
        if between and value:
            found[name] = int(value[1])
    return found


def available(meminfo: dict[str, int], min_free_kib: int) -> int:
    """Without a line MemAvailable, as before 3.14, it is put together."""
    low = min_free_kib * 5 // 4
    files = meminfo["Active(file)"] + meminfo["Inactive(file)"]
    slab = meminfo["SReclaimable"]
    kib = (meminfo["MemFree"] - low + files - min(files // 2, low) +
           slab - min(slab // 2, low))
    return max(kib, 0)


def free(meminfo_text: str, min_free_kib: int) -> Free:
    """The program free, with the rules of procps-ng 3.3."""
    meminfo = numbers(meminfo_text, ":")
    cached = meminfo["Cached"] + meminfo["SReclaimable"]
    used = meminfo["MemTotal"] - meminfo["MemFree"] - cached - meminfo["Buffers"]
    if used < 0:
        used = meminfo["MemTotal"] - meminfo["MemFree"]
    return Free(meminfo["MemTotal"], used, meminfo["MemFree"], meminfo["Shmem"],
                meminfo["Buffers"] + cached, available(meminfo, min_free_kib),
                meminfo["SwapTotal"], meminfo["SwapTotal"] - meminfo["SwapFree"],
                meminfo["SwapFree"])


@dataclass
class Moment:
    """What vmstat reads for each of its lines."""
    stat: dict[str, list[int]]  # /proc/stat, by the first word
    vmstat: dict[str, int]

    @classmethod
    def read(cls, stat: str, vmstat: str) -> Moment:
        lines = [line.split() for line in stat.splitlines() if line.strip()]
        return cls({words[0]: [int(word) for word in words[1:]] for words in lines},
                   numbers(vmstat, " "))


@dataclass
class Line:
    """A line of vmstat, but sums since the moment before instead of rates."""
    running: int
    blocked: int
    swapped_in: int  # KiB
    swapped_out: int
    blocks_in: int  # KiB
    blocks_out: int
    interrupts: int
    switches: int
    user: int  # percent of the processors' time
    system: int
    idle: int


def vmstat_line(before: Moment, after: Moment) -> Line:
    """The columns of the program vmstat between two moments."""
    def grown(name: str) -> int:
        return after.vmstat[name] - before.vmstat[name]

    def counted(name: str) -> int:
        return after.stat[name][0] - before.stat[name][0]

    user, nice, system, idle = (b - a for a, b in zip(before.stat["cpu"][:4],
                                                      after.stat["cpu"][:4]))
    all_ticks = max(user + nice + system + idle, 1)

    def percent(ticks: int) -> int:
        return (100 * ticks + all_ticks // 2) // all_ticks

    return Line(after.stat["procs_running"][0], after.stat["procs_blocked"][0],
                grown("pswpin") * PAGE_KIB, grown("pswpout") * PAGE_KIB, grown("pgpgin"),
                grown("pgpgout"), counted("intr"), counted("ctxt"), percent(user + nice),
                percent(system), percent(idle))
