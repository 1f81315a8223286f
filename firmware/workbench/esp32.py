"""What lies where on an ESP32's flash, read from the MicroPython that goes onto it.

Sources: MicroPython, ports/esp32/boards/deploy.md and makeimg.py (one file, from 0x1000 on, that
holds boot loader, partition table and program), ports/esp32/README.md, "Partition table and
filesystem size", and main.c (no partition "vfs" in the table: it is what the last one leaves of the
flash); Espressif, ESP-IDF, "Partition Tables" (at 0x8000; 32 bytes each, magic AA 50); esptool,
"Firmware Image Format" (magic E9; chip id in the extended header).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from firmware.workbench.filesystem import BLOCK

BEGIN, TABLE_AT, TABLE_BYTES = 0x1000, 0x8000, 0xC00
ENTRY = struct.Struct("<2sBBII16sI")
ENTRY_MAGIC, IMAGE_MAGIC = b"\xaa\x50", 0xE9
CHIP_ID_AT, ESP32 = 12, 0
MIB = 1024**2


class NotForThis(ValueError):  # noqa: N818 - reads as a sentence
    """A file that does not belong on the board; the message says why, and the mend.

    In English; in Chinese it is `chinese`.
    """

    def __init__(self, chinese: str, english: str) -> None:
        super().__init__(english)
        self.chinese = chinese


@dataclass(frozen=True)
class Region:
    """A part of the flash, in bytes."""

    offset: int
    size: int


def check_micropython(held: bytes) -> None:
    """Refuse what is no MicroPython for an ESP32 in one file.

    Raises
    ------
    NotForThis
    """
    zh = "请用 micropython.org/download 上 ESP32_GENERIC 的 .bin"
    get = "take the .bin of ESP32_GENERIC from micropython.org/download"
    if len(held) <= TABLE_AT - BEGIN + ENTRY.size or held[0] != IMAGE_MAGIC:
        raise NotForThis(f"不是 ESP32 的固件；{zh}", f"is no firmware of an ESP32; {get}")
    chip = int.from_bytes(held[CHIP_ID_AT : CHIP_ID_AT + 2], "little")
    if chip != ESP32:
        raise NotForThis(
            f"是别的芯片的（编号 {chip}，ESP32 是 {ESP32}）；{zh}",
            f"is for another chip (id {chip}, an ESP32 has {ESP32}); {get}",
        )
    if not list(_partitions(held)):
        raise NotForThis(
            f"该有分区表的地方没有分区表；{zh}",
            f"holds no partition table where one belongs; {get}",
        )


def _partitions(held: bytes) -> Iterator[tuple[str, Region]]:
    table = held[TABLE_AT - BEGIN : TABLE_AT - BEGIN + TABLE_BYTES]
    for at in range(0, len(table) - ENTRY.size + 1, ENTRY.size):
        magic, _, _, offset, size, label, _ = ENTRY.unpack_from(table, at)
        if magic != ENTRY_MAGIC:
            return
        yield label.rstrip(b"\0").decode("ascii", "replace"), Region(offset, size)


def filesystem_of(held: bytes, flash_bytes: int) -> Region:
    """Where this MicroPython keeps its file system on a chip with so much flash.

    Raises
    ------
    NotForThis
        If there is no room for one.
    """
    known = dict(_partitions(held))
    if "vfs" in known:
        region = known["vfs"]
    else:
        begin = max(each.offset + each.size for each in known.values())
        region = Region(begin, flash_bytes - begin)
    if region.size < BLOCK or region.offset + region.size > flash_bytes:
        raise NotForThis(
            f"闪存只有 {flash_bytes / MIB:g} MiB，放不下文件；请换 4 MiB 以上的板",
            f"leaves no room for files in {flash_bytes / MIB:g} MiB of flash; take a board with "
            "4 MiB or more",
        )
    return region


def check_image(image: bytes, region: Region) -> None:
    """Refuse an image that is no file system, or not of the size that MicroPython will look for.

    Raises
    ------
    NotForThis
    """
    if image[8:16] != b"littlefs" or len(image) % BLOCK:
        raise NotForThis(
            "不是文件系统的镜像；请用 nongqing node image 做",
            "is no image of a file system; make one: nongqing node image",
        )
    if len(image) != region.size:
        raise NotForThis(
            f"镜像有 {len(image) // BLOCK} 块，这块板的文件系统有 {region.size // BLOCK} 块；请加 "
            f"--blocks {region.size // BLOCK} 重做镜像",
            f"has {len(image) // BLOCK} blocks, and the file system on this board has "
            f"{region.size // BLOCK}; make it again: nongqing node image … --blocks "
            f"{region.size // BLOCK}",
        )
