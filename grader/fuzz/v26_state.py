"""Statements of policy 2.6 that build a state: the machine, its pages, its processes."""

from __future__ import annotations

import re
from random import Random

from grader.fuzz.draw import anon_in_empty_places, empty_place, number, often, size, small, \
    some_count
from grader.fuzz.grammar import Mm, World

LISTS = ("inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable", "none")
ANON_LISTS = ("inactive_anon",) * 6 + ("active_anon",) * 3 + ("none",)
WRITES = ("instant", "instant_buffers", "async", "refuse", "missing", "redirty", "error")
TYPES = ("unmovable", "reclaimable", "movable", "reserve")
MOST_MMS = 3
MOST_SHRINKERS = 3
FIRST_FRAMES = 200  #: of which blocks and pages with a frame of one's choice are made


# ---- the scene ----

MACHINES = ({"normal": 4096}, {"normal": 4096}, {"dma": 4096, "normal": 4096},
            {"normal": 8192}, {"normal": 4096, "highmem": 4096},
            {"dma": 1024, "normal": 3072, "highmem": 1536}, {"normal": 3000},
            {"dma": 512, "dma32": 1024, "normal": 2048}, {"normal": 32768},
            {"normal": 16384, "highmem": 2048}, {"normal": 256}, {"dma": 512, "normal": 1100},
            {"dma": 300, "normal": 3000, "highmem": 700}, {"dma": 2048, "dma32": 4096})
MACHINES_WITH_NODES = (
    ({"normal": 4096}, {"normal": 4096}), ({"dma": 4096, "normal": 4096}, {"normal": 8192}),
    ({"dma": 512, "normal": 2048}, {"normal": 2048}, {"normal": 2048}),
    ({"normal": 3072}, {"normal": 512}), ({"dma": 1024, "dma32": 2048}, {"dma32": 2048}),
    ({"dma": 512, "normal": 3072, "highmem": 1024}, {"dma": 1024, "normal": 2000}),
    ({"normal": 4096, "highmem": 1024}, {"highmem": 2048}, {"normal": 1024}),
    ({"normal": 2048}, {}, {"normal": 3000}), ({"normal": 12288}, {"normal": 10240}),
    ({"dma": 4096, "normal": 2048}, {"normal": 1024}),
    ({"dma": 4096, "normal": 1024}, {"normal": 6144}),
    ({"normal": 512}, {"normal": 1024}, {"normal": 512}, {"normal": 1024}),
    ({"normal": 1024}, {"normal": 1024}, {"dma": 512, "normal": 1024}, {}))
WITH_NODES = 0.25  #: of the scenarios
AREAS = (2, 3, 8, 16, 64, 300, 600, 700)  #: their slots


def make_machine(world: World) -> str:
    rng = world.rng
    words = ["machine policy=2.6", *_memory(world)]
    areas = [rng.choice(AREAS) for _ in range(rng.choice((0, 1, 1, 1, 2, 3)))]
    world.swap = sum(areas)
    if areas:
        equal = len(areas) > 1 and often(rng, 0.6)
        words.append("swap=" + ",".join(
            f"{number(rng, n)}{':5' if equal else _priority(rng)}" for n in areas))
    words += [key for key in (f"page_cluster={rng.randint(0, 4)}",
                              *(["nodes=1", "cpus=1"] if world.nodes == 1 else []))
              if often(rng, 0.05)]
    return " ".join(words)


def _memory(world: World) -> list[str]:
    """Of one node, or of several with what concerns them."""
    rng = world.rng
    if not often(rng, WITH_NODES):
        world.zones = dict(rng.choice(MACHINES))
        return [f"{zone}={size(rng, n)}" for zone, n in world.zones.items()]
    nodes = rng.choice(MACHINES_WITH_NODES)
    world.nodes = len(nodes)
    world.zones = {f"{node}.{zone}": pages for node, zones in enumerate(nodes)
                   for zone, pages in zones.items()}
    words = [f"nodes={world.nodes}"]
    for zone in ("dma", "dma32", "normal", "highmem"):
        if any(zone in zones for zones in nodes):
            words.append(f"{zone}=" + ",".join(size(rng, zones.get(zone, 0)) for zones in nodes))
    if often(rng, 0.5):
        words.append("cpus=" + ",".join(str(rng.randint(0, 1)) for _ in nodes))
    if often(rng, 0.5):
        words.append("distances=" + ",".join(
            str(10 if one == other else rng.choice((12, 20, 20, 21, 30, 31, 40)))
            for one in range(world.nodes) for other in range(world.nodes)))
    return words


def has_zone(world: World, name: str) -> bool:
    """On any node."""
    return any(zone.rpartition(".")[2] == name for zone in world.zones)


def node_with_memory(world: World) -> int:
    return int(some_zone(world).partition(".")[0]) if world.nodes > 1 else 0


def _priority(rng: Random) -> str:
    return f":{rng.choice((0, 1, 9, 32767))}" if often(rng, 0.3) else ""


def some_zone(world: World) -> str:
    return world.rng.choice([*world.zones, list(world.zones)[-1]])


def make_ballast(world: World) -> str:
    zone = some_zone(world)
    leave = world.rng.choice((0, 0, 1, 10, 40, 64, 100, 128, 150, 192, 200, 400, 1000))
    return f"ballast zone={zone} leave={size(world.rng, min(leave, world.zones[zone] // 2))}"


def make_set(world: World) -> str:
    rng, zone = world.rng, some_zone(world)
    return "set " + rng.choice((
        f"swappiness={rng.choice((0, 20, 60, 100))}",
        f"min_free_kbytes={rng.choice((0, 128, 512, 1000, 2048, 5000, 16384))}",
        f"recent_{rng.choice(('scanned', 'rotated'))}.{zone}.{rng.choice(('anon', 'file'))}="
        f"{rng.choice((0, 1, 10, 100, 3000))}",
        f"all_unreclaimable.{zone}={rng.randint(0, 1)}",
        f"pages_scanned.{zone}={rng.choice((0, 10, 1000))}",
        f"autodrain={rng.randint(0, 1)}", f"laptop_mode={rng.randint(0, 1)}",
        *([f"numa_node={rng.randrange(world.nodes)}"] * 3 + [
            f"numa_zonelist_order={rng.choice(('default', 'node', 'zone'))}"]
          if world.nodes > 1 else []),
        rng.choice((f"vfs_cache_pressure={rng.choice((0, 50, 1000))}",
                    f"dirty_ratio={rng.choice((1, 5, 40, 100))}",
                    f"dirty_background_ratio={rng.choice((0, 1, 10, 50))}",
                    f"page_cluster={rng.randint(0, 4)}"))))


def make_hopeless(world: World) -> str:
    return f"set all_unreclaimable.{some_zone(world)}=1"


def make_reclaim_mode(world: World) -> str:
    return f"set zone_reclaim_mode={world.rng.randint(0, 7)}"


def make_block(world: World) -> str:
    rng = world.rng
    order = rng.choice((0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
    pfn = rng.randrange(2 * FIRST_FRAMES) & ~((1 << order) - 1)
    kind = f" type={rng.choice(TYPES)}" if often(rng, 0.2) else ""
    many = f" n={rng.randint(2, 6)}" if often(rng, 0.3) else ""
    if many and often(rng, 0.5):
        many += f" stride={rng.choice((1, 2, 3, 4)) << order}"
    zone = next(iter(world.zones)) if often(rng, 0.8) else some_zone(world)
    pfn += _first_frame(world, zone)
    return f"block zone={zone} pfn={number(rng, pfn)} order={order}{kind}{many}"


def _first_frame(world: World, zone: str) -> int:
    zones = list(world.zones)
    return sum(world.zones[below] for below in zones[:zones.index(zone)])


def make_pageblock(world: World) -> str:
    pfn = world.rng.randrange(6) * 512
    return f"pageblock pfn={pfn} type={world.rng.choice(TYPES)}"


def make_shrinker(world: World) -> str | None:
    rng = world.rng
    if sum(line.startswith("shrinker ") for line in world.lines) >= MOST_SHRINKERS:
        return None
    words = [f"shrinker {world.name('s')} objects={rng.choice((0, 1, 128, 1000, 50000))}"]
    for key, values in (("seeks", (1, 2, 4, 10)), ("batch", (1, 64, 1024)), ("refuse", (1,)),
                        ("floor", (8, 500, 99999)), ("deferred", (1, 127, 900, 100000))):
        if often(rng, 0.3):
            words.append(f"{key}={rng.choice(values)}")
    return " ".join(words)


# ---- pages ----

def _mapping(rng: Random, where: str, swap: int) -> str:
    if where.endswith("anon"):
        return rng.choices(("shm", "swap"), (60, 30 if swap else 0))[0]
    if where.endswith("file"):
        return rng.choices(("file", "ramfs", "none"), (75, 8, 17))[0]
    return rng.choices(("file", "shm", "swap", "ramfs", "none"),
                       (40, 20, 10 if swap else 0, 10, 20))[0]


def _page_keys(world: World) -> list[str]:
    """Of a page's kind: all but its name, frame and number."""
    rng = world.rng
    where = rng.choices(LISTS, (22, 12, 36, 16, 4, 10))[0]
    mapping = _mapping(rng, where, world.swap)
    words = [f"list={where}", f"mapping={mapping}"]
    if mapping in ("file", "shm") and often(rng, 0.7):
        words.append(f"writepage={rng.choice(WRITES)}")
    flags = [flag for flag, likely in (
        ("locked", 0.05), ("referenced", 0.25), ("dirty", 0.35), ("writeback", 0.07),
        ("reclaim", 0.05), ("mlocked", 0.07), ("uptodate", 0.05),
        ("swapbacked", 0.1 if where in ("none", "unevictable") else 0)) if often(rng, likely)]
    if mapping == "none" and "writeback" in flags:
        flags.remove("writeback")
    if where == "unevictable" and mapping != "ramfs" and "mlocked" not in flags:
        flags.append("mlocked")
    if flags:
        words.append("flags=" + ",".join(flags))
    buffers = "none"
    if mapping not in ("swap", "ramfs"):
        buffers = rng.choices(("none", "clean", "dirty", "locked", "pinned"),
                              (55, 20, 10, 8, 7))[0]
    if buffers != "none":
        words.append(f"buffers={buffers}")
    holders = 2 if mapping != "none" and buffers != "none" else 1
    words += some_count(world, holders, 2, 0.15)
    if mapping == "swap" and often(rng, 0.5):
        words.append(f"map={rng.randint(0, 2)}")
    return words


def _place_of_frame(world: World) -> str:
    if often(world.rng, 0.1):
        return f" pfn={number(world.rng, world.rng.randrange(FIRST_FRAMES))}"
    return f" zone={some_zone(world)}" if often(world.rng, 0.5) else ""


def make_page(world: World) -> str:
    many = f" n={small(world.rng, 20)}" if often(world.rng, 0.3) else ""
    frame = _place_of_frame(world)
    if many and "pfn" in frame:
        many = ""
    return f"page {world.name('p')}{many}{frame} {' '.join(_page_keys(world))}"


def make_fill(world: World) -> str | None:
    keys = [re.sub("locked,|,?locked$", "", key) if key.startswith("flags") else key
            for key in _page_keys(world)]
    if "list=none" in keys or "flags=" in keys:
        return None
    return f"fill zone={some_zone(world)} n={small(world.rng, 90)} {' '.join(keys)}"


def make_plain_frame(world: World) -> str:
    """A page that will be freed again."""
    rng = world.rng
    flags = " flags=mlocked" if often(rng, 0.2) else ""
    return f"page {world.name('y')} pfn={rng.randrange(FIRST_FRAMES)} mapping=none{flags}"


# ---- processes ----

def make_mm(world: World) -> str | None:
    if len(world.mms) >= MOST_MMS:
        return None
    name = world.name("m")
    world.mms[name] = Mm(world.rng.choice((4, 20, 64, 200)))
    return f"mm {name} pages={world.mms[name].pages}"


def _bits(rng: Random) -> str:
    words = [f"{key}={rng.randint(0, 1)}" for key in ("young", "dirty") if often(rng, 0.6)]
    words += [f"{key}=1" for key, likely in (("exec", 0.15), ("locked", 0.08))
              if often(rng, likely)]
    return "".join(f" {word}" for word in words)


def make_anon(world: World) -> str | None:
    rng = world.rng
    words = anon_in_empty_places(world, 20)
    if not words:
        return None
    words += _bits(rng)
    if often(rng, 0.8):
        words += f" list={rng.choice(ANON_LISTS)}"
    if often(rng, 0.15):
        flags = ("referenced", "mlocked", "locked", "referenced,mlocked", "referenced,locked",
                 "reclaim")
        words += f" flags={rng.choice(flags)}"
    words += _place_of_frame(world)
    return words + (" count=2" if often(rng, 0.08) else "")


def make_map(world: World) -> str | None:
    """A page that is in a cache or anonymous."""
    fits = sorted(name for name, keys in world.pages.items() if keys["mapping"] != "none")
    page = world.rng.choice(fits) if fits else None
    place = empty_place(world, 1) if page else None
    if not place:
        return None
    return f"map {place[0]} at={place[1]} page={page}{_bits(world.rng)}"


def make_touch(world: World) -> str | None:
    """Of what is present."""
    rng = world.rng
    present = [(name, at) for name, mm in world.mms.items() for at in mm.present]
    if world.stale or not present:
        return None
    name, at = rng.choice(sorted(present))
    return f"touch {name} at={at}" + (" write=1" if often(rng, 0.4) else "")


def make_fault(world: World) -> str | None:
    if not world.mms:
        return None
    rng = world.rng
    name = rng.choice(sorted(world.mms))
    at = rng.randrange(world.mms[name].pages)
    return f"touch {name} at={at}" + (" write=1" if often(rng, 0.5) else "")


def make_file(world: World) -> str:
    rng = world.rng
    n = f" n={small(rng, 40)}" if often(rng, 0.7) else ""
    way, file = rng.choice(("read", "write")), rng.choice(("fa", "fb"))
    return f"{way} {file} at={rng.choice((0, 1, 5))}{n}"
