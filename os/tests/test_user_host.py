"""User space on the host: our programs speak Linux's system-call interface, so a Linux
host is the reference for what they, and later our kernel, must do.

Each test runs for both machines; the i386 ones are skipped, visibly, where the host kernel
does not run `int 0x80` programs. Nothing here reaches the host outside pytest's temporary
directory, and init, reboot and poweroff run only inside a PID namespace of their own.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from typing import Callable

import pytest

USER = pathlib.Path(__file__).resolve().parents[1] / "user"
Run = Callable[..., subprocess.CompletedProcess]


@pytest.fixture(scope="session", params=["x86_64", "i386"])
def programs(request: pytest.FixtureRequest,
             tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The directory of the built programs for one machine."""
    build = tmp_path_factory.mktemp(f"user-{request.param}")
    subprocess.run(["make", "-j2", "-C", str(USER), f"ARCH={request.param}",
                    f"BUILD={build}", f"CC={os.environ.get('CC', 'gcc')}", "WERROR=-Werror"],
                   check=True, capture_output=True, text=True)
    directory = build / "user" / "bin"
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


INIT_ROOT = ["sh", "echo", "cat", "ls"]


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


def test_init_runs_the_shell_until_it_exits(init: Run) -> None:
    done = init(stdin="echo from the shell\nexit 3\necho not this\n")
    assert done.stdout == "from the shell\n[init] exit 3\n"


def test_init_refuses_to_run_as_another_process(run: Run) -> None:
    done = run("init", "echo", "x")
    assert (done.stderr, done.returncode) == ("init: must be process 1\n", 1)
