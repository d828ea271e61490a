"""What the grammars of both policies draw in the same way."""

from __future__ import annotations

from random import Random

from grader.fuzz.grammar import World


def often(rng: Random, likely: float) -> bool:
    return rng.random() < likely


def small(rng: Random, most: int) -> int:
    """1 to MOST, small ones more often."""
    return max(1, int(most ** rng.random()))


def empty_place(world: World, longest: int) -> tuple[str, int, int] | None:
    """An mm, and a run of empty places in it."""
    if not world.mms:
        return None
    name = world.rng.choice(sorted(world.mms))
    mm = world.mms[name]
    at = world.rng.randrange(mm.pages)
    n = 0
    while n < longest and at + n < mm.pages and at + n not in mm.taken:
        n += 1
    if not n:
        return None
    mm.taken.update(range(at, at + n))
    return name, at, n


def anon_in_empty_places(world: World, longest: int) -> str | None:
    """The start of an `anon` statement for up to LONGEST pages."""
    place = empty_place(world, small(world.rng, longest))
    if not place:
        return None
    name, at, n = place
    return f"anon {name} at={at}" + (f" n={n}" if n > 1 else "")


def free_somebodys(world: World, likely: float) -> str | None:
    """So often in a scenario that may go wrong: a call that frees a page that others have."""
    if world.natural or not world.pages or not often(world.rng, likely):
        return None
    world.bug_allowed = True
    return f"call free_pages {world.rng.choice(sorted(world.pages))} order=0"


def some_count(world: World, holders: int, more: int, wrong: float) -> list[str]:
    """`count=` of a page that so many hold; now and then of up to MORE than they, and in a
    scenario that may go wrong so often of any number."""
    rng = world.rng
    count = holders + (rng.randint(1, more) if often(rng, 0.15) else 0)
    if not world.natural and often(rng, wrong):
        count = rng.randint(1, 3)
        world.bug_allowed |= count < holders
    return [f"count={count}"] if count != 1 else []


def complete(world: World, one: float) -> str:
    """The end of a transfer: so often that of ONE page, or else of all."""
    page = world.page()
    return f"complete {page if page and often(world.rng, one) else 'all'}"


def make_expect(world: World) -> str | None:
    """Of what was seen last; now and then of something else, so that it is not met."""
    rng = world.rng
    if world.stale or not world.shown:
        return None
    lie = "9" if often(rng, 0.1) else ""
    if world.last_call and often(rng, 0.4):
        return f"expect {world.last_call}{lie}"
    name = rng.choice(sorted(world.shown))
    keys = world.shown[name]
    some = rng.sample(sorted(keys), rng.randint(1, len(keys)))
    return f"expect {name} " + " ".join(f"{key}={keys[key]}{lie}" for key in some)


def number(rng: Random, value: int) -> str:
    return hex(value) if often(rng, 0.05) else str(value)


def size(rng: Random, pages: int) -> str:
    """A size, which may have a unit."""
    if often(rng, 0.1):
        return f"{pages >> 8}M" if pages and not pages % 256 else f"{pages * 4}K"
    return number(rng, pages)


def make_wrong(world: World) -> str:
    """A statement that is refused, whatever the policy and the state."""
    rng = world.rng
    zone = rng.choice(list(world.zones))
    taken = rng.choice([*world.shown, "nobody"])
    return rng.choice((
        world.lines[0], "frobnicate x", "page", "page new list=nowhere", "page new count=0",
        "page new colour=red", "page new zone=nowhere", "page new n=1x", "page new n=",
        "page new count=1 count=1", "page 7up", "page new flags=locked,blue",
        f"page {taken} {'count=x' if taken == 'nobody' else ''}", f"ballast zone={zone}",
        f"ballast zone={zone} leave=99999999", "ballast zone=nowhere leave=1", "set",
        "set nothing=1", "set page_cluster=", "call", "call frobnicate", "call alloc_pages",
        "call activate_page nobody", "call alloc_pages gfp=never order=0", "mm", "mm new",
        "call alloc_pages gfp=kernel order=-1", "call swap_free 1", "call swap_free x:1",
        "call get_swap_page 3", "map nobody at=0 page=nobody", "anon nobody at=0",
        "step nobody", "tick", "tick soon", "complete nobody", "show nobody", "expect nobody",
        "expect nobody count=1", "expect", "touch nobody at=0"))
