"""Tests of lab 06. Each makes a random state from the run's seed, works out with the
model below what must become of it, and compares that with what the student's kernel did.
The last one boots the kernel and judges the events that it left in its memory.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from diagrams.check import check_dump
from diagrams.dump import Dump
from diagrams.events import NO_PAGE, Event, Trace
from diagrams.tracecheck import check_trace
from grader.testing import Bench, Failure, test

START, ADVANCE, MOST = 2, 3, 64
MACHINE = "machine policy=2.4 dma=512 normal=1536"


@dataclass
class Page:
    name: str
    list: str = "active"  # active, inactive_dirty, inactive_clean or none
    age: int = 0
    count: int = 1
    referenced: bool = False
    buffers: bool = False
    ramdisk: bool = False

    def statement(self) -> str:
        flags = ["referenced"] * self.referenced + ["ramdisk"] * self.ramdisk
        return (f"page {self.name} list={self.list} age={self.age} count={self.count}"
                + (f" flags={','.join(flags)}" if flags else "")
                + (" buffers=clean" if self.buffers else ""))

    def line(self) -> str:
        return (f"page {self.name} list={self.list} age={self.age} count={self.count} "
                f"flags={'referenced' if self.referenced else '-'}"
                + (" buffers=clean" if self.buffers else ""))


@dataclass
class Model:
    """What lab 06's functions must do, and the scenario that asks for it."""

    pages: list[Page] = field(default_factory=list)
    lists: dict[str, list[Page]] = field(default_factory=lambda: {
        "active": [], "inactive_dirty": [], "inactive_clean": []})  # head first
    statements: list[str] = field(default_factory=lambda: [MACHINE])
    expected: list[str] = field(default_factory=list)

    def add(self, page: Page) -> Page:
        self.pages.append(page)
        if page.list != "none":
            self.lists[page.list].insert(0, page)
        self.statements.append(page.statement())
        return page

    def _move(self, page: Page, to: str) -> None:
        self.lists[page.list].remove(page)
        page.list = to
        self.lists[to].insert(0, page)

    # The functions

    def activate(self, page: Page) -> None:
        if page.list.startswith("inactive"):
            self._move(page, "active")
        page.age = max(page.age, START)

    def up(self, page: Page) -> None:
        if page.age == 0:
            self.activate(page)
        page.age = min(page.age + ADVANCE, MOST)

    def down(self, page: Page) -> None:
        page.age //= 2

    def deactivate(self, page: Page) -> None:
        page.age, page.referenced = 0, False
        if page.list == "active" and page.count <= 2 + page.buffers and not page.ramdisk:
            self._move(page, "inactive_dirty")

    def scan(self, priority: int, oneshot: bool) -> int:
        active = self.lists["active"]
        moved = 0
        for _ in range(len(active) >> priority):
            if not active:
                break
            page = active[-1]
            if page.referenced:
                page.referenced = False
                self.up(page)
            else:
                self.down(page)
                if page.age == 0 and page.count <= 1 + page.buffers:
                    self.deactivate(page)
            if page.list == "active":
                self._move(page, "active")
            else:
                moved = 1
                if oneshot:
                    break
        return moved

    # The scenario

    def call(self, function: str, page: Page) -> None:
        {"age_page_up": self.up, "age_page_down_ageonly": self.down,
         "activate_page": self.activate, "deactivate_page": self.deactivate}[function](page)
        self.statements.append(f"call {function} {page.name}")
        self.expected.append(f"{function} -> none")

    def call_scan(self, priority: int, oneshot: bool) -> None:
        self.statements.append(
            f"call refill_inactive_scan priority={priority} oneshot={int(oneshot)}")
        self.expected.append(f"refill_inactive_scan -> {self.scan(priority, oneshot)}")

    def show(self) -> None:
        self.statements += ["show pages", "show lists"]
        self.expected += [page.line() for page in self.pages]
        for name, pages in self.lists.items():
            if pages:
                label = name + ".normal" * (name == "inactive_clean")
                self.expected.append(f"list {label}: " + " ".join(p.name for p in pages))

    def judge(self, bench: Bench, what: str) -> None:
        bench.compare("\n".join(self.statements) + "\n", self.expected, what)


def any_list(bench: Bench) -> str:
    return bench.random.choice(["active", "inactive_dirty", "inactive_clean", "none"])


@test(5, "Ageing down halves the age and nothing else",
      "An age of 5 becomes 2, an age of 1 becomes 0. The page stays on its list even then: "
      "leaving is somebody else's decision.")
def ages_down(bench: Bench) -> None:
    model = Model()
    for i in range(8):
        page = model.add(Page(f"p{i}", any_list(bench), bench.random.choice([1, 2, 3, 5, 33, 64])))
        for _ in range(bench.random.randint(1, 8)):
            model.call("age_page_down_ageonly", page)
    model.show()
    model.judge(bench, "a page's age after a few looks that found it unused")


@test(10, "Ageing up adds 3 and stops at 64",
      "Look at PAGE_AGE_ADV and PAGE_AGE_MAX in v24.h. From 62 the next age is 64, not 65.")
def ages_up(bench: Bench) -> None:
    model = Model()
    for i in range(6):
        page = model.add(Page(f"p{i}", "active", bench.random.randint(1, 64)))
        for _ in range(bench.random.randint(1, 25)):
            model.call("age_page_up", page)
    model.show()
    model.judge(bench, "a page's age after a few uses")


@test(15, "A use brings an inactive page back, at age 0 only",
      "age_page_up activates a page whose age is exactly 0 and raises the age afterwards: "
      "from 0 it becomes 5. A page on an inactive list with an age of 1 stays there (Q16).")
def comes_back(bench: Bench) -> None:
    model = Model()
    pages = [model.add(Page(f"p{i}", any_list(bench), bench.random.choice([0, 0, 1, 2])))
             for i in range(12)]
    bench.random.shuffle(pages)
    for page in pages[:8]:
        model.call("age_page_up", page)
    model.show()
    model.judge(bench, "where a page is, and its age, after one use")


@test(10, "activate_page gives a page a start on the active list",
      "It takes pages from both kinds of inactive lists, leaves others where they are, and "
      "raises an age below PAGE_AGE_START to it. An older page keeps its age.")
def activates(bench: Bench) -> None:
    model = Model()
    pages = [model.add(Page(f"p{i}", any_list(bench), bench.random.choice([0, 1, 2, 7])))
             for i in range(10)]
    for page in bench.random.sample(pages, 7):
        model.call("activate_page", page)
    model.show()
    model.judge(bench, "where a page is, and its age, after activate_page")


@test(15, "deactivate_page knows who may leave",
      "The age and the referenced bit go in any case. The page moves only if it is active "
      "and nobody but its cache, the caller and perhaps its buffers holds it: count at most "
      "2, or 3 with buffers. Pages of the RAM disk never move: see page_ramdisk_buffer.")
def deactivates(bench: Bench) -> None:
    model = Model()
    for i in range(14):
        buffers = bench.random.random() < 0.6
        page = model.add(Page(
            f"p{i}", bench.random.choice(["active", "active", "inactive_dirty", "none"]),
            age=bench.random.randint(0, 9), count=bench.random.randint(1, 5),
            referenced=bench.random.random() < 0.5, buffers=buffers,
            ramdisk=buffers and bench.random.random() < 0.3))
        if bench.random.random() < 0.8:
            model.call("deactivate_page", page)
    model.show()
    model.judge(bench, "what deactivate_page did to a page")


def active_list(bench: Bench, model: Model, n: int, oldest: int) -> None:
    for i in range(n):
        buffers = bench.random.random() < 0.3
        model.add(Page(
            f"p{i}", "active", age=bench.random.randint(0, oldest),
            count=bench.random.choice([1, 1, 1, 2, 3]),
            referenced=bench.random.random() < 0.25, buffers=buffers,
            ramdisk=buffers and bench.random.random() < 0.2))


@test(15, "A scan of the whole active list",
      "Referenced pages age up, others age down. One that reaches 0 leaves if only its cache "
      "and its buffers hold it (the scan itself takes no reference). All that stay go to the "
      "head, so that the next scan starts with others.")
def scans_all(bench: Bench) -> None:
    model = Model()
    active_list(bench, model, 20, 4)
    for _ in range(3):
        model.call_scan(0, False)
        model.show()
    model.judge(bench, "the active list after a full scan")


@test(10, "Each step of priority halves the scan",
      "The budget is nr_active_pages >> priority, worked out once, before the first page "
      "moves. With fewer pages than 2^priority nothing is scanned.")
def keeps_to_its_budget(bench: Bench) -> None:
    model = Model()
    active_list(bench, model, bench.random.randint(40, 60), 3)
    for priority in bench.random.sample([1, 2, 3, 4, 6], 4):
        model.call_scan(priority, False)
        model.show()
    model.judge(bench, "which pages a scan with a priority looked at")


@test(5, "A oneshot scan ends with the first page that leaves",
      "The pages before it have been aged and rotated; the budget still limits the scan.")
def stops_at_the_first(bench: Bench) -> None:
    model = Model()
    active_list(bench, model, 24, 5)
    for _ in range(5):
        model.call_scan(bench.random.choice([0, 0, 1]), True)
        model.show()
    model.judge(bench, "the lists after a oneshot scan")


@test(5, "A long random run",
      "If only this test fails, a rare combination is wrong: look at the statement before "
      "the first difference.")
def long_run(bench: Bench) -> None:
    model = Model()
    active_list(bench, model, 16, 6)
    for i in range(16, 24):
        model.add(Page(f"p{i}", any_list(bench), bench.random.randint(0, 3)))
    functions = ["age_page_up", "age_page_down_ageonly", "activate_page", "deactivate_page"]
    for _ in range(60):
        if bench.random.random() < 0.4:
            model.call_scan(bench.random.randint(0, 3), bench.random.random() < 0.5)
        else:
            model.call(bench.random.choice(functions), bench.random.choice(model.pages))
        model.show()
    model.judge(bench, "the state after one of many steps")


# A booted kernel

MEM = 18
#: Guest ticks at work that the workload may take; the reference needs about 40.
BUSY_TICKS = 150
FAULTY = "what the kernel recorded while it ran short of memory"


@test(10, "A kernel under pressure ages its pages",
      "This one boots an i386 kernel with your files, has programs use more memory than there "
      "is, and reads the events and the lists from the machine's memory. Each change of an age "
      "must be recorded (page_note with EV_AGE_UP or EV_AGE_DOWN). If the scenarios pass and "
      "this fails, look for what they cannot see: a lock, a list used past its end.")
def under_pressure(bench: Bench) -> None:
    seed = bench.random.randrange(1, 1000)
    evidence = bench.boot(
        f"filescan -w 1 -s {seed} /a; filescan -p 2 /a; memhog 14 -p 1 -r -s {seed}; "
        "filescan -p 25 /a", MEM, BUSY_TICKS)
    if evidence.status:
        raise Failure("the workload failed", expected="power-off after the last program",
                      actual=f"status {evidence.status}", log=evidence.console[-4000:])
    report = check_trace(evidence.trace)
    for finding in report.errors:
        raise Failure(FAULTY, expected="moves of the state machine", actual=str(finding))
    judge_ages(evidence.trace)
    for problem in check_dump(evidence.dump):
        raise Failure("the lists at the end", expected="whole lists", actual=str(problem))
    judge_end(evidence.trace, evidence.dump)
    for source, target, function in NEEDED:
        times = report.moves.get((source, target, function), 0)
        if times < 50:
            raise Failure(FAULTY, expected=f"many moves {source} -> {target} by {function}",
                          actual=f"{times} of them")


NEEDED = [("active", "inactive_dirty", "deactivate_page"),
          ("active", "active", "refill_inactive_scan"),
          ("inactive_clean", "active", "activate_page"),
          ("inactive_dirty", "active", "activate_page")]


def after_use(age: int) -> int:
    return min((age or START) + ADVANCE, MOST)


def judge_ages(trace: Trace) -> None:
    """Raises Failure at the first age that does not follow from the page's last one."""
    past: dict[int, list[Event]] = defaultdict(list)  # each page's last events
    referenced = trace.flag_bits["referenced"]
    for event in trace.events:
        recent = past[event.pfn]
        before = recent[-1] if recent else None
        recent.append(event)
        del recent[:-3]
        wrong = ""
        what, who = trace.event(event.event), trace.reason(event.reason)
        if who == "deactivate_page" and (event.age or event.flags >> referenced & 1):
            wrong = "age 0 and no referenced bit on a page that is deactivated"
        elif before is None or event.pfn == NO_PAGE:
            continue
        # deactivate_page forgets an age without an event if others hold the page.
        ages = {before.age} | ({0} if max(e.count for e in recent) > 2 else set())
        if what == "age_up" and event.age not in map(after_use, ages):
            wrong = f"age {after_use(before.age)} after a use at age {before.age}"
        elif what == "age_down" and event.age not in {age // 2 for age in ages}:
            wrong = f"age {before.age // 2} after an idle look at age {before.age}"
        elif who == "refill_inactive_scan" and event.age not in ages:
            wrong = f"an event for each change of an age (it was {before.age})"
        if wrong:
            lines = [trace.describe(e) for e in (before, event) if e]
            raise Failure(FAULTY, expected=wrong, actual="\n".join(lines))


def judge_end(trace: Trace, dump: Dump) -> None:
    """Raises Failure unless the records of the pages on lists agree with their last events."""
    last = {event.pfn: event for event in trace.events}
    for pages in dump.lists.values():
        for pfn in pages:
            event = last.get(pfn)
            if event and (trace.state(event.target) != dump.state_of(pfn)
                          or event.age != dump.cols["age"][pfn]):
                raise Failure("a page on a list at the end", actual=trace.describe(event),
                              expected=f"state {dump.state_of(pfn)}, "
                                       f"age {dump.cols['age'][pfn]} as its record says")
