"""Instructions that a guest's kernel executes: no programs, no waiting, the same on every host.

    with InstructionCount(config) as count, Guest(config) as guest:
        guest.boot()
        before = count.value
        ...
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.guest import Config

KERNEL_FROM = {"i386": 0xC0000000, "x86_64": 0xFFFF800000000000}


class InstructionCount:
    """Adds QEMU's plugin to CONFIG, which must have one CPU; `value` grows while it runs."""

    def __init__(self, config: Config) -> None:
        assert config.cpus == 1
        self._place = TemporaryDirectory()
        plugin = Path(self._place.name) / "instructions.so"
        self._count = Path(self._place.name) / "count"
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", str(plugin),
                        str(Path(__file__).with_suffix(".c"))], check=True)
        config.extra += ["-plugin", f"{plugin},out={self._count},"
                                    f"from={KERNEL_FROM[config.arch]:#x}"]

    def __enter__(self) -> "InstructionCount":
        return self

    def __exit__(self, *_: object) -> None:
        self._place.cleanup()

    @property
    def value(self) -> int:
        return int.from_bytes(self._count.read_bytes(), "little")
