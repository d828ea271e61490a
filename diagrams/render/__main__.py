"""Command line: `python3 -m diagrams.render PICTURE FILE... [-o OUT.svg|.dot]`.

Without -o the SVG goes to standard output. Exit status 2 and one line naming the file and
what was expected when the input is wrong.
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Sequence

from diagrams import dump as dumps, events, model as models
from diagrams.render import graphviz, lists, memory, states, timeline, zones
from diagrams.render.style import RenderError

TIMELINE_PAGES = 10


def main(argv: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    try:
        _write(args.output, *args.make(args))
    except (dumps.DumpError, events.TraceError, models.ModelError, RenderError) as err:
        print(f"render: {err}", file=sys.stderr)
        return 2
    except OSError as err:
        print(f"render: {err.filename}: {err.strerror}", file=sys.stderr)
        return 2
    return 0


def _write(output: Path | None, kind: str, made: str) -> None:
    """`kind` says what `made` is: DOT becomes SVG unless a .dot file is wanted."""
    wanted = output.suffix if output else ".svg"
    if wanted not in (".svg", ".dot"):
        raise RenderError(f"{output}: expected a name that ends in .svg or .dot")
    if wanted == ".dot" and kind != "dot":
        raise RenderError(f"{output}: this picture is drawn without Graphviz; expected .svg")
    if kind == "dot" and wanted == ".svg":
        made = graphviz.to_svg(made)
    if output is None:
        sys.stdout.write(made)
    else:
        output.write_text(made, encoding="utf-8")


def _lists(args: argparse.Namespace) -> tuple[str, str]:
    prev = dumps.load(args.prev) if args.prev else None
    return "dot", lists.to_dot(dumps.load(args.dump), prev, args.max)


def _zones(args: argparse.Namespace) -> tuple[str, str]:
    return "dot", zones.to_dot(dumps.load(args.dump))


def _states(args: argparse.Namespace) -> tuple[str, str]:
    if args.trace is None:
        return "dot", states.to_dot(models.load(args.vm))
    trace = events.load(args.trace).window(args.first, args.last)
    if not trace.events:
        raise RenderError(f"{args.trace}: no event in the window that was asked for")
    dump = dumps.load(args.dump) if args.dump else None
    return "dot", states.to_dot(models.load(trace.vm), trace, dump, not args.taken_only)


def _timeline(args: argparse.Namespace) -> tuple[str, str]:
    trace = events.load(args.trace).window(args.first, args.last)
    try:
        pfns = args.pfn or timeline.most_varied(trace, TIMELINE_PAGES)
        if not pfns:
            raise RenderError("no page changed its state")
        return "svg", timeline.to_svg(trace, pfns)
    except RenderError as err:
        raise RenderError(f"{args.trace}: {err}") from None


def _memory(args: argparse.Namespace) -> tuple[str, str]:
    if args.trace:
        if len(args.dumps) != 1:
            raise RenderError("with --trace, expected one dump: that of the trace's end")
        series = memory.from_trace(events.load(args.trace), dumps.load(args.dumps[0]))
    else:
        series = memory.from_dumps([dumps.load(path) for path in args.dumps])
    return "svg", memory.to_svg(series)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m diagrams.render",
        description="Draw a dump (mm-dump/1) or a trace (mm-trace/1) as SVG or DOT.")
    pictures = parser.add_subparsers(dest="picture", required=True, metavar="PICTURE")

    def add(name: str, make, help: str) -> argparse.ArgumentParser:
        sub = pictures.add_parser(name, help=help, description=help)
        sub.set_defaults(make=make)
        sub.add_argument("-o", "--output", type=Path, metavar="FILE",
                         help="FILE.svg or FILE.dot; without it SVG to standard output")
        return sub

    sub = add("lists", _lists, "the page lists with flags, ages and what moved")
    sub.add_argument("dump", type=Path, metavar="DUMP")
    sub.add_argument("--prev", type=Path, metavar="DUMP", help="the dump before this one")
    sub.add_argument("--max", type=int, default=60, metavar="N",
                     help="show at most N pages of a list (default 60)")
    sub = add("states", _states, "the state machine, with counts of moves if there is a trace")
    sub.add_argument("trace", type=Path, nargs="?", metavar="TRACE")
    sub.add_argument("--dump", type=Path, metavar="DUMP", help="for the pages in each state")
    sub.add_argument("--vm", default="2.4", help="the era to draw without a trace")
    sub.add_argument("--taken-only", action="store_true",
                     help="leave out legal moves that did not happen")
    _window(sub)
    sub = add("zones", _zones, "free pages against the watermarks, and the buddy's blocks")
    sub.add_argument("dump", type=Path, metavar="DUMP")
    sub = add("timeline", _timeline, "the states and ages of chosen pages along a trace")
    sub.add_argument("trace", type=Path, metavar="TRACE")
    sub.add_argument("pfn", type=int, nargs="*", metavar="PFN",
                     help=f"page frames; without any, {TIMELINE_PAGES} with varied lives")
    _window(sub)
    sub = add("memory", _memory, "all pages over time, and free pages against the watermarks")
    sub.add_argument("dumps", type=Path, nargs="+", metavar="DUMP")
    sub.add_argument("--trace", type=Path, metavar="TRACE",
                     help="a trace; DUMP is then the one dump taken at its end")
    return parser


def _window(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--from", dest="first", type=int, metavar="SEQ")
    sub.add_argument("--to", dest="last", type=int, metavar="SEQ")


if __name__ == "__main__":
    sys.exit(main())
