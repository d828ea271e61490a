"""The visual language that all pictures share.

Colours come from the model; a letter tag, a pattern or a border repeats what a colour says,
so that a picture printed in grey loses nothing.
"""
from __future__ import annotations

from html import escape

FONT = "DejaVu Sans"
INK = "#222222"
QUIET = "#666666"
MOVED = "#D00000"
BAR = "#111111"
FREE_BAR = "#009E73"
USED = "#DDDDDD"
WATERMARKS = {"min": "#D55E00", "low": "#E69F00", "high": "#F0E442"}


class RenderError(ValueError):
    """A picture that cannot be made from this input; the text says what was expected."""


def text(value: object) -> str:
    """Escaped for SVG and for Graphviz's HTML-like labels."""
    return escape(str(value), quote=True)


def number(value: int) -> str:
    """12345 as 12 345, with a space that does not break."""
    return f"{value:,}".replace(",", "\u00a0")


def plural(count: int, noun: str) -> str:
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def darker(colour: str, factor: float = 0.62) -> str:
    """The same hue, dark enough for a line or for small text on white."""
    parts = [int(colour[i:i + 2], 16) for i in (1, 3, 5)]
    if min(parts) > 0xA0:  # greys and white: one dark grey
        return "#555555"
    return "#" + "".join(f"{int(p * factor):02X}" for p in parts)


def ink_on(colour: str) -> str:
    """Black or white, whichever can be read on the colour."""
    red, green, blue = (int(colour[i:i + 2], 16) for i in (1, 3, 5))
    return "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > 100 else "#FFFFFF"


def signed(value: int) -> str:
    """+3, −2 (with a real minus sign), ±0."""
    return "±0" if value == 0 else f"{'+' if value > 0 else '−'}{number(abs(value))}"
