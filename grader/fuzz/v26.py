"""The grammar of policy 2.6: every statement and function, every kind of page.

Natural scenarios never do what the language answers with a BUG: counts are those of the
holders or higher, and only references that the scenario has are dropped. What the machine
refuses (a frame that is no ballast, a slot that is not there) is left out by the caller.
"""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from grader.fuzz.draw import complete, free_somebodys, make_expect, make_wrong, often, small
from grader.fuzz.grammar import Character, Grammar, Production, World, keys_of
from grader.fuzz.told26 import predict
from grader.fuzz.v26_state import LISTS, has_zone, make_anon, make_ballast, make_block, \
    make_fault, make_file, make_fill, make_hopeless, make_machine, make_map, make_mm, \
    make_page, make_pageblock, make_plain_frame, make_reclaim_mode, make_set, make_shrinker, \
    make_touch, node_with_memory, some_zone

GFP = ("none", "nowait", "atomic", "noio", "nofs", "kernel", "temporary", "user", "highuser",
       "highuser_movable")
BITS = ("movable", "reclaimable", "cold", "nowarn", "repeat", "noretry", "nomemalloc",
        "no_kswapd", "highmem", "high", "dma", "dma32", "wait", "io", "fs", "nofail")


# ---- calls: pages ----

def _call(text: str) -> str:
    return f"call {text}"


def _on_page(world: World) -> str | None:
    page = world.page()
    function = world.rng.choice((
        "mark_page_accessed", "mark_page_accessed", "mark_page_accessed", "activate_page",
        "deactivate_page", "rotate_reclaimable_page", "page_evictable", "page_referenced",
        "isolate_lru_page"))
    return page and _call(f"{function} {page}")


def _put_back(world: World) -> str | None:
    """Of what the scenario has isolated."""
    if world.stale:
        return None
    mine = [name for name, n in world.held.items() if n > 0 and name in world.pages
            and world.pages[name]["list"] == "none" and world.pages[name]["isolated"] == "1"]
    if not mine:
        return None
    page = world.rng.choice(mine)
    world.stale = True
    return _call(f"putback_lru_page {page}")


def _cache_add(world: World) -> str | None:
    if world.stale:
        return None
    fits = [name for name, keys in world.pages.items()
            if keys["list"] == "none" and not int(keys["isolated"]) and keys["order"] == "0"
            and name not in world.slots_held]
    if not fits:
        return None
    page = world.rng.choice(fits)
    world.stale = True
    kind = "anon" if "swapbacked" in world.pages[page]["flags"] else "file"
    return _call(f"lru_cache_add_{kind} {page}")


def _drain(world: World) -> str:
    return _call("lru_add_drain")


# ---- calls: scans ----

def _scan_options(rng: Random) -> str:
    words = []
    for key, values, likely in (
            ("priority", tuple(range(13)), 0.6), ("kswapd", (1,), 0.4),
            ("may_writepage", (0,), 0.2), ("may_unmap", (0,), 0.2), ("may_swap", (0,), 0.1),
            ("order", (1, 2, 3, 4, 5, 6, 8, 10), 0.2), ("nr_to_reclaim", (1, 10, 64), 0.1),
            ("gfp", ("noio", "nofs", "atomic", "highuser", "none+io", "noio+fs"), 0.2)):
        if often(rng, likely):
            words.append(f" {key}={rng.choice(values)}")
    return "".join(words)


def _shrink_list(world: World) -> str:
    rng = world.rng
    state = rng.choice(("active", "inactive", "inactive"))
    n = f" n={rng.choice((1, 2, 3, 8, 16, 33, 100))}" if often(rng, 0.7) else ""
    kind = rng.choice(("anon", "file"))
    return _call(f"shrink_{state}_list zone={some_zone(world)} list={kind}{n}"
                 f"{_scan_options(rng)}")


def _shrink_page_list(world: World) -> str | None:
    if world.stale:
        return None
    rng = world.rng
    zone = some_zone(world)
    on_list = [name for name, keys in world.pages.items()
               if keys["list"] in LISTS[:4] and keys["zone"] == zone]
    if not on_list:
        return None
    pages = rng.sample(on_list, min(len(on_list), small(rng, 8)))
    sync = " sync=1" if often(rng, 0.2) else ""
    world.stale = True
    return _call(f"shrink_page_list zone={zone} {' '.join(pages)}{sync}{_scan_options(rng)}")


def _shrink_zone(world: World) -> str:
    return _call(f"shrink_zone zone={some_zone(world)}{_scan_options(world.rng)}")


def _numbers(world: World) -> str:
    rng, zone = world.rng, some_zone(world)
    return _call(rng.choice((
        f"get_scan_count zone={zone}{_scan_options(rng)}",
        f"inactive_list_is_low zone={zone} list={rng.choice(('anon', 'file'))}",
        f"zone_watermark_ok zone={zone} order={_order(rng)} "
        f"mark={rng.choice((0, 10, 37, 100, 128, 192, 1000, 4000))} class={some_zone(world)} "
        f"flags={rng.choice(('none', 'high', 'harder', 'high,harder'))}")))


def _node_order(world: World) -> str | None:
    rng = world.rng
    if world.nodes == 1:
        return None
    used = rng.sample(range(world.nodes), rng.randint(1, world.nodes))
    return rng.choice((
        _call("default_zonelist_order"),
        _call(f"find_next_best_node node={rng.randrange(world.nodes)} "
              f"used={','.join(map(str, used))}"),
        f"show zonelist node={rng.randrange(world.nodes)} gfp={_gfp(world)}"))


def _shrink_slab(world: World) -> str:
    rng = world.rng
    return _call(f"shrink_slab scanned={rng.choice((0, 1, 32, 100, 4096, 18927))} "
                 f"lru={rng.choice((0, 1, 999, 11011, 99999))}")


# ---- calls: drivers ----

def _order(rng: Random) -> int:
    return rng.choices((0, 1, 2, 3, 4, 5, rng.randint(6, 10)), (70, 8, 8, 6, 5, 3, 4))[0]


def _gfp(world: World) -> str:
    rng = world.rng
    bits = [bit for bit in BITS if often(rng, 0.06)
            and (bit not in ("dma", "dma32", "highmem") or has_zone(world, bit))]
    name = rng.choice(GFP)
    zones = {"dma", "dma32", "highmem"} & {*bits, "highmem" if "highuser" in name else ""}
    if len(zones) > 1 or ("reclaimable" in bits and "movable" in name + "".join(bits)) \
            or (name == "temporary" and "movable" in bits):
        bits = []
    # Who may neither fail nor kill tries for ever.
    if "nofail" in bits and not ("fs" in bits or name in GFP[5:]) | ("noretry" in bits):
        bits.remove("nofail")
    if world.nodes > 1 and often(rng, 0.2):
        bits += ["thisnode", *(bit for bit in ("noretry", "nowarn") if bit not in bits)]
    return "+".join([name, *bits])


def _drive(world: World) -> str:
    rng = world.rng
    highest = f" class={some_zone(world)}" if often(rng, 0.8) else ""
    return _call(rng.choice((
        f"balance_pgdat node={node_with_memory(world)} order={_order(rng)}{highest}",
        f"try_to_free_pages gfp={_gfp(world)} order={_order(rng)}",
        f"zone_reclaim zone={some_zone(world)} gfp={_gfp(world)} order={_order(rng)}")))


def _alloc(world: World) -> str:
    rng = world.rng
    gfp = rng.choice(("nowait", "nowait+movable", "nowait+reclaimable", "atomic", "kernel",
                      "nowait+movable+cold", "kernel+noretry", _gfp(world), _gfp(world)))
    name = f" as={world.name('x')}" if often(rng, 0.9) else ""
    order = rng.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))
    return _call(f"alloc_pages gfp={gfp} order={order}{name}")


def _free(world: World) -> str | None:
    """Of what the scenario allocated, or made to be freed."""
    rng = world.rng
    if wrong := free_somebodys(world, 0.05):
        return wrong
    if world.stale:
        return None
    mine = [name for name, keys in world.pages.items()
            if name[0] in "xy" and keys["list"] == "none" and keys["count"] == "1"
            and keys["flags"] in ("-", "mlocked") and keys["mapped"] == "0"]
    if not mine:
        return None
    page = rng.choice(mine)
    order = world.pages[page]["order"]
    del world.pages[page]
    return _call(f"free_pages {page} order={order}")


# ---- calls: slots ----

def _get_slot(world: World) -> str:
    many = f" n={small(world.rng, 270)}" if often(world.rng, 0.2) else ""
    return _call(f"get_swap_page{many}")


def _slot(world: World) -> str | None:
    """Of slots that the scenario got: one user more or less, or the cache bit away."""
    rng = world.rng
    if world.stale or not world.used_slots:
        return None
    mine = [slot for slot, n in world.slots_held.items() if n >= 0 and slot in world.used_slots]
    if not mine or often(rng, 0.2):
        return _call(f"swap_duplicate {rng.choice(world.used_slots)}")
    slot = rng.choice(mine)
    world.used_slots.remove(slot)
    if world.slots_held[slot] > 0:
        return _call(f"swap_free {slot}")
    if often(rng, 0.5):
        return _call(f"swapcache_free {slot}")
    return _call(f"swap_duplicate {slot}")


# ---- time, daemons, looking ----

def _step(world: World) -> str:
    return "step kswapd" + (" n=2" if often(world.rng, 0.1) else "")


def _flusher(world: World) -> str | None:
    """Not with a lock that nobody gives back, or a file that cannot be written, for which
    it would wait or try for ever."""
    if world.stale or any("locked" in keys["flags"] for keys in world.pages.values()) \
            or any("writepage=" in line for line in world.lines):
        return None
    return "step flusher"


def _tick(world: World) -> str:
    return f"tick {world.rng.choice((1, 100, 3500))}"


def _complete(world: World) -> str:
    return complete(world, 0.4)


def _names(world: World) -> list[str]:
    """Pages by name, and the frames of those that live."""
    pages = [name for name, keys in world.shown.items() if "list" in keys]
    some = world.rng.sample(pages, min(len(pages), 3))
    living = [name for name in some if world.shown[name]["list"] != "free"]
    return [" ".join(some)] * bool(some) + ["frame " + " ".join(living)] * bool(living)


def _show(world: World) -> str:
    zone = some_zone(world)
    return "show " + world.rng.choice((
        "lists", "counters", "pages", "swap", "vmstat", "kswapd", "sc", "shrinkers",
        *_names(world), *(f"mm {name}" for name in world.mms),
        *(f"{what} zone={zone}" for what in ("zone", "marks", "buddy", "pcp", "pageblocks"))))


# ---- the table ----

SCENE = (Production(6, make_ballast), Production(3, make_set))
PAGES = (Production(14, make_page), Production(2, make_fill))
PROCESSES = (Production(3, make_mm), Production(7, make_anon), Production(8, make_map),
             Production(4, make_touch))
LRU = (Production(10, _on_page), Production(2, _put_back), Production(2, _cache_add),
       Production(1, _drain))
SCANS = (Production(8, _shrink_list), Production(6, _shrink_page_list),
         Production(4, _shrink_zone))
FORMULAS = (Production(3, _numbers), Production(1, _node_order), Production(1, make_shrinker), Production(2, _shrink_slab))
DRIVERS = (Production(4, _drive), Production(3, _step), Production(0.3, make_reclaim_mode))
FRAMES = (Production(5, _alloc), Production(4, _free), Production(2, make_plain_frame),
          Production(2, make_block), Production(0.7, make_pageblock))
SLOTS = (Production(2, _get_slot), Production(3, _slot))
TIME = (Production(0.3, _tick), Production(4, _complete))
LOOK = (Production(2, _show, acts=False),)
#: From the user's access to the disk; the rules do not tell what these do.
PATHS = (Production(8, make_fault), Production(8, make_file), Production(2, _flusher))

#: Requests that find nothing, and zones from which nothing is to be had.
HOPELESS = (Production(20, make_hopeless), Production(40, _alloc), Production(20, make_ballast))

CORE = (SCENE + PAGES + PROCESSES + LRU + SCANS + FORMULAS + DRIVERS + FRAMES + SLOTS + TIME
        + LOOK)
OPENING = (Production(4, make_ballast), Production(2, make_set), Production(14, make_page),
           Production(1, make_fill), Production(3, make_mm), Production(6, make_anon),
           Production(6, make_map))
BLOCKS = (Production(3, make_ballast), Production(8, make_block),
          Production(3, make_plain_frame), Production(1, make_pageblock))


def _fond_of(*groups: tuple[Production, ...]) -> tuple[Production, ...]:
    heavy = {production.make for group in groups for production in group}
    return tuple(replace(production, weight=6 * production.weight)
                 if production.make in heavy else production for production in CORE)


CHARACTERS = {
    "even": Character(OPENING, CORE),
    "lists": Character(OPENING, _fond_of(LRU, TIME)),
    "scans": Character(OPENING, _fond_of(SCANS, TIME)),
    "formulas": Character(OPENING, _fond_of(FORMULAS)),
    "blocks": Character(BLOCKS, _fond_of(FRAMES)),
    "short": Character(OPENING, _fond_of(SCENE, DRIVERS)),
    "hopeless": Character(OPENING, _fond_of(DRIVERS) + HOPELESS),
    "slots": Character(OPENING, _fond_of(SLOTS, SCANS)),
    "users": Character(OPENING + PATHS, CORE + PATHS),
}


# ---- learning ----

BEGIN = "show kswapd"  #: the first line of a look


def _look(world: World) -> list[str]:
    return [BEGIN, "show pages", *(f"show mm {name}" for name in world.mms), "show lists",
            "show counters", "show vmstat", "show swap", "show shrinkers",
            *(f"show {what} zone={zone}" for zone in world.zones
              for what in ("zone", "marks", "buddy", "pcp", "pageblocks")),
            *(f"show zonelist node={node}" for node in range(world.nodes) if world.nodes > 1)]


def _learn_calls(world: World, stdout: str) -> dict[str, dict[str, str]]:
    """References that the scenario has by its calls; orders and isolation of its pages."""
    known: dict[str, dict[str, str]] = {}
    results = re.findall(r"^(?!touch|read|write)(\w+) -> (.+)$", stdout, re.MULTILINE)
    calls = [line.split() for line in world.lines if line.startswith("call ")]
    world.held.clear()
    world.slots_held.clear()
    kept: set[str] = set()  # slots that the scenario has the cache bit of
    for (function, result), words in zip(results, calls):
        keys = keys_of(" ".join(words))
        if function == "alloc_pages" and "as" in keys:
            known.setdefault(keys["as"], {})["order"] = keys["order"]
        elif function == "isolate_lru_page" and result == "yes":
            world.held[words[2]] += 1
            known.setdefault(words[2], {})["isolated"] = "1"
        elif function == "putback_lru_page":
            world.held[words[2]] -= 1
            known.setdefault(words[2], {})["isolated"] = "0"
        elif function == "get_swap_page" and result != "none":
            kept.add(result)
            world.slots_held[result] += 0
        elif function == "swap_duplicate" and result == "0":
            world.slots_held[words[2]] += 1
        elif function in ("swap_free", "swapcache_free"):
            slot = words[2]
            if function == "swap_free":
                world.slots_held[slot] -= 1
            else:
                kept.discard(slot)
            # From now on it is somebody else's, perhaps that of a page without a name.
            if slot not in kept and world.slots_held[slot] <= 0:
                world.slots_held.pop(slot, None)
    return known


def _made_as(lines: list[str], nodes: int) -> dict[str, dict[str, str]]:
    """Zone and mapping of what statements made, as far as they say so."""
    made = {}
    usual = "0.normal" if nodes > 1 else "normal"
    for line in lines:
        words, keys = line.split(), keys_of(line)
        if words[0] in ("page", "anon"):
            made[words[1]] = {
                "zone": keys.get("zone", "" if "pfn" in keys else usual),
                "mapping": keys.get("mapping", "anonymous")}
        elif "as" in keys:
            made[keys["as"]] = {"zone": "", "mapping": "none"}
    return made


def _learn(world: World, stdout: str) -> None:
    made, known = _made_as(world.lines, world.nodes), _learn_calls(world, stdout)
    world.pages = {}
    world.used_slots = []
    for mm in world.mms.values():
        mm.taken.clear()
        mm.present.clear()
    in_cache: set[str] = set()
    mapped: set[str] = set()
    # The last look is what counts: `show` may also stand in the scenario itself.
    for line in stdout.splitlines():
        words = line.split()
        if words[0] == "page":
            keys = keys_of(line)
            world.pages[words[1]] = {
                "order": "0", "isolated": "0", "zone": "", "mapping": "none", **keys,
                **made.get(words[1].split(".")[0], {}), **known.get(words[1], {})}
            in_cache.add(keys.get("slot", ""))
        elif words[0] == "pte" and words[1] in world.mms:
            world.mms[words[1]].taken.add(int(words[2]))
            if words[3] == "present":
                page = keys_of(line)["page"]
                world.mms[words[1]].present[int(words[2])] = page
                mapped.add(page)
        elif words[0] == "slot" and words[1] not in world.used_slots:
            world.used_slots.append(words[1])
    for slot in in_cache:
        world.slots_held.pop(slot, None)
    world.pages = {name: {**keys, "mapped": str(int(name in mapped))}
                   for name, keys in world.pages.items() if keys["list"] != "free"}


GRAMMAR = Grammar("2.6", make_machine, CHARACTERS, _look, _learn, make_expect, make_wrong,
                  predict)
