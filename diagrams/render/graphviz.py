"""Runs Graphviz's `dot`."""
from __future__ import annotations

import shutil
import subprocess

from diagrams.render.style import RenderError


PLACED = "// nodes and edges have positions: draw with `neato -n2`\n"


def to_svg(dot: str) -> str:
    """SVG text of a DOT graph; one that begins with PLACED keeps its own positions."""
    if shutil.which("dot") is None:
        raise RenderError("Graphviz is not installed (no `dot` in PATH); "
                          "run ./setup, or write a .dot file instead")
    engine = ["-Kneato", "-n2"] if dot.startswith(PLACED) else []
    done = subprocess.run(["dot", *engine, "-Tsvg"], input=dot, capture_output=True, text=True,
                          encoding="utf-8", check=False)
    if done.returncode:
        raise RenderError(f"dot failed: {done.stderr.strip()}")
    return done.stdout
