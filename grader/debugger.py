"""gdb on a guest, driven from Python: one process, one command after another."""

from __future__ import annotations

import os
import selectors
import subprocess
import time

from grader.guest import SLOW, TOP, Guest, GuestError, find_gdb

_END = "highwater-end-of-answer"


class Debugger:
    """A gdb with the mm commands. The guest stands still between two commands."""

    def __init__(self, guest: Guest):
        self._guest = guest
        self._gdb = subprocess.Popen(
            [find_gdb(), "-nx", "-q", str(guest.config.kernel_path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert self._gdb.stdout
        os.set_blocking(self._gdb.stdout.fileno(), False)
        self.command("set pagination off")
        self.command("set confirm off")
        self.command(f"target remote {guest.gdb_socket}")
        self.command(f"source {TOP}/diagrams/gdb/mm.py")

    def __enter__(self) -> "Debugger":
        return self

    def __exit__(self, *_: object) -> None:
        """Lets the guest run on."""
        if self._gdb.poll() is None:
            try:
                self.command("detach", 10)
            finally:
                self._gdb.kill()
                self._gdb.wait()

    def send(self, text: str) -> None:
        """Gives gdb a command without waiting for its end."""
        assert self._gdb.stdin
        self._gdb.stdin.write(f"{text}\necho {_END}\\n\n".encode())
        self._gdb.stdin.flush()

    def answer(self, timeout: float = 30) -> str:
        """What gdb says until the command sent last has ended."""
        assert self._gdb.stdout
        text, deadline = "", time.monotonic() + timeout * SLOW
        with selectors.DefaultSelector() as selector:
            selector.register(self._gdb.stdout, selectors.EVENT_READ)
            while _END not in text:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise GuestError(f"gdb gave no answer within {timeout} s; it said:\n{text}")
                data = self._gdb.stdout.read()
                if not data:
                    raise GuestError(f"gdb ended:\n{text}")
                text += data.decode(errors="replace")
        return text.replace(_END, "").replace("(gdb) ", "").strip()

    def command(self, text: str, timeout: float = 30) -> str:
        self.send(text)
        return self.answer(timeout)
