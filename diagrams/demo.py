"""`make demo`: a kernel runs out of memory and gives it back; pictures of how.

    python -m diagrams.demo [--arch i386] [--vm 2.4]

Boots a guest, runs a workload that needs several times its memory, stops it with gdb at
the moments that matter, and draws what gdb dumped. Prints a short account.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from diagrams import dump as dumps, events, model as models
from diagrams.events import Trace
from diagrams.follow import Follower
from diagrams.ram import open_ram
from diagrams.render import lists, memory, states, timeline, zones
from diagrams.render.graphviz import to_svg
from diagrams.tracecheck import check_trace
from grader.debugger import Debugger
from grader.guest import TOP, Config, Guest, GuestError

OUT = TOP / "build" / "demo"
MEMHOG_MIB = 64  # twice the guest's memory

TIMELINE_PAGES = 8


@dataclass(frozen=True)
class Era:
    """Where to stop, and what the account tells, as sums of counters of /proc/vmstat."""
    awake: str  # kswapd has begun to work
    writing: tuple[str, str]  # dump's name, function: pages are on their way to swap
    account: tuple[tuple[str, str], ...]


ERAS = {
    "2.4": Era("do_try_to_free_pages", ("3-laundering", "rw_swap_page"), (
        ("pgfault", "page faults"),
        ("pgrefill", "looks at active pages"),
        ("pgdeactivate", "pages found idle and made inactive"),
        ("pgscan", "looks at inactive pages"),
        ("pglaunder", "pages made clean"),
        ("pgwrite", "pages written by page_launder"),
        ("pswpout", "pages swapped out"),
        ("pswpin", "pages swapped in"),
        ("pgsteal", "clean pages reclaimed"),
        ("kswapd_wake", "calls for kswapd"))),
    "2.6": Era("balance_pgdat", ("3-writeback", "end_swap_write"), (
        ("pgfault", "page faults"),
        ("pgrefill_", "looks at active pages"),
        ("pgdeactivate", "pages found idle and made inactive"),
        ("pgscan_kswapd_", "looks at inactive pages by kswapd"),
        ("pgscan_direct_", "and by those who needed memory"),
        ("pgactivate", "pages in use and made active"),
        ("nr_vmscan_write", "pages written by pageout"),
        ("pswpout", "pages swapped out"),
        ("pswpin", "pages swapped in"),
        ("pgrotated", "pages moved to the tail when their write had ended"),
        ("pgsteal_", "pages reclaimed"),
        ("pageoutrun", "turns of kswapd"),
        ("allocstall", "allocations that had to reclaim for themselves"))),
}


def counters(guest: Guest) -> dict[str, int]:
    text = guest.run_status("cat /proc/vmstat")[0]
    return {name: int(value) for name, value in re.findall(r"^(\w+) (\d+)$", text, re.M)}


def dump_now(guest: Guest, name: str) -> Path:
    """Stops the guest for a moment and dumps its pages."""
    with Debugger(guest) as debugger:
        return _dump(debugger, name)


def dump_at(guest: Guest, function: str, name: str, start: str = "") -> Path:
    """Lets the guest run to FUNCTION, after typing START in its shell, and dumps there."""
    with Debugger(guest) as debugger:
        debugger.command(f"tbreak {function}")
        debugger.send("continue")
        if start:
            guest.send(start + "\n")
        answer = debugger.answer(timeout=60)
        if f"{function} (" not in answer:
            raise GuestError(f"gdb did not stop in {function}:\n{answer}")
        return _dump(debugger, name)


def _dump(debugger: Debugger, name: str) -> Path:
    path = OUT / f"{name}.json"
    answer = debugger.command(f"mm dump {path}")
    if not path.exists():
        raise GuestError(f"gdb made no dump:\n{answer}")
    return path


def draw(moments: list[Path], trace: Trace) -> list[Path]:
    """All pictures, as files."""
    shown = [dumps.load(path) for path in moments]
    made: dict[str, str] = {}
    for number, (path, dump) in enumerate(zip(moments, shown)):
        previous = shown[number - 1] if number else None
        made[f"{path.stem}-lists"] = to_svg(lists.to_dot(dump, previous))
        made[f"{path.stem}-zones"] = to_svg(zones.to_dot(dump))
    made["states"] = to_svg(states.to_dot(models.load(trace.vm), trace, shown[-1]))
    made["timeline"] = timeline.to_svg(trace, timeline.most_varied(trace, TIMELINE_PAGES))
    made["memory"] = memory.to_svg(memory.from_trace(trace, shown[-1]))
    pictures = []
    for name, svg in made.items():
        pictures.append(OUT / f"{name}.svg")
        pictures[-1].write_text(svg, encoding="utf-8")
    return pictures


def judge(trace: Trace) -> str:
    """What the checker thinks of the events, in a sentence; GuestError if it objects."""
    report = check_trace(trace)
    if not report.ok:
        raise GuestError(f"the model does not allow this:\n{report.errors[0]}")
    lost = trace.lost()
    return (f"{len(trace.events)} events{f', {lost} more lost' if lost else ''}: the model "
            f"of vm={trace.vm} allows every move.")


def total(values: dict[str, int], name: str) -> int:
    """A counter, or with a `_` at its end the sum of all zones'."""
    return sum(value for key, value in values.items()
               if key == name or (name.endswith("_") and key.startswith(name)))


def run(arch: str, vm: str) -> None:
    era = ERAS[vm]
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.iterdir():
        if old.suffix in (".json", ".svg", ".trace"):
            old.unlink()
    print(f"Booting an {arch} guest with 32 MiB and the rules of {vm} ...", flush=True)
    with Guest(Config(arch=arch, vm=vm, mem=32, options="trace_records=65536")) as guest:
        guest.boot()
        guest.run("filescan -w 6 /tmp/data")
        before = counters(guest)
        follower = Follower(open_ram(guest.config.kernel_path, guest.ram))
        # Nobody else may stop the guest meanwhile: gdb would take it for its breakpoint.
        with follower.running(0.01):
            moments = [dump_now(guest, "1-before-pressure")]
            print(f"Running memhog with {MEMHOG_MIB} MiB ...", flush=True)
            moments.append(dump_at(guest, era.awake, "2-kswapd-awake",
                                 start=f"memhog {MEMHOG_MIB}; filescan /tmp/data; echo end=$?"))
            time.sleep(0.3)
            moments.append(dump_at(guest, era.writing[1], era.writing[0]))
            guest.expect(r"^end=0$", timeout=120)
            guest.expect(r"# $")
            after = counters(guest)
            moments.append(dump_now(guest, "4-recovered"))
        guest.send("exit 0\n")
        guest.wait()

    # With one CPU the number of events at a dump is the next one's sequence number.
    trace = follower.trace().window(None, dumps.load(moments[-1]).seq - 1)
    verdict = judge(trace)
    events.save(trace, OUT / "events.trace")
    pictures = draw(moments, trace)

    print("\nWhat happened between the first and the last picture:")
    for name, meaning in era.account:
        print(f"  {total(after, name) - total(before, name):8}  {meaning}")
    print(f"\nmemhog found every word of its {MEMHOG_MIB} MiB as it had written it.\n{verdict}")
    print("Look at:")
    for picture in pictures:
        print(f"  {picture.relative_to(TOP)}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--arch", choices=("i386", "x86_64"), default="i386")
    parser.add_argument("--vm", choices=tuple(ERAS), default="2.4")
    arguments = parser.parse_args()
    try:
        run(arguments.arch, arguments.vm)
    except GuestError as error:
        print(f"make demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
