"""Builds a student's files into the reference: only the lab's own files are theirs."""

from __future__ import annotations

import fcntl
import functools
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from grader import sandbox
from grader.labs import TOP, Lab

OS = TOP / "os"

#: Machine instructions that no file of os/mm needs: they would talk to the host or the
#: hardware behind the kernel's back.
FORBIDDEN_INSTRUCTIONS = re.compile(
    r"^\s*[0-9a-f]+:\s+(?:[0-9a-f]{2} )+\s+"
    r"(syscall|sysenter|int|in|out|insb|insl|outsb|outsl|cli|hlt|wrmsr|lgdt|lidt)\b",
    re.MULTILINE,
)


#: What a file of the memory core leaves to the events' and the lists' own files.
RESERVED = {"event_rings", "page_move"}


class BuildError(Exception):
    """The student's files do not build; the message is the compiler's or ours."""


@dataclass(frozen=True)
class Recipe:
    """How one machine's reference is compiled and linked."""

    compile: list[str]
    link: list[str]
    objects: dict[str, Path]  # by source file without its suffix, relative to os/
    exports: dict[str, frozenset[str]]  # global symbols that each object defines


@functools.cache
def make(*arguments: str) -> str:
    """Brings something under build/ up to date, once for each process; what make printed."""
    (TOP / "build").mkdir(exist_ok=True)
    with open(TOP / "build" / "reference.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once would tread on each other
        done = subprocess.run(["make", "--no-print-directory", "-s", "-j2", "-C", str(OS),
                               *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"make {' '.join(arguments)}:\n{done.stderr}")
    return done.stdout


@functools.cache
def recipe(machine: str) -> Recipe:
    """Of "i386", "x86_64", "sim" or "sim-san"; builds the reference first."""
    arch, sanitize = ("sim", ["SANITIZE=1"]) if machine == "sim-san" else (machine, [])
    targets = ["sim"] if arch == "sim" else ["kernel", "images"]
    make(*targets, f"ARCH={arch}", *sanitize)
    lines = dict(line.split(" ", 1) for line in
                 make("print-build", f"ARCH={arch}", *sanitize).splitlines())
    objects = {}
    for path in map(Path, lines["objects"].split()):
        objects["/".join(path.parts[path.parts.index("obj") + 1:])[:-2]] = path
    return Recipe(shlex.split(lines["compile"]), shlex.split(lines["link"]), objects,
                  _exports(objects))


def reference_program(machine: str) -> Path:
    """The reference's own kernel."""
    return TOP / "build" / machine / "kernel.elf"


def _exports(objects: dict[str, Path]) -> dict[str, frozenset[str]]:
    """What all objects define, from one call of nm."""
    names = {str(path): name for name, path in objects.items()}
    output = subprocess.run(["nm", "-g", "--defined-only", "-P", *names], capture_output=True,
                            text=True, check=True).stdout
    found: dict[str, set[str]] = {name: set() for name in objects}
    current: set[str] = set()
    for line in filter(None, output.splitlines()):
        if line.endswith(":") and line[:-1] in names:
            current = found[names[line[:-1]]]
        else:
            current.add(line.split()[0])
    return {name: frozenset(symbols) for name, symbols in found.items()}


def _symbols(path: Path, *flags: str) -> set[str]:
    output = subprocess.run(["nm", *flags, "-P", str(path)], capture_output=True, text=True,
                            check=True).stdout
    return {line.split()[0] for line in output.splitlines() if line.strip()}


def check_object(student: Path, reference: Path, offered: set[str],
                 required: frozenset[str]) -> None:
    """Raises BuildError unless the student's object only does what a core file may.

    It may use what is OFFERED by the kernel's other objects, and what the reference's
    file imports (the compiler's helpers); and it defines what is REQUIRED.
    """
    allowed = offered | _symbols(reference, "-u") | {
        "memcpy", "memset", "memmove", "memcmp", "printk", "panic"}
    alien = {name for name in _symbols(student, "-u") - allowed
             if not name.startswith(("__asan_", "__ubsan_"))}
    if alien:
        raise BuildError(f"{student.stem}.c uses what the kernel does not offer: "
                         + ", ".join(sorted(alien)))
    missing = required - _symbols(student, "-g", "--defined-only")
    missing = {name for name in missing if not name.startswith(("__odr_asan", "__asan"))}
    if missing:
        raise BuildError(f"{student.stem}.c does not define " + ", ".join(sorted(missing)))
    code = subprocess.run(["objdump", "-d", str(student)], capture_output=True, text=True,
                          check=True).stdout
    found = FORBIDDEN_INSTRUCTIONS.search(code)
    if found:
        raise BuildError(f"{student.stem}.c contains the machine instruction `{found[1]}`, "
                         "which a file of the memory core has no use for")


def build(lab: Lab, files: dict[str, Path], machine: str, out: Path) -> Path:
    """Links FILES (reference name to student's file) for MACHINE; returns the program.

    Raises BuildError with the compiler's message, which names the student's file.
    """
    rules = recipe(machine)
    out.mkdir(parents=True, exist_ok=True)
    objects = dict(rules.objects)
    for name in files:
        if name.removesuffix(".c") not in objects:
            raise RuntimeError(f"lab {lab.number}: os/{name} is not built for {machine}")
    students: dict[str, Path] = {}
    # A file is compiled where it stands alone: headers beside it cannot shadow the kernel's.
    alone = out / "source"
    alone.mkdir(exist_ok=True)
    for name, source in files.items():
        target = out / f"{source.stem}.o"
        copy = Path(shutil.copyfile(source, alone / source.name))
        home = source.parent.relative_to(TOP) if source.is_relative_to(TOP) else source.parent
        # A warning that CI would stop at is only shown to a student.
        flags = [flag for flag in rules.compile if flag != "-Werror"]
        command = [*flags, "-fdiagnostics-color=never", "-I", str((OS / name).parent),
                   f"-ffile-prefix-map={alone}={home}", "-c", "-o", str(target), str(copy)]
        done = sandbox.run(command, cwd=OS, read=[OS], write=[out], seconds=20)
        if done.status or not target.exists():
            raise BuildError(done.stderr.replace(str(alone), str(home)).strip()
                             or "the compiler ended without a message")
        students[name.removesuffix(".c")] = target
    # Only what every machine's kernel offers: sim's own printing is not a student's.
    offered = {symbol for name, symbols in rules.exports.items()
               if name not in students and not name.startswith("arch/") for symbol in symbols}
    offered -= RESERVED
    for name, target in students.items():
        mates = {symbol for other in students if other != name
                 for symbol in rules.exports[other]}
        check_object(target, objects[name], offered | mates, rules.exports[name])
        objects[name] = target
    program = out / ("highwater" if machine.startswith("sim") else "kernel.elf")
    done_link = subprocess.run(
        [*rules.link, "-o", str(program), *map(str, objects.values())],
        cwd=OS, capture_output=True, text=True, check=False)
    if done_link.returncode:
        raise BuildError(done_link.stderr.strip())
    return program
