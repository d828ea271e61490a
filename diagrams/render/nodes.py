"""Several nodes in a picture made by Graphviz: each one's part stands in a frame of its own.

The frame's heading says what belongs to the node and who looks after it. A picture of a
machine with one node has no frame.
"""
from __future__ import annotations

from diagrams.render.style import QUIET, number, plural, text


def frames(nodes: list[dict], tables: list[list[str]]) -> list[str]:
    """DOT lines: for each node, the DOT nodes of its tables in a frame, one above the other."""
    return [f'subgraph cluster_{node["id"]} {{\n'
            f'graph [label=<<FONT POINT-SIZE="14"><B>node {node["id"]} </B></FONT>'
            f'<FONT POINT-SIZE="10">{heading(node)}</FONT>>,labelloc=t,labeljust=l,'
            f'style=rounded,color="{QUIET}",penwidth=1.2,margin=10];\n'
            + "\n".join(inside) + "\n}" for node, inside in zip(nodes, tables)]


def heading(node: dict) -> str:
    """Escaped: memory, CPUs, distances, where requests go, and kswapd."""
    cpus = f"cpu {' '.join(map(str, node['cpus']))}" if node["cpus"] else "no cpu"
    far = ", ".join(f"{distance} to node {other}"
                    for other, distance in enumerate(node["distances"]) if other != node["id"])
    parts = [f"{plural(node['present'], 'page')} from {number(node['start'])}", cpus]
    parts += [f"distance {far}"] if far else []
    parts += [f"requests go to {', '.join(node['zonelist'])}"] if node["zonelist"] else []
    if node["kswapd"] is not None:
        parts.append(f"kswapd{node['id']} {asked_of_kswapd(node)}")
    return text(" · ".join(parts))


def asked_of_kswapd(node: dict) -> str:
    """What the node's kswapd has been called for and has not begun, in words."""
    if not node["kswapd_woken"]:
        return "not called"
    order = node["kswapd_max_order"]
    what = f"blocks of {1 << order} pages" if order else "pages"
    return f"called for {what} up to zone {node['classzone']}"
