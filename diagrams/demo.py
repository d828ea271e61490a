"""`make demo`: a kernel runs out of memory and gives it back; pictures of how.

Boots a guest, runs a workload that needs several times its memory, stops it with gdb at
the moments that matter, and draws what gdb dumped. Prints a short account.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

from grader.debugger import Debugger
from grader.guest import TOP, Config, Guest, GuestError

OUT = TOP / "build" / "demo"

#: What the account tells, as counters of /proc/vmstat.
ACCOUNT = (
    ("pgfault", "page faults"),
    ("pgrefill", "looks at active pages"),
    ("pgdeactivate", "pages found idle and made inactive"),
    ("pgscan", "looks at inactive pages"),
    ("pglaunder", "pages made clean"),
    ("pgwrite", "pages written by page_launder"),
    ("pswpout", "pages swapped out"),
    ("pswpin", "pages swapped in"),
    ("pgsteal", "clean pages reclaimed"),
    ("kswapd_wake", "calls for kswapd"),
)


def counters(guest: Guest) -> dict[str, int]:
    text = guest.run("cat /proc/vmstat")
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
        debugger.answer(timeout=60)
        return _dump(debugger, name)


def _dump(debugger: Debugger, name: str) -> Path:
    path = OUT / f"{name}.json"
    answer = debugger.command(f"mm dump {path}")
    if not path.exists():
        raise GuestError(f"gdb made no dump:\n{answer}")
    return path


def render(*arguments: object, to: str) -> Path:
    path = OUT / to
    subprocess.run([sys.executable, "-m", "diagrams.render", *map(str, arguments), "-o",
                    str(path)], cwd=TOP, check=True)
    return path


def run(arch: str) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.iterdir():
        if old.suffix in (".json", ".svg", ".trace"):
            old.unlink()
    print(f"Booting a {arch} guest with 32 MiB ...", flush=True)
    with Guest(Config(arch=arch, mem=32)) as guest:
        guest.boot()
        guest.run("filescan -w 6 /tmp/data")
        before = counters(guest)
        dumps = [dump_now(guest, "1-before-pressure")]

        print("Running memhog with 96 MiB and two passes ...", flush=True)
        dumps.append(dump_at(guest, "do_try_to_free_pages", "2-kswapd-awake",
                             start="memhog 96 -p 2; filescan /tmp/data; echo end=$?"))
        time.sleep(0.3)
        dumps.append(dump_at(guest, "rw_swap_page", "3-laundering"))
        guest.expect(r"^end=0$", timeout=120)
        guest.expect(r"# $")
        after = counters(guest)
        with Debugger(guest) as debugger:
            dumps.append(_dump(debugger, "4-recovered"))
            debugger.command(f"mm trace save {OUT}/trace")
        guest.send("exit\n")
        guest.wait()

    pictures = []
    for number, dump in enumerate(dumps):
        previous = ["--prev", dumps[number - 1]] if number else []
        pictures.append(render("lists", dump, *previous, to=f"{dump.stem}-lists.svg"))
        pictures.append(render("zones", dump, to=f"{dump.stem}-zones.svg"))
    pictures.append(render("states", OUT / "trace", "--dump", dumps[-1], to="states.svg"))
    pictures.append(render("timeline", OUT / "trace", to="timeline.svg"))
    pictures.append(render("memory", dumps[-1], "--trace", OUT / "trace", to="memory.svg"))

    print("\nWhat happened between the first and the last picture:")
    for name, meaning in ACCOUNT:
        print(f"  {after.get(name, 0) - before.get(name, 0):8}  {meaning}")
    print("\nmemhog found every word of its 96 MiB as it had written it. Look at:")
    for picture in pictures:
        print(f"  {picture.relative_to(TOP)}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--arch", choices=("i386", "x86_64"), default="i386")
    try:
        run(parser.parse_args().arch)
    except GuestError as error:
        print(f"make demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
