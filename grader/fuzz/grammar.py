"""Scenarios at random: a table of productions, and the state that they draw from.

A scenario is made in rounds. Each round draws statements from the grammar's table; then
the scenario so far runs, and what it shows at its end is the state that the next round
chooses from: which pages live and on which lists, which ptes are present, what the calls
returned. So statements name things that exist, and most of them do something.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Callable

from grader.fuzz.runner import EXPECTED, REFUSED, Outcome, failing_line

#: Runs a scenario's text.
Probe = Callable[[str], Outcome]

ROUND = 10  #: statements between two looks at the state
EXPECT = 0.2  #: of the looks are followed by an `expect`
WRONG = 0.05  #: of the scenarios end with a statement that is refused
#: A round whose statements keep being refused is given up.
MOST_REFUSALS = 10


@dataclass
class Mm:
    """A process: its size in pages and the places that are taken."""

    pages: int
    taken: set[int] = field(default_factory=set)
    present: dict[int, str] = field(default_factory=dict)  # index to page


@dataclass
class World:
    """What is known about the scenario so far."""

    rng: random.Random
    natural: bool  # nothing is written for which the language calls for a BUG
    zones: dict[str, int] = field(default_factory=dict)  # with several nodes NODE.ZONE
    nodes: int = 1
    swap: int = 0  # slots in all
    lines: list[str] = field(default_factory=list)
    pages: dict[str, dict[str, str]] = field(default_factory=dict)  # living, by name
    mms: dict[str, Mm] = field(default_factory=dict)
    used_slots: list[str] = field(default_factory=list)
    #: References that the scenario itself has, by page and by slot.
    held: Counter[str] = field(default_factory=Counter)
    slots_held: Counter[str] = field(default_factory=Counter)
    #: Statements have acted since the state was looked at.
    stale: bool = False
    #: Something was written after which a BUG is the right answer.
    bug_allowed: bool = False
    #: What the last look showed of pages and mms, by name, and the latest call's result.
    shown: dict[str, dict[str, str]] = field(default_factory=dict)
    last_call: str = ""
    names: int = 0

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def page(self, **wanted: str) -> str | None:
        """A living page, of those whose keys are as wanted."""
        fits = [name for name, keys in self.pages.items()
                if all(keys.get(key) == value for key, value in wanted.items())]
        return self.rng.choice(fits) if fits else None

    def usable_page(self) -> str | None:
        """A page that a call may name: not one that reclaim_page may have lost."""
        fits = [name for name, keys in self.pages.items()
                if keys.get("list") != "inactive_clean" or keys.get("made") != "none"]
        return self.rng.choice(fits) if fits else None


@dataclass(frozen=True)
class Production:
    """One kind of statement. `make` writes one, or None if the state has no use for it."""

    weight: float
    make: Callable[[World], str | None]
    acts: bool = True  # other pages may change


@dataclass(frozen=True)
class Character:
    opening: tuple[Production, ...]  # of the first rounds, which build a state
    body: tuple[Production, ...]


@dataclass(frozen=True)
class Grammar:
    policy: str
    machine: Callable[[World], str]
    #: Each scenario has one of these characters, which differ in what they are fond of.
    characters: dict[str, Character]
    #: The statements that show all of the state.
    look: Callable[[World], list[str]]
    #: Takes what they showed, and the results of all calls, into the world.
    learn: Callable[[World, str], None]
    #: An `expect` of what was just seen.
    expect: Callable[[World], str | None]
    #: A statement that the language refuses, whatever came before.
    wrong: Callable[[World], str]
    #: Exit status and output that the rules ask of a scenario; None if they do not say.
    predict: Callable[[str], tuple[int, str] | None] = lambda text: None


def generate(grammar: Grammar, seed: str, natural: bool, probe: Probe) -> World:
    """A scenario of up to about 100 statements; it ends where the kernel found a BUG."""
    rng = random.Random(seed)
    world = World(rng, natural)
    world.lines.append(grammar.machine(world))
    character = grammar.characters[rng.choice(sorted(grammar.characters))]
    rounds = [character.opening] * rng.randint(1, 3)
    rounds += [character.body] * rng.choice((1, 2, 4, 8, 12))
    for table in rounds:
        kept = len(world.lines)
        _draw(world, table)
        if not _settle(grammar, world, kept, probe):
            break
        expected = grammar.expect(world) if rng.random() < EXPECT else None
        if expected:
            world.lines.append(expected)
    if rng.random() < WRONG:
        world.lines.append(f"{grammar.wrong(world)} {REFUSED}")
    world.lines += grammar.look(world)
    return world


def _draw(world: World, table: tuple[Production, ...]) -> None:
    """A round of statements."""
    weights = [production.weight for production in table]
    wanted = len(world.lines) + world.rng.randint(1, ROUND)
    for _ in range(5 * ROUND):
        production = world.rng.choices(table, weights)[0]
        line = production.make(world)
        if line is None:
            continue
        world.lines.append(line)
        world.stale |= production.acts
        if len(world.lines) >= wanted:
            return


def _settle(grammar: Grammar, world: World, kept: int, probe: Probe) -> bool:
    """Runs the scenario, drops refused statements of the round, and learns the state.

    False if it ends here: the kernel found a BUG, or the round is hopeless.
    """
    for _ in range(MOST_REFUSALS):
        outcome = probe("\n".join([*world.lines, *grammar.look(world)]) + "\n")
        if outcome.status in (0, EXPECTED):
            world.stale = False
            grammar.learn(world, outcome.stdout)
            _remember(world, outcome.stdout)
            return True
        refused = failing_line(outcome) if outcome.status == 2 else None
        at = refused - 1 if refused else -1
        if not kept <= at:
            return False
        if at >= len(world.lines):
            # What is to be looked at was never made.
            forget_missing(world)
            continue
        del world.lines[at]
        forget_missing(world)
    del world.lines[kept:]
    forget_missing(world)
    return True


def _remember(world: World, stdout: str) -> None:
    """What an `expect` may say."""
    world.shown = {words[1]: keys_of(line) for line in stdout.splitlines()
                   if (words := line.split())[0] in ("page", "mm")}
    calls = re.findall(r"^(?!touch )\w+ -> .+$", stdout, re.MULTILINE)
    world.last_call = calls[-1] if calls else ""


def forget_missing(world: World) -> None:
    """Drops what the remaining lines do not make."""
    made = {line.split()[1] for line in world.lines if line.startswith("mm ")}
    world.mms = {name: mm for name, mm in world.mms.items() if name in made}


def keys_of(line: str) -> dict[str, str]:
    """The key=value words of a statement or of a result line."""
    return dict(word.split("=", 1) for word in line.split() if "=" in word)
