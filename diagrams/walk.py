"""Walking one linked list of pages, link by link, and naming what is broken.

Works on addresses, so that the same walk serves the debugger, a file of guest memory and
the tests. A walk never follows a pointer that is not a page's link, and never loops.
"""
from __future__ import annotations

from typing import Callable, NamedTuple

Bad = tuple[str, list[int], str]  # kind, page frames, sentence


class Walked(NamedTuple):
    """Page frames head to tail, as far as the walk could go, and what was wrong."""
    pfns: list[int]
    bad: list[Bad]


def walk(name: str, head: int, links: Callable[[int], tuple[int, int]],
         pfn_at: Callable[[int], int | None], limit: int) -> Walked:
    """Follows `next` from `head`, comparing each `prev` with where the walk came from.

    `links(address)` gives (next, prev) of the head or of a page's link; `pfn_at(address)`
    the page whose link is there, or None. When the way forward ends early, the list is
    walked backward too, so that the report says how much of it is cut off.
    """
    pfns: list[int] = []
    bad: list[Bad] = []
    at: dict[int, int] = {}
    before, here = head, links(head)[0]
    last = _label(before, head, pfn_at)
    while here != head:
        pfn = pfn_at(here)
        if pfn is None:
            back = _count_backward(head, links, pfn_at, limit)
            bad.append(("next", _pfns(before, pfn_at),
                        f"{name}: {last} has next {here:#x}, which is no page's link; "
                        f"walked {len(pfns)} forward, {back} backward"))
            return Walked(pfns, bad)
        if here in at:
            bad.append(("cycle", [pfn, *_pfns(before, pfn_at)],
                        f"{name}: after {len(pfns)} pages {last} leads back to page {pfn}, "
                        f"number {at[here] + 1} on the list"))
            return Walked(pfns, bad)
        if len(pfns) >= limit:
            bad.append(("cycle", [pfn], f"{name}: no end after {limit} pages"))
            return Walked(pfns, bad)
        after, prev = links(here)
        if prev != before:
            bad.append(("prev", [pfn], f"{name}: page {pfn} follows {last}, but its prev is "
                                       f"{_label(prev, head, pfn_at)}"))
        at[here] = len(pfns)
        pfns.append(pfn)
        before, here, last = here, after, f"page {pfn}"
    if links(head)[1] != before:
        bad.append(("prev", _pfns(before, pfn_at),
                    f"{name}: the walk ends at {last}, but the head's prev is "
                    f"{_label(links(head)[1], head, pfn_at)}"))
    return Walked(pfns, bad)


def _label(address: int, head: int, pfn_at: Callable[[int], int | None]) -> str:
    if address == head:
        return "the head"
    pfn = pfn_at(address)
    return f"{address:#x}, which is no page's link" if pfn is None else f"page {pfn}"


def _pfns(address: int, pfn_at: Callable[[int], int | None]) -> list[int]:
    pfn = pfn_at(address)
    return [] if pfn is None else [pfn]


def _count_backward(head: int, links: Callable[[int], tuple[int, int]],
                    pfn_at: Callable[[int], int | None], limit: int) -> int:
    """Pages found from the tail by `prev`, up to the first address that is no page."""
    count, here = 0, links(head)[1]
    while here != head and pfn_at(here) is not None and count < limit:
        count += 1
        here = links(here)[1]
    return count
