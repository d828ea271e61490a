"""`make demo`: a kernel runs out of memory and gives it back; pictures of how.

Boots a guest, runs a workload that needs several times its memory, stops it with gdb at
the moments that matter, and draws what gdb dumped. Prints a short account.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from diagrams import dump as dumps, events
from diagrams.follow import Follower
from diagrams.gdb import decode
from diagrams.gdb.decode import Kernel
from diagrams.ram import open_ram
from grader.debugger import Debugger
from grader.guest import TOP, Config, Guest, GuestError

OUT = TOP / "build" / "demo"
MEMHOG_MIB = 64  # twice the guest's memory

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


class Sampler:
    """Dumps the guest's memory ten times a second, stopping it for some milliseconds."""

    def __init__(self, guest: Guest, kernel: Kernel):
        self._guest, self._kernel = guest, kernel
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop)
        self.dumps: list[Path] = []

    def _loop(self) -> None:
        while not self._stop.wait(0.1):
            # A debugger that holds the guest would have it go on when we say so.
            if self._guest.monitor("query-status")[0]["status"] == "running":
                self._guest.monitor("stop")
                dump = decode.read_dump(self._kernel)
                self._guest.monitor("cont")
                path = OUT / f"sample-{len(self.dumps):03}.json"
                dumps.save(dump, path)
                self.dumps.append(path)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


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
    with Guest(Config(arch=arch, mem=32, options="trace_records=65536")) as guest:
        guest.boot()
        guest.run("filescan -w 6 /tmp/data")
        before = counters(guest)
        moments = [dump_now(guest, "1-before-pressure")]
        kernel = open_ram(guest.config.kernel_path, guest.ram)
        follower, sampler = Follower(kernel), Sampler(guest, kernel)

        print(f"Running memhog with {MEMHOG_MIB} MiB ...", flush=True)
        with follower.running(0.01), sampler:
            moments.append(dump_at(guest, "do_try_to_free_pages", "2-kswapd-awake",
                                 start=f"memhog {MEMHOG_MIB}; filescan /tmp/data; echo end=$?"))
            time.sleep(0.3)
            moments.append(dump_at(guest, "rw_swap_page", "3-laundering"))
            guest.expect(r"^end=0$", timeout=120)
            guest.expect(r"# $")
        events.save(follower.trace(), OUT / "trace")
        after = counters(guest)
        moments.append(dump_now(guest, "4-recovered"))
        guest.send("exit 0\n")
        guest.wait()

    pictures = []
    for number, dump in enumerate(moments):
        previous = ["--prev", moments[number - 1]] if number else []
        pictures.append(render("lists", dump, *previous, to=f"{dump.stem}-lists.svg"))
        pictures.append(render("zones", dump, to=f"{dump.stem}-zones.svg"))
    pictures.append(render("states", OUT / "trace", "--dump", moments[-1], to="states.svg"))
    pictures.append(render("timeline", OUT / "trace", to="timeline.svg"))
    pictures.append(render("memory", *sampler.dumps, to="memory.svg"))

    print("\nWhat happened between the first and the last picture:")
    for name, meaning in ACCOUNT:
        print(f"  {after.get(name, 0) - before.get(name, 0):8}  {meaning}")
    print(f"\nmemhog found every word of its {MEMHOG_MIB} MiB as it had written it. Look at:")
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
