"""The tags that a page has in the tree of its mapping (2.6), read from the tree's nodes."""
from __future__ import annotations

from diagrams.gdb.kernel import DecodeError, Kernel

NAMES = ("DIRTY", "WRITEBACK", "TOWRITE")  # enum page_cache_tag
NODE_BITS = 6  # of the index, for each level of nodes
ROW_BYTES = (1 << NODE_BITS) // 8  # a bit for each slot of a node
MOST_LEVELS = 11  # of 64 bits


def tags_of(kernel: Kernel, mapping: int, index: int) -> list[str]:
    """Names of the tags; none for a page without a mapping, or of one that has no tags.

    `mapping` is the address of its struct address_space, 0 for none."""
    structs = kernel.layout.structs
    if not mapping:
        return []
    tree = kernel.memory.read(mapping + structs["address_space"].offset("pages"),
                              structs["radix_tree"].size)
    root, height, rotate = (kernel.field(tree, "radix_tree", name)
                            for name in ("root", "height", "rotate"))
    if rotate:
        return []  # the swap cache
    if not 0 < height <= MOST_LEVELS:
        raise DecodeError(f"the tree of mapping {mapping:#x} has {height} levels")
    node, slot = root, 0
    for level in reversed(range(height)):
        record = kernel.memory.read(node, structs["radix_node"].size) if node else b""
        if not record:
            raise DecodeError(f"mapping {mapping:#x} has no page at index {index}")
        slot = index >> NODE_BITS * level & (1 << NODE_BITS) - 1
        at = structs["radix_node"].offset("slots") + slot * kernel.layout.pointer
        node = int.from_bytes(record[at:at + kernel.layout.pointer], "little")
    marks = structs["radix_node"].offset("marks")
    rows = [int.from_bytes(record[marks + row * ROW_BYTES:marks + (row + 1) * ROW_BYTES],
                           "little") for row in range(len(NAMES))]
    return [name for name, row in zip(NAMES, rows) if row >> slot & 1]
