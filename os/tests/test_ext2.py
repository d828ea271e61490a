"""ext2 on disks of other shapes than the root's, full ones, and damaged ones.

The guest mounts them as its third disk; e2fsck judges them afterwards.
"""

from __future__ import annotations

import random
import re
import struct
import subprocess
from pathlib import Path

import pytest

from grader.guest import Config, Guest
from guests import ARCHES, SBIN, fsck


def make_image(path: Path, size: str, *options: str, kind: str = "ext2") -> Path:
    """An empty file system of SIZE, made by mke2fs with these options."""
    subprocess.run(["mke2fs", "-q", "-F", "-t", kind, *options, str(path), size], check=True,
                   capture_output=True, env={"PATH": SBIN})
    return path


def guest_with(directory: Path, *images: Path, **config: object) -> Guest:
    """A guest whose disks vdc, vdd, ... are these images."""
    extra = []
    for i, image in enumerate(images):
        extra += ["-drive", f"file={image},if=none,id=test{i},format=raw,cache=unsafe",
                  "-device", f"virtio-blk-pci,drive=test{i}"]
    return Guest(Config(extra=extra, **config), directory)  # type: ignore[arg-type]


def power_off(guest: Guest) -> None:
    guest.send("exit 0\n")
    assert guest.wait() == 0
    assert "ext2:" not in guest.console
    fsck(guest.directory / "root.img")


SHAPES = {
    "1k blocks, 256 byte inodes": ("-b", "1024", "-I", "256"),
    "1k blocks, many groups": ("-b", "1024", "-I", "128", "-g", "1024"),
    "2k blocks": ("-b", "2048", "-I", "256"),
    "4k blocks": ("-b", "4096", "-I", "256"),
    "4k blocks, first revision": ("-b", "4096", "-r", "0"),
}


@pytest.mark.parametrize("arch", ARCHES)
def test_disks_of_all_shapes(arch: str, tmp_path: Path) -> None:
    images = [make_image(tmp_path / f"{i}.img", "12M", *options)
              for i, options in enumerate(SHAPES.values())]
    with guest_with(tmp_path / "guest", *images, arch=arch, cpus=4) as guest:
        guest.boot()
        guest.run("mkdir /mnt")
        for i, shape in enumerate(SHAPES):
            guest.run(f"mount /dev/vd{'cdefg'[i]} /mnt")
            output, status = guest.run_status(f"fsstress -n 400 -p 3 -s {i} /mnt", 120)
            assert status == 0, f"{shape}: {output}"
            guest.run("cp /bin/sh /mnt/kept; umount /mnt")
        power_off(guest)
    for image in images:
        fsck(image)


@pytest.mark.parametrize("arch, vm", [("i386", "2.4"), ("x86_64", "2.6")])
def test_small_disks_get_full_and_nothing_is_lost(arch: str, vm: str, tmp_path: Path) -> None:
    """Each disk is too small even for one process alone: who runs when does not matter.

    Who writes to a hole through a mapping and finds no room is told by SIGBUS.
    """
    blocks = make_image(tmp_path / "blocks.img", "500K", "-b", "1024", "-I", "256")
    inodes = make_image(tmp_path / "inodes.img", "8M", "-b", "1024", "-N", "24")
    with guest_with(tmp_path / "guest", blocks, inodes, arch=arch, vm=vm, cpus=4) as guest:
        guest.boot()
        for disk, size in (("vdc", 250), ("vdd", 16)):
            output = guest.run(f"mkdir /{disk}; mount /dev/{disk} /{disk};"
                               f"fsstress -n 500 -p 6 -k {size} /{disk}", 120)
            full = [int(n) for n in re.findall(r"disk full (\d+) times", output)]
            assert len(full) == 6 and sum(full) > 0, output
            if disk == "vdc":
                assert guest.run_status("mmapshare -m 1 -f /vdc/map")[1] == 128 + 7
                assert guest.run("filescan /vdc/map")
                guest.run("rm /vdc/map")
            guest.run(f"rm -r /{disk}/shared; umount /{disk}")
        power_off(guest)
    fsck(blocks)
    fsck(inodes)


@pytest.mark.parametrize("arch", ARCHES)
def test_files_under_memory_pressure(arch: str, tmp_path: Path) -> None:
    with Guest(Config(arch=arch, cpus=4, mem=16), tmp_path / "guest") as guest:
        guest.boot()
        output, status = guest.run_status(
            "memhog 24 -p 2 & fsstress -n 100 -p 4 -k 300 /tmp; wait", 240)
        assert status == 0 and output.count("all right") == 4, output
        power_off(guest)


@pytest.mark.parametrize("arch", ARCHES)
def test_a_file_without_a_name_is_gone_after_power_off(arch: str, tmp_path: Path) -> None:
    image = make_image(tmp_path / "disk.img", "4M", "-b", "1024")
    before = free_space(image)
    with guest_with(tmp_path / "guest", image, arch=arch) as guest:
        guest.boot()
        guest.run("mkdir /mnt; mount /dev/vdc /mnt; cp /bin/sh /mnt/open")
        guest.run("sleep 1000 < /mnt/open & sleep 1; rm /mnt/open; df /mnt")
        assert "busy" in guest.run_status("umount /mnt")[0]
        power_off(guest)
    fsck(image)
    assert free_space(image) == before


def free_space(image: Path) -> tuple[str, ...]:
    """The free blocks and inodes that the super block counts."""
    text = subprocess.run(["dumpe2fs", "-h", str(image)], capture_output=True, text=True,
                          check=True, env={"PATH": SBIN}).stdout
    return tuple(re.findall(r"^Free (?:blocks|inodes): +(\d+)", text, re.MULTILINE))


def test_file_systems_that_are_not_ours_are_refused(tmp_path: Path) -> None:
    ext4 = make_image(tmp_path / "ext4.img", "8M", kind="ext4")
    nothing = tmp_path / "nothing.img"
    nothing.write_bytes(bytes(1 << 20))
    with guest_with(tmp_path / "guest", ext4, nothing) as guest:
        guest.boot()
        guest.run("mkdir /mnt")
        output, status = guest.run_status("mount /dev/vdc /mnt")
        assert status == 1 and re.search(r"ext2: vdc: unknown features 0x\w+", output), output
        output, status = guest.run_status("mount /dev/vdd /mnt")
        assert status == 1 and "ext2: vdd: no ext2 file system" in output, output
        guest.run("ls /mnt")


def damage(image: Path, seed: int) -> None:
    """Overwrites words in the inode table and bytes in the blocks behind it."""
    rng = random.Random(seed)
    data = bytearray(image.read_bytes())
    block = 1024 << struct.unpack_from("<I", data, 1024 + 24)[0]
    inode_size = struct.unpack_from("<H", data, 1024 + 88)[0]
    table = block * struct.unpack_from("<I", data, max(2048, block) + 8)[0]
    for _ in range(rng.choice((3, 10, 40))):
        inode = rng.choice((1, *range(10, 40)))
        at = table + inode * inode_size + 4 * rng.randrange(32)
        value = rng.choice((0, 0xffffffff, rng.randrange(1, 4000), rng.getrandbits(32)))
        struct.pack_into("<I", data, at, value)
    for _ in range(rng.choice((0, 20, 200))):
        data[rng.randrange(2 * block, len(data) // 4)] = rng.randrange(256)
    image.write_bytes(data)


@pytest.mark.parametrize("arch", ARCHES)
def test_damaged_disks_give_errors_and_no_panic(arch: str, tmp_path: Path) -> None:
    """What comes out is not specified; that the machine goes on is. Guest raises on a panic.

    The last disk's super block is overwritten while it is mounted: no blocks in a group.
    """
    files = tmp_path / "files"
    for name in ("a", "b", "c"):
        (files / name).mkdir(parents=True)
        for size in (10, 5000, 70000, 400000):
            (files / name / str(size)).write_bytes(bytes(size))
        (files / name / "link").symlink_to("x" * (50 if name == "a" else 90))
    images = []
    for i in range(5):
        image = make_image(tmp_path / f"{i}.img", "4M", "-b", ("1024", "4096")[i % 2],
                           "-d", str(files))
        damage(image, 1000 + i)
        images.append(image)
    images.append(make_image(tmp_path / "sound.img", "4M", "-b", "1024", "-d", str(files)))
    images.append(tmp_path / "over.img")
    images[-1].write_bytes(bytes(1024) + struct.pack("<II", 1, 100000) + bytes(8192 - 1032))
    with guest_with(tmp_path / "guest", *images, arch=arch, cpus=2) as guest:
        guest.boot()
        guest.run("mkdir /mnt")
        for disk in ("vdc", "vdd", "vde", "vdf", "vdg", "vdh"):
            if guest.run_status(f"mount /dev/{disk} /mnt")[1]:
                assert disk != "vdh"
                continue
            if disk == "vdh":
                assert guest.run_status("mkswap /dev/vdh") == (
                    "mkswap: /dev/vdh: is in use\n", 1)
                guest.run("cp /dev/vdi /dev/vdh")
            for command in ("ls -l /mnt /mnt/a /mnt/b /mnt/c",
                            "wc /mnt/a/400000 /mnt/b/70000 /mnt/c/5000 /mnt/a/link",
                            "fsstress -n 50 -p 2 /mnt", "cp /bin/sh /mnt/b/5000",
                            "rm -r /mnt/a /mnt/b", "umount /mnt"):
                guest.run_status(command, 60)
        assert guest.run("echo alive").strip() == "alive"


def dump(image: Path, name: str, to: Path) -> bytes:
    """A file of an image that no guest uses."""
    subprocess.run(["debugfs", "-R", f"dump {name} {to}", str(image)], check=True,
                   capture_output=True, env={"PATH": SBIN})
    return to.read_bytes()


#: By era: a second after it was written, data is old, and looked for each second; or never.
OLD_SOON = {
    "2.4": "echo 30 64 0 0 100 100 60 > /proc/sys/vm/bdflush",
    "2.6": "echo 100 > /proc/sys/vm/dirty_expire_centisecs; "
           "echo 100 > /proc/sys/vm/dirty_writeback_centisecs",
}
NEVER_OLD = {
    "2.4": "echo 30 64 0 0 0 3000 60 > /proc/sys/vm/bdflush",
    "2.6": "echo 0 > /proc/sys/vm/dirty_writeback_centisecs",
}


@pytest.mark.parametrize("arch, vm", [("i386", "2.4"), ("x86_64", "2.4"), ("i386", "2.6")])
def test_what_was_synced_survives_a_crash(arch: str, vm: str, tmp_path: Path) -> None:
    """The power fails: an fsynced file is there, and so is what kupdate found old enough."""
    image = make_image(tmp_path / "files.img", "4M", "-b", "1024")
    with guest_with(tmp_path / "guest", image, arch=arch, vm=vm) as guest:
        guest.boot()
        guest.run("mkdir /mnt; mount /dev/vdc /mnt; touch /mnt/synced /mnt/old; sync")
        # From its next round on, in 5 s at most, kupdate writes each second what is a second
        # old; 2.6's flusher does.
        guest.run(OLD_SOON[vm])
        guest.run("cat /bin/sh > /mnt/old")
        root = tmp_path / "guest" / "root.img"
        program = dump(root, "/bin/sh", tmp_path / "sh")
        for _ in range(100):
            guest.run("sleep 0.5")
            if dump(image, "/old", tmp_path / "old") == program:
                break
        guest.run(NEVER_OLD[vm])
        # It needs indirect blocks, which fsync has to write, too.
        guest.run("filescan -w 1 /mnt/synced")
    repair = subprocess.run(["e2fsck", "-fy", str(image)], capture_output=True, text=True,
                            env={"PATH": SBIN}, check=False)
    assert repair.returncode in (0, 1), repair.stdout
    assert dump(image, "/old", tmp_path / "old") == program
    with guest_with(tmp_path / "again", image, arch=arch) as guest:
        guest.boot()
        read = guest.run("mkdir /mnt; mount /dev/vdc /mnt; filescan /mnt/synced")
        assert "1048576 bytes, 1 verified, ok" in read, read
        power_off(guest)
