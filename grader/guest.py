"""One guest: QEMU with our kernel, its disks, its console and its memory.

Everything that boots Highwater goes through here: `make qemu`, the tests, the demo and
the grader. A guest's files live in a directory of its own; its console, debugger and
monitor are UNIX sockets in it, and its memory is a file that the host can read.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PROMPT = "# "
LEAST_MIB = 8  # a kernel with its tables and a shell
#: Factor on every host-side time limit, for slow machines.
SLOW = float(os.environ.get("SLOW", "1"))


class GuestError(Exception):
    """The guest did not do what was expected; the message says what and shows the console."""


class GuestPanic(GuestError):
    """The kernel panicked; the message holds its line and a backtrace with source lines."""


@dataclass
class Config:
    """What to boot. Sizes are in MiB."""

    arch: str = "i386"
    vm: str = "2.4"
    mem: int = 32
    cpus: int = 1
    nodes: int = 1  # memory and CPUs in as many equal parts; each one's memory a file of its own
    distance: int = 20  # between any two of them
    options: str = ""  # more of the kernel's command line
    command: str = ""  # run this instead of a shell, then power off
    icount: bool = False  # guest time from instructions: the same on every run
    build: Path = field(default_factory=lambda: TOP / "build")
    kernel: Path | None = None  # another kernel than the built one
    swap: bool = True
    exit_status: bool = True  # QEMU ends with the guest's status; without, 1 is QEMU's own error
    gdb: bool = False
    extra: list[str] = field(default_factory=list)  # more arguments for QEMU

    @property
    def kernel_path(self) -> Path:
        return self.kernel or self.build / self.arch / "kernel.elf"


def kernel_command_line(config: Config) -> str:
    words = [f"vm={config.vm}", "root=vda"]
    if config.swap:
        words.append("swap=vdb")
    if config.options:
        words.append(config.options)
    if config.command:
        words.append(f"-- {config.command}")
    return " ".join(words)


@functools.cache
def has_io_uring(qemu: str) -> bool:
    """Can this QEMU use io_uring on this host? A container may forbid what its kernel can do."""
    probe = [qemu, "-machine", "none", "-nodefaults", "-display", "none", "-monitor", "stdio",
             "-blockdev", f"file,node-name=probe,filename={__file__},read-only=on,aio=io_uring"]
    try:
        return subprocess.run(probe, input=b"quit\n", capture_output=True, timeout=10,
                              check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def disk(qemu: str, name: str, image: Path) -> list[str]:
    """QEMU's arguments for a disk. A request passes through as few threads as can be.

    The CPU's own thread submits it (ioeventfd=off) and, with io_uring, nobody's thread but
    the host's kernel reads: without these each request wakes two more threads in turn, which
    takes longer than the transfer. Contents need not survive a crash of the host.
    """
    aio = "io_uring" if has_io_uring(qemu) else "threads"
    return ["-drive", f"file={image},if=none,id={name},format=raw,cache=unsafe,aio={aio}",
            "-device", f"virtio-blk-pci,drive={name},ioeventfd=off"]


def memory(config: Config, directory: Path) -> list[str]:
    """QEMU's arguments for the guest's memory: the file `ram`, or `ram.N` for node N."""
    if config.nodes == 1:
        return ["-machine", "pc,memory-backend=ram",
                "-object", f"memory-backend-file,id=ram,size={config.mem}M,"
                           f"mem-path={directory}/ram,share=on"]
    command, cpus = ["-machine", "pc"], config.cpus // config.nodes
    for node in range(config.nodes):
        command += ["-object", f"memory-backend-file,id=ram{node},"
                               f"size={config.mem // config.nodes}M,"
                               f"mem-path={directory}/ram.{node},share=on",
                    "-numa", f"node,nodeid={node},memdev=ram{node},"
                             f"cpus={node * cpus}-{(node + 1) * cpus - 1}"]
    for node in range(config.nodes):
        for other in range(config.nodes):
            if other != node:
                command += ["-numa", f"dist,src={node},dst={other},val={config.distance}"]
    return command


def ram_files(directory: Path) -> list[Path]:
    """The memory of the guest in DIRECTORY: one file, or one for each node in their order."""
    return sorted(directory.glob("ram*"))


def qemu_command(config: Config, directory: Path, serial: list[str]) -> list[str]:
    """The command line of QEMU for a guest whose disks have been put in DIRECTORY."""
    qemu = f"qemu-system-{config.arch}"
    command = [
        qemu,
        "-accel", "tcg", "-m", f"{config.mem}M", "-smp", str(config.cpus),
        *memory(config, directory),
        "-nodefaults", "-display", "none", "-no-reboot",
        "-global", "apic-common.vapic=off",
        "-kernel", str(config.kernel_path),
        "-append", kernel_command_line(config),
        *disk(qemu, "root", directory / "root.img"),
    ]
    if config.exit_status:
        command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]
    if config.swap:
        command += disk(qemu, "swap", directory / "swap.img")
    if config.icount:
        command += ["-icount", "shift=0,sleep=off"]
    command += serial
    command += [
        "-chardev", f"socket,id=gdb,path={directory}/gdb.sock,server=on,wait=off",
        "-gdb", "chardev:gdb",
        "-chardev", f"socket,id=qmp,path={directory}/qmp.sock,server=on,wait=off",
        "-mon", "chardev=qmp,mode=control",
    ]
    return command + config.extra


def prepare_disks(config: Config, directory: Path) -> None:
    """Copies of the built disks, so that a run cannot spoil them."""
    for name in ("root.img", "swap.img") if config.swap else ("root.img",):
        source = config.build / config.arch / name
        if not source.exists():
            raise GuestError(f"{source} does not exist; run `make kernel ARCH={config.arch}`")
        subprocess.run(["cp", "--sparse=always", str(source), str(directory / name)], check=True)


def symbolise(kernel: Path, console: str) -> str:
    """Adds function names and source lines to the addresses of a kernel's backtrace."""
    addresses = re.findall(r"^\s*\[(?:0x)?([0-9a-f]+)\]", console, re.MULTILINE)
    if not addresses:
        return console
    # A return address belongs to the call before it.
    calls = [f"{int(address, 16) - 1:x}" for address in addresses]
    found = subprocess.run(
        ["addr2line", "-f", "-p", "-s", "-e", str(kernel), *calls],
        capture_output=True, text=True, check=False,
    ).stdout.splitlines()
    names = dict(zip(addresses, found))
    return re.sub(
        r"^(\s*\[(?:0x)?([0-9a-f]+)\]).*$",
        lambda m: f"{m[1]} {names.get(m[2], '?')}",
        console, flags=re.MULTILINE,
    )


class Guest:
    """A running guest. Use as a context manager: leaving it ends QEMU."""

    def __init__(self, config: Config, directory: Path | None = None):
        self.config = config
        self._own_directory = directory is None
        self.directory = directory or Path(tempfile.mkdtemp(prefix="highwater-"))
        self._text = ""
        self._seen = 0  # how much of the console `expect` has consumed
        self._more = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._console: socket.socket | None = None
        self._reader: threading.Thread | None = None

    # Life

    def __enter__(self) -> "Guest":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        prepare_disks(self.config, self.directory)
        here, there = socket.socketpair()
        serial = ["-chardev", f"socket,id=console,fd={there.fileno()}",
                  "-serial", "chardev:console"]
        command = qemu_command(self.config, self.directory, serial)
        self._started = time.monotonic()
        with open(self.directory / "qemu.log", "wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(there.fileno(),),
            )
        there.close()
        self._console = here
        self._reader = threading.Thread(target=self._read_console, daemon=True)
        self._reader.start()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()
        if self._process:
            self._process.wait()
        if self._console:
            self._console.close()
        if self._own_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def wait(self, timeout: float = 120) -> int:
        """Waits for power-off; the exit status that the guest left (0: a clean one)."""
        assert self._process
        deadline = time.monotonic() + timeout * SLOW
        while self._process.poll() is None:
            if time.monotonic() > deadline:
                raise GuestError(f"no power-off within {timeout} s\n{self.tail()}")
            self.check_panic()
            time.sleep(0.02)
        self._end_of_console()
        self.check_panic()
        # isa-debug-exit turns a status N into 2N+1; ACPI power-off ends QEMU with 0.
        code = self._process.returncode
        if code < 0:
            raise GuestError(f"QEMU was ended by signal {-code}\n{self.tail()}")
        return code >> 1

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def cpu_seconds(self) -> float:
        """How long QEMU has computed; the time since its start where /proc does not tell."""
        assert self._process
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        except OSError:
            return time.monotonic() - self._started
        user, system = stat.rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    # Console

    def _read_console(self) -> None:
        assert self._console
        while True:
            try:
                data = self._console.recv(65536)
            except OSError:
                data = b""
            with self._more:
                if data:
                    self._text += data.decode("utf-8", "replace").replace("\r", "")
                else:
                    self._more.notify_all()
                    return
                self._more.notify_all()

    @property
    def console(self) -> str:
        """All that the guest has printed."""
        with self._more:
            return self._text

    def tail(self, lines: int = 40) -> str:
        """The end of the console, for messages, with names in a backtrace."""
        text = "\n".join(self.console.splitlines()[-lines:])
        log = (self.directory / "qemu.log")
        errors = log.read_text(errors="replace") if log.exists() else ""
        return symbolise(self.config.kernel_path, text) + (f"\nQEMU: {errors}" if errors else "")

    def check_panic(self) -> None:
        if "PANIC" in self.console:
            # The backtrace follows, and then the machine ends, or at least falls silent.
            deadline = time.monotonic() + 10 * SLOW
            while self.running and time.monotonic() < deadline:
                time.sleep(0.01)
            self._end_of_console()
            raise GuestPanic(self.tail(60))

    def _end_of_console(self) -> None:
        """Of a QEMU that has ended: its last words may still be on their way."""
        if self._reader and not self.running:
            self._reader.join(30 * SLOW)

    def send(self, text: str) -> None:
        assert self._console
        self._console.sendall(text.encode())

    def expect(self, pattern: str, timeout: float = 120) -> re.Match[str]:
        """Waits until PATTERN (a regular expression) appears in new console output."""
        assert self._process
        deadline = time.monotonic() + timeout * SLOW
        compiled = re.compile(pattern, re.MULTILINE)
        while True:
            with self._more:
                match = compiled.search(self._text, self._seen)
                if match:
                    self._seen = match.end()
                    return match
                self._more.wait(0.1)
            self.check_panic()
            if self._process.poll() is not None and not compiled.search(self.console, self._seen):
                raise GuestError(f"the guest ended before {pattern!r} came\n{self.tail()}")
            if time.monotonic() > deadline:
                raise GuestError(f"no {pattern!r} within {timeout} s\n{self.tail()}")

    def boot(self, timeout: float = 120) -> None:
        """Waits for the shell's prompt."""
        self.expect(re.escape(PROMPT) + r"$", timeout)

    def run(self, command: str, timeout: float = 120) -> str:
        """Runs a shell command; its output. Raises GuestError if it fails."""
        output, status = self.run_status(command, timeout)
        if status:
            raise GuestError(f"{command!r} ended with status {status}:\n{output}")
        return output

    def run_status(self, command: str, timeout: float = 120) -> tuple[str, int]:
        start = self._seen
        self.send(f"{command}; echo status=$?\n")
        # With the newline: what has come so far may end within the number.
        match = self.expect(r"^status=(\d+)\n", timeout)
        text = self.console[start:match.start()]
        # Not at a line's end: words of a program in the background may follow it at once.
        self.expect(re.escape(PROMPT), timeout)
        # The first line is the echo of what was typed.
        return text.split("\n", 1)[-1] if "\n" in text else "", int(match[1])

    # Monitor and memory

    @property
    def ram(self) -> Path:
        """The guest's physical memory, as a file."""
        return self.directory / "ram"

    @property
    def gdb_socket(self) -> Path:
        return self.directory / "gdb.sock"

    def monitor(self, *commands: str) -> list[object]:
        """Runs QMP commands (by name) and returns what each answered."""
        with Monitor(self.directory / "qmp.sock") as monitor:
            return [monitor.run(command) for command in commands]


class Monitor:
    """A connection to QEMU's monitor (QMP), which serves one at a time."""

    def __init__(self, path: Path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._stream = self._socket.makefile("rw", encoding="utf-8")
        self._stream.readline()  # the greeting
        self.run("qmp_capabilities")

    def __enter__(self) -> "Monitor":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()

    def run(self, command: str) -> object:
        """Runs a command without arguments; its answer."""
        self._stream.write(json.dumps({"execute": command}) + "\n")
        self._stream.flush()
        while True:
            line = self._stream.readline()
            if not line:
                raise GuestError(f"{command}: QEMU has ended")
            answer = json.loads(line)
            if "error" in answer:
                raise GuestError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]


def _interactive_directory(arch: str) -> Path:
    return TOP / "build" / arch / "run"


def _mebibytes(text: str) -> int:
    match = re.fullmatch(r"(\d+)([MmGg]?)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 32M or 1G")
    size = int(match[1]) * (1024 if match[2] in ("G", "g") else 1)
    if size < LEAST_MIB:
        raise argparse.ArgumentTypeError(f"{text!r} is too little: at least {LEAST_MIB}M")
    return size


def find_gdb() -> str:
    """The first debugger of those that ./setup knows."""
    for name in ("gdb", "gdb-multiarch", "x86_64-elf-gdb", "i386-elf-gdb"):
        if shutil.which(name):
            return name
    raise SystemExit("no gdb found; run ./setup")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make qemu", description=__doc__)
    parser.add_argument("--arch", choices=("i386", "x86_64"), default="i386")
    parser.add_argument("--vm", default="2.4")
    parser.add_argument("--mem", type=_mebibytes, default=32)
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--options", default="", help="more of the kernel's command line")
    parser.add_argument("--debug", action="store_true", help="gdb on the running guest")
    parser.add_argument("--lab", default="", help="the machine of a lab that has its own")
    arguments = parser.parse_args()
    directory = _interactive_directory(arguments.arch)
    kernel = TOP / "build" / arguments.arch / "kernel.elf"

    if arguments.debug:
        if not (directory / "gdb.sock").exists():
            print(f"make gdb: no guest runs here; start `make qemu ARCH={arguments.arch}` in "
                  "another terminal", file=sys.stderr)
            return 1
        gdb = find_gdb()
        os.execvp(gdb, [gdb, "-q", str(kernel),
                        "-ex", f"target remote {directory}/gdb.sock",
                        "-ex", f"source {TOP}/diagrams/gdb/mm.py"])

    if arguments.lab:
        from grader.seeded import lab_config

        config = lab_config(arguments.lab)
    else:
        config = Config(arch=arguments.arch, vm=arguments.vm, mem=arguments.mem,
                        cpus=arguments.cpus, options=arguments.options)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    prepare_disks(config, directory)
    config.exit_status = False
    print("Highwater in QEMU; Ctrl-A X leaves.")
    try:
        return subprocess.call(qemu_command(
            config, directory, ["-chardev", "stdio,id=console,mux=on,signal=off",
                                "-serial", "chardev:console",
                                "-mon", "chardev=console,mode=readline"]))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
