"""What the commands say: as data for --json, and as lines of text. No debugger here."""
from __future__ import annotations

from diagrams import model as models
from diagrams.check import Problem
from diagrams.dump import Dump, is_called, state_of_list, zone_of_list
from diagrams.events import Trace
from diagrams.render.nodes import asked_of_kswapd
from diagrams.render.zones import verdict

LAST_EVENTS = 5
LRU_STATS = ("nr_inactive_anon", "nr_active_anon", "nr_inactive_file", "nr_active_file",
             "nr_unevictable", "nr_isolated_anon", "nr_isolated_file")


def page(dump: Dump, trace: Trace, pfn: int, address: int, tags: list[str]) -> dict:
    """Everything about one page; `address` is that of its struct page, `tags` are those that
    it has in the tree of its mapping."""
    cols = dump.cols
    places = [{"list": name, "position": pfns.index(pfn) + 1, "length": len(pfns)}
              for name, pfns in dump.lists.items() if pfn in pfns]
    zone = dump.zones[cols["zone"][pfn]]["name"] if dump.zones else ""
    return {"pfn": pfn, "address": address, "physical": pfn * 4096, "zone": zone,
            "state": dump.state_of(pfn), "places": places, "flags": cols["flags"][pfn],
            "flag_names": dump.flag_names(pfn), "flag_letters": dump.flag_letters(pfn),
            "count": cols["count"][pfn], "mapcount": cols["mapcount"][pfn],
            "age": cols["age"][pfn] if models.load(dump.vm).age_max else None,
            "mapping": cols["mapping"][pfn],
            "index": cols["index"][pfn], "tags": tags, "buffers": cols["buffers"][pfn],
            "events": [trace.describe(e) for e in trace.of_page(pfn)[-LAST_EVENTS:]]}


def page_lines(data: dict) -> list[str]:
    where = [f"number {p['position']} of {p['length']} on {p['list']}, from the head"
             for p in data["places"]] or ["on no page list"]
    names = " ".join(data["flag_names"]) or "none"
    return [f"page {data['pfn']}  struct page at {data['address']:#x}  "
            f"memory at {data['physical']:#x}  zone {data['zone']}",
            f"  state    {data['state']}: {', '.join(where)}",
            f"  flags    {data['flags']:#x} {names}",
            f"  count    {data['count']}   mapped by {data['mapcount']} ptes"
            + (f"   age {data['age']}" if data["age"] is not None else ""),
            f"  mapping  {data['mapping']:#x} index {data['index']}"
            f"{''.join(' ' + tag for tag in data['tags'])}   buffers {data['buffers']:#x}",
            "  latest events:" if data["events"] else "  no event in the rings",
            *(f"    {line}" for line in data["events"])]


def lru(dump: Dump, wanted: str | None, problems: list[Problem] | None) -> dict:
    """Lists with their counters; `problems` is None when nobody asked for the checks."""
    lists = []
    for name, pfns in dump.lists.items():
        if wanted in (None, state_of_list(name)) or is_called(name, wanted):
            counter, value = _counter_of(dump, name)
            lists.append({"list": name, "counter": counter, "value": value,
                          "walked": len(pfns), "pages": pfns})
    data = {"vm": dump.vm, "seq": dump.seq, "lists": lists, "held": dump.held,
            "memory_pressure": dump.counters.get("memory_pressure")}
    if problems is not None:
        data["problems"] = [{"kind": p.kind, "where": p.where, "pages": list(p.pfns),
                             "text": p.text} for p in problems]
    return data


def _counter_of(dump: Dump, name: str) -> tuple[str, int]:
    zone_name, state = zone_of_list(name), state_of_list(name)
    for zone in dump.zones:
        if zone["name"] == zone_name:
            if "stats" in zone:
                return f"{zone_name} nr_{state}", zone["stats"][f"nr_{state}"]
            return f"{zone_name} {state}_pages", zone[state]
    return f"nr_{state}_pages", dump.counters[f"nr_{state}_pages"]


def lru_lines(data: dict, dump: Dump, verbose: bool) -> list[str]:
    lines = []
    for entry in data["lists"]:
        said = ("verified" if entry["walked"] == entry["value"]
                else f"WRONG: the walk found {entry['walked']}")
        lines.append(f"{entry['counter']}: {entry['value']} ({said})")
        if verbose:
            lines += [_page_line(dump, pfn) for pfn in entry["pages"]]
    if data["memory_pressure"] is not None:
        lines.append(f"memory_pressure: {data['memory_pressure']}")
    if data["held"]:
        lines.append(f"note: {' and '.join(data['held'])} held: the kernel stopped within a "
                     f"change, and what is wrong may be so for a moment only")
    for problem in data.get("problems", ()):
        lines.append(f"{problem['kind']}: {problem['text']}")
    if data.get("problems") == []:
        what = "flags, ages" if data["vm"] == "2.4" else "flags, per-CPU lists"
        lines.append(f"no problem found: links, {what}, free blocks and counters agree")
    return lines


def _page_line(dump: Dump, pfn: int) -> str:
    age = f"age {dump.cols['age'][pfn]:>2}  " if models.load(dump.vm).age_max else ""
    return (f"  {pfn:>7}  {age}count {dump.cols['count'][pfn]}  "
            f"{' '.join(dump.flag_names(pfn))}")


def nodes(found: list[dict]) -> list[str]:
    """Where each node's memory is, who looks after it, and where its requests go."""
    lines = []
    for node in found:
        number = node["id"]
        cpus = f"cpu {' '.join(map(str, node['cpus']))}" if node["cpus"] else "no cpu"
        lines.append(f"node {number}: {node['present']} pages in {node['spanned']} frames from "
                     f"{node['start']}  {cpus}")
        if far := [f"{n} to node {other}" for other, n in enumerate(node["distances"])
                   if other != number]:
            lines.append(f"  distance {'  '.join(far)}")
        if node["zonelist"]:
            lines.append(f"  requests go to {' '.join(node['zonelist'])}")
        if node["kswapd"] is not None:
            lines.append(f"  kswapd{number} is pid {node['kswapd']}, {asked_of_kswapd(node)}")
    return lines


def zones(dump: Dump, wanted: str | None = None) -> list[dict]:
    """Watermarks, where the zone stands, and the blocks of each order."""
    found = []
    for zone in dump.zones:
        if wanted is not None and not is_called(zone["name"], wanted):
            continue
        blocks = [len(pfns) for pfns in zone["free_area"]]
        clean = len(dump.lists.get(f"{zone['name']}.inactive_clean", ()))
        found.append({**{k: v for k, v in zone.items() if k != "free_area"},
                      "blocks": blocks, "in_blocks": sum(n << o for o, n in enumerate(blocks)),
                      "verdict": verdict(zone, clean)})
    return found


def zone_lines(data: list[dict], of_nodes: list[dict]) -> list[str]:
    """With several nodes each one's zones follow it."""
    lines = []
    last = None
    for zone in data:
        if of_nodes and zone["node"] != last:
            last = zone["node"]
            lines += nodes([node for node in of_nodes if node["id"] == last])
        said = ("verified" if zone["in_blocks"] == zone["free"]
                else f"WRONG: the blocks hold {zone['in_blocks']}")
        orders = "  ".join(f"{order}:{n}" for order, n in enumerate(zone["blocks"]))
        marks = (f"  min {zone['min']}  low {zone['low']}  high {zone['high']}: "
                 f"{zone['verdict']}")
        lines.append(f"zone {zone['name']}: {zone['size']} pages from {zone['start']}")
        if "stats" in zone:
            lines += [f"  free {zone['free']} ({said})", marks, *_zone_lines_v26(zone)]
        else:
            lines += [f"  free {zone['free']} ({said})  "
                      f"inactive_clean {zone['inactive_clean']}  "
                      f"inactive_dirty {zone['inactive_dirty']}", marks,
                      f"  blocks by order  {orders}"]
    return lines


def _zone_lines_v26(zone: dict) -> list[str]:
    """The reserve, the lists, how the scan goes, per-CPU lists, blocks by migrate type."""
    stats, recent = zone["stats"], zone["recent"]
    lists = "  ".join(f"{name[3:]} {stats[name]}" for name in LRU_STATS)
    hopeless = ", all unreclaimable" if zone["all_unreclaimable"] else ""
    types = zone["migrate_types"]
    lines = [f"  reserve {' '.join(map(str, zone['reserve']))}, against requests that could "
             f"have come from DMA, DMA32, Normal, HighMem",
             f"  lists  {lists}",
             f"  of late  anon {recent['rotated_anon']} in use of {recent['scanned_anon']}  "
             f"file {recent['rotated_file']} in use of {recent['scanned_file']}",
             f"  scanned {zone['pages_scanned']} since a page was freed{hopeless}"]
    for cpu, pcp in enumerate(zone["pcp"]):
        held = "  ".join(f"{name}:{len(pfns)}" for name, pfns in zip(types, pcp["lists"]))
        lines.append(f"  cpu {cpu}  count {pcp['count']} of high {zone['pcp_high']}, batch "
                     f"{zone['pcp_batch']}  {held}")
    lines.append(f"  {'blocks by order':<18}"
                 f"{''.join(f'{order:>5}' for order in range(len(zone['blocks'])))}")
    for number, name in enumerate(types):
        counts = [row[number] for row in zone["free_by_type"]]
        if any(counts):
            lines.append(f"    {name:<16}{''.join(f'{n:>5}' for n in counts)}")
    return lines


def dump_summary(dump: Dump, path: str, seconds: float, problems: list[Problem]) -> dict:
    return {"file": path, "pages": dump.nr_pages, "seq": dump.seq, "vm": dump.vm,
            "arch": dump.arch, "lists": {n: len(p) for n, p in dump.lists.items()},
            "problems": len(problems), "seconds": round(seconds, 4)}


def dump_lines(data: dict) -> list[str]:
    lists = ", ".join(f"{name} {count}" for name, count in data["lists"].items())
    return [f"{data['file']}: {data['pages']} pages at seq {data['seq']} ({lists}), "
            f"{data['problems']} problems, {data['seconds']:.3f} s"]


def history(trace: Trace, pfn: int, model: models.Model) -> dict:
    """The life of one page, and what the model objects to."""
    events = []
    for event in trace.of_page(pfn):
        entry = {"seq": event.seq, "ts": event.ts, "cpu": event.cpu,
                 "event": trace.event(event.event), "from": trace.state(event.source),
                 "to": trace.state(event.target), "by": trace.reason(event.reason),
                 "age": event.age, "count": event.count, "flags": event.flags,
                 "pid": event.who}
        if trace.is_move(event):
            entry["objection"] = model.objection(entry["from"], entry["to"], entry["by"])
        events.append(entry)
    return {"pfn": pfn, "events": events}


def history_lines(data: dict) -> list[str]:
    if not data["events"]:
        return [f"page {data['pfn']}: no event in the rings"]
    lines = [f"page {data['pfn']}: {len(data['events'])} events",
             f"  {'seq':>10} cpu {'event':<12} {'state':<32} {'by':<22} age count pid"]
    for e in data["events"]:
        state = e["from"] if e["from"] == e["to"] else f"{e['from']} -> {e['to']}"
        wrong = f"  BUG: {e['objection']}" if e.get("objection") else ""
        lines.append(f"  {e['seq']:>10} {e['cpu']:>3} {e['event']:<12} {state:<32} "
                     f"{e['by']:<22} {e['age']:>3} {e['count']:>5} {e['pid']:>3}{wrong}")
    return lines
