"""Builds a student's files into the reference: only the lab's own files are theirs."""

from __future__ import annotations

import re
import shlex
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


class BuildError(Exception):
    """The student's files do not build; the message is the compiler's or ours."""


@dataclass(frozen=True)
class Recipe:
    """How one machine's reference is compiled and linked."""

    compile: list[str]
    link: list[str]
    objects: dict[str, Path]  # by source file without its suffix, relative to os/


def recipe(machine: str) -> Recipe:
    """Of "i386", "x86_64", "sim" or "sim-san"; builds the reference first."""
    arch, sanitize = ("sim", ["SANITIZE=1"]) if machine == "sim-san" else (machine, [])
    target = "sim" if arch == "sim" else "kernel"
    make = ["make", "--no-print-directory", "-s", "-C", str(OS), f"ARCH={arch}", *sanitize]
    done = subprocess.run([*make, target], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the reference does not build for {machine}:\n{done.stderr}")
    lines = dict(
        line.split(" ", 1)
        for line in subprocess.run([*make, "print-build"], capture_output=True, text=True,
                                   check=True).stdout.splitlines()
    )
    objects = {}
    for path in map(Path, lines["objects"].split()):
        objects["/".join(path.parts[path.parts.index("obj") + 1:])[:-2]] = path
    return Recipe(shlex.split(lines["compile"]), shlex.split(lines["link"]), objects)


def _symbols(path: Path, *flags: str) -> set[str]:
    output = subprocess.run(["nm", *flags, "-P", str(path)], capture_output=True, text=True,
                            check=True).stdout
    return {line.split()[0] for line in output.splitlines() if line.strip()}


def check_object(student: Path, reference: Path, others: list[Path]) -> None:
    """Raises BuildError unless the student's object only does what a core file may.

    It may use what the kernel's own objects define, and what the reference's file
    imports (the compiler's helpers); and it defines what the reference's file defines.
    """
    allowed = _symbols(reference, "-u")
    for path in others:
        allowed |= _symbols(path, "-g", "--defined-only")
    allowed |= {"memcpy", "memset", "memmove", "memcmp", "printk", "panic"}
    alien = {name for name in _symbols(student, "-u") - allowed
             if not name.startswith(("__asan_", "__ubsan_"))}
    if alien:
        raise BuildError(f"{student.stem}.c uses what the kernel does not offer: "
                         + ", ".join(sorted(alien)))
    missing = _symbols(reference, "-g", "--defined-only") - _symbols(
        student, "-g", "--defined-only")
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
    for name, source in files.items():
        target = out / f"{source.stem}.o"
        command = [*rules.compile, "-fdiagnostics-color=never", "-I",
                   str((OS / name).parent), "-c", "-o", str(target), str(source)]
        done = sandbox.run(command, cwd=OS, read=[OS, source.parent], write=[out], seconds=20)
        if done.status or not target.exists():
            raise BuildError(done.stderr.strip() or "the compiler ended without a message")
        students[name.removesuffix(".c")] = target
    # Only what every machine's kernel offers: sim's own printing is not a student's.
    others = [path for name, path in objects.items()
              if name not in students and not name.startswith("arch/")]
    for name, target in students.items():
        check_object(target, objects[name], others + [
            path for other, path in students.items() if other != name])
        objects[name] = target
    program = out / ("highwater" if machine.startswith("sim") else "kernel.elf")
    done_link = subprocess.run(
        [*rules.link, "-o", str(program), *map(str, objects.values())],
        cwd=OS, capture_output=True, text=True, check=False)
    if done_link.returncode:
        raise BuildError(done_link.stderr.strip())
    return program
