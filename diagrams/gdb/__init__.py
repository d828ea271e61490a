"""Commands for gdb. Only `cmds.py` imports gdb; everything else runs and is tested without."""
