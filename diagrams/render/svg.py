"""A minimal SVG page: shapes with tooltips, text, and fill patterns that survive grey print."""
from __future__ import annotations

from diagrams import model as models
from diagrams.render.style import FONT, INK, text

# Lines drawn over a state's colour, so that two states of the same grey still differ.
_PATTERNS = {
    "active": "",
    "inactive_dirty": '<path d="M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4" {stroke}/>',
    "inactive_clean": '<circle cx="2" cy="2" r="0.9" fill="#222222" fill-opacity="0.55"/>'
                      '<circle cx="6" cy="6" r="0.9" fill="#222222" fill-opacity="0.55"/>',
    "inactive_file": '<circle cx="2" cy="2" r="0.9" fill="#222222" fill-opacity="0.55"/>'
                     '<circle cx="6" cy="6" r="0.9" fill="#222222" fill-opacity="0.55"/>',
    "active_anon": '<path d="M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4" {stroke}/>',
    "inactive_anon": '<circle cx="2" cy="2" r="1" fill="#FFFFFF" fill-opacity="0.7"/>'
                     '<circle cx="6" cy="6" r="1" fill="#FFFFFF" fill-opacity="0.7"/>',
    "unevictable": '<path d="M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4" {stroke}/>',
    "pagevec": '<path d="M2,0 v8 M6,0 v8" {stroke}/>',
    "pcp": '<path d="M0,6 h8" {stroke}/>',
    "reserved": '<path d="M0,2 h8 M0,6 h8" {stroke}/>',
    "kernel": '<path d="M4,0 v8" {stroke}/>',
    "slab": '<path d="M0,4 h8 M4,0 v8" {stroke}/>',
    "pagetable": '<path d="M0,4 h8" {stroke}/>',
    "anon": '<path d="M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4" {stroke}/>',
    "isolated": '<path d="M0,0 l8,8 M0,8 l8,-8" {stroke}/>',
}
_STROKE = 'stroke="#222222" stroke-opacity="0.4" stroke-width="1" fill="none"'


class Page:
    """Collects elements; `finish` gives the file's text."""

    def __init__(self, width: int, height: int, title: str):
        self.width, self.height, self.title = width, height, title
        self._parts: list[str] = []
        self._defs: list[str] = []

    def use_states(self, states: list[models.State]) -> None:
        """Defines a fill for each state; `fill_of` gives its name."""
        for state in states:
            lines = _PATTERNS.get(state.name, "").format(stroke=_STROKE)
            self._defs.append(
                f'<pattern id="fill-{state.name}" width="8" height="8" '
                f'patternUnits="userSpaceOnUse"><rect width="8" height="8" '
                f'fill="{state.colour}"/>{lines}</pattern>')

    def rect(self, x: float, y: float, w: float, h: float, fill: str, stroke: str = INK,
             tip: str = "", stroke_width: float = 0.6) -> None:
        inner = f"<title>{text(tip)}</title>" if tip else ""
        self._parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" '
                           f'fill="{fill}" stroke="{stroke}" stroke-width="{stroke_width}">'
                           f'{inner}</rect>')

    def label(self, x: float, y: float, what: str, size: int = 11, anchor: str = "start",
              colour: str = "#000000", bold: bool = False, halo: bool = False) -> None:
        """Text with its baseline at y; a halo keeps it readable on a pattern."""
        extra = ' font-weight="bold"' if bold else ""
        if halo:
            extra += ' stroke="#FFFFFF" stroke-width="3" paint-order="stroke"'
        self._parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" '
                           f'text-anchor="{anchor}" fill="{colour}"{extra}>{text(what)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str = INK,
             width: float = 1, dash: str = "") -> None:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
                           f'stroke="{colour}" stroke-width="{width}"{dashed}/>')

    def shape(self, points: list[tuple[float, float]], fill: str, stroke: str = INK,
              tip: str = "", closed: bool = True, width: float = 0.8) -> None:
        path = "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in points) + (" Z" if closed else "")
        inner = f"<title>{text(tip)}</title>" if tip else ""
        self._parts.append(f'<path d="{path}" fill="{fill}" stroke="{stroke}" '
                           f'stroke-width="{width}">{inner}</path>')

    def finish(self) -> str:
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" '
                f'height="{self.height}" viewBox="0 0 {self.width} {self.height}" '
                f'font-family="{FONT}, Verdana, sans-serif" role="img">\n'
                f'<title>{text(self.title)}</title>\n<defs>{"".join(self._defs)}</defs>\n'
                f'<rect width="100%" height="100%" fill="#FFFFFF"/>\n'
                + "\n".join(self._parts) + "\n</svg>\n")


def fill_of(state: models.State) -> str:
    return f"url(#fill-{state.name})"


def ticks(first: int, last: int, about: int = 8) -> list[int]:
    """Round numbers within first..last, about as many as asked."""
    span = max(last - first, 1)
    step = 1
    while span / step > about:
        step *= 5 if str(step)[0] in "2" else 2 if str(step)[0] == "1" else 2
    return [n for n in range(-(-first // step) * step, last + 1, step)]
