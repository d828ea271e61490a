"""The names behind the numbers of the trace format, read from the kernel's own headers.

Needed for a bare ring file, as the sim writes it: it holds numbers only. The headers are
the one place where the numbers are given, so nothing here can disagree with the kernel.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_OS = Path(__file__).resolve().parents[1] / "os"


class NamesError(ValueError):
    """A header is missing or not written as expected."""


@dataclass(frozen=True)
class Names:
    states: list[str]
    events: list[str]
    reasons: list[str]
    flag_bits: dict[str, int]


@lru_cache(maxsize=None)
def kernel_names(os_directory: Path = _OS) -> Names:
    """States, events and reasons by number, and the bits of page->flags."""
    events_h = _read(os_directory / "mm/trace/events.h")
    page_h = _read(os_directory / "mm/page.h")
    flags = re.findall(r"\bPG_(\w+)\s*=\s*(\d+)", _body(page_h, r"enum page_flag \{", "}"))
    states = re.findall(r"\bSTATE_(\w+)", _body(page_h, r"enum page_state \{", "}"))
    kinds = re.findall(r"\bEV_(\w+)", _body(events_h, r"enum mm_event \{", "}"))
    reasons = re.findall(r"\bX\((\w+)\)", _body(events_h, r"#define MM_REASONS\(X\)", "\n\n"))
    return Names([s.lower() for s in states], [k.lower() for k in kinds], reasons,
                 {name: int(bit) for name, bit in flags})


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as err:
        raise NamesError(f"{path}: {err.strerror}") from None
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def _body(text: str, start: str, end: str) -> str:
    """What stands between START (a pattern) and END."""
    found = re.search(start, text)
    if not found:
        raise NamesError(f"no {start!r} in the kernel's headers")
    return text[found.end():text.index(end, found.end())]
