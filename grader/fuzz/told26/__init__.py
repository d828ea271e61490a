"""The rules of policy 2.6 told a second time, to be compared with the core.

Written from the facts sheet and the scenario language alone, not from the core: a mistake
in the reading of either shows as a difference. What is not told (faults, files, several
CPUs that run, priorities of swap areas) has no prediction.

    frames.py    zones and marks, the buddy, pageblocks, per-CPU lists
    slots.py     slots of swap areas
    lru.py       the lists, pagevecs, use, isolation
    pages.py     one page: dirt, I/O, buffers, ptes, pageout
    reclaim.py   scan counts, and the scans of a zone's lists
    nodes.py     nodes, and in which order requests try their zones
    drivers.py   shrinkers, direct reclaim, kswapd, zone_reclaim, the slow path
    reader.py    a scenario's statements
    calls.py     the functions that it calls
    show.py      what it prints
"""

from grader.fuzz.told26.reader import predict

__all__ = ["predict"]
