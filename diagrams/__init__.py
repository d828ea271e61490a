"""Highwater seen from the host: models, decoders, checks, diagrams, gdb commands."""
