"""`make fuzz`: random scenarios on the build with sanitizers, invariants checked.

    python3 -m grader.fuzz [--policy P] [--seed N] [--count N] [--time SECONDS]
                           [--wild PERCENT]

All policies are tried, unless one is named. Scenario I of a policy and a seed is always the
same. A failing one is shrunk and saved under build/fuzz/, with a comment that says what is
wrong: a BUG or a broken invariant, a sanitizer's report, no end, different outputs, or an
output against the rules. Exit status: 0 nothing was found, 1 something was.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import itertools
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator

from grader.build import recipe
from grader.fuzz import GRAMMARS
from grader.fuzz.grammar import Grammar, generate, keys_of
from grader.fuzz.runner import Failure, Programs
from grader.fuzz.shrink import MOST_RUNS, shrink
from grader.labs import TOP

OUT = TOP / "build" / "fuzz"
HANG_RUNS = 20  #: to shrink a scenario that does not end


@dataclass(frozen=True)
class Finding:
    number: int
    failure: Failure
    lines: list[str]
    bug_allowed: bool


def examine(grammar: Grammar, programs: Programs, seed: str, number: int,
            wild_percent: int) -> tuple[int, Finding | None]:
    """Scenario NUMBER: how many statements it has, and what is wrong with it."""
    natural = number % 100 >= wild_percent
    world = generate(grammar, f"{seed}/{number}", natural, programs.probe)
    failure = programs.failure("\n".join(world.lines) + "\n", world.bug_allowed,
                               grammar.predict)
    return len(world.lines), failure and Finding(number, failure, world.lines,
                                                 world.bug_allowed)


def shrunk(grammar: Grammar, programs: Programs, finding: Finding) -> Finding:
    """The smallest scenario found that fails in the same way."""
    def failure(lines: list[str]) -> Failure | None:
        return programs.failure("\n".join(lines) + "\n", finding.bug_allowed, grammar.predict)

    def fails(lines: list[str]) -> bool:
        found = failure(lines)
        return found is not None and found.signature == finding.failure.signature

    runs = HANG_RUNS if finding.failure.kind == "hang" else MOST_RUNS
    lines = shrink(finding.lines, fails, runs)
    return replace(finding, failure=failure(lines) or finding.failure, lines=lines)


def save(finding: Finding, seed: str, out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    policy = keys_of(finding.lines[0])["policy"]
    file = out / f"{policy}-{seed}-{finding.number}.scn"
    file.write_text("\n".join([f"# {finding.failure.kind}: {finding.failure.message}",
                               f"# seed {seed}, scenario {finding.number}",
                               *finding.lines]) + "\n")
    return file


def programs_of_the_reference() -> Programs:
    recipe("sim-san")
    recipe("sim")
    return Programs(TOP / "build/sim-san/highwater", TOP / "build/sim/highwater")


def numbers(count: int | None, seconds: float | None) -> Iterator[int]:
    """Scenario numbers until the count or the time is used up; one of them must be given."""
    end = time.monotonic() + (seconds if seconds is not None else float("inf"))
    for number in itertools.count():
        if number == count or time.monotonic() >= end:
            return
        yield number


def search(grammar: Grammar, programs: Programs, seed: str, wild_percent: int,
           wanted: Iterator[int], jobs: int) -> Iterator[tuple[int, Finding | None]]:
    """Examines the wanted scenarios, JOBS at a time, and yields what it learns in order."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        pending: list[concurrent.futures.Future[tuple[int, Finding | None]]] = []
        for number in wanted:
            pending.append(pool.submit(examine, grammar, programs, seed, number, wild_percent))
            if len(pending) >= 2 * jobs:
                yield pending.pop(0).result()
        for future in pending:
            yield future.result()


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--policy", choices=sorted(GRAMMARS), help="(default: one by one)")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--count", type=int,
                        help="scenarios of each policy (1000 without --time)")
    parser.add_argument("--time", type=float,
                        help="seconds for each policy after which no new one starts")
    parser.add_argument("--wild", type=int, default=30, metavar="PERCENT",
                        help="of scenarios for which a BUG may be the right answer (30)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    if options.count is None and options.time is None:
        options.count = 1000
    return options


def run(grammar: Grammar, programs: Programs, options: argparse.Namespace) -> bool:
    """Tries one policy; True if nothing was found."""
    started = time.monotonic()
    statements = scenarios = 0
    seen: set[str] = set()
    for length, finding in search(grammar, programs, options.seed,
                                  options.wild, numbers(options.count, options.time),
                                  options.jobs):
        scenarios += 1
        statements += length
        if not finding or finding.failure.signature in seen:
            continue
        seen.add(finding.failure.signature)
        print(f"policy {grammar.policy}, scenario {finding.number}: {finding.failure.kind}: "
              f"{finding.failure.message}", flush=True)
        small = shrunk(grammar, programs, finding)
        print(f"  {len(finding.lines)} statements, {len(small.lines)} are enough: "
              f"{save(small, options.seed, OUT).relative_to(TOP)}", flush=True)
    seconds = time.monotonic() - started
    print(f"policy {grammar.policy}, seed {options.seed}: {scenarios} scenarios, {statements} "
          f"statements in {seconds:.0f} s; different failures: {len(seen)}", flush=True)
    return not seen


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    programs = programs_of_the_reference()
    good = [run(grammar, programs, options) for policy, grammar in sorted(GRAMMARS.items())
            if options.policy in (None, policy)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
