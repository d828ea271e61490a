"""User space on the host: our programs speak Linux's system-call interface, so a Linux
host is the reference for what they, and later our kernel, must do.

Each test runs for both machines; the i386 ones are skipped, visibly, where the host kernel
does not run `int 0x80` programs. Nothing here reaches the host outside pytest's temporary
directory, and init, reboot and poweroff run only inside a PID namespace of their own.
"""

from __future__ import annotations

import os
import pathlib
import pty
import re
import resource
import select
import shutil
import signal
import subprocess
import termios
import time
from typing import Callable, Iterator

import pytest

from grader.build import make
from grader.guest import TOP

Run = Callable[..., subprocess.CompletedProcess]

MEMHOG_4_3 = "f130ec9f"  # what `memhog 4 -p 3` prints on every machine


@pytest.fixture(scope="session", params=["x86_64", "i386"])
def programs(request: pytest.FixtureRequest) -> pathlib.Path:
    """The directory of the built programs for one machine."""
    make("user", f"ARCH={request.param}")
    directory = TOP / "build" / request.param / "user" / "bin"
    try:
        probe = subprocess.run([directory / "echo", "runs"], capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"the host kernel does not run {request.param} programs: {error}")
    if probe.returncode < 0 or probe.stdout != "runs\n":
        pytest.skip(f"the host kernel does not run {request.param} programs")
    return directory


@pytest.fixture
def run(programs: pathlib.Path, tmp_path: pathlib.Path) -> Run:
    """run("ls", "-l", stdin="...") starts a program in the test's own directory."""

    def start(name: str, *arguments: object, stdin: str = "",
              timeout: float = 30) -> subprocess.CompletedProcess:
        return subprocess.run([programs / name, *map(str, arguments)], cwd=tmp_path,
                              input=stdin, capture_output=True, text=True, timeout=timeout)

    return start


def shell(run: Run, commands: str) -> tuple[str, int]:
    """Output and status of commands that the shell reads from a pipe."""
    done = run("sh", stdin=commands)
    return done.stdout + done.stderr, done.returncode


@pytest.mark.parametrize("commands, output, status", [
    ("echo one  two\n", "one two\n", 0),
    ("echo 'a  b' \"c \\\" $? d\" e\\ f # no\n", "a  b c \" 0 d e f\n", 0),
    ("echo '$?'; echo a#b\n", "$?\na#b\n", 0),
    ("exit 7", "", 7),
    ("cd /nowhere; echo $?", "1\nsh: cd: /nowhere: No such file or directory\n", 0),
    ("cd /; pwd", "/\n", 0),
    ("echo a && echo b || echo c; ls nothing && echo d || echo e",
     "a\nb\ne\nls: nothing: No such file or directory\n", 0),
    ("echo x > f; echo y >> f; cat < f | cat; cat f > g; cat g", "x\ny\nx\ny\n", 0),
    ("ls nothing > both 2>&1; cat both", "ls: nothing: No such file or directory\n", 0),
    ("ls nothing 2> errors; echo $?", "1\n", 0),
    ("missing-command; echo $?", "127\nsh: missing-command: command not found\n", 0),
    ("echo a ||", "sh: a command is missing after && or ||\n", 2),
    ("echo a; | cat", "sh: a command is missing\n", 2),
    ("echo 'open", "sh: a quote is not closed\n", 2),
    ("echo > ", "sh: a redirection has no target\n", 2),
    ("echo slow | cat > out & wait; cat out", "slow\n", 0),
    ("echo 'echo inner $?' > script; sh script; ./sh-is-not-here; echo $?",
     "inner 0\n127\nsh: ./sh-is-not-here: No such file or directory\n", 0),
])
def test_shell(run: Run, commands: str, output: str, status: int) -> None:
    assert shell(run, commands) == (output, status)


def test_shell_leaves_the_rest_of_its_input_to_programs(run: Run) -> None:
    assert shell(run, "cat\nnot a command\n") == ("not a command\n", 0)


def test_shell_command_option_and_script_file(run: Run, tmp_path: pathlib.Path) -> None:
    assert run("sh", "-c", "echo a; exit 3").returncode == 3
    script = tmp_path / "script"
    script.write_text("# a comment\necho from the script\n\nexit 4\n")
    done = run("sh", "script")
    assert (done.stdout, done.returncode) == ("from the script\n", 4)
    script.chmod(0o755)
    assert run("sh", "-c", "./script; echo $?").stdout == "from the script\n4\n"
    assert run("sh", "one", "two").returncode == 2


def test_ls(run: Run, tmp_path: pathlib.Path) -> None:
    for name in ("b", "a", ".hidden", "c"):
        (tmp_path / name).write_text(name)
    (tmp_path / "dir").mkdir()
    os.utime(tmp_path / "a", (951782400, 951782400))
    (tmp_path / "a").chmod(0o640)
    assert run("ls").stdout == "a\nb\nc\ndir\n"
    assert run("ls", "-a").stdout == ".\n..\n.hidden\na\nb\nc\ndir\n"
    uid, gid = os.getuid(), os.getgid()
    assert run("ls", "-l", "a").stdout == \
        f"-rw-r-----   1 {uid:4} {gid:4}         1 2000-02-29 00:00 a\n"
    done = run("ls", "none", "a")
    assert (done.stdout, done.returncode) == ("a\n", 1)
    assert run("ls", "-x").returncode == 2


def test_files(run: Run, tmp_path: pathlib.Path) -> None:
    data = os.urandom(100_000)
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "a").chmod(0o600)
    assert run("mkdir", "-p", "d/e").returncode == 0
    assert run("mkdir", "-p", "d/e").returncode == 0
    assert run("mkdir", "d").stderr == "mkdir: d: File exists\n"
    assert run("cp", "a", "d").returncode == 0
    assert (tmp_path / "d/a").read_bytes() == data
    assert (tmp_path / "d/a").stat().st_mode & 0o777 == 0o600
    assert run("cp", "a", "a").stderr == "cp: a and a are the same file\n"
    assert run("cp", "a", "d", "nodir").stderr == "cp: nodir: Not a directory\n"
    assert run("mv", "a", "b").returncode == 0
    assert run("mv", "b", "d/a", "d/e").returncode == 0
    assert sorted(path.name for path in (tmp_path / "d/e").iterdir()) == ["a", "b"]
    assert run("mv", "none", "d").returncode == 1
    assert run("ln", "d/e/a", "hard").returncode == 0
    assert (tmp_path / "hard").stat().st_nlink == 2
    assert run("ln", "-s", "hard", "soft").returncode == 0
    assert os.readlink(tmp_path / "soft") == "hard"
    assert run("rm", "d").stderr == "rm: d: Is a directory\n"
    assert run("rm", "-r", "d").returncode == 0
    assert run("rm", "soft", "hard").returncode == 0
    assert list(tmp_path.iterdir()) == []
    assert run("rm", "gone").returncode == 1
    assert run("rm", "-f", "gone").returncode == 0


def test_rm_of_a_large_directory(run: Run, tmp_path: pathlib.Path) -> None:
    directory = tmp_path / "many"
    directory.mkdir()
    for number in range(500):
        (directory / f"file-{number}").touch()
    assert run("rm", "-r", "many").returncode == 0
    assert not directory.exists()


def test_touch(run: Run, tmp_path: pathlib.Path) -> None:
    old = tmp_path / "old"
    old.write_text("content")
    os.utime(old, (1, 1))
    assert run("touch", "old", "new").returncode == 0
    assert old.read_text() == "content" and old.stat().st_mtime > 1
    assert (tmp_path / "new").read_text() == ""


@pytest.mark.parametrize("arguments, stdin, output, status", [
    (["wc"], "one two\nthree\n", "2 3 14\n", 0),
    (["wc", "-l", "f", "f"], "", "3 f\n3 f\n6 total\n", 0),
    (["head", "-n", "2"], "a\nb\nc\n", "a\nb\n", 0),
    (["head", "-n", "1", "f", "f"], "", "==> f <==\nalpha\n\n==> f <==\nalpha\n", 0),
    (["grep", "a."], "xa.y\nab\n", "xa.y\n", 0),
    (["grep", "-v", "-n", "a", "f"], "", "3:no\n", 0),
    (["grep", "-c", "a", "f", "f"], "", "f:2\nf:2\n", 0),
    (["grep", "-q", "zzz", "f"], "", "", 1),
    (["grep", "x", "missing"], "", "", 2),
    (["cat", "-", "f"], "in\n", "in\nalpha\nbeta\nno\n", 0),
    (["cat", "missing", "f"], "", "alpha\nbeta\nno\n", 1),
    (["echo", "-n", "a", "", "b"], "", "a  b", 0),
    (["true"], "", "", 0),
    (["false"], "", "", 1),
    (["sleep", "x"], "", "", 2),
    (["sleep"], "", "", 2),
    (["kill"], "", "", 2),
    (["kill", "-NOSUCH", "1"], "", "", 2),
    (["kill", "-0", "999999999"], "", "", 1),
    (["swapon", "missing"], "", "", 1),
    (["swapon", "-p", "x", "missing"], "", "", 2),
    (["swapoff"], "", "", 2),
    (["swapoff", "missing"], "", "", 1),
    (["time"], "", "", 2),
    (["time", "/no/such"], "", "", 127),
    (["df", "missing"], "", None, 1),
    (["vmstat", "0"], "", "", 2),
    (["memhog"], "", "", 2),
    (["memhog", "0"], "", "", 2),
    (["memhog", "4", "-x"], "", "", 2),
    (["filescan"], "", "", 2),
    (["forkstorm", "2"], "", "", 2),
    (["mmapshare", "extra"], "", "", 2),
    (["uname", "-s"], "", "Linux\n", 0),
    (["reboot", "now"], "", "", 2),
    (["poweroff", "now"], "", "", 2),
])
def test_program(run: Run, tmp_path: pathlib.Path, arguments: list[str], stdin: str,
                 output: str | None, status: int) -> None:
    (tmp_path / "f").write_text("alpha\nbeta\nno\n")
    done = run(*arguments, stdin=stdin)
    assert done.returncode == status, done.stderr
    assert output is None or done.stdout == output
    if status == 2:
        assert done.stderr.startswith(f"{arguments[0]}: ") or "usage: " in done.stderr


def test_output_that_cannot_be_written_is_an_error(programs: pathlib.Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([programs / "echo", "x"], stdout=full, stderr=subprocess.PIPE,
                              text=True)
    assert (done.stderr, done.returncode) == (
        "echo: write error: No space left on device\n", 1)


def test_kill_and_sleep(programs: pathlib.Path, run: Run) -> None:
    with subprocess.Popen([programs / "sleep", "20"]) as sleeper:
        assert run("kill", "-TERM", sleeper.pid).returncode == 0
        assert sleeper.wait(10) == -15
    real = re.match(r"real (\d+\.\d+)", run("time", programs / "sleep", "0.05").stderr)
    assert real and 0.05 <= float(real[1]) < 10


def test_system_reports(run: Run) -> None:
    """free, ps, df and vmstat show what the host's own files say."""
    meminfo = dict(line.split(":") for line in pathlib.Path("/proc/meminfo").read_text()
                   .splitlines())
    total = meminfo["MemTotal"].split()[0]
    assert run("free").stdout.splitlines()[1].split()[:2] == ["Mem:", total]
    own = [line.split() for line in run("ps").stdout.splitlines()
           if line.split()[0] == str(os.getpid())]
    assert [line[1] for line in own] == [str(os.getppid())]
    blocks = os.statvfs("/").f_blocks * os.statvfs("/").f_frsize // 1024
    assert int(run("df", "/").stdout.splitlines()[1].split()[1]) == blocks
    lines = run("vmstat", "1", "2").stdout.splitlines()
    assert lines[1].split() == ("r b swpd free buff cache si so bi bo in cs us sy id wa"
                                .split())
    assert len(lines) == 4 and all(len(line.split()) == 16 for line in lines[2:])


def test_memhog(run: Run) -> None:
    done = run("memhog", 4, "-p", 3, "-t")
    assert done.returncode == 0
    assert re.search(r"^memhog: pass 3: \d+\.\d{3} ms$", done.stdout, re.M)
    in_order = re.search(r"memhog: 4 MiB, 3 passes, ok checksum=[0-9a-f]{8}\n", done.stdout)
    assert in_order
    # The checksum depends on the seed and the passes, not on the order or the machine.
    assert run("memhog", "-r", "-p", 3, 4).stdout == in_order.group()
    assert run("memhog", 4, "-p", 3, "-s", 2).stdout != in_order.group()
    assert "checksum=" + MEMHOG_4_3 in in_order.group()
    refused = run("memhog", 1 << 28)
    assert refused.returncode == 1
    assert refused.stderr.startswith("memhog: cannot map 268435456 MiB")


def test_filescan_finds_each_kind_of_damage(run: Run, tmp_path: pathlib.Path) -> None:
    assert run("filescan", "-w", 1, "-s", 5, "d1").returncode == 0
    original = (tmp_path / "d1").read_bytes()
    assert len(original) == 1 << 20
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/plain").write_text("no pattern here")
    for how in ([], ["-m"]):
        done = run("filescan", *how, ".")
        assert done.returncode == 0
        assert "filescan: ./d1 1048576 bytes checksum=" in done.stdout
        assert "filescan: 2 files, 1048591 bytes, 1 verified, ok\n" in done.stdout
    for damaged, message in [
        (original[:5000] + b"!" + original[5001:], "page 1 is wrong from byte 904 on"),
        (original[:-4096], "255 pages instead of 256"),
        (original[:4096] + original[8192:], "page 1 is wrong from byte 0 on"),
        (original + b"x", "page 256 is wrong"),
    ]:
        (tmp_path / "d1").write_bytes(damaged)
        for how in ([], ["-m"]):
            done = run("filescan", *how, "d1")
            assert done.returncode == 1 and message in done.stdout
            assert "failed" in done.stdout


def test_workloads_with_children(run: Run) -> None:
    assert run("forkstorm", 3, 2, "-p", 3).stdout == \
        "forkstorm: 3 children, 2 MiB each, 3 passes, ok\n"
    assert run("mmapshare", "-n", 3, "-m", 1, "-p", 2).stdout == \
        "mmapshare: 3 children, 1 MiB, 2 rounds, ok\n"


def limits(files: int = 256, file_bytes: int | None = None) -> Callable[[], None]:
    """A preexec function: few open files, no core dumps, perhaps small files only."""

    def set_limits() -> None:
        # A shell that starts pytest in the background, or nohup, has these ignored.
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    return set_limits


def test_usertests_pass_on_linux(programs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = subprocess.run([programs / "usertests"], cwd=tmp_path, capture_output=True,
                          text=True, timeout=120, preexec_fn=limits())
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout
    names = [line.split()[1] for line in lines
             if re.fullmatch(r"usertests: \w+ (ok|skipped) \d+ ms", line)]
    listed = subprocess.run([programs / "usertests", "-l"], capture_output=True, text=True)
    assert names == listed.stdout.split()
    assert re.fullmatch(r"usertests: \d+ passed, 0 failed(, \d skipped)?", lines[-1])
    assert list(tmp_path.iterdir()) == []


def test_usertests_report_failures(programs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """With files limited to 1 MB one test is killed and one fails a check; others pass."""
    done = subprocess.run([programs / "usertests", "file_big", "file_seek", "fd_exhaustion"],
                          cwd=tmp_path, capture_output=True, text=True, timeout=60,
                          preexec_fn=limits(files=4, file_bytes=1 << 20))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"usertests: file_big FAILED: Unknown signal; \d+ ms", lines[0])
    assert re.fullmatch(r"usertests: file_seek ok \d+ ms", lines[1])
    assert re.match(r"usertests:   usertests/pipe.c:\d+: pipe\(ends\) == 0 ", lines[2])
    assert re.fullmatch(r"usertests: fd_exhaustion FAILED \d+ ms", lines[3])
    assert lines[4] == "usertests: 1 passed, 2 failed"


def test_usertests_arguments(run: Run) -> None:
    assert run("usertests", "no_such_test").returncode == 2
    assert run("usertests", "-x").returncode == 2


def test_kbench(run: Run, tmp_path: pathlib.Path) -> None:
    names = ["null_syscall", "fork_exit_wait", "fork_exit_wait_4mb", "fork_exec_wait",
             "pipe_round_trip", "page_touch", "file_page_touch", "read_cached",
             "create_unlink"]  # not read_uncached, which empties the host's page cache
    lines = run("kbench", "-n", 1, *names).stdout.splitlines()
    assert [line.split()[0] for line in lines] == names
    for line in lines:
        assert re.fullmatch(r"\w+ [1-9]\d* (ns|MB/s)", line)
    assert run("kbench", "nothing").returncode == 2
    assert list(tmp_path.iterdir()) == []


class Terminal:
    """The shell on a pseudo-terminal: keys go in, the screen's bytes come out."""

    PROMPT = "highwater:/# "

    def __init__(self, shell: pathlib.Path) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([shell], stdin=slave, stdout=slave, stderr=slave,
                                        cwd="/", start_new_session=True)
        self.slave = slave
        self.wait_for(self.PROMPT)

    def wait_for(self, text: str) -> str:
        """Everything up to and with the text; fails after a minute without it."""
        seen = ""
        while not seen.endswith(text):
            ready, _, _ = select.select([self.master], [], [], 60)
            assert ready, f"no {text!r} in {seen!r}"
            seen += os.read(self.master, 1).decode()
        return seen

    def type(self, keys: str) -> list[str]:
        """Types keys that end a command; returns the lines that the command printed."""
        os.write(self.master, keys.encode())
        self.wait_for("\r\n")
        return self.wait_for(self.PROMPT)[:-len(self.PROMPT)].splitlines()

    def is_raw(self) -> bool:
        return not termios.tcgetattr(self.slave)[3] & termios.ICANON


@pytest.fixture
def terminal(programs: pathlib.Path) -> Iterator[Terminal]:
    """A shell that waits at its prompt."""
    shell_on_terminal = Terminal(programs / "sh")
    yield shell_on_terminal
    shell_on_terminal.process.kill()
    shell_on_terminal.process.wait()
    os.close(shell_on_terminal.master)
    os.close(shell_on_terminal.slave)


UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, DELETE = "\x1b[H", "\x1b[F", "\x1b[3~"


@pytest.mark.parametrize("keys, printed", [
    ("echo ab\r", ["ab"]),
    ("echo abx\x7fc\r", ["abc"]),
    ("echo ac" + LEFT + "b\r", ["abc"]),
    ("cho x" + HOME + "e" + END + "y\r", ["xy"]),
    ("\x1b[1~\x1bOHcho 1\x01e\x052\r", ["12"]),
    ("echo a" + LEFT + LEFT + RIGHT + "b\r", ["ba"]),
    ("echo xa" + LEFT + LEFT + DELETE + "\r", ["a"]),
    ("echo xa" + LEFT + LEFT + "\x04\r", ["a"]),
    ("rubbish\x15echo b\r", ["b"]),
    ("echo keep rubbish\x17\r", ["keep"]),
    ("echo keep rubbish" + 8 * LEFT + "\x0b\r", ["keep"]),
    (LEFT + RIGHT + "\x7f\x08" + DELETE + DOWN + "echo c\r", ["c"]),
    ("echo \t\x1b[99~\x00d\r", ["d"]),
])
def test_line_editing(terminal: Terminal, keys: str, printed: list[str]) -> None:
    assert terminal.type(keys) == printed


def test_line_history(terminal: Terminal) -> None:
    assert terminal.type("echo one\r") == ["one"]
    assert terminal.type("echo two\r") == ["two"]
    assert terminal.type("echo two\r") == ["two"]
    assert terminal.type(UP + "\r") == ["two"]
    assert terminal.type(UP + UP + "\r") == ["one"]
    assert terminal.type(UP + UP + UP + UP + UP + " 1\r") == ["one 1"]
    assert terminal.type("echo new" + UP + UP + DOWN + DOWN + "!\r") == ["new!"]
    for number in range(40):
        assert terminal.type(f"echo {number}\r") == [str(number)]
    assert terminal.type(50 * UP + "\r") == ["8"]


def test_line_longer_than_the_screen(terminal: Terminal) -> None:
    text = "".join(chr(ord("a") + number % 26) for number in range(300))
    terminal.type("echo " + text[1:] + HOME + 5 * RIGHT + text[0] + "\r")
    assert terminal.type("echo " + text + "\r")[-1] == text
    # What does not fit into a line is refused with a bell, and harms nothing.
    os.write(terminal.master, b"x" * 600)
    terminal.wait_for("\a")
    terminal.type("\x03")
    assert terminal.type("echo after\r")[-1] == "after"


def test_interrupt_and_end(terminal: Terminal) -> None:
    assert terminal.is_raw()
    os.write(terminal.master, b"half a line\x03")
    assert terminal.wait_for(terminal.PROMPT).endswith("^C\r\n" + terminal.PROMPT)
    assert terminal.type("echo $?\r") == ["130"]
    os.write(terminal.master, b"\x04")
    assert terminal.process.wait(60) == 0
    assert not terminal.is_raw()


def test_programs_get_an_ordinary_terminal(terminal: Terminal) -> None:
    os.write(terminal.master, b"cat\r")
    terminal.wait_for("cat\r\n")
    while terminal.is_raw():
        pass
    os.write(terminal.master, b"to cax\x7ft\n")
    terminal.wait_for("to cat\r\n")
    os.write(terminal.master, b"\x04")
    terminal.wait_for(terminal.PROMPT)
    assert terminal.is_raw()
    assert terminal.type("exit 9 extra\r") == ["sh: usage: exit [STATUS]"]


def test_background_jobs_are_reported(terminal: Terminal) -> None:
    started = terminal.type("sleep 0.1 &\r")
    assert re.fullmatch(r"\[\d+\]", started[0])
    assert terminal.type("wait\r") == []
    printed = terminal.type("false &\r")
    for _ in range(200):
        printed += terminal.type("\r")
        if "done" in printed[-1]:
            break
        time.sleep(0.05)
    assert re.fullmatch(r"\[\d+\] done, status 1", printed[-1])
    assert terminal.type("nosuch | cat; echo $?\r") == ["sh: nosuch: command not found", "0"]


INIT_ROOT = ["sh", "echo", "kill"]


@pytest.fixture
def init(programs: pathlib.Path, tmp_path: pathlib.Path) -> Run:
    """Runs init as process 1 of a new PID namespace, with only our programs in its root."""
    if not shutil.which("unshare"):
        pytest.skip("needs unshare from util-linux")
    (tmp_path / "bin").mkdir()
    for name in ["init", *INIT_ROOT]:
        shutil.copy(programs / name, tmp_path / "bin" / name)
    isolated = ["unshare", "-r", "-p", "-f", f"--root={tmp_path}"]
    if subprocess.run([*isolated, "/bin/echo"], capture_output=True).returncode != 0:
        pytest.skip("this host does not allow PID namespaces")

    def start(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
        return subprocess.run([*isolated, "/bin/init", *arguments], input=stdin,
                              capture_output=True, text=True, timeout=30)

    return start


def test_init_runs_a_command_and_powers_off(init: Run) -> None:
    done = init("echo", "hello;", "exit", "5")
    assert done.stdout == "hello\n[init] exit 5\n"
    # In a namespace, reboot(POWER_OFF) ends process 1 with SIGINT.
    assert done.returncode in (130, -2)


def test_init_runs_the_shell_until_it_exits(init: Run, tmp_path: pathlib.Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/motd").write_text("Welcome.\n")
    done = init(stdin="echo from the shell\nexit 3\necho not this\n")
    assert done.stdout == "Welcome.\nfrom the shell\n[init] exit 3\n"


def test_init_restarts_a_shell_that_was_killed(init: Run) -> None:
    done = init(stdin="kill -KILL 2\n")
    assert done.stdout == ("init: the shell was killed (Killed): starting it again\n"
                           "[init] exit 0\n")


def test_init_refuses_to_run_as_another_process(run: Run) -> None:
    done = run("init", "echo", "x")
    assert (done.stderr, done.returncode) == ("init: must be process 1\n", 1)
