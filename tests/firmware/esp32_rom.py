"""The loader in an ESP32's ROM, at the other end of a pseudo terminal: enough for the real esptool.

From Espressif, esptool documentation, "Serial Protocol" (packets, status bytes, commands, errors;
`--no-stub` alone: the stub is code for the chip), and ESP32 Technical Reference Manual, registers
of the SPI controller (a user command on SPI1). The flash behaves as NOR flash: erased to 0xFF by
what begins a download, and written by clearing bits. No board was at hand: what a real ROM does
beyond these pages is not shown here.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import random
import select
import struct
import termios
import threading
import tty
import zlib
from pathlib import Path
from typing import Any, Self

END, ESC = 0xC0, 0xDB
FLASH_BEGIN, FLASH_DATA, FLASH_END = 0x02, 0x03, 0x04
SYNC, WRITE_REG, READ_REG = 0x08, 0x09, 0x0A
SPI_SET_PARAMS, SPI_ATTACH, CHANGE_BAUDRATE = 0x0B, 0x0D, 0x0F
DEFL_BEGIN, DEFL_DATA, DEFL_END, FLASH_MD5 = 0x10, 0x11, 0x12, 0x13
INVALID, FAILED, BAD_CRC, DEFLATE = 0x05, 0x06, 0x07, 0x0B
SECTOR = 4096
CHIP_MAGIC = 0x40001000
#: What the word at `CHIP_MAGIC` says ("Serial Protocol", "Chip type detection").
CHIPS = {"esp32": 0x00F01D83, "esp32s2": 0x000007C6}
SPI1 = 0x3FF42000
SPI_CMD, SPI_USER2, SPI_W0 = SPI1, SPI1 + 0x24, SPI1 + 0x80
SPI_USR = 1 << 18
READ_ID, READ_SFDP = 0x9F, 0x5A


ERASED = b"\xff"
#: Where MicroPython keeps files on 4 MiB: behind the last partition of its table
#: (ports/esp32/partitions-4MiBplus.csv).
VFS_AT = 0x200000
TABLE = (
    (b"nvs", 1, 2, 0x9000, 0x6000),
    (b"phy_init", 1, 1, 0xF000, 0x1000),
    (b"factory", 0, 0, 0x10000, 0x1F0000),
)


def micropython(table: Any = TABLE, chip: int = 0, magic: int = 0xE9) -> bytes:
    """A file laid out as MicroPython's makeimg.py does; its programs are noise."""
    noise = random.Random(7)
    boot = bytearray(noise.randbytes(0x4000))
    boot[0], boot[12:14] = magic, chip.to_bytes(2, "little")
    rows = [
        struct.pack("<2sBBII16sI", b"\xaa\x50", t, s, o, n, name, 0) for name, t, s, o, n in table
    ]
    held = bytes(boot).ljust(0x8000 - 0x1000, ERASED) + b"".join(rows)
    return held.ljust(0x10000 - 0x1000, ERASED) + noise.randbytes(20_000) + bytes(90_000)


class Refused(Exception):  # noqa: N818 - an answer of the loader
    """The loader's error byte."""


def framed(packet: bytes) -> bytes:
    """Put a packet between SLIP ends."""
    escaped = packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
    return b"\xc0" + escaped + b"\xc0"


class Rom:
    """An ESP32 in download mode whose flash is a file.

    Parameters
    ----------
    path : Path
        File that is its flash; made, erased, where it is not there.
    size : int
        Bytes of flash.
    chip : str
        One of `CHIPS`.
    silent : bool
        Nothing answers, as with crossed wires or a board that runs its program.
    dies_after : int, optional
        Blocks of data after which it does not answer any more.
    worn_at : int, optional
        Address of a byte that no erasing brings back.
    unplugged_after : int, optional
        Blocks of data after which its cable is pulled out: the port is gone.
    fastest : int, optional
        Speed beyond which nothing arrives whole, as `termios` has it (they rise with it).
    """

    def __init__(
        self,
        path: Path,
        size: int = 4 * 1024**2,
        chip: str = "esp32",
        silent: bool = False,
        dies_after: int | None = None,
        unplugged_after: int | None = None,
        worn_at: int | None = None,
        fastest: int | None = None,
    ) -> None:
        if not path.exists():
            path.write_bytes(b"\xff" * size)
        self.file = path.open("r+b")
        self.flash = mmap.mmap(self.file.fileno(), size)
        self.size, self.silent, self.dies_after = size, silent, dies_after
        self.worn_at, self.fastest = worn_at, fastest
        self.unplugged_after, self.unplugged = unplugged_after, False
        self.registers = {CHIP_MAGIC: CHIPS[chip]}
        self.attached = self.ready = False
        self.at = self.next = self.blocks = 0
        self.unpacker = zlib.decompressobj()
        self.commands: list[int] = []
        self.written = 0
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.port = os.ttyname(self.slave)
        self.stop, self.stopped = os.pipe()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        os.close(self.stopped)
        self.thread.join()
        for each in (
            (self.stop, self.slave) if self.unplugged else (self.stop, self.slave, self.master)
        ):
            os.close(each)
        self.flash.close()
        self.file.close()

    def _run(self) -> None:
        held = bytearray()
        while not self.unplugged:
            readable = select.select([self.master, self.stop], [], [])[0]
            if self.stop in readable:
                return
            held += os.read(self.master, 65536)
            while (begin := held.find(END)) >= 0 and (end := held.find(END, begin + 1)) > 0:
                packet = bytes(held[begin + 1 : end])
                del held[: end if not packet else end + 1]
                if packet:
                    self._hear(packet.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb"))

    def _hear(self, packet: bytes) -> None:
        if len(packet) < 8 or self.silent or self._garbled():
            return
        direction, command, size, checksum = struct.unpack("<BBHI", packet[:8])
        data = packet[8:]
        if direction != 0:
            return
        self.commands.append(command)
        if command in (FLASH_DATA, DEFL_DATA):
            self.written += 1
            if self.dies_after is not None and self.written > self.dies_after:
                self.silent = True
                return
            if self.unplugged_after is not None and self.written > self.unplugged_after:
                self.silent = self.unplugged = True
                os.close(self.master)  # the other end keeps the name: it is nobody else's meanwhile
                return
        value, body, error = 0, b"", 0
        try:
            if len(data) != size:
                raise Refused(INVALID)
            value, body = self._do(command, data, checksum)
        except Refused as refusal:
            error = refusal.args[0]
        status = bytes((error != 0, error, 0, 0))
        answer = struct.pack("<BBHI", 1, command, len(body) + 4, value) + body + status
        for _ in range(8 if command == SYNC else 1):
            os.write(self.master, framed(answer))

    def _garbled(self) -> bool:
        return self.fastest is not None and termios.tcgetattr(self.slave)[4] > self.fastest

    def _do(self, command: int, data: bytes, checksum: int) -> tuple[int, bytes]:
        if command == SYNC:
            if data != b"\x07\x07\x12\x20" + b"\x55" * 32:
                raise Refused(INVALID)
            return 0x20120707, b""
        if command == READ_REG:
            return self.registers.get(struct.unpack("<I", data)[0], 0), b""
        if command == WRITE_REG:
            address, value, mask, _ = struct.unpack("<IIII", data)
            self._write_register(address, value, mask)
        elif command == SPI_ATTACH:
            self.attached = len(data) == 8
        elif command == SPI_SET_PARAMS:
            total = struct.unpack("<IIIIII", data)[1]
            if not self.attached or total > self.size:
                raise Refused(FAILED)
            self.ready = True
        elif command in (FLASH_BEGIN, DEFL_BEGIN):
            self._begin(*struct.unpack("<IIII", data))
        elif command in (FLASH_DATA, DEFL_DATA):
            self._take(command, data, checksum)
        elif command == FLASH_MD5:
            address, size, _, _ = struct.unpack("<IIII", data)
            digest = hashlib.md5(self.flash[address : address + size])
            return 0, digest.hexdigest().encode()
        elif command not in (FLASH_END, DEFL_END, CHANGE_BAUDRATE):
            raise Refused(INVALID)
        return 0, b""

    def _write_register(self, address: int, value: int, mask: int) -> None:
        kept = self.registers.get(address, 0) & ~mask
        self.registers[address] = kept | value & mask
        if address == SPI_CMD and value & SPI_USR:
            self.registers[SPI_CMD] = 0  # done at once
            sent = self.registers.get(SPI_USER2, 0) & 0xFF
            capacity = (self.size - 1).bit_length()
            answers = {READ_ID: capacity << 16 | 0x40C8, READ_SFDP: 0x50444653}
            self.registers[SPI_W0] = answers.get(sent, 0) if self.attached else 0xFFFFFFFF

    def _begin(self, size: int, blocks: int, block: int, offset: int) -> None:
        if not self.ready or offset % SECTOR or offset + size > self.size:
            raise Refused(FAILED)
        end = -(-(offset + size) // SECTOR) * SECTOR
        self.flash[offset:end] = b"\xff" * (end - offset)
        if self.worn_at is not None and offset <= self.worn_at < end:
            self.flash[self.worn_at] = 0
        self.at, self.next, self.blocks = offset, 0, blocks
        self.limit, self.block, self.unpacker = end, block, zlib.decompressobj()

    def _take(self, command: int, data: bytes, checksum: int) -> None:
        size, number = struct.unpack("<II", data[:8])
        sent = data[16:]
        found = 0xEF
        for byte in sent:
            found ^= byte
        if found != checksum:
            raise Refused(BAD_CRC)
        if len(sent) != size or size > self.block or number != self.next < self.blocks:
            raise Refused(INVALID)
        if command == DEFL_DATA:
            try:
                sent = self.unpacker.decompress(sent)
            except zlib.error:
                raise Refused(DEFLATE) from None
        self.next += 1
        sent = sent[: self.limit - self.at]
        old = self.flash[self.at : self.at + len(sent)]
        new = int.from_bytes(old, "big") & int.from_bytes(sent, "big")
        self.flash[self.at : self.at + len(sent)] = new.to_bytes(len(sent), "big")
        self.at += len(sent)
