"""Planted corruptions of one list: each kind is found, named, and never loops."""
from __future__ import annotations

from diagrams.walk import walk

HEAD, BASE, STEP = 0x1000, 0x8000, 48


class List:
    """Links of a list of pages as a kernel has them, in a dictionary."""

    def __init__(self, *pfns: int):
        chain = [HEAD, *map(self.at, pfns), HEAD]
        self.next = dict(zip(chain, chain[1:]))
        self.prev = dict(zip(chain[1:], chain))

    @staticmethod
    def at(pfn: int) -> int:
        return BASE + pfn * STEP

    def walk(self, limit: int = 100):
        def pfn_at(address: int) -> int | None:
            offset = address - BASE
            return offset // STEP if 0 <= offset < 50 * STEP and offset % STEP == 0 else None
        return walk("active", HEAD, lambda a: (self.next[a], self.prev[a]), pfn_at, limit)


def test_good_lists():
    assert List().walk() == ([], [])
    assert List(5).walk() == ([5], [])
    assert List(5, 9, 2).walk() == ([5, 9, 2], [])


def test_a_next_that_is_no_page():
    made = List(5, 9, 2, 7)
    made.next[made.at(9)] = 0xDEAD
    pfns, bad = made.walk()
    assert pfns == [5, 9]
    assert bad == [("next", [9], "active: page 9 has next 0xdead, which is no page's link; "
                                 "walked 2 forward, 4 backward")]


def test_a_broken_head():
    made = List(5, 9)
    made.next[HEAD] = 0
    pfns, bad = made.walk()
    assert (pfns, bad[0][0], bad[0][1]) == ([], "next", [])
    assert "the head has next 0x0" in bad[0][2]


def test_a_prev_that_skips_a_page():
    made = List(5, 9, 2)
    made.prev[made.at(2)] = made.at(5)
    pfns, bad = made.walk()
    assert pfns == [5, 9, 2]
    assert bad == [("prev", [2], "active: page 2 follows page 9, but its prev is page 5")]


def test_the_heads_prev_is_checked_too():
    made = List(5, 9)
    made.prev[HEAD] = made.at(5)
    assert made.walk().bad == [
        ("prev", [9], "active: the walk ends at page 9, but the head's prev is page 5")]


def test_a_cycle_that_leaves_the_head_out():
    made = List(5, 9, 2, 7)
    made.next[made.at(7)] = made.at(9)
    pfns, bad = made.walk()
    assert pfns == [5, 9, 2, 7]
    assert bad == [("cycle", [9, 7], "active: after 4 pages page 7 leads back to page 9, "
                                     "number 2 on the list")]


def test_a_page_that_points_at_itself():
    made = List(5, 9)
    made.next[made.at(5)] = made.at(5)
    assert made.walk().bad[0][:2] == ("cycle", [5, 5])


def test_no_end_within_the_limit():
    assert List(1, 2, 3, 4).walk(limit=2).bad[0][0] == "cycle"
