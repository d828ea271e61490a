"""What the tellings of both policies share: a scenario's lines and names, and the outcome.

A telling is a reader of scenarios: the statement WORD is its method _do_WORD, and what it
prints is collected in `out`.
"""

from __future__ import annotations

import gc
import re
from typing import Callable, Generic, Iterable, Protocol, TypeVar

from grader.fuzz.grammar import keys_of
from grader.fuzz.runner import EXPECTED, REFUSED

BUG, REFUSAL = 3, 2  #: exit status
Slot = tuple[int, int]  # area, offset
Keys = dict[str, str]


class Bug(Exception):
    """The kernel must stop here."""


class Unknown(Exception):
    """Something about which the rules here say nothing."""


class Refused(Exception):
    """The statement must not be accepted."""


class Named(Protocol):
    name: str | None  # under which it is printed


P = TypeVar("P", bound=Named)


class Telling(Generic[P]):
    def __init__(self) -> None:
        self.names: dict[str, P | None] = {}  # None: ended
        self.second_names: dict[str, str] = {}  # and what is printed for them
        self.out: list[str] = []
        self.last_call = "no call"  # and its result
        self.unmet = False  # an `expect` was not met

    def read(self, line: str) -> None:
        if line.endswith(REFUSED):
            raise Refused
        line = line.split("#")[0]
        words = line.split()
        if not words:
            return
        act: Callable[[list[str], Keys], None] | None = getattr(self, f"_do_{words[0]}", None)
        if not act:
            raise Unknown(words[0])
        act(words, {key: decimal(value) for key, value in keys_of(line).items()})
        self.settle(words[0])

    def settle(self, statement: str) -> None:
        """What comes after each statement."""

    # ---- names ----

    def page(self, name: str) -> P:
        page = self.names.get(name)
        if not page:
            raise Unknown(f"a call with {name}")
        return page

    def name(self, name: str, page: P) -> None:
        if name in self.names:
            raise Unknown("a name that is taken")
        self.names[name] = page
        if page.name:
            self.second_names[name] = page.name
        else:
            page.name = name

    @staticmethod
    def name_of(page: Named | None) -> str:
        return "none" if not page else page.name or "?"

    # ---- show ----

    def _do_show(self, words: list[str], keys: Keys) -> None:
        """`show WORD` is _show_WORD; other words are pages."""
        show: Callable[[list[str], Keys], None] | None = getattr(
            self, f"_show_{words[1]}", None)
        if show:
            show(words, keys)
        else:
            for name in words[1:]:
                self.show_page(name)

    def show_page(self, name: str) -> None:
        if name not in self.names:
            raise Unknown(name)
        page = self.names[name]
        first = self.second_names.get(name, name)
        self.out.append(f"page {first} {self.page_keys(page) if page else 'list=free'}")

    def page_keys(self, page: P) -> str:
        raise NotImplementedError

    def mm_keys(self, name: str) -> str:
        raise NotImplementedError

    def has_mm(self, name: str) -> bool:
        raise NotImplementedError

    def _show_pages(self, words: list[str], keys: Keys) -> None:
        for name in self.names:
            if name not in self.second_names:
                self.show_page(name)

    # ---- calls and what is expected ----

    def answer(self, function: str, result: object) -> None:
        self.last_call = f"{function} -> {result}"
        self.out.append(self.last_call)

    def _do_expect(self, words: list[str], keys: Keys) -> None:
        if words[2] == "->":
            self.unmet |= " ".join(words[1:]) != self.last_call
            return
        name = words[1]
        if self.has_mm(name):
            got = keys_of(self.mm_keys(name))
        elif name in self.names:
            page = self.names[name]
            got = keys_of(self.page_keys(page)) if page else {"list": "free"}
        else:
            raise Unknown(name)
        self.unmet |= any(got.get(key, "none") != value for key, value in keys.items())


def decimal(value: str) -> str:
    return str(int(value, 16)) if re.fullmatch("0x[0-9a-f]+", value) else value


def flags_and_more(flags: Iterable[str], buffers: set[str] | None, slot: Slot | None,
                   users: int) -> str:
    """The end of a page's line, from its flags on. USERS: the slot's."""
    line = f"flags={','.join(flags) or '-'}"
    if buffers is not None:
        state = [state for state in ("locked", "dirty", "pinned") if state in buffers]
        line += f" buffers={(state or ['clean'])[0]}"
    return line + (f" slot={slot[0]}:{slot[1]} map={users}" if slot else "")


def pages_of(text: str) -> int:
    """A size, which may have a unit of bytes."""
    units = {"K": 10, "M": 20, "G": 30}
    return (int(text[:-1]) << units[text[-1]]) >> 12 if text[-1] in units else int(text)


def swap_areas(text: str) -> list[tuple[int, int]]:
    """Slots and priority of each area."""
    areas: list[tuple[int, int]] = []
    default = 0
    for area in filter(None, text.split(",")):
        slots, _, prio = area.partition(":")
        default -= not prio
        areas.append((pages_of(decimal(slots)), int(prio) if prio else default))
    return areas


def predict_by(telling: Telling[P], text: str) -> tuple[int, str] | None:
    """Exit status and output of a scenario that is not refused; None if no rule tells."""
    collecting = gc.isenabled()
    gc.disable()  # a machine has a hundred thousand pages, and they are in use to the end
    try:
        for line in text.splitlines():
            telling.read(line)
        status = EXPECTED if telling.unmet else 0
    except Bug:
        status = BUG
    except Refused:
        status = REFUSAL
    except Unknown:
        return None
    finally:
        if collecting:
            gc.enable()
    return status, "".join(line + "\n" for line in telling.out)
