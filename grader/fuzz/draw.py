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


def complete(world: World, one: float) -> str:
    """The end of a transfer: so often that of ONE page, or else of all."""
    page = world.page()
    return f"complete {page if page and often(world.rng, one) else 'all'}"
