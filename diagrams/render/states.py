"""Picture `states`: the state machine of the era with the number of times each move happened.

A legal move that did not happen is dashed grey, so that one sees what did not occur; a move
that the model does not allow is red. The width of a line grows with the logarithm of its
count. Without a trace the picture is the model itself. The model says where a state stands
and which way a move bends, so every picture of an era looks alike.
"""
from __future__ import annotations

import math

from diagrams import model as models
from diagrams.dump import Dump
from diagrams.events import NO_PAGE, Trace
from diagrams.render import geometry
from diagrams.render.geometry import Box
from diagrams.render.graphviz import PLACED
from diagrams.render.style import FONT, MOVED, QUIET, darker, ink_on, number, plural, text

Counts = dict[tuple[str, str], dict[str, int]]
BOX_HEIGHT = 44
BEND = 0.08  # of a move for which the model gives none
MOST_NAMES = 3  # functions named on a line that has more of them


def count_moves(trace: Trace) -> Counts:
    """(from, to) -> function -> times, for every move of a page, rotations too."""
    counts: Counts = {}
    for event in trace.events:
        if event.pfn == NO_PAGE or not trace.is_move(event):
            continue
        by = counts.setdefault((trace.state(event.source), trace.state(event.target)), {})
        name = trace.reason(event.reason)
        by[name] = by.get(name, 0) + 1
    return counts


def to_dot(model: models.Model, trace: Trace | None = None, dump: Dump | None = None,
           every_move: bool = True) -> str:
    """DOT text. `every_move=False` leaves out the moves that did not happen."""
    counts = count_moves(trace) if trace else {}
    pages = dump.state_counts() if dump else None
    boxes = _boxes(model, counts)
    edges = [_edge(model, boxes, move, counts.get(key, {}), trace is not None)
             for key, move in model.moves.items() if every_move or key in counts]
    edges += [_other_edge(model, boxes, *key, by) for key, by in counts.items()
              if key not in model.moves]
    nodes = [_node(name, box, model.states.get(name), pages) for name, box in boxes.items()]
    return (f'{PLACED}digraph states {{\n'
            f'graph [fontname="{FONT}",fontsize=14,label="{_title(model, trace)}",labelloc=t,'
            f'pad=0.2,splines=true,outputorder=edgesfirst];\n'
            f'node [shape=box,style="filled,rounded",fontname="{FONT}",fontsize=13,'
            f'penwidth=1.5,fixedsize=true];\n'
            f'edge [arrowsize=0.8];\n'
            + "\n".join(nodes) + "\n" + "\n".join(edges) + "\n}\n")


def _title(model: models.Model, trace: Trace | None) -> str:
    if trace is None or not trace.events:
        return f"{model.title}: every legal move and who makes it"
    first = min(e.seq for e in trace.events)
    last = max(e.seq for e in trace.events)
    return (f"{model.title}: moves in seq {number(first)} to {number(last)} "
            f"(thicker = more often; dashed = did not happen)")


def _boxes(model: models.Model, counts: Counts) -> dict[str, Box]:
    """The states that are drawn; one that the model does not know gets a place below."""
    boxes = {s.name: Box(*s.at, 34 + 8.6 * len(f"[{s.tag}] {s.name}"), BOX_HEIGHT)
             for s in model.states.values() if s.kind != "unused"}
    below = min(box.y for box in boxes.values()) - 90
    strangers = sorted({name for key in counts for name in key} - boxes.keys())
    for place, name in enumerate(strangers):
        boxes[name] = Box(150 + 200 * place, below, 34 + 8.6 * len(name), BOX_HEIGHT)
    return boxes


def _node(name: str, box: Box, state: models.State | None,
          pages: dict[str, int] | None) -> str:
    place = f'pos="{box.x},{box.y}",width={box.width / 72:.3f},height={box.height / 72:.3f}'
    if state is None:
        return f'"{name}" [{place},label="{name} ?",color="{MOVED}",fillcolor="#FFFFFF"];'
    now = f"{plural(pages.get(name, 0), 'page')} now" if pages else ""
    below = f'<BR/><FONT POINT-SIZE="11">{now}</FONT>' if now else ""
    ink = ink_on(state.colour)
    letters = "" if ink == "#000000" else f'fontcolor="{ink}",'
    return (f'"{name}" [{place},fillcolor="{state.colour}",{letters}label=<<B>[{state.tag}] '
            f'{name}</B>{below}>,tooltip="{text(state.description)}"];')


def _edge(model: models.Model, boxes: dict[str, Box], move: models.Move, by: dict[str, int],
          counted: bool) -> str:
    total = sum(by.values())
    tip = "; ".join(f"{v.function}: {v.when}" for v in move.via)
    source, target = boxes[move.source], boxes[move.target]
    if move.source == move.target:
        path = geometry.loop(source)
    else:
        path = geometry.between(source, target, BEND if move.bend is None else move.bend,
                                move.label_at)
    if counted and not total:
        return _drawn(move.source, move.target, path, _names(move.functions), "#999999",
                      QUIET, tip, ",style=dashed")
    colour = darker(model.states[move.source].colour)
    if not counted:
        return _drawn(move.source, move.target, path, _names(move.functions, 99), colour,
                      colour, tip)
    if any(name not in move.functions and name not in model.unjudged for name in by):
        colour = MOVED
    return _drawn(move.source, move.target, path, _counted(by), colour, colour, tip,
                  f",penwidth={_width(total)}")


def _other_edge(model: models.Model, boxes: dict[str, Box], source: str, target: str,
                by: dict[str, int]) -> str:
    """A move that the model does not have: a bug, unless only unjudged functions made it."""
    path = (geometry.loop(boxes[source]) if source == target
            else geometry.between(boxes[source], boxes[target], -0.05))
    width = f",penwidth={_width(sum(by.values()))}"
    if by.keys() <= model.unjudged.keys():
        reason = "; ".join(model.unjudged[name] for name in by)
        return _drawn(source, target, path, _counted(by), "#555555", "#555555", reason, width)
    return _drawn(source, target, path, ["BUG: not allowed", *_counted(by)], MOVED, MOVED,
                  "the model does not allow this move", width)


def _names(functions: tuple[str, ...], most: int = MOST_NAMES) -> list[str]:
    if len(functions) <= most:
        return list(functions)
    return [*functions[:most - 1], f"… {len(functions) - most + 1} more"]


def _counted(by: dict[str, int]) -> list[str]:
    ranked = sorted(by.items(), key=lambda item: (-item[1], item[0]))
    lines = [f"{name} {number(n)}×" for name, n in ranked[:MOST_NAMES]]
    if rest := ranked[MOST_NAMES:]:
        lines.append(f"{plural(len(rest), 'other')} {number(sum(n for _, n in rest))}×")
    return lines


def _drawn(source: str, target: str, path: geometry.Path, lines: list[str], colour: str,
           font: str, tip: str, more: str = "") -> str:
    """One edge, and its label as a node of its own on white: labels lie above all lines."""
    label = "<BR/>".join(text(line) for line in lines)
    return (f'"{source}" -> "{target}" [pos="{path.pos}",edgetooltip="{text(tip)}",'
            f'color="{colour}"{more}];\n'
            f'"{source} to {target}" [shape=plain,style="",fixedsize=false,fontsize=10,'
            f'fontcolor="{font}",pos="{path.label[0]:.1f},{path.label[1]:.1f}",'
            f'tooltip="{text(tip)}",label=<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="1" '
            f'CELLSPACING="0"><TR><TD BGCOLOR="#FFFFFF">{label}</TD></TR></TABLE>>];')


def _width(count: int) -> str:
    return f"{1 + 0.8 * math.log10(count + 1):.2f}"
