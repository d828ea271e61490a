"""Reading memory: through QEMU's monitor, through the debugger, and from a RAM file."""
from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from diagrams import ram
from diagrams.gdb import source
from diagrams.gdb.layout import Layout, LayoutError, Struct, read_layout
from diagrams.gdb.source import InferiorMemory, MemoryFault, MonitorMemory, RamFile

MEMORY = bytes(range(256)) * 256


class Small:
    """Counts what is read the slow way."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, address: int, length: int) -> bytes:
        self.reads += 1
        return MEMORY[address:address + length]


def memsave(command: str) -> str:
    word, address, length, name = command.split(" ", 3)
    assert word == "memsave"
    start = int(address, 16)
    Path(name.strip('"')).write_bytes(MEMORY[start:start + int(length, 16)])
    return ""


def test_large_reads_go_through_the_monitor():
    small = Small()
    memory = MonitorMemory(memsave, small)
    assert memory.read(256, 16384) == MEMORY[256:256 + 16384]
    assert small.reads == 0
    assert memory.read(5, 3) == MEMORY[5:8]
    assert small.reads == 1


def test_a_monitor_that_writes_no_file_is_asked_once():
    small, asked = Small(), []
    memory = MonitorMemory(lambda command: asked.append(command) or "", small)
    assert memory.read(0, 16384) == MEMORY[:16384]
    assert memory.read(0, 16384) == MEMORY[:16384]
    assert (len(asked), small.reads) == (1, 2)


def test_a_ram_file(tmp_path):
    path = tmp_path / "ram"
    path.write_bytes(MEMORY)
    memory = RamFile([path], (0x8000000000000000, 0xFFFFFFFF80000000))
    assert memory.read(0x8000000000000010, 4) == MEMORY[16:20]
    assert memory.read(0xFFFFFFFF80000100, 4) == MEMORY[256:260]
    for address in (0x10, 0xFFFFFFFF80000000 + len(MEMORY) - 2):
        with pytest.raises(MemoryFault, match="in no direct map"):
            memory.read(address, 4)


def test_the_ram_files_of_several_nodes(tmp_path):
    """One behind the other, also within a read."""
    parts = [tmp_path / f"ram.{node}" for node in range(3)]
    for node, path in enumerate(parts):
        path.write_bytes(MEMORY[node * 16384:][:16384])
    memory = RamFile(parts, (0x8000,))
    assert memory.read(0x8000 + 5, 16384) == MEMORY[5:5 + 16384]
    assert memory.read(0x8000 + 16380, 20000) == MEMORY[16380:][:20000]
    assert memory.read(0x8000 + 40000, 9) == MEMORY[40000:40009]
    with pytest.raises(MemoryFault, match="49152 bytes"):
        memory.read(0x8000 + 49150, 3)


def test_the_debugger_is_not_asked_for_nothing():
    assert InferiorMemory(lambda address, length: pytest.fail("asked")).read(0, 0) == b""


@pytest.mark.parametrize("said, expected", [
    ("7.2.11 (Debian 1:7.2+dfsg-7)\n", True), ("8.0.0\n", True), ("", False),
    ("Target does not support this command.\n", False)])
def test_qemu_is_recognised(said, expected):
    assert source.is_qemu(lambda command: said) is expected


def test_a_layout_survives_json():
    layout = Layout("i386", 4, {"page": Struct(48, {"flags": (8, 4)})}, {"mem_map": (16, 4)},
                    {"dirty": 4}, ["reserved", "free"], ["none"], ["none", "rmqueue"], ["pgscan"],
                    ["nr_dirty"], ["inactive_anon"], ["unmovable"])
    assert Layout.from_json(layout.to_json()) == layout
    with pytest.raises(LayoutError, match="expected 'mm-layout/4'"):
        Layout.from_json({"schema": "x"})


class OtherKernel:
    """Symbols of a kernel whose struct page is not ours."""

    def struct(self, tag: str):
        return 8, {"flags": (0, 4)}


def test_symbols_of_another_kernel_are_refused():
    with pytest.raises(LayoutError, match="struct page has no field list"):
        read_layout(OtherKernel())


@pytest.mark.parametrize("args, expected", [
    ("none.elf ram --dump d.json", "none.elf: no such file"),
    ("text.elf ram --dump d.json", "text.elf: "),
])
def test_a_ram_command_with_a_wrong_kernel(tmp_path, monkeypatch, capsys, args, expected):
    (tmp_path / "text.elf").write_text("no program")
    monkeypatch.chdir(tmp_path)
    assert ram.main(args.split()) == 2
    assert expected in capsys.readouterr().err


def test_a_layout_is_kept_and_made_anew(tmp_path, monkeypatch):
    kernel, asked = tmp_path / "kernel.elf", []
    kernel.write_text("x")
    layout = Layout("i386", 4, {}, {}, {}, [], [], [], [], [], [], [])

    def ask(_kernel: Path, kept: Path) -> None:
        asked.append(kept)
        kept.write_text(json.dumps(layout.to_json()))

    monkeypatch.setattr(ram, "_ask_gdb", ask)
    assert ram.layout_of(kernel) == ram.layout_of(kernel) == layout
    assert asked == [tmp_path / "kernel.layout.json"]
    later = asked[0].stat().st_mtime + 5
    os.utime(kernel, (later, later))
    ram.layout_of(kernel)
    assert len(asked) == 2
    os.utime(asked[0], (later + 5, later + 5))
    ram.layout_of(kernel)
    assert len(asked) == 2
    asked[0].write_text('{"schema": "mm-layout/1"}')  # of an older version of the tools
    os.utime(asked[0], (later + 5, later + 5))
    assert ram.layout_of(kernel) == layout
    assert len(asked) == 3
