"""Entry for gdb: `source diagrams/gdb/mm.py` defines the `mm` commands."""
import os
import sys

sys.path.insert(0, os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..")))

from diagrams.gdb import cmds  # noqa: E402  (the path must be set first)

cmds.register()
