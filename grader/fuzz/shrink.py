"""Makes a failing scenario small: fewer statements, then fewer and smaller arguments.

Delta debugging: whatever can go while the failure stays the same goes. The failure is the
same if its signature is; a scenario that is refused instead is not.
"""

from __future__ import annotations

import re
from typing import Callable, Iterator

MOST_RUNS = 300  #: for one scenario
#: Tells whether these lines still fail in the same way.
Fails = Callable[[list[str]], bool]


class Budget:
    """Counts the runs; when they are used up every question is answered with no."""

    def __init__(self, fails: Fails, runs: int):
        self._fails = fails
        self.left = runs

    def __call__(self, lines: list[str]) -> bool:
        if self.left <= 0:
            return False
        self.left -= 1
        return self._fails(lines)


def shrink(lines: list[str], fails: Fails, runs: int = MOST_RUNS) -> list[str]:
    """LINES, which fail, without what does not matter. The first line, the machine, stays."""
    ask = Budget(fails, runs)
    before: list[str] = []
    while lines != before and ask.left > 0:
        before = lines
        lines = _fewer_lines(lines, ask)
        lines = _fewer_arguments(lines, ask)
        lines = _smaller_numbers(lines, ask)
    return lines


def _fewer_lines(lines: list[str], ask: Fails) -> list[str]:
    size = len(lines) // 2
    while size:
        at = len(lines) - size
        while at >= 1:
            shorter = without(lines, range(at, at + size))
            if ask(shorter):
                lines = shorter
                at = min(at, len(lines))
            at -= size
        size //= 2
    return lines


def without(lines: list[str], gone: range) -> list[str]:
    """LINES without some, and without those that name what only these made."""
    made = {name for at in gone if at < len(lines) for name in made_by(lines[at])}
    kept = [line for at, line in enumerate(lines) if at not in gone]
    return [line for line in kept
            if not any(base_name(word) in made for word in words_of(line))]


def made_by(line: str) -> set[str]:
    """The names that a statement makes."""
    words = line.split()
    names = {words[1]} if words[0] in ("page", "mm", "shrinker") and len(words) > 1 else set()
    return names | {word[3:] for word in words if word.startswith("as=")}


def words_of(line: str) -> list[str]:
    return [word.split("=")[-1] for word in line.split()[1:]]


def base_name(word: str) -> str:
    """`p7.3` is one of `p7`."""
    return word.split(".")[0]


def _changed(lines: list[str], at: int, words: list[str]) -> list[str]:
    return [*lines[:at], " ".join(words), *lines[at + 1:]]


def _fewer_arguments(lines: list[str], ask: Fails) -> list[str]:
    for at in range(len(lines)):
        for word in lines[at].split()[1:]:
            words = lines[at].split()
            if "=" in word:
                words.remove(word)
                shorter = _changed(lines, at, words)
                if ask(shorter):
                    lines = shorter
    return lines


def _smaller_numbers(lines: list[str], ask: Fails) -> list[str]:
    for at in range(len(lines)):
        for place in range(len(lines[at].split())):
            for word in _smaller(lines[at].split()[place]):
                words = lines[at].split()
                words[place] = word
                if ask(_changed(lines, at, words)):
                    lines = _changed(lines, at, words)
                    break
    return lines


def _smaller(word: str) -> Iterator[str]:
    """The word with its number lowered: as far as it goes first."""
    found = re.fullmatch(r"(.*=)(\d+)", word)
    if not found:
        return
    value = int(found[2])
    for smaller in dict.fromkeys((0, 1, 2, 4, 16, 64, 256, value // 2, value - 1)):
        if 0 <= smaller < value:
            yield f"{found[1]}{smaller}"
