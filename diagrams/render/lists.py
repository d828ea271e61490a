"""Picture `lists`: every LRU list of a dump as a table, head to tail, then the free blocks;
with several nodes, a table for each.

One cell is a page: frame number, flag letters, age as a black bar at its foot. With a
previous dump, a page that moved has a red border and `◂TAG` of where it came from. Long
lists are cut in the middle: the tail stays, because scanners take from there.
"""
from __future__ import annotations

from diagrams import model as models
from diagrams.check import Problem, check_dump
from diagrams.dump import Dump, state_of_list, zone_of_list
from diagrams.render.nodes import frames
from diagrams.render.style import (BAR, FONT, INK, MOVED, QUIET, RenderError, ink_on, number,
                                   plural, signed, text)

COLUMNS = 20
CELL_WIDTH = 44
BAR_WIDTH = 36
MAX_PROBLEMS = 4
GAP = "&#160;&#160;&#160;"
FILLER = f'<TD BORDER="0" WIDTH="{CELL_WIDTH}"></TD>'  # keeps short rows from stretching


def to_dot(dump: Dump, prev: Dump | None = None, max_pages: int = 60) -> str:
    """DOT text. At most `max_pages` (rounded to whole rows, at least two) of a list are shown."""
    if prev is not None and (prev.vm, prev.nr_pages) != (dump.vm, dump.nr_pages):
        raise RenderError(f"the previous dump shows {prev.nr_pages} pages of vm={prev.vm}, "
                          f"this one {dump.nr_pages} of vm={dump.vm}")
    model = models.load(dump.vm)
    problems = check_dump(dump, model)
    wrong = _problem_rows([p for p in problems if p.kind != "counter" or p.where])
    most = max(max_pages, 2 * COLUMNS)
    if dump.nodes:
        tables = [[_table(f"lists{node['id']}", _rows(dump, prev, model, node, most, problems))]
                  for node in dump.nodes]
        drawn = frames(dump.nodes, tables) + ([_table("lists", wrong)] if wrong else [])
        chain = [f"lists{node['id']}" for node in dump.nodes] + ["lists"] * bool(wrong)
    else:
        drawn = [_table("lists", _rows(dump, prev, model, None, most, problems) + wrong)]
        chain = ["lists"]
    title = f'<FONT POINT-SIZE="11">{_title(dump, prev, model)}</FONT>'
    return (f'digraph lists {{\n'
            f'graph [fontname="{FONT}",label=<{title}>,labelloc=t,labeljust=l,pad=0.15,'
            f'ranksep=0.15];\n'
            f'node [shape=plaintext,fontname="{FONT}",fontsize=10];\n'
            + "\n".join(drawn) + "\n"
            f'legend [label=<{_legend(model, prev is not None)}>];\n'
            f'{" -> ".join(chain)} -> legend [style=invis];\n}}\n')


def _table(name: str, rows: list[str]) -> str:
    return (f'{name} [label=<<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="2" CELLPADDING="0">'
            f'{"".join(rows)}</TABLE>>];')


def _rows(dump: Dump, prev: Dump | None, model: models.Model, node: dict | None,
          max_pages: int, problems: list[Problem]) -> list[str]:
    """The lists of all zones of that node, or of the only one, and what is free in them."""
    rows: list[str] = []
    zones = dump.zones_of(node)
    names = {zone["name"] for zone in zones} | {""}
    for state in model.lists():
        for name in dump.lists:
            if state_of_list(name) == state.name and zone_of_list(name) in names:
                rows += _list_rows(dump, prev, model, state, name, max_pages, problems)
    for zone in zones:
        rows += _free_rows(dump, prev, model, zone)
        if "pcp" in zone:
            rows += _pcp_rows(dump, prev, model, zone)
    return rows


def _title(dump: Dump, prev: Dump | None, model: models.Model) -> str:
    since = f" · red: moved since seq {number(prev.seq)}" if prev else ""
    age = f" · black bar: age 0…{model.age_max}" if model.age_max else ""
    return text(f"vm {dump.vm} · {dump.arch} · seq {number(dump.seq)} · "
                f"{number(dump.nr_pages)} pages{age}{since}")


def _list_rows(dump: Dump, prev: Dump | None, model: models.Model, state: models.State,
               name: str, max_pages: int, problems: list[Problem]) -> list[str]:
    pfns = dump.lists[name]
    change = ""
    if prev is not None:
        change = f" ({signed(len(pfns) - len(prev.lists.get(name, ())))} since previous)"
    zone = zone_of_list(name)
    title = f"{zone + ' ' if zone else ''}{state.list}"
    taker = f" → {state.scanner}()" if state.scanner != "nobody" else ": nobody scans it"
    note = f"{plural(len(pfns), 'page')}{change}{GAP}head ▸ … ▸ tail{taker}"
    rows = [_heading(f"[{state.tag}] {title}", note)]
    wrong = {pfn for p in problems for pfn in p.pfns}
    keep = (max_pages // COLUMNS - 1) * COLUMNS
    if len(pfns) <= max_pages:
        shown, tail = pfns, []
    else:
        shown, tail = pfns[:keep], pfns[-COLUMNS:]
    rows += _page_rows(dump, prev, model, state, shown, wrong)
    if tail:
        rows.append(f'<TR><TD BORDER="0" COLSPAN="{COLUMNS}" ALIGN="LEFT"><FONT COLOR="{QUIET}">'
                    f'… {number(len(pfns) - keep - COLUMNS)} more …</FONT></TD></TR>')
        rows += _page_rows(dump, prev, model, state, tail, wrong)
    if not pfns:
        rows.append(f'<TR><TD BORDER="0" COLSPAN="{COLUMNS}" ALIGN="LEFT">'
                    f'<FONT COLOR="{QUIET}">empty</FONT></TD></TR>')
    return rows


def _heading(title: str, note: str) -> str:
    """The title's cell spans as many columns as it needs: Graphviz reckons bold letters as
    narrow as plain ones, so text behind it in one cell would touch it."""
    span = round(9 * len(title) / (CELL_WIDTH + 4)) + 1
    return (f'<TR><TD BORDER="0" ALIGN="LEFT" COLSPAN="{span}" CELLPADDING="3">'
            f'<FONT POINT-SIZE="13"><B>{text(title)}</B></FONT></TD>'
            f'<TD BORDER="0" ALIGN="LEFT" COLSPAN="{COLUMNS - span}">{note}</TD></TR>')


def _page_rows(dump: Dump, prev: Dump | None, model: models.Model, state: models.State,
               pfns: list[int], wrong: set[int]) -> list[str]:
    rows = []
    for at in range(0, len(pfns), COLUMNS):
        cells = [_cell(dump, prev, model, state, pfn, pfn in wrong)
                 for pfn in pfns[at:at + COLUMNS]]
        rows.append(_row(cells))
    return rows


def _row(cells: list[str]) -> str:
    return f'<TR>{"".join(cells)}{FILLER * (COLUMNS - len(cells))}</TR>'


def _cell(dump: Dump, prev: Dump | None, model: models.Model, state: models.State,
          pfn: int, wrong: bool) -> str:
    came_from = ""
    if prev is not None and prev.state_of(pfn) != state.name:
        came_from = prev.state_of(pfn)
    letters = dump.flag_letters(pfn)
    age = dump.cols["age"][pfn]
    mark = " ".join(m for m in ("!" if wrong else "",
                                f"◂{model.tag(came_from)}" if came_from else "", letters) if m)
    border, colour = (2, MOVED) if came_from or wrong else (1, INK)
    if "L" in letters:
        border = 3
    style = ' STYLE="dashed"' if "W" in letters else ""
    old = f"age {age}, " if model.age_max else ""
    tip = f"page {pfn} on {state.name}, {old}count {dump.cols['count'][pfn]}, flags " \
          f"{' '.join(dump.flag_names(pfn)) or 'none'}" \
          f"{', came from ' + came_from if came_from else ''}"
    return (f'<TD BGCOLOR="{state.colour}" BORDER="{border}" COLOR="{colour}"{style} '
            f'HREF="#pfn={pfn}" TITLE="{text(tip)}">'
            f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">'
            f'<TR><TD WIDTH="{CELL_WIDTH}">{_inked(state, str(pfn))}</TD></TR>'
            f'<TR><TD><FONT POINT-SIZE="9"><B>{_inked(state, text(mark) or "&#160;")}</B>'
            f'</FONT></TD></TR>{_age_bar(age, model.age_max)}</TABLE></TD>')


def _inked(state: models.State, what: str) -> str:
    """Words that can be read on the state's colour."""
    ink = ink_on(state.colour)
    return what if ink == "#000000" else f'<FONT COLOR="{ink}">{what}</FONT>'


def _age_bar(age: int, top: int | None) -> str:
    """A row with the bar; nothing in an era whose pages have no age."""
    if top is None:
        return ""
    share = min(max(age, 0) / top, 1.0)
    fill = ("#FFFFFF" if share == 0 else BAR if share == 1
            else f"{BAR};{share:.2f}:#FFFFFF")
    return (f'<TR><TD><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>'
            f'<TD BGCOLOR="{fill}" WIDTH="{BAR_WIDTH}" HEIGHT="4" FIXEDSIZE="TRUE"></TD>'
            f'</TR></TABLE></TD></TR>')


def _free_rows(dump: Dump, prev: Dump | None, model: models.Model, zone: dict) -> list[str]:
    """One row of the zone's largest free blocks; a block is its first page and its size."""
    blocks = [(order, first) for order, firsts in enumerate(zone["free_area"])
              for first in firsts]
    blocks.sort(key=lambda b: -b[0])
    note = (f"{plural(zone['free'], 'page')} in {plural(len(blocks), 'block')}{GAP}"
            f"min {zone['min']} / low {zone['low']} / high {zone['high']}")
    rows = [_heading(f"[{model.tag('free')}] {zone['name']} free blocks", note)]
    cells = []
    for order, first in blocks[:COLUMNS]:
        came_from = prev.state_of(first) if prev else "free"
        moved = came_from not in ("free", dump.state_of(first))
        border, colour = (2, MOVED) if moved else (1, "#999999")
        size = f"×{1 << order}" + (f" ◂{model.tag(came_from)}" if moved else "")
        cells.append(f'<TD BGCOLOR="#FFFFFF" BORDER="{border}" COLOR="{colour}" '
                     f'TITLE="{text(f"free block of {1 << order} pages from {first}")}">'
                     f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">'
                     f'<TR><TD WIDTH="{CELL_WIDTH}">{first}</TD></TR>'
                     f'<TR><TD><FONT POINT-SIZE="9">{size}</FONT></TD></TR></TABLE></TD>')
    if cells:
        rows.append(_row(cells))
    if len(blocks) > COLUMNS:
        rows.append(f'<TR><TD BORDER="0" COLSPAN="{COLUMNS}" ALIGN="LEFT"><FONT COLOR="{QUIET}">'
                    f'… {number(len(blocks) - COLUMNS)} more</FONT></TD></TR>')
    return rows


def _pcp_rows(dump: Dump, prev: Dump | None, model: models.Model, zone: dict) -> list[str]:
    """2.6: one row of the pages on the CPUs' own lists."""
    pcp = model.states["pcp"]
    pfns = [pfn for cpu in zone["pcp"] for pages in cpu["lists"] for pfn in pages]
    note = f"{plural(len(pfns), 'page')}{GAP}" + ", ".join(
        f"cpu {number}: {cpu['count']} of high {zone['pcp_high']}"
        for number, cpu in enumerate(zone["pcp"]))
    rows = [_heading(f"[{pcp.tag}] {zone['name']} per-CPU lists", note)]
    return rows + _page_rows(dump, prev, model, pcp, pfns[:COLUMNS], set())


def _problem_rows(problems: list[Problem]) -> list[str]:
    lines = [f"! {p}" for p in problems[:MAX_PROBLEMS]]
    if len(problems) > MAX_PROBLEMS:
        lines.append(f"! … {number(len(problems) - MAX_PROBLEMS)} more problems")
    return [f'<TR><TD BORDER="0" COLSPAN="{COLUMNS}" ALIGN="LEFT"><FONT COLOR="{MOVED}"><B>'
            f'{text(line)}</B></FONT></TD></TR>' for line in lines]


def _legend(model: models.Model, with_prev: bool) -> str:
    cells = [f'<TD BGCOLOR="{s.colour}">{_inked(s, f"[{s.tag}] {s.name}")}</TD>'
             for s in model.lists()]
    cells.append('<TD BGCOLOR="#FFFFFF" COLOR="#999999">[F] free, ×pages</TD>')
    cells.append('<TD BORDER="3">L locked</TD>')
    words = ["R referenced", "D dirty", "s swap cache", "E error"]
    if model.age_max is None:  # 2.6
        cells.append('<TD STYLE="dashed">W writeback</TD>')
        words[2:2] = ["I reclaim", "m mlocked"]
    cells += [f"<TD>{word}</TD>" for word in words]
    if with_prev:
        cells.append(f'<TD BORDER="2" COLOR="{MOVED}">◂X came from X</TD>')
    cells.append(f'<TD BORDER="2" COLOR="{MOVED}">! broken</TD>')
    return (f'<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="4" CELLPADDING="4"><TR>'
            f'{"".join(cells)}</TR></TABLE>')
