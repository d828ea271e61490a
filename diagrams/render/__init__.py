"""Dumps and traces drawn: DOT through Graphviz for lists, states and zones, own SVG for time."""
