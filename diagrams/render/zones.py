"""Picture `zones`: free pages against the watermarks, and the buddy's free blocks by order.

Each zone has a scale (min, low, high) and under it, on the same scale, what counts as free:
the buddy's pages and the inactive-clean pages, which 2.4 takes as good as free. A zone of 2.6
has its five lists beside each other, the per-CPU lists, which no mark counts, and the blocks
by migrate type.
"""
from __future__ import annotations

from diagrams import model as models
from diagrams.dump import Dump
from diagrams.render.nodes import frames
from diagrams.render.style import (FONT, FREE_BAR, USED, WATERMARKS, ink_on, number, plural,
                                   text)

WIDTH = 520
TYPE_WIDTH = 62  # that the bars grow by with each column of a migrate type
SHARE_WIDTH = 300
PCP = "#8FD3BF"  # a paler free
GAP = "&#160;&#160;&#160;"


def to_dot(dump: Dump) -> str:
    """DOT text: one table a zone, one above the other, those of each node in a frame."""
    model = models.load(dump.vm)
    tables = [f'z{i} [label=<{_zone_table(dump, model, zone)}>];'
              for i, zone in enumerate(dump.zones)]
    if dump.nodes:
        tables = frames(dump.nodes, [
            [table for table, zone in zip(tables, dump.zones) if zone["node"] == node["id"]]
            for node in dump.nodes])
    order = " -> ".join(f"z{i}" for i in range(len(dump.zones)))
    chain = f"{order} [style=invis];\n" if len(dump.zones) > 1 else ""
    title = text(f"zones · vm {dump.vm} · {dump.arch} · seq {number(dump.seq)}")
    return (f'digraph zones {{\n'
            f'graph [fontname="{FONT}",label=<<FONT POINT-SIZE="11">{title}</FONT>>,'
            f'labelloc=t,labeljust=l,pad=0.15,ranksep=0.1];\n'
            f'node [shape=plaintext,fontname="{FONT}",fontsize=10];\n'
            + "\n".join(tables) + f"\n{chain}}}\n")


def verdict(zone: dict, clean: int) -> str:
    """Where free plus inactive-clean pages stand, in words. A mark is met by more than it."""
    have = zone["free"] + clean
    marks = ("high", "low", "min")
    for mark in marks:
        if have == zone[mark]:
            return f"at {mark}, not above it"
    met = sum(have > zone[mark] for mark in marks)
    return ("below min", "between min and low", "between low and high", "above high")[met]


def _zone_table(dump: Dump, model: models.Model, zone: dict) -> str:
    clean = len(dump.lists.get(f"{zone['name']}.inactive_clean", ()))
    modern = "stats" in zone
    also = "" if modern else f" + inactive clean {number(clean)}"
    note = (f"{plural(zone['size'], 'page')} from {zone['start']}{GAP}free "
            f"{number(zone['free'])}{also}: {verdict(zone, clean)}")
    if modern:
        note += f"{GAP}reserve {' '.join(map(str, zone['reserve']))}"
    title = (f'<TR><TD BORDER="0" COLSPAN="4" ALIGN="LEFT"><FONT POINT-SIZE="13"><B>zone '
             f'{text(zone["name"])}</B></FONT></TD></TR>'
             f'<TR><TD BORDER="0" COLSPAN="4" ALIGN="LEFT">{note}</TD></TR>')
    rows = [title, *_gauge_rows(model, zone, clean)]
    if modern:
        rows += [*_lists_rows(dump, model, zone), *_pcp_rows(zone)]
    rows += _buddy_rows(zone)
    return (f'<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="2" CELLPADDING="3">'
            f'{"".join(rows)}</TABLE>')


def _gauge_rows(model: models.Model, zone: dict, clean: int) -> list[str]:
    """Scale and level, both from 0 to `top` pages over the same width. The scale ends at twice
    the high mark, so that the marks can be read; a level beyond it says so."""
    have = zone["free"] + clean
    top = max(min(have, zone["high"] * 2), zone["high"] * 4 // 3, 1)
    beyond = " ▸ beyond the scale" if have > top else ""
    marks = [(zone["min"], WATERMARKS["min"], f"min {zone['min']}"),
             (zone["low"], WATERMARKS["low"], f"low {zone['low']}"),
             (zone["high"], WATERMARKS["high"], f"high {zone['high']}"),
             (top, "#FFFFFF", f"above high, to {number(top)}")]
    clean_label = f"clean {number(clean)}{beyond}" if clean else ""
    level = [(min(zone["free"], top), FREE_BAR,
              f"free {number(zone['free'])}{'' if clean_label else beyond}"),
             (top, USED, "")]
    if clean:
        level.insert(1, (min(have, top), model.states["inactive_clean"].colour, clean_label))
    width = _width(zone)
    return [_strip("scale", marks, top, 18, width), _strip("level", level, top, 18, width)]


def _width(zone: dict) -> int:
    """Of the bars: as wide as the table of blocks below, which would else stretch them."""
    return WIDTH + TYPE_WIDTH * len(zone.get("migrate_types", ()))


def _strip(name: str, parts: list[tuple[int, str, str]], top: int, height: int,
           width: int) -> str:
    """One bar made of parts that each end at a number of pages; narrow ones lose their label."""
    cells, start = [], 0
    for end, colour, label in parts:
        pixels = round(end / top * width) - round(start / top * width)
        start = end
        if pixels < 2:
            continue
        shown = text(label) if len(label) * 6 < pixels else ""
        ink = ink_on(colour)
        lettered = "" if ink == "#000000" else f' COLOR="{ink}"'
        cells.append(f'<TD BGCOLOR="{colour}" WIDTH="{pixels}" HEIGHT="{height}" '
                     f'FIXEDSIZE="TRUE" HREF="#" TITLE="{text(label)}">'
                     f'<FONT POINT-SIZE="9"{lettered}>{shown or "&#160;"}</FONT></TD>')
    return (f'<TR><TD BORDER="0" ALIGN="RIGHT">{name}</TD>'
            f'<TD BORDER="0" COLSPAN="3" ALIGN="LEFT" CELLPADDING="0"><TABLE BORDER="1" '
            f'CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{"".join(cells)}</TR></TABLE>'
            f'</TD></TR>')


def _lists_rows(dump: Dump, model: models.Model, zone: dict) -> list[str]:
    """2.6: the zone's lists beside each other, on the scale of all of them, and in words:
    a thin part has no room for its label."""
    parts, words, end = [], [], 0
    for state in model.lists():
        length = len(dump.lists[f"{zone['name']}.{state.name}"])
        end += length
        parts.append((end, state.colour, f"[{state.tag}] {number(length)}"))
        words.append(f"[{text(state.tag)}] {text(state.name)} {number(length)}")
    if not end:
        parts = [(1, "#FFFFFF", "all lists are empty")]
    return [_strip("lists", parts, max(end, 1), 18, _width(zone)),
            '<TR><TD BORDER="0"></TD><TD BORDER="0" COLSPAN="3" ALIGN="LEFT">'
            f'<FONT POINT-SIZE="9">{GAP.join(words)}</FONT></TD></TR>']


def _pcp_rows(zone: dict) -> list[str]:
    """2.6: free pages of each CPU, against the number that sends a batch back; 0 in a zone
    so small that no CPU keeps any."""
    high, batch = zone["pcp_high"], zone["pcp_batch"]
    end = f"to high {high}, batch {batch}" if high else f"keeps none (high 0), batch {batch}"
    return [_strip(f"cpu {cpu}", [(min(pcp["count"], high), PCP, f"{pcp['count']} pages"),
                                  (max(high, 1), "#FFFFFF", end)], max(high, 1), 14,
                   _width(zone))
            for cpu, pcp in enumerate(zone["pcp"])]


def _buddy_rows(zone: dict) -> list[str]:
    """The blocks of each order and their share; a table of its own, so that the columns of
    all zones are equally wide. Of 2.6 the blocks of each migrate type as well."""
    types = zone.get("migrate_types", [])
    heads = "".join(f'<TD BORDER="0" WIDTH="56"><FONT POINT-SIZE="9">{text(name)}</FONT></TD>'
                    for name in types)
    rows = ['<TR><TD BORDER="0" WIDTH="56"><B>order</B></TD>'
            '<TD BORDER="0" WIDTH="56"><B>blocks</B></TD>'
            f'{heads}<TD BORDER="0" WIDTH="56"><B>pages</B></TD>'
            f'<TD BORDER="0" WIDTH="{SHARE_WIDTH}" ALIGN="LEFT"><B>share of the free pages</B>'
            '</TD><TD BORDER="0" WIDTH="40"></TD></TR>']
    counts = [len(blocks) for blocks in zone["free_area"]]
    total = sum(n << order for order, n in enumerate(counts))
    for order, blocks in enumerate(counts):
        pages = blocks << order
        kinds = "".join(f"<TD>{n or '&#160;'}</TD>"
                        for n in (zone["free_by_type"][order] if types else ()))
        rows.append(f'<TR><TD>{order}</TD><TD>{blocks}</TD>{kinds}<TD>{number(pages)}</TD>'
                    f'{_share(pages, total)}</TR>')
    return [f'<TR><TD BORDER="0" COLSPAN="4" ALIGN="LEFT"><TABLE BORDER="0" CELLBORDER="1" '
            f'CELLSPACING="2" CELLPADDING="2">{"".join(rows)}</TABLE></TD></TR>']


def _share(pages: int, total: int) -> str:
    """Two cells: the bar with its filler, and the percentage."""
    pixels = max(2, round(pages / total * SHARE_WIDTH)) if pages else 0
    bar = (f'<TD BGCOLOR="{FREE_BAR}" WIDTH="{pixels}" HEIGHT="12" FIXEDSIZE="TRUE"></TD>'
           if pixels else "")
    rest = SHARE_WIDTH - pixels
    filler = f'<TD WIDTH="{rest}" HEIGHT="12" FIXEDSIZE="TRUE"></TD>' if rest else ""
    percent = f"{pages * 100 // total} %" if pages else "&#160;"
    return (f'<TD BORDER="0" ALIGN="LEFT" CELLPADDING="0"><TABLE BORDER="0" CELLBORDER="0" '
            f'CELLSPACING="0" CELLPADDING="0"><TR>{bar}{filler}</TR></TABLE></TD>'
            f'<TD BORDER="0" ALIGN="LEFT"><FONT POINT-SIZE="9">{percent}</FONT></TD>')
