"""The grammar of policy 2.4: every statement and function, every kind of page.

Natural scenarios never do what the language answers with a BUG: counts are those of the
holders or higher, only references that the scenario has are dropped, and only pages that
may be are put on a list or mapped with a dirty pte. The others do all of that, too.
"""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from grader.fuzz.draw import anon_in_empty_places, complete, empty_place, free_somebodys, \
    make_expect, make_wrong, number, often, size, small, some_count
from grader.fuzz.grammar import Character, Grammar, Mm, Production, World, keys_of
from grader.fuzz.reader24 import predict

GFP = ("none", "atomic", "buffer", "user", "kernel", "highuser", "kswapd")
LISTS = ("active", "inactive_dirty", "inactive_clean", "none")
WRITES = ("instant", "instant_buffers", "async", "refuse", "missing")
FILES = ("fa", "fb", "fc")
MOST_MMS = 4


# ---- the scene ----

def _machine(world: World) -> str:
    rng = world.rng
    sizes = {"dma": rng.choice((40, 64, 128, 200, 333, 600)),
             "normal": rng.choice((40, 128, 300, 512, 777, 1500))}
    if often(rng, 0.05):
        sizes["dma" if often(rng, 0.5) else "normal"] = 0
    if often(rng, 0.2):
        sizes["highmem"] = rng.choice((64, 300, 2000))
    world.zones = {zone: n for zone, n in sizes.items() if n}
    words = ["machine policy=2.4", *(f"{zone}={size(rng, n)}" for zone, n in sizes.items())]
    areas = [small(rng, 300) for _ in range(rng.choice((0, 1, 1, 1, 2, 3)))]
    world.swap = sum(areas)
    if areas:
        words.append("swap=" + ",".join(
            f"{n}:{rng.randint(0, 2)}" if often(rng, 0.4) else str(n) for n in areas))
    if often(rng, 0.4):
        words.append(f"page_cluster={rng.randint(0, 5)}")
    return " ".join(words)


def _zone(world: World) -> str:
    return world.rng.choice(list(world.zones))


def _ballast(world: World) -> str:
    zone = _zone(world)
    few = world.rng.choice((0, 0, 1, 3, 10, 12, 20, 30, 40, world.zones[zone] // 4))
    return f"ballast zone={zone} leave={size(world.rng, few)}"


def _set(world: World) -> str:
    rng = world.rng
    if often(rng, 0.3):
        return f"set page_cluster={rng.randint(0, 4)}"
    return f"set memory_pressure={rng.choice((0, 1, 64, 700, 6400, 100000))}"


# ---- pages ----

def _flags(rng: Random, mapping: str, buffers: str) -> list[str]:
    flags = [flag for flag, likely in (("locked", 0.08), ("referenced", 0.12),
                                       ("uptodate", 0.1)) if often(rng, likely)]
    if mapping != "none" and often(rng, 0.35):
        flags.append("dirty")
    if buffers != "none" and often(rng, 0.06):
        flags.append("ramdisk")
    if buffers == "locked" and "locked" not in flags and often(rng, 0.6):
        flags.append("locked")
    return flags


def _buffers(rng: Random, mapping: str) -> str:
    if mapping in ("shm", "ramfs"):
        return "none"
    likely = {"none": 0.2 if mapping == "none" else 0.6, "clean": 0.15, "locked": 0.1,
              "pinned": 0.05}
    if mapping != "swap":
        likely["dirty"] = 0.2
    return rng.choices(list(likely), list(likely.values()))[0]


def _page(world: World) -> str:
    rng = world.rng
    mapping = rng.choices(("file", "swap", "shm", "ramfs", "none"),
                          (50, 15 if world.swap else 0, 12, 6, 12))[0]
    buffers = _buffers(rng, mapping)
    words = [f"page {world.name('p')}"]
    if often(rng, 0.5):
        words.append(f"n={number(rng, small(rng, 60))}")
    if often(rng, 0.4):
        words.append(f"zone={_zone(world)}")
    words.append(f"list={rng.choices(LISTS, (30, 35, 25, 10))[0]}")
    if often(rng, 0.6):
        words.append(f"age={rng.choice((0, 0, 1, 2, 3, 7, 20, 62, 64))}")
    holders = 2 if mapping != "none" and buffers != "none" else 1
    words += some_count(world, holders, 3, 0.2)
    flags = _flags(rng, mapping, buffers)
    if flags:
        words.append("flags=" + ",".join(flags))
    words.append(f"mapping={mapping}")
    if mapping == "file" and often(rng, 0.7):
        words.append(f"writepage={rng.choice(WRITES)}")
    elif mapping == "shm" and often(rng, 0.3):
        words.append("writepage=refuse")
    if buffers != "none":
        words.append(f"buffers={buffers}")
    return " ".join(words)


# ---- processes ----

def _mm(world: World) -> str | None:
    if len(world.mms) >= MOST_MMS:
        return None
    rng = world.rng
    name = world.name("m")
    world.mms[name] = Mm(rng.choice((1, 8, 20, 64, 600)))
    quota = f" swap_cnt={rng.choice((1, 8, 100))}" if often(rng, 0.5) else ""
    return f"mm {name} pages={world.mms[name].pages}{quota}"


def _bits(rng: Random) -> str:
    return "".join(f" {key}={rng.randint(0, 1)}" for key in ("young", "dirty")
                   if often(rng, 0.5))


def _anon(world: World) -> str | None:
    rng = world.rng
    words = anon_in_empty_places(world, 40)
    if not words:
        return None
    words += _bits(rng)
    if often(rng, 0.6):
        words += f" age={rng.choice((0, 0, 1, 2, 5))}"
    return words + (f" count={rng.randint(2, 3)}" if often(rng, 0.08) else "")


def _may_be_dirty(world: World, page: str) -> bool:
    """False for pages for whose dirty pte the answer is a BUG: in no cache, but in use."""
    keys = world.pages.get(page, {})
    return keys.get("made") != "none"


def _map(world: World) -> str | None:
    rng = world.rng
    page = world.usable_page()
    place = empty_place(world, 1) if page else None
    if not place or not page:
        return None
    bits = _bits(rng)
    if not _may_be_dirty(world, page):
        if world.natural:
            bits = bits.replace("dirty=1", "dirty=0")
        world.bug_allowed |= "dirty=1" in bits
    return f"map {place[0]} at={place[1]} page={page}{bits}"


def _touch(world: World) -> str | None:
    if not world.mms:
        return None
    rng = world.rng
    name = rng.choice(sorted(world.mms))
    mm = world.mms[name]
    at = rng.randrange(mm.pages)
    if mm.taken and often(rng, 0.7):
        at = rng.choice(sorted(mm.taken))
    write = rng.randint(0, 1)
    if write and not _may_be_dirty(world, mm.present.get(at, "")):
        write = 0 if world.natural else 1
        world.bug_allowed |= bool(write)
    mm.taken.add(at)
    return f"touch {name} at={at}" + (" write=1" if write else "")


def _file(world: World) -> str:
    rng = world.rng
    at = rng.choice((0, 0, 1, 5, 30))
    n = f" n={small(rng, 60)}" if often(rng, 0.7) else ""
    return f"{rng.choice(('read', 'write'))} {rng.choice(FILES)} at={at}{n}"


# ---- calls ----

def _call(text: str) -> str:
    return f"call {text}"


def _on_page(world: World) -> str | None:
    page = world.usable_page()
    function = world.rng.choice(("age_page_up", "age_page_up", "age_page_down_ageonly",
                                 "activate_page", "deactivate_page"))
    return page and _call(f"{function} {page}")


def _lru(world: World) -> str | None:
    """Onto the lists and off them: legal for locked pages only."""
    rng = world.rng
    if not world.natural:
        world.bug_allowed = True
        page = world.usable_page()
        return page and _call(f"{rng.choice(('lru_cache_add', 'lru_cache_del'))} {page}")
    if world.stale:
        return None
    locked = [name for name, keys in world.pages.items() if "locked" in keys["flags"]
              and keys.get("made") not in (None, "none")]
    if not locked:
        return None
    page = rng.choice(locked)
    add = world.pages[page]["list"] == "none"
    return _call(f"lru_cache_{'add' if add else 'del'} {page}")


def _refill_scan(world: World) -> str:
    priority = world.rng.choice((0, 0, 0, 1, 2, 3, 4, 5, 6))
    return _call(f"refill_inactive_scan priority={priority} oneshot={world.rng.randint(0, 1)}")


def _launder(world: World) -> str:
    return _call(f"page_launder gfp={world.rng.choice(GFP)} sync={world.rng.randint(0, 1)}")


def _reclaim(world: World) -> str:
    return _call(f"reclaim_page zone={_zone(world)}")


def _number(world: World) -> str:
    return _call(world.rng.choice(("free_shortage", "inactive_shortage", "inactive_target",
                                   "recalculate_vm_stats", "out_of_memory")))


def _balance(world: World) -> str:
    function = world.rng.choice(("refill_inactive", "do_try_to_free_pages"))
    return _call(f"{function} gfp={world.rng.choice(GFP)} user={world.rng.randint(0, 1)}")


def _swap_out(world: World) -> str:
    return _call(f"swap_out priority={world.rng.randint(0, 6)} gfp={world.rng.choice(GFP)}")


def _try_swap_out(world: World) -> str | None:
    if not world.mms:
        return None
    name = world.rng.choice(sorted(world.mms))
    taken = sorted(world.mms[name].taken) or [0]
    return _call(f"try_to_swap_out {name} at={world.rng.choice(taken)}")


def _alloc(world: World) -> str:
    rng = world.rng
    # A request that may wait but not do I/O can try for ever (A17): the run takes long.
    gfp = rng.choice([g for g in GFP if g != "buffer" or often(rng, 0.1)])
    order = rng.choices((0, 1, 2, rng.randint(3, 9), 10, 12), (80, 8, 5, 6, 1, 1))[0]
    name = f" as={world.name('x')}" if often(rng, 0.8) else ""
    return _call(f"alloc_pages gfp={gfp} order={order}{name}")


def _free(world: World) -> str | None:
    """Drops a reference that the scenario has, unless it is one that must stay."""
    rng = world.rng
    if wrong := free_somebodys(world, 0.1):
        return wrong
    if world.stale:
        return None
    fits = [name for name, n in world.held.items() if n > 0 and name in world.pages
            and (int(world.pages[name]["count"]) > 1
                 or (world.pages[name]["list"] == "none"
                     and "locked" not in world.pages[name]["flags"]))]
    if not fits:
        return None
    page = rng.choice(fits)
    world.held[page] -= 1
    return _call(f"free_pages {page} order={world.pages[page].get('order', '0')}")


def _get_slot(world: World) -> str:
    return _call("get_swap_page")


def _slot(world: World) -> str | None:
    rng = world.rng
    if not world.used_slots:
        return None
    slot = rng.choice(world.used_slots)
    if often(rng, 0.4):
        return _call(f"swap_duplicate {slot}")
    mine = [slot for slot, n in world.slots_held.items() if n > 0]
    if not mine and world.natural:
        return None
    if world.natural or (mine and often(rng, 0.8)):
        slot = rng.choice(mine)
        world.slots_held[slot] -= 1
    else:
        world.bug_allowed = True
    return _call(f"swap_free {slot}")


# ---- time and the daemons ----

def _step(world: World) -> str:
    daemon = world.rng.choice(("kswapd", "kswapd", "kreclaimd"))
    return f"step {daemon}" + (f" n={world.rng.randint(2, 4)}" if often(world.rng, 0.2)
                               else "")


def _write_back(world: World) -> str:
    return f"step {world.rng.choice(('bdflush', 'kupdate'))}"


def _tick(world: World) -> str:
    return f"tick {world.rng.choice((0, 1, 100, 101, 500, 3000, 3500))}"


def _complete(world: World) -> str:
    return complete(world, 0.5)


def _show(world: World) -> str:
    rng = world.rng
    names = rng.sample(sorted(world.shown), min(len(world.shown), 3))
    pages = " ".join(name for name in names if "list" in world.shown[name])
    return rng.choice(("show lists", "show counters", "show pages", "show swap",
                       f"show buddy zone={_zone(world)}",
                       f"show {pages}" if pages else "show lists",
                       *(f"show mm {name}" for name in world.mms)))


# ---- the table ----

SCENE = (Production(6, _ballast), Production(2, _set))
PAGES = (Production(14, _page),)
PROCESSES = (Production(4, _mm), Production(7, _anon), Production(5, _map))
#: From the user's access to the disk; the rules do not tell what these do.
PATHS = (Production(8, _touch), Production(8, _file), Production(3, _write_back))
LRU = (Production(4, _on_page), Production(2, _lru), Production(5, _refill_scan),
       Production(8, _launder), Production(5, _reclaim))
BALANCE = (Production(2, _number), Production(4, _balance))
SWAP = (Production(4, _swap_out), Production(4, _try_swap_out), Production(2, _get_slot),
        Production(2, _slot))
FRAMES = (Production(6, _alloc), Production(4, _free))
TIME = (Production(6, _step), Production(3, _tick), Production(5, _complete))
LOOK = (Production(1, _show, acts=False),)

CORE = SCENE + PAGES + PROCESSES + LRU + BALANCE + SWAP + FRAMES + TIME + LOOK
OPENING = (Production(8, _ballast), Production(1, _set), Production(12, _page),
           Production(4, _mm), Production(6, _anon), Production(2, _map))


def _fond_of(*groups: tuple[Production, ...]) -> tuple[Production, ...]:
    heavy = {production.make for group in groups for production in group}
    return tuple(replace(production, weight=4 * production.weight)
                 if production.make in heavy else production for production in CORE)


CHARACTERS = {
    "even": Character(OPENING, CORE),
    "lists": Character(OPENING, _fond_of(PAGES, LRU, TIME)),
    "swap": Character(OPENING, _fond_of(PROCESSES, SWAP, TIME)),
    "short": Character(OPENING, _fond_of(SCENE, FRAMES, BALANCE)),
    "users": Character(OPENING + PATHS, CORE + PATHS),
    "files": Character(OPENING + PATHS, _fond_of(LRU, TIME) + PATHS),
}


# ---- learning ----

def _look(world: World) -> list[str]:
    return ["show pages", *(f"show mm {name}" for name in world.mms), "show lists",
            "show counters", "show swap", *(f"show buddy zone={zone}" for zone in world.zones)]


def _made_as(lines: list[str]) -> dict[str, str]:
    """The mapping with which each page was made; pages of other statements have none."""
    made = {}
    for line in lines:
        if line.startswith("page "):
            keys = keys_of(line)
            name = line.split()[1]
            names = [f"{name}.{i}" for i in range(int(keys["n"], 0))] if "n" in keys else [name]
            made.update(dict.fromkeys(names, keys.get("mapping", "file")))
    return made


def _learn_calls(world: World, stdout: str) -> dict[str, str]:
    """References that the scenario has by its statements; returns the blocks' orders."""
    results = re.findall(r"^(?!touch|read|write)(\w+) -> (\S+)$", stdout, re.MULTILINE)
    calls = [line.split() for line in world.lines if line.startswith("call ")]
    orders: dict[str, str] = {}
    alias: dict[str, str] = {}
    world.held.clear()
    world.slots_held.clear()
    for (function, result), words in zip(results, calls):
        keys = keys_of(" ".join(words))
        if function in ("alloc_pages", "reclaim_page") and result not in ("none", "sleeps"):
            world.held[result] += 1
            alias[keys.get("as", "")] = result
            if keys.get("order", "0") != "0":
                orders[result] = keys["order"]
        elif function == "free_pages":
            world.held[alias.get(words[2], words[2])] -= 1
        elif function == "get_swap_page" and result != "none":
            world.slots_held[result] += 1
        elif function == "swap_duplicate":
            world.slots_held[words[2]] += int(result)
        elif function == "swap_free":
            world.slots_held[words[2]] -= 1
    return orders


def _learn(world: World, stdout: str) -> None:
    made = _made_as(world.lines)
    orders = _learn_calls(world, stdout)
    world.pages = {}
    world.used_slots = []
    for mm in world.mms.values():
        mm.taken.clear()
        mm.present.clear()
    # The last look is what counts: `show` may also stand in the scenario itself.
    for line in stdout.splitlines():
        words = line.split()
        if words[0] == "page":
            keys = keys_of(line)
            world.pages[words[1]] = keys
            keys["made"] = made.get(words[1], "anonymous")
            keys["order"] = orders.get(words[1], "0")
        elif words[0] == "pte" and words[1] in world.mms:
            world.mms[words[1]].taken.add(int(words[2]))
            if words[3] == "present":
                world.mms[words[1]].present[int(words[2])] = keys_of(line)["page"]
        elif words[0] == "slot":
            world.used_slots.append(words[1])
    world.pages = {name: keys for name, keys in world.pages.items()
                   if keys["list"] != "free"}


GRAMMAR = Grammar("2.4", _machine, CHARACTERS, _look, _learn, make_expect, make_wrong,
                  predict)
