"""The `mm` commands. This is the only file that imports gdb: it reads symbols and memory
through gdb, hands them to the decoders, and prints what `report.py` makes of it.
"""
from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Callable

import gdb

from diagrams import dump as dumps, events, model as models
from diagrams.check import check_dump
from diagrams.dump import Dump
from diagrams.gdb import decode, report, source
from diagrams.gdb.decode import Kernel
from diagrams.gdb.layout import DIRECT_MAP, Layout, LayoutError, read_layout
from diagrams.gdb.nodes import read_nodes
from diagrams.gdb.tags import tags_of
from diagrams.render import graphviz, lists as lists_picture, states as states_picture
from diagrams.render import zones as zones_picture
from diagrams.render.style import RenderError

LISTS = ("active", "inactive_dirty", "inactive_clean",  # 2.4
         "inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable")
_ERRORS = (LayoutError, decode.DecodeError, source.MemoryFault, dumps.DumpError,
           events.TraceError, models.ModelError, RenderError)


class _GdbSymbols:
    """`layout.Symbols` answered by gdb."""

    def struct(self, tag: str) -> tuple[int, dict[str, tuple[int, int]]]:
        kind = self._type(f"struct {tag}")
        return kind.sizeof, {f.name: (f.bitpos // 8, f.type.sizeof) for f in kind.fields()
                             if f.name}

    def enum(self, tag: str) -> dict[str, int]:
        return {f.name: f.enumval for f in self._type(f"enum {tag}").fields()}

    def variable(self, name: str) -> tuple[int, int]:
        symbol = gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name)
        if symbol is None:
            raise LayoutError(f"no symbol {name}: load the kernel's symbols, "
                              f"`file build/ARCH/kernel.elf`")
        value = symbol.value()
        return int(value.address), value.type.sizeof

    def pointer_size(self) -> int:
        return gdb.lookup_type("void").pointer().sizeof

    def machine(self) -> str:
        if gdb.lookup_global_symbol("main") is not None:  # a host program: the sim
            return "sim"
        return "x86_64" if self.pointer_size() == 8 else "i386"

    @staticmethod
    def _type(name: str) -> gdb.Type:
        try:
            return gdb.lookup_type(name)
        except gdb.error:
            raise LayoutError(f"no symbols for {name}: load the kernel's symbols, "
                              f"`file build/ARCH/kernel.elf`") from None


class _Target:
    """The kernel that gdb is attached to; forgets its layout when symbols change."""

    def __init__(self) -> None:
        self._layout: Layout | None = None
        self._memory: tuple[object, source.Memory] | None = None
        gdb.events.new_objfile.connect(self._forget)
        gdb.events.clear_objfiles.connect(self._forget)
        gdb.events.exited.connect(self._forget)

    def _forget(self, _event: object) -> None:
        self._layout = self._memory = None

    def kernel(self) -> Kernel:
        """The stopped kernel, or GdbError saying what is missing."""
        if not gdb.selected_inferior().pid:
            raise gdb.GdbError("mm: no running kernel: `make qemu`, then `make gdb`; or start "
                               "a program with `run`")
        if any(t.is_running() for t in gdb.selected_inferior().threads()):
            raise gdb.GdbError("mm: the kernel is running: stop it with Ctrl-C first")
        if self._layout is None:
            self._layout = read_layout(_GdbSymbols())
        return Kernel(self._layout, self._memory_of(gdb.selected_inferior()))

    def _memory_of(self, inferior: gdb.Inferior) -> source.Memory:
        connection = getattr(inferior, "connection", None)  # not before gdb 12
        if self._memory is None or self._memory[0] is not connection:
            memory: source.Memory = source.InferiorMemory(_read_memory)
            if "remote" in getattr(connection, "type", "remote") and source.is_qemu(_monitor):
                memory = source.MonitorMemory(_monitor, memory)
            self._memory = (connection, memory)
        return self._memory[1]


def _read_memory(address: int, length: int) -> bytes:
    try:
        return bytes(gdb.selected_inferior().read_memory(address, length))
    except gdb.MemoryError as err:
        raise source.MemoryFault(f"cannot read {length} bytes at {address:#x}: {err}") from None


def _monitor(command: str) -> str:
    """A command to QEMU's monitor; "" when the stub has none."""
    try:
        return gdb.execute(f"monitor {command}", to_string=True)
    except gdb.error:
        return ""


TARGET = _Target()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:
        raise gdb.GdbError(f"{self.prog}: {message}\n{self.format_usage().strip()}")


class _Mm(gdb.Command):
    """Highwater's memory: pages, lists, zones, dumps, events and pictures of them.

Each subcommand takes -h for its options and --json for machine-readable output."""

    def __init__(self) -> None:
        super().__init__("mm", gdb.COMMAND_DATA, prefix=True)

    def invoke(self, argument: str, from_tty: bool) -> None:
        known = "page, lru, zone, node, break, dump, history, trace, dot or layout (`help mm`)"
        raise gdb.GdbError(f"mm: no command {argument!r}, expected {known}" if argument else
                           f"mm: say what to look at: {known}")


class _Command(gdb.Command):
    """Base: parses arguments, turns errors into one sentence, prints text or JSON."""
    words: tuple[str, ...] = ()  # completed beside the options

    def __init__(self, name: str) -> None:
        super().__init__(f"mm {name}", gdb.COMMAND_DATA)
        self.parser = _Parser(prog=f"mm {name}", description=self.__doc__.splitlines()[0])
        self.parser.add_argument("--json", action="store_true", help="print JSON")
        self.arguments(self.parser)

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's own arguments."""

    def run(self, args: argparse.Namespace) -> tuple[object, list[str]]:
        """The answer as data and as lines of text."""
        raise NotImplementedError

    def invoke(self, argument: str, from_tty: bool) -> None:
        self.dont_repeat()
        try:
            args = self.parser.parse_args(gdb.string_to_argv(argument))
            data, lines = self.run(args)
        except SystemExit:  # -h has printed its text
            return
        except _ERRORS as err:
            raise gdb.GdbError(f"{self.parser.prog}: {err}") from None
        except OSError as err:
            raise gdb.GdbError(f"{self.parser.prog}: {err.filename}: {err.strerror}") from None
        print(json.dumps(data) if args.json else "\n".join(lines))
        self.after(data)

    def after(self, data: object) -> None:
        """Runs when the answer has been printed; may fail the command."""

    def complete(self, text: str, word: str) -> list[str]:
        """Options and words; gdb's `word` begins behind a dash, so what stands before it is
        cut off the answers."""
        options = [o for action in self.parser._actions for o in action.option_strings]
        typed = "" if text[-1:] in ("", " ") else text.split()[-1]
        known = len(typed) - len(word)
        return [w[known:] for w in (*self.words, *options) if w.startswith(typed)]


def _dump(kernel: Kernel) -> Dump:
    return Dump(decode.read_dump(kernel))


def _pfn(kernel: Kernel, text: str) -> int:
    """A page frame from its number, the address of its record, or an address in it."""
    try:
        number = int(gdb.parse_and_eval(text))
    except gdb.error as err:
        raise decode.DecodeError(f"{text!r} is no page: {err}") from None
    nr_pages = kernel.nr_pages()
    size = kernel.layout.structs["page"].size
    base = kernel.variable("mem_map")
    if 0 <= number < nr_pages:
        return number
    number &= (1 << 8 * kernel.layout.pointer) - 1
    if base <= number < base + nr_pages * size:
        return (number - base) // size
    frame = (number - DIRECT_MAP.get(kernel.layout.machine, 1 << 64)) // 4096
    if 0 <= frame < nr_pages:
        return frame
    raise decode.DecodeError(f"{text} is no page: expected a frame below {nr_pages}, the "
                             f"address of a struct page, or an address in the direct map")


class MmPage(_Command):
    """One page: state, place on its list, flags, count, age, mapping and latest events.
The tags that it has in the tree of its mapping (2.6) follow its index there.

mm page PFN|ADDRESS [--json]
  mm page 445
  mm page mem_map+445
ADDRESS is that of a struct page, or lies in the direct map; any expression will do."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("page", metavar="PFN|ADDRESS")

    def run(self, args: argparse.Namespace) -> tuple[object, list[str]]:
        kernel = TARGET.kernel()
        pfn = _pfn(kernel, args.page)
        dump = _dump(kernel)
        tags = tags_of(kernel, dump.cols["mapping"][pfn], dump.cols["index"][pfn])
        data = report.page(dump, decode.read_trace(kernel), pfn, kernel.page_address(pfn), tags)
        return data, report.page_lines(data)


class MmLru(_Command):
    """The page lists: counters compared with a walk, the pages, and all checks.

mm lru [LIST] [-v] [--check] [--json]
  mm lru
  mm lru inactive_dirty -v
  mm lru active_file -v
  mm lru Normal.active_file -v
  mm lru --check
The lists are those of the era that runs; 2.6 has five for each zone. A machine with several
nodes has lists like 1.Normal.active_file.
-v lists the pages from head to tail. --check looks for broken links, cycles, duplicates,
stray pages, wrong flags, ages, free blocks and counters, and fails if there are any."""
    words = LISTS

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("list", nargs="?", metavar="LIST",
                            help=f"{', '.join(LISTS)}; or of one zone, as Normal.active_file")
        parser.add_argument("-v", "--verbose", action="store_true", help="list the pages")
        parser.add_argument("--check", action="store_true", help="all checks")

    def run(self, args: argparse.Namespace) -> tuple[object, list[str]]:
        dump = _dump(TARGET.kernel())
        problems = check_dump(dump) if args.check else None
        data = report.lru(dump, args.list, problems)
        if not data["lists"]:
            known = [state.name for state in models.load(dump.vm).lists()]
            raise decode.DecodeError(f"vm={dump.vm} has no list {args.list}, expected "
                                     f"{', '.join(known)}")
        return data, report.lru_lines(data, dump, args.verbose)

    def after(self, data: object) -> None:
        if count := len(data.get("problems", ())):
            raise gdb.GdbError(f"mm lru: {count} problem{'s' if count > 1 else ''} found")


class MmZone(_Command):
    """Zones: watermarks, free pages, free blocks by order, and what the era adds.

mm zone [ZONE] [--json]
  mm zone
  mm zone Normal
2.4 adds the inactive-clean pages; 2.6 the reserve, the lengths of the lists, how the scan
goes, the per-CPU lists, and the free blocks by migrate type. A machine with several nodes
has zones like 1.Normal, and each node stands above its zones."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("zone", nargs="?", metavar="ZONE")

    def run(self, args: argparse.Namespace) -> tuple[object, list[str]]:
        dump = _dump(TARGET.kernel())
        data = report.zones(dump, args.zone)
        if not data:
            known = [zone["name"] for zone in dump.zones]
            raise decode.DecodeError(f"no zone {args.zone}, expected {', '.join(known)}")
        return data, report.zone_lines(data, dump.nodes)


class MmNode(_Command):
    """Nodes: memory, CPUs, distances, the order of zones for requests, and kswapd.

mm node [--json]
2.4 knows one node, and 2.6 as many as the firmware tells it of."""

    def run(self, args: argparse.Namespace) -> tuple[object, list[str]]:
        data = read_nodes(TARGET.kernel())
        return data, report.nodes(data)


def _home(symbol: str, place: gdb.Symtab_and_line) -> dict[str, str | int]:
    """Where the function is written; what it begins with may be inline and from elsewhere."""
    block = gdb.block_for_pc(place.pc)
    while block:
        if block.function and block.function.name == symbol:
            return {"file": block.function.symtab.filename, "line": block.function.line}
        block = block.superblock
    return {"file": place.symtab.filename, "line": place.line}


class MmBreak(_Command):
    """A breakpoint at a mechanism, by the name that it has in both eras.

mm break NAME [--json]
  mm break try_to_free_pages
Where 2.4 and 2.6 have a function of one name, the symbol of the second ends in _v26: plain
`break` would wait for 2.4's alone."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")

    def run(self, args: argparse.Namespace) -> tuple[object, list[str]]:
        data = []
        for symbol in (args.name, f"{args.name}_v26"):
            try:
                places = gdb.decode_line(symbol)[1] or ()
            except gdb.error:
                continue
            number = gdb.Breakpoint(symbol).number
            data += [{"breakpoint": number, "symbol": symbol, **_home(symbol, place)}
                     for place in places if place.symtab]
        if not data:
            raise decode.DecodeError(f"no function {args.name} in this kernel")
        return data, [f"breakpoint {stop['breakpoint']} at {stop['symbol']}, {stop['file']}:"
                      f"{stop['line']}" for stop in data]

    def complete(self, text: str, word: str) -> int:
        return gdb.COMPLETE_SYMBOL


class MmDump(_Command):
    """Writes everything about pages, lists and zones to a file (mm-dump/1).

mm dump FILE [--json]
  mm dump /tmp/before.json"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")

    def run(self, args: argparse.Namespace) -> tuple[object, list[str]]:
        start = time.perf_counter()
        dump = _dump(TARGET.kernel())
        problems = check_dump(dump)
        dumps.save(dump.raw, Path(args.file))
        data = report.dump_summary(dump, args.file, time.perf_counter() - start, problems)
        return data, report.dump_lines(data)

    def complete(self, text: str, word: str) -> int:
        return gdb.COMPLETE_FILENAME


class MmHistory(_Command):
    """The life of one page: every event about it that the rings still hold.

mm history PFN|ADDRESS [--json]"""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("page", metavar="PFN|ADDRESS")

    def run(self, args: argparse.Namespace) -> tuple[object, list[str]]:
        kernel = TARGET.kernel()
        trace = decode.read_trace(kernel)
        data = report.history(trace, _pfn(kernel, args.page), models.load(trace.vm))
        return data, report.history_lines(data)


class MmTrace(_Command):
    """The event rings: save them as a trace file (mm-trace/1), or switch recording.

mm trace save FILE | on | off | stat [--json]"""
    words = ("save", "on", "off", "stat")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("what", choices=self.words, metavar="save|on|off|stat")
        parser.add_argument("file", nargs="?", metavar="FILE")

    def run(self, args: argparse.Namespace) -> tuple[object, list[str]]:
        if (args.what == "save") != (args.file is not None):
            self.parser.error("save needs a FILE, and only save does")
        kernel = TARGET.kernel()
        if args.what in ("on", "off"):
            gdb.parse_and_eval(f"events_on = {int(args.what == 'on')}")
        written, _clock = decode.ring_position(kernel)
        data = {"recording": bool(kernel.variable("events_on")), "recorded": written}
        if args.what == "save":
            trace = decode.read_trace(kernel)
            events.save(trace, Path(args.file))
            data |= {"file": args.file, "saved": len(trace.events)}
        lines = [f"recording is {'on' if data['recording'] else 'off'}, {written} events so far"]
        if "file" in data:
            lines.append(f"{data['file']}: the last {data['saved']} events")
        return data, lines


class MmDot(_Command):
    """Draws the page lists, the state machine or the zones.

mm dot lists|states|zones [-o FILE.svg|FILE.dot] [--prev DUMP] [--json]
  mm dot lists -o lists.svg --prev before.json
Without -o the DOT text is printed. --prev marks what moved since an earlier dump."""
    words = ("lists", "states", "zones")
    older = {"lru": "lists", "zone": "zones"}  # as the commands that print them are called

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("picture", choices=self.words, metavar="lists|states|zones",
                            type=lambda word: self.older.get(word, word))
        parser.add_argument("-o", "--output", metavar="FILE")
        parser.add_argument("--prev", metavar="DUMP")

    def run(self, args: argparse.Namespace) -> tuple[object, list[str]]:
        kernel = TARGET.kernel()
        dump = _dump(kernel)
        prev = dumps.load(Path(args.prev)) if args.prev else None
        make: dict[str, Callable[[], str]] = {
            "lists": lambda: lists_picture.to_dot(dump, prev),
            "zones": lambda: zones_picture.to_dot(dump),
            "states": lambda: states_picture.to_dot(models.load(dump.vm),
                                                    decode.read_trace(kernel), dump)}
        dot = make[args.picture]()
        data = {"picture": args.picture, "seq": dump.seq, "file": args.output}
        if not args.output:
            return {**data, "dot": dot}, [dot]
        path = Path(args.output)
        if path.suffix not in (".svg", ".dot"):
            raise RenderError(f"{path}: expected a name that ends in .svg or .dot")
        path.write_text(graphviz.to_svg(dot) if path.suffix == ".svg" else dot,
                        encoding="utf-8")
        return data, [f"wrote {path}"]


class MmLayout(_Command):
    """Writes where things are in the kernel (mm-layout/1), to read its memory without gdb.

mm layout FILE [--json]
Needs the symbols only, no running kernel."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")

    def run(self, args: argparse.Namespace) -> tuple[object, list[str]]:
        layout = read_layout(_GdbSymbols()).to_json()
        Path(args.file).write_text(json.dumps(layout), encoding="utf-8")
        return layout, [f"wrote {args.file}"]


class PageFunction(gdb.Function):
    """$page(PFN): the struct page of a frame."""

    def __init__(self) -> None:
        super().__init__("page")

    def invoke(self, pfn: gdb.Value) -> gdb.Value:
        return gdb.parse_and_eval("mem_map") + int(pfn)


class PfnFunction(gdb.Function):
    """$pfn(PAGE): the frame of a struct page pointer."""

    def __init__(self) -> None:
        super().__init__("pfn")

    def invoke(self, page: gdb.Value) -> gdb.Value:
        return page - gdb.parse_and_eval("mem_map")


def register() -> None:
    """Defines all commands and functions; a second call defines them anew."""
    _Mm()
    MmPage("page")
    MmLru("lru")
    MmZone("zone")
    MmNode("node")
    MmBreak("break")
    MmDump("dump")
    MmHistory("history")
    MmTrace("trace")
    MmDot("dot")
    MmLayout("layout")
    PageFunction()
    PfnFunction()
