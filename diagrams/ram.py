"""Dumps and traces of a guest without a debugger, from the file that backs its memory.

    python3 -m diagrams.ram KERNEL.elf RAM... [--dump FILE] [--trace FILE]

The guest's memory must be a file (`memory-backend-file,share=on`), or one for each node, in
their order. It may run on: events are read safely, but stop it (QMP `stop`, `cont`) for a
dump whose lists are whole; after power-off both are exact. Where things are comes from the
kernel's debug information, which gdb reads once for each build; the answer is kept beside
the kernel.
"""
from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Sequence

from diagrams import dump as dumps, events
from diagrams.gdb import decode, source
from diagrams.gdb.decode import Kernel
from diagrams.gdb.layout import DIRECT_MAP, IMAGE_MAP, Layout, LayoutError

_GDBS = ("gdb", "gdb-multiarch", "x86_64-elf-gdb")
_MM = Path(__file__).with_name("gdb") / "mm.py"


def layout_of(kernel: Path) -> Layout:
    """The layout of a kernel's ELF file, from `NAME.layout.json` beside it or from gdb."""
    kept = kernel.with_suffix(".layout.json")
    if not kernel.exists():
        raise LayoutError(f"{kernel}: no such file, expected a kernel with debug information")
    if kept.exists() and kept.stat().st_mtime_ns > kernel.stat().st_mtime_ns:
        try:
            return Layout.from_json(json.loads(kept.read_text(encoding="utf-8")))
        except LayoutError:
            pass  # written by another version of these tools
    _ask_gdb(kernel, kept)
    return Layout.from_json(json.loads(kept.read_text(encoding="utf-8")))


def _ask_gdb(kernel: Path, kept: Path) -> None:
    """Several tests may do this at once: the file appears whole, by a rename."""
    made = kept.with_name(f"{kept.name}.{os.getpid()}")
    gdb = next(filter(shutil.which, _GDBS), None)
    if gdb is None:
        raise LayoutError("gdb is not installed: run ./setup")
    done = subprocess.run(
        [gdb, "-batch", "-nx", "-ex", "set debuginfod enabled off",
         "-ex", f"source {_MM}", "-ex", f"mm layout {made}", str(kernel)],
        capture_output=True, text=True, check=False)
    if done.returncode or not made.exists():
        raise LayoutError(f"{kernel}: {done.stderr.strip() or done.stdout.strip()}")
    made.rename(kept)


def open_ram(kernel: Path, *ram: Path) -> Kernel:
    """A kernel whose memory is RAM, one file for each node; give it to `decode.read_dump` and
    `read_trace`."""
    layout = layout_of(kernel)
    if layout.machine not in DIRECT_MAP:
        raise LayoutError(f"{kernel}: a program for {layout.machine} has no RAM file")
    bases = (DIRECT_MAP[layout.machine], IMAGE_MAP[layout.machine])
    return Kernel(layout, source.RamFile(ram, bases))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python3 -m diagrams.ram",
                                     description="Dumps and traces from a guest's RAM file.")
    parser.add_argument("kernel", type=Path, metavar="KERNEL.elf")
    parser.add_argument("ram", type=Path, nargs="+", metavar="RAM")
    parser.add_argument("--dump", type=Path, metavar="FILE", help="write a dump (mm-dump/1)")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="write a trace (mm-trace/1)")
    args = parser.parse_args(argv)
    if not args.dump and not args.trace:
        parser.error("say what to write: --dump FILE, --trace FILE, or both")
    try:
        guest = open_ram(args.kernel, *args.ram)
        if args.dump:
            dumps.save(decode.read_dump(guest), args.dump)
        if args.trace:
            events.save(decode.read_trace(guest), args.trace)
    except (LayoutError, decode.DecodeError, source.MemoryFault, dumps.DumpError,
            events.TraceError) as err:
        print(f"ram: {err}", file=sys.stderr)
        return 2
    except OSError as err:
        print(f"ram: {err.filename}: {err.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
