"""The LRU lists by the rules of policy 2.6 (4.1 to 4.6), and references to pages."""

from __future__ import annotations

from grader.fuzz.telling import Bug
from grader.fuzz.told26.frames import LISTS, Frames, Page, Zone

PAGEVEC = 14


class Lru(Frames):
    def __init__(self, sizes: list[dict[str, int]]) -> None:
        super().__init__(sizes)
        self.adding: dict[str, list[Page]] = {name: [] for name in LISTS[:4]}
        self.rotating: list[Page] = []
        self.deactivating: list[Page] = []

    # ---- references ----

    def put(self, page: Page, cold: bool = False) -> None:
        """Drops a reference; a page without any leaves its list and is freed."""
        if page.count <= 0:
            raise Bug
        page.count -= 1
        if not page.count:
            if "lru" in page.flags:
                self.remove(page)
            page.flags -= {"active", "unevictable"}
            self.release(page, page.order, cold)

    def free_all(self, pages: list[Page]) -> None:
        """Pages without references, as cold ones, the latest first."""
        for page in reversed(pages):
            self.release(page, cold=True)

    # ---- lists ----

    def add(self, page: Page, tail: bool = False) -> None:
        """To the list that its flags name."""
        page.flags.add("lru")
        queue = page.zone.lru[page.list]
        (queue.add_tail if tail else queue.add_head)(page)

    def remove(self, page: Page) -> None:
        del page.zone.lru[page.list][page]
        page.flags.discard("lru")

    @staticmethod
    def saw(page: Page, rotated: bool) -> None:
        page.zone.scanned[page.file] += 1
        page.zone.rotated[page.file] += rotated

    @staticmethod
    def evictable(page: Page) -> bool:
        return page.mapping != "ramfs" and "mlocked" not in page.flags

    # ---- pagevecs (4.2) ----

    def cache_add(self, page: Page, name: str) -> None:
        page.count += 1
        self.adding[name].append(page)
        if len(self.adding[name]) == PAGEVEC:
            self._flush_adding(name)

    def _flush_adding(self, name: str) -> None:
        pages, self.adding[name] = self.adding[name], []
        for page in pages:
            if "lru" in page.flags:
                raise Bug
            page.flags |= {"active"} if name.startswith("active") else set()
            self.add(page)
            self.saw(page, name.startswith("active"))
        self._put_all(pages)

    def _put_all(self, pages: list[Page]) -> None:
        """The latest of those that are freed goes first."""
        last = []
        for page in pages:
            if page.count == 1:
                last.append(page)
            else:
                page.count -= 1
        for page in reversed(last):
            self.put(page)

    def drain(self) -> None:
        for name in LISTS[:4]:
            self._flush_adding(name)
        self._flush_rotating()
        self._flush_deactivating()

    def rotate(self, page: Page) -> None:
        """rotate_reclaimable_page (4.5)."""
        stays = {"locked", "dirty", "active", "unevictable"}
        if "lru" in page.flags and not page.flags & stays:
            page.count += 1
            self.rotating.append(page)
            if len(self.rotating) == PAGEVEC:
                self._flush_rotating()

    def _flush_rotating(self) -> None:
        pages, self.rotating = self.rotating, []
        for page in pages:
            if "lru" in page.flags and not page.flags & {"active", "unevictable"}:
                self.remove(page)
                self.add(page, tail=True)
                self.events["pgrotated"] += 1
        self._put_all(pages)

    def deactivate(self, page: Page) -> None:
        """deactivate_page (4.5)."""
        if "unevictable" in page.flags:
            return
        page.count += 1
        self.deactivating.append(page)
        if len(self.deactivating) == PAGEVEC:
            self._flush_deactivating()

    def _flush_deactivating(self) -> None:
        pages, self.deactivating = self.deactivating, []
        for page in pages:
            if "lru" not in page.flags or "unevictable" in page.flags or page.ptes:
                continue
            busy = bool(page.flags & {"writeback", "dirty"})
            self.remove(page)
            self.events["pgdeactivate"] += "active" in page.flags
            page.flags -= {"active", "referenced"}
            page.flags |= {"reclaim"} if busy else set()
            self.add(page, tail=not busy)
            self.events["pgrotated"] += not busy
            self.saw(page, False)
        self._put_all(pages)

    # ---- ageing by use (4.3) ----

    def activate(self, page: Page) -> None:
        if "lru" not in page.flags or page.flags & {"active", "unevictable"}:
            return
        self.remove(page)
        page.flags.add("active")
        self.add(page)
        self.events["pgactivate"] += 1
        self.saw(page, True)

    def accessed(self, page: Page) -> None:
        """mark_page_accessed."""
        if "referenced" not in page.flags:
            page.flags.add("referenced")
        elif "lru" in page.flags and not page.flags & {"active", "unevictable"}:
            self.activate(page)
            page.flags.discard("referenced")

    # ---- off the lists and back (4.6) ----

    def isolate(self, page: Page) -> bool:
        if "lru" not in page.flags:
            return False
        self.remove(page)
        page.count += 1
        return True

    def put_back(self, page: Page) -> None:
        """putback_lru_page: drops the reference of the isolation."""
        was_unevictable = "unevictable" in page.flags
        active = "active" in page.flags
        page.flags -= {"unevictable", "active"}
        if self.evictable(page):
            kind = "file" if page.file else "anon"
            self.cache_add(page, f"{'active' if active else 'inactive'}_{kind}")
            self.events["unevictable_pgs_rescued"] += was_unevictable
        else:
            page.flags.add("unevictable")
            self.add(page)
            self.events["unevictable_pgs_culled"] += not was_unevictable
        self.put(page)

    def reclaimable(self, zone: Zone, anon: bool) -> int:
        """zone_reclaimable_pages (6.1): those on lists that can be scanned."""
        return sum(len(zone.lru[name]) for name in LISTS[:4] if anon or name.endswith("file"))
