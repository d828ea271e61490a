"""The page state machine of an era, as data.

`v24.json` and `v26.json` name the states, every legal move with the functions that make it
and their condition, and moves that must never happen. The trace checker judges events against it,
the diagrams draw it. This module loads a model and refuses one that contradicts itself.
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

SCHEMA = "mm-model/1"
KINDS = ("buddy", "cpu", "allocated", "list", "transit", "unused")
_FILES = {"2.4": "v24.json", "2.6": "v26.json"}


class ModelError(ValueError):
    """The model file is missing, unreadable or contradicts itself."""


@dataclass(frozen=True)
class State:
    """One state: `kind` tells where such a page is. Lists have more: the kernel's name of the
    `list`, the `flags` that a page on it must have (1) or not (0), and who scans it."""
    name: str
    tag: str
    colour: str
    kind: str
    description: str
    at: tuple[float, float] = (0, 0)  # place in the picture, points, y upward
    list: str | None = None
    flags: dict[str, int] | None = None
    scanner: str | None = None

    def is_said_by(self, value: int, bits: dict[str, int]) -> bool:
        """Do the page's flags name this list? `bits` are the numbers of the flags."""
        return all(value >> bits[name] & 1 == wanted for name, wanted in self.flags.items())


@dataclass(frozen=True)
class Via:
    """One way to make a move: the function that does it and the condition, in words."""
    function: str
    when: str
    facts: str = ""


@dataclass(frozen=True)
class Move:
    source: str
    target: str
    via: tuple[Via, ...]
    bend: float | None = None  # picture: bow to the left, as a share of the distance
    label_at: float = 0.5  # picture: place of the label along the line

    @property
    def functions(self) -> tuple[str, ...]:
        return tuple(v.function for v in self.via)


@dataclass(frozen=True)
class Model:
    vm: str
    title: str
    age_max: int | None  # None: pages have no age
    states: dict[str, State]
    moves: dict[tuple[str, str], Move]
    never: dict[tuple[str, str], str] = field(default_factory=dict)
    unjudged: dict[str, str] = field(default_factory=dict)  # functions that may do anything

    def tag(self, state: str) -> str:
        """Letter tag of a state; the name itself when the model does not know it."""
        known = self.states.get(state)
        return known.tag if known else state

    def lists(self) -> list[State]:
        """The states that are LRU lists, in the order of the model."""
        return [s for s in self.states.values() if s.kind == "list"]

    def said_by(self, value: int, bits: dict[str, int]) -> list[str]:
        """The lists that a page's flags name; more than one is an error of the page."""
        return [s.name for s in self.lists() if s.is_said_by(value, bits)]

    def objection(self, source: str, target: str, function: str) -> str | None:
        """Why this move by this function is illegal, or None when the model allows it."""
        for name in (source, target):
            if name not in self.states:
                return f"the {self.vm} model has no state {name!r}"
        if function in self.unjudged:
            return None
        move = self.moves.get((source, target))
        if move is None:
            why = self.never.get((source, target))
            return (f"{source} -> {target} must never happen: {why}" if why
                    else f"the model has no move {source} -> {target}")
        if function not in move.functions:
            return (f"{source} -> {target} is not made by {function}, "
                    f"but by {', '.join(move.functions)}")
        return None


@lru_cache(maxsize=None)
def load(vm: str = "2.4") -> Model:
    """The model of an era, by the name that `vm=` has at boot."""
    if vm not in _FILES:
        raise ModelError(f"no model for vm={vm}; there is one for {', '.join(_FILES)}")
    return load_file(Path(__file__).with_name(_FILES[vm]))


def load_file(path: Path) -> Model:
    """Reads and validates one model file."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as err:
        raise ModelError(f"{path}: {err.strerror}") from None
    except ValueError as err:
        raise ModelError(f"{path}: not JSON: {err}") from None
    try:
        return parse(raw)
    except ModelError as err:
        raise ModelError(f"{path}: {err}") from None


def parse(raw: dict) -> Model:
    """Builds a model from decoded JSON and validates it."""
    if raw.get("schema") != SCHEMA:
        raise ModelError(f"schema is {raw.get('schema')!r}, expected {SCHEMA!r}")
    try:
        states = {s["name"]: State(**s) for s in raw["states"]}
        moves: dict[tuple[str, str], Move] = {}
        for entry in raw["moves"]:
            key = (entry["from"], entry["to"])
            if key in moves:
                raise ModelError(f"move {key[0]} -> {key[1]} is there twice")
            moves[key] = Move(*key, tuple(Via(**v) for v in entry["via"]),
                              entry.get("bend"), entry.get("label_at", 0.5))
        never = {(n["from"], n["to"]): n["why"] for n in raw.get("never", [])}
        age = raw["age"]
        model = Model(raw["vm"], raw["title"], age["max"] if age else None, states, moves,
                      never, raw.get("unjudged", {}))
    except (KeyError, TypeError) as err:
        raise ModelError(f"missing or unknown key: {err}") from None
    if len(states) != len(raw["states"]):
        raise ModelError("two states have the same name")
    _validate(model)
    return model


def _validate(model: Model) -> None:
    tags = [s.tag for s in model.states.values()]
    if len(set(tags)) != len(tags):
        raise ModelError("two states have the same tag")
    for state in model.states.values():
        if state.kind not in KINDS:
            raise ModelError(f"state {state.name}: kind {state.kind!r}, expected {KINDS}")
        if state.kind == "list" and not (state.list and state.flags and state.scanner):
            raise ModelError(f"state {state.name}: a list needs list, flags and scanner")
    for key in (*model.moves, *model.never):
        for name in key:
            if name not in model.states:
                raise ModelError(f"{key[0]} -> {key[1]}: no state {name!r}")
    for key, move in model.moves.items():
        if not move.via:
            raise ModelError(f"{key[0]} -> {key[1]}: no function makes it")
        if len(set(move.functions)) != len(move.via):
            raise ModelError(f"{key[0]} -> {key[1]}: a function is there twice")
        if not all(v.function and v.when for v in move.via):
            raise ModelError(f"{key[0]} -> {key[1]}: function and condition must be said")
    both = model.moves.keys() & model.never.keys()
    if both:
        raise ModelError(f"both legal and never: {sorted(both)}")
    _validate_reachable(model)


def _validate_reachable(model: Model) -> None:
    """Every state except unused ones is reached from the first, and leads to free."""
    used = {n for n, s in model.states.items() if s.kind != "unused"}
    for name in set(model.states) - used:
        if any(name in key for key in model.moves):
            raise ModelError(f"state {name} is unused, but has a move")
    first = next(iter(model.states))
    for start, direction in ((first, 0), ("free", 1)):
        seen, todo = {start}, [start]
        while todo:
            here = todo.pop()
            for key in model.moves:
                there = key[1 - direction]
                if key[direction] == here and there not in seen:
                    seen.add(there)
                    todo.append(there)
        if lost := used - seen:
            raise ModelError(f"{'no way back to' if direction else 'not reached from'} "
                             f"{start}: {', '.join(sorted(lost))}")
