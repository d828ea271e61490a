"""Guests with vm=2.6: the same kernel, programs and load under the second generation."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from diagrams import dump as dumps
from diagrams.check import check_dump
from diagrams.gdb import decode
from diagrams.ram import open_ram
from grader import hotset
from grader.debugger import Debugger
from grader.guest import Config, Guest, ram_files
import procps
from guests import ARCHES, FOUR_AND_ONE, SBIN, check_trace, checking_kernel, fsck, run_to_end

MIX = ("memhog 24 -r & filescan -w 8 /tmp/data && forkstorm 4 4 && "
       "filescan -m /tmp/data && rm /tmp/data && mmapshare && wait")


@pytest.mark.parametrize("arch, cpus, mem", [
    ("i386", 1, 16), ("i386", 4, 256), ("x86_64", 1, 256), ("x86_64", 4, 16)])
def test_system_calls(arch: str, cpus: int, mem: int, tmp_path: Path) -> None:
    console = run_to_end(Config(arch=arch, vm="2.6", cpus=cpus, mem=mem, command="usertests"),
                         tmp_path / "guest", timeout=180)
    summary = re.search(r"^usertests: (\d+) passed, (\d+) failed", console, re.MULTILINE)
    assert summary and int(summary[1]) > 40 and summary[2] == "0", console[-4000:]


@pytest.mark.parametrize("arch, cpus", FOUR_AND_ONE)
def test_ten_times_the_memory(arch: str, cpus: int, tmp_path: Path) -> None:
    console = run_to_end(Config(arch=arch, vm="2.6", cpus=cpus, mem=16, command="memhog 160"),
                         tmp_path / "guest", timeout=240)
    assert re.search(r"^memhog: 160 MiB, 1 passes, ok", console, re.MULTILINE), console


@pytest.mark.parametrize("arch", ARCHES)
def test_lock_order_and_lists_in_the_checking_build(arch: str, tmp_path: Path) -> None:
    console = run_to_end(Config(arch=arch, vm="2.6", cpus=4, mem=32, command=MIX,
                                kernel=checking_kernel(arch)),
                         tmp_path / "guest", timeout=240)
    for program in ("memhog", "filescan", "forkstorm", "mmapshare"):
        assert re.search(rf"^{program}: .*\bok\b", console, re.MULTILINE), console[-3000:]


def check_scores(guest: Guest) -> None:
    """/proc/PID/oom_*: what children inherit, in both units, and what is refused."""
    shell = guest.run("cat /proc/self/stat").split()[3]
    own = f"/proc/{shell}/oom_score_adj"
    look = "cat /proc/self/oom_score_adj /proc/self/oom_adj /proc/self/oom_score"
    adj, old, score = map(int, guest.run(look).split())
    assert (adj, old) == (0, 0) and 1 <= score < 30  # root has 30 less
    adj, old, score = map(int, guest.run(f"echo 300 > {own}; {look}").split())
    assert (adj, old) == (300, 5) and 270 <= score < 300
    assert guest.run(f"echo -17 > /proc/{shell}/oom_adj; {look}").split() == ["-1000", "-17", "0"]
    assert guest.run(f"echo 15 > /proc/{shell}/oom_adj; {look}").split()[:2] == ["1000", "15"]
    for words in ("1001", "-1001", "x", "1 1"):
        output, status = guest.run_status(f"echo {words} > {own}")
        assert status != 0 and "Invalid argument" in output, (words, output)
    guest.run(f"sleep 500 & echo 0 > {own}")


@pytest.mark.parametrize("arch", ARCHES)
def test_out_of_memory_kills_the_culprit_and_the_shell_goes_on(arch: str,
                                                              tmp_path: Path) -> None:
    with Guest(Config(arch=arch, vm="2.6", cpus=4, mem=32, swap=False), tmp_path) as guest:
        guest.boot()
        assert guest.run("uname -r") == "2.6.0\n"
        check_scores(guest)
        output, status = guest.run_status("memhog 64", timeout=120)
        assert status != 0
        # Its whole score is its own wish to go first; only then there is the culprit.
        assert re.findall(r"Kill process \d+ \((\w+)\) score \d+", output) == \
            ["sleep", "memhog"], output
        assert "ok" in guest.run("memhog 8")
        # 2 * fls(4) * 1, and less while kswapd is awake; for each zone and CPU.
        kept = re.findall(r"^  vm stats threshold: (\d+)$", guest.run("cat /proc/zoneinfo"), re.M)
        assert len(kept) == 2 * 4 and all(1 <= int(pages) <= 6 for pages in kept), kept


def counts_of(vmstat: str, name: str) -> list[int]:
    """The counter in each of several outputs of /proc/vmstat."""
    return [int(number) for number in re.findall(rf"^{name} (\d+)$", vmstat, re.M)]


def check_writer(guest: Guest) -> None:
    """Somebody writes ten times the memory: no more than the limit is ever dirty."""
    looks = "cat /tmp/data > /tmp/copy & cat /proc/vmstat; cat /proc/vmstat; wait; cat /proc/vmstat"
    output = guest.run("cat /proc/vmstat")
    for _ in range(10 * guest.config.mem // 8):
        output += guest.run(looks, timeout=120)
    output += guest.run("sync; cat /proc/vmstat")
    dirtied, written = counts_of(output, "nr_dirtied"), counts_of(output, "nr_written")
    assert dirtied[-1] - dirtied[0] >= 10 * guest.config.mem * 256
    # The rest was truncated before its time came.
    assert written[-1] - written[0] > (dirtied[-1] - dirtied[0]) // 8
    unwritten = [dirty + writing for dirty, writing in
                 zip(counts_of(output, "nr_dirty"), counts_of(output, "nr_writeback"))]
    limits = counts_of(output, "nr_dirty_threshold")
    assert len(unwritten) == len(limits) > 100
    # A writer may be a few pages ahead of his look at the limit, which moves meanwhile.
    assert max(pages - limit for pages, limit in zip(unwritten, limits)) <= 64, output[-4000:]
    assert max(unwritten) > 100 and unwritten[-1] == 0


#: /proc/vmstat's names in their order, of a kernel without huge pages and compaction. Events of
#: zones come as one name with an underscore at its end.
VMSTAT = """nr_free_pages nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file
nr_unevictable nr_mlock nr_anon_pages nr_mapped nr_file_pages nr_dirty nr_writeback
nr_slab_reclaimable nr_slab_unreclaimable nr_page_table_pages nr_kernel_stack nr_unstable
nr_bounce nr_vmscan_write nr_vmscan_immediate_reclaim nr_writeback_temp nr_isolated_anon
nr_isolated_file nr_shmem nr_dirtied nr_written nr_anon_transparent_hugepages nr_dirty_threshold
nr_dirty_background_threshold pgpgin pgpgout pswpin pswpout pgalloc_ pgfree pgactivate
pgdeactivate pgfault pgmajfault pgrefill_ pgsteal_ pgscan_kswapd_ pgscan_direct_
zone_reclaim_failed pginodesteal slabs_scanned kswapd_steal kswapd_inodesteal
kswapd_low_wmark_hit_quickly kswapd_high_wmark_hit_quickly kswapd_skip_congestion_wait
pageoutrun allocstall pgrotated unevictable_pgs_culled unevictable_pgs_scanned
unevictable_pgs_rescued unevictable_pgs_mlocked unevictable_pgs_munlocked unevictable_pgs_cleared
unevictable_pgs_stranded unevictable_pgs_mlockfreed""".split()
ZONES = {"i386": "dma normal high movable".split(), "x86_64": "dma dma32 normal movable".split()}

MEMINFO = """MemTotal MemFree Buffers Cached SwapCached Active Inactive Active(anon) Inactive(anon)
Active(file) Inactive(file) Unevictable Mlocked HighTotal HighFree LowTotal LowFree SwapTotal
SwapFree Dirty Writeback AnonPages Mapped Shmem Slab SReclaimable SUnreclaim KernelStack
PageTables NFS_Unstable Bounce WritebackTmp CommitLimit Committed_AS VmallocTotal VmallocUsed
VmallocChunk""".split()


def check_formats(guest: Guest) -> None:
    """Names and their order, as Linux's tools know them."""
    arch = guest.config.arch
    names = [line.split()[0] for line in guest.run("cat /proc/vmstat").splitlines()]
    expected = [full for name in VMSTAT for full in
                ([name + zone for zone in ZONES[arch]] if name.endswith("_") else [name])]
    assert [name for name in names if not name.startswith("numa_")][:len(expected)] == expected
    names = re.findall(r"^(\S+):", guest.run("cat /proc/meminfo"), re.M)
    assert names == [name for name in MEMINFO if name in names]
    assert set(MEMINFO) - set(names) <= {"HighTotal", "HighFree", "LowTotal", "LowFree"}
    zones = guest.run("cat /proc/zoneinfo")
    assert re.search(r"^Node 0, zone +DMA\n  pages free +\d+\n +min +\d+\n +low +\d+\n +high +\d+"
                     r"\n +scanned +\d+\n +spanned +\d+\n +present +\d+\n    nr_free_pages \d+\n",
                     zones)
    assert re.search(r"^    nr_dirty     \d+$", zones, re.M)
    assert re.search(r"^MemTotal:       [ \d]{8} kB$", guest.run("cat /proc/meminfo"), re.M)
    assert re.search(r"^        protection: \(\d+(, \d+)+\)\n  pagesets\n    cpu: 0\n +count: \d+\n"
                     r" +high:  \d+\n +batch: \d+\n  vm stats threshold: \d+\n", zones, re.M)
    assert re.search(r"^Node 0, zone {6}DMA( +\d+){11} $", guest.run("cat /proc/buddyinfo"), re.M)
    types = guest.run("cat /proc/pagetypeinfo").splitlines()
    assert f"{'Free pages count per migrate type at order':43} " + "".join(
        f"{order:6} " for order in range(11)) in types
    assert f"{'Number of blocks type':23}" + "".join(
        f"{name:>12} " for name in ("Unmovable", "Reclaimable", "Movable", "Reserve",
                                    "Isolate")) in types
    slabs = guest.run("cat /proc/slabinfo").splitlines()
    assert slabs[0] == "slabinfo - version: 2.1" and slabs[1].startswith("# name  ")
    for line in slabs[2:]:
        found = re.fullmatch(r"\S+ +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) : tunables +\d+ +\d+ +0 : "
                             r"slabdata +(\d+) +(\d+) +0", line)
        assert found, line
        active, objects, size, per_slab, pages, active_slabs, all_slabs = map(int, found.groups())
        assert active <= objects == all_slabs * per_slab, line
        assert active_slabs <= active <= active_slabs * per_slab <= objects, line
        assert per_slab * size <= pages * 4096, line


def look_as_free(guest: Guest) -> procps.Free:
    return procps.free(guest.run("cat /proc/meminfo"),
                       int(guest.run("cat /proc/sys/vm/min_free_kbytes")))


def look_as_vmstat(guest: Guest) -> procps.Moment:
    return procps.Moment.read(guest.run("cat /proc/stat"), guest.run("cat /proc/vmstat"))


def check_with_procps(guest: Guest) -> None:
    """What free and vmstat say is what the machine has just been made to do."""
    guest.run("mkdir /tmp/shm; mount -t tmpfs -o size=8m none /tmp/shm")
    guest.run("sync; echo 3 > /proc/sys/vm/drop_caches")
    empty, start = look_as_free(guest), look_as_vmstat(guest)
    promised = procps.numbers(guest.run("cat /proc/meminfo"), ":")
    assert abs(promised["CommitLimit"] - empty.total // 2 - empty.swap_total) <= 4
    assert 0 < promised["Committed_AS"] < promised["CommitLimit"]
    assert empty.total == empty.used + empty.free + empty.buff_cache
    assert 0 < empty.available <= empty.free + empty.buff_cache

    guest.run("filescan -w 4 /tmp/shm/file")        # 4 MiB, read again
    shared = look_as_free(guest)
    assert shared.shared - empty.shared == 4096
    assert shared.buff_cache - empty.buff_cache >= 4096
    assert 3072 < empty.available - shared.available < 8192     # nobody could reclaim it at once
    file = procps.numbers(guest.run("cat /proc/meminfo"), ":")
    assert abs(file["Committed_AS"] - promised["Committed_AS"] - 4096) <= 64
    guest.run("rm /tmp/shm/file; umount /tmp/shm")
    assert look_as_free(guest).shared == empty.shared

    guest.run("cat /tmp/data > /dev/null")          # 8 MiB from the disk, after drop_caches
    cached, read = look_as_free(guest), look_as_vmstat(guest)
    line = procps.vmstat_line(start, read)
    assert line.blocks_in >= 8192 and line.switches > 0 and line.interrupts > 0
    assert line.running >= 1 and 99 <= line.user + line.system + line.idle <= 101
    assert 6144 < cached.buff_cache - empty.buff_cache < 12288
    assert abs(cached.used - empty.used) < 2048 and cached.total == empty.total

    guest.run("memhog 40", timeout=120)             # more than there is: some of it went out
    line = procps.vmstat_line(read, look_as_vmstat(guest))
    swapped = look_as_free(guest)
    assert line.swapped_out >= 8192 and line.blocks_out >= line.swapped_out
    assert line.swapped_in <= line.blocks_in
    areas = re.findall(r"^\S+ +\S+\s+(\d+)\t(\d+)\t", guest.run("cat /proc/swaps"), re.M)
    assert swapped.swap_total == sum(int(size) for size, _ in areas) > 0
    assert abs(swapped.swap_used - sum(int(used) for _, used in areas)) <= 256


@pytest.mark.parametrize("arch", ARCHES)
def test_what_proc_says_agrees(arch: str, tmp_path: Path) -> None:
    """Zones' counts add up to the machine's, and /proc/meminfo's lists to all of them; what
    is dirty stays within its limit."""
    with Guest(Config(arch=arch, vm="2.6", mem=32), tmp_path) as guest:
        guest.boot()
        guest.run("filescan -w 8 /tmp/data; memhog -l 4")
        vmstat = dict(line.split() for line in guest.run("cat /proc/vmstat").splitlines())
        zones = guest.run("cat /proc/zoneinfo")
        meminfo = dict(re.findall(r"^(\S+):\s+(\d+) kB", guest.run("cat /proc/meminfo"), re.M))
        tasks = int(guest.run("cat /proc/loadavg").split()[3].split("/")[1])
        check_formats(guest)
        check_with_procps(guest)
        check_writer(guest)
    assert re.findall(r"^  vm stats threshold: (\d+)$", zones, re.M) == ["0", "0"]
    # A daemon may have come or gone between two looks; memhog's tables have gone with it.
    assert abs(int(vmstat["nr_kernel_stack"]) - tasks) <= 2
    assert abs(int(meminfo["KernelStack"]) - 8 * tasks) <= 16
    assert 3 <= int(vmstat["nr_page_table_pages"]) <= 24
    assert abs(int(meminfo["PageTables"]) - 4 * int(vmstat["nr_page_table_pages"])) <= 16
    assert int(meminfo["Slab"]) == int(meminfo["SReclaimable"]) + int(meminfo["SUnreclaim"])
    for name in ("nr_inactive_file", "nr_active_file", "nr_mlock", "nr_kernel_stack",
                 "nr_page_table_pages"):
        per_zone = [int(n) for n in re.findall(rf"^    {name:<12} (\d+)$", zones, re.M)]
        assert len(per_zone) == 2 and abs(sum(per_zone) - int(vmstat[name])) <= 32
    assert int(vmstat["nr_mlock"]) == 0 and int(vmstat["unevictable_pgs_mlocked"]) >= 1024
    assert int(vmstat["nr_inactive_file"]) + int(vmstat["nr_active_file"]) > 1500
    lists = sum(int(meminfo[f"{state}({kind})"]) for state in ("Active", "Inactive")
                for kind in ("anon", "file"))
    assert lists == int(meminfo["Active"]) + int(meminfo["Inactive"])


@pytest.mark.parametrize("arch", ARCHES)
def test_swap_goes_off_and_what_was_in_it_is_right(arch: str, tmp_path: Path) -> None:
    with Guest(Config(arch=arch, vm="2.6", cpus=2, mem=32), tmp_path) as guest:
        guest.boot()
        output = guest.run("memhog 40 -p 3 & sleep 1; swapoff /dev/vdb; swapon /dev/vdb; wait",
                           timeout=120)
        assert "ok" in output, output


@pytest.mark.parametrize("times, lost", [(3, 0.0), (1, 1.0)])
def test_what_was_read_often_survives_a_scan(times: int, lost: float, tmp_path: Path) -> None:
    """A file of 1 MiB, then one of four times the memory: nothing of it goes, or all."""
    hotset.make_disk(tmp_path / "files.img", 1, 64)
    result = hotset.lost_pages(Config(vm="2.6", mem=16), tmp_path / "files.img", times)
    assert result.lost == lost * result.pages == lost * 256
    assert result.scanned < 3.5 * result.freed


@pytest.mark.parametrize("arch, cpus", [("i386", 1), ("x86_64", 4)])
def test_blocks_smaller_than_a_page(arch: str, cpus: int, tmp_path: Path) -> None:
    """A page of four blocks, of which one is dirty, is written and read under pressure."""
    image = tmp_path / "small.img"
    with open(image, "wb") as file:
        file.truncate(12 << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", "-b", "1024", str(image)], check=True,
                   capture_output=True, env={"PATH": SBIN})
    disk = ["-drive", f"file={image},if=none,id=small,format=raw,cache=unsafe",
            "-device", "virtio-blk-pci,drive=small"]
    with Guest(Config(arch=arch, vm="2.6", cpus=cpus, mem=32, extra=disk),
               tmp_path / "guest") as guest:
        guest.boot()
        guest.run("mkdir /tmp/small; mount /dev/vdc /tmp/small; mkdir /tmp/small/tree")
        output = guest.run("memhog 24 & fsstress -n 150 -p 2 -s 1 -k 64 /tmp/small/tree; wait; "
                           "umount /tmp/small", timeout=180)
        assert output.count("all right") == 2 and "memhog: 24 MiB, 1 passes, ok" in output
    fsck(image)


def test_flushers_come_and_go(tmp_path: Path) -> None:
    """Each ends after five minutes without work; what is dirty later is written all the same."""
    with Guest(Config(vm="2.6", icount=True), tmp_path) as guest:
        guest.boot()
        for _ in range(2):
            guest.run("echo written > /tmp/file; sleep 6")
            assert "flush-254:0" in guest.run("ps")
            # The file's page, and those of the disk that have its name and its blocks.
            assert counts_of(guest.run("cat /proc/vmstat"), "nr_dirty")[0] > 1
            guest.run("sleep 40", timeout=60)
            # All are written; with them came the file's record, and made its block dirty.
            assert counts_of(guest.run("cat /proc/vmstat"), "nr_dirty") == [1]
            # That is a page of the disk, whose thirty seconds began then.
            guest.run("sleep 40", timeout=60)
            assert counts_of(guest.run("cat /proc/vmstat"), "nr_dirty") == [0]
            guest.run("sleep 360", timeout=120)
            assert "flush-254" not in guest.run("ps")


@pytest.mark.parametrize("arch, distance, order, reclaim_mode", [
    ("i386", 20, "Zone", "0"), ("x86_64", 40, "Node", "1")])
def test_two_nodes(arch: str, distance: int, order: str, reclaim_mode: str,
                   tmp_path: Path) -> None:
    """The firmware's tables make two nodes with two CPUs each. A program larger than one of
    them gets pages of both, and each has its kswapd."""
    config = Config(arch=arch, vm="2.6", cpus=4, mem=64, nodes=2, distance=distance)
    with Guest(config, tmp_path) as guest:
        guest.boot()
        assert f"2 nodes, zone lists in {order} order" in guest.console
        said = guest.run("cd /proc/sys/vm; cat zone_reclaim_mode numa_zonelist_order; "
                         "echo node > numa_zonelist_order; cat numa_zonelist_order; cd /")
        assert said.split() == [reclaim_mode, "Default", "Node"]
        daemons = guest.run("ps")
        output, status = guest.run_status("memhog 56", timeout=240)
        assert status == 0 and "ok" in output
        vmstat = dict(line.split() for line in guest.run("cat /proc/vmstat").splitlines())
        zones = guest.run("cat /proc/zoneinfo")
        buddies = guest.run("cat /proc/buddyinfo /proc/pagetypeinfo")
        kernel = open_ram(config.kernel_path, *ram_files(tmp_path))
        with Debugger(guest) as debugger:
            by_gdb = debugger.command(f"mm dump {tmp_path}/dump.json")
            by_ram = decode.read_dump(kernel)
    assert re.findall(r"\[(kswapd\d)\]", daemons) == ["kswapd0", "kswapd1"]
    named = re.findall(r"^Node (\d), zone +(\w+)$", zones, re.M)
    second = "DMA32" if arch == "x86_64" else "Normal"
    assert named == [("0", "DMA"), ("0", second), ("1", second)]
    assert len(re.findall(r"^Node +1, zone ", buddies, re.M)) == 1 + 5 + 1
    # Memory was cut in the middle: the last node has half of it, less what the firmware keeps.
    present = [int(n) for n in re.findall(r"present +(\d+)", zones)]
    assert 0 <= 32 * 256 - present[2] < 128 and present[1] == 16 * 256
    # A pass over more than a node: pages of both, whoever asked, and all are accounted for.
    numa = {name: int(vmstat[f"numa_{name}"])
            for name in ("hit", "miss", "foreign", "interleave", "local", "other")}
    assert numa["hit"] > 2000 and numa["miss"] > 1000 and numa["miss"] == numa["foreign"]
    assert numa["hit"] + numa["miss"] == numa["local"] + numa["other"]
    assert numa["interleave"] == 0
    in_zones = {name: [int(n) for n in re.findall(rf"^    {'numa_' + name:<12} (\d+)$", zones, re.M)]
                for name in ("hit", "miss", "foreign")}
    for name, counts in in_zones.items():
        assert len(counts) == 3 and abs(sum(counts) - numa[name]) <= 64
    # What a node had to give to the other's requests, the other counts as foreign.
    assert abs(in_zones["miss"][2] - sum(in_zones["foreign"][:2])) <= 64
    assert abs(sum(in_zones["miss"][:2]) - in_zones["foreign"][2]) <= 64
    # The tools know the nodes: gdb's dump and that of the nodes' memory files are one.
    dump = dumps.load(tmp_path / "dump.json")
    assert dump.raw == by_ram and "problems" in by_gdb
    assert dump.held or check_dump(dump) == []
    assert [zone["name"] for zone in dump.zones] == ["0.DMA", f"0.{second}", f"1.{second}"]
    assert [node["cpus"] for node in dump.nodes] == [[0, 1], [2, 3]]
    assert [node["distances"] for node in dump.nodes] == [[10, distance], [distance, 10]]
    assert dump.nodes[1]["zonelist"] == [f"1.{second}", f"0.{second}", "0.DMA"]
    assert dump.nodes[1]["present"] == present[2]
    check_trace(tmp_path, config.kernel_path)


def test_one_node_under_24(tmp_path: Path) -> None:
    """2.4 has one node, whatever the firmware says."""
    console = run_to_end(Config(vm="2.4", cpus=2, mem=32, nodes=2, command="cat /proc/zoneinfo"),
                         tmp_path / "guest")
    assert re.findall(r"^Node (\d), zone +(\w+)", console, re.M) == [("0", "DMA"), ("0", "Normal")]
