"""A stopped kernel: its layout and its memory, with the reads that all decoders need."""
from __future__ import annotations

import struct
from dataclasses import dataclass

from diagrams.gdb.layout import Layout
from diagrams.gdb.source import Memory

CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}  # of `struct`, by size in bytes


class DecodeError(Exception):
    """The kernel's memory does not hold what it should; the text says what."""


@dataclass
class Kernel:
    layout: Layout
    memory: Memory

    def number(self, address: int, size: int) -> int:
        return int.from_bytes(self.memory.read(address, size), "little")

    def variable(self, name: str) -> int:
        """Value of a global number or pointer."""
        return self.number(*self.layout.variables[name])

    def words(self, data: bytes) -> list[int]:
        """An array of unsigned longs or pointers."""
        count = len(data) // self.layout.pointer
        return list(struct.unpack(f"<{count}{CODES[self.layout.pointer]}", data))

    def text(self, address: int, limit: int = 32) -> str:
        """A C string, or "" for NULL."""
        if not address:
            return ""
        return self.memory.read(address, limit).split(b"\0")[0].decode("ascii", "replace")

    def field(self, data: bytes, tag: str, name: str, base: int = 0) -> int:
        offset, size = self.layout.structs[tag].fields[name]
        return int.from_bytes(data[base + offset:base + offset + size], "little")

    def era(self) -> str:
        """The generation of reclaim that runs, as `vm=` names it."""
        at = self.variable("policy")
        offset, size = self.layout.structs["reclaim_policy"].fields["name"]
        return self.text(self.number(at + offset, size))

    def page_address(self, pfn: int) -> int:
        return self.variable("mem_map") + pfn * self.layout.structs["page"].size

    def nr_pages(self) -> int:
        """Length of mem_map; DecodeError as long as the kernel has none."""
        if not self.variable("mem_map"):
            raise DecodeError("the kernel has no pages yet (mem_map is NULL): let it run on")
        return self.variable("nr_frames")
