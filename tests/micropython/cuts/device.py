"""A node's real program on a flash of memory: the board that it needs, and its clock."""

import binascii
import hashlib
import json
import os
import sys

from firmware.node import main

KEY = bytes(range(32))
NODE = "qf-001"
OPENS = 1459468800  # 2016-04-01 00:00 UTC
STEP_S = 600
CHANNELS = 24
ROOT = "/flash"


PATHS = sys.path[:]
LOADED_BY = "slot"
with open(main.__file__.replace("main.py", "loader.py")) as text:
    LOADER = text.read()


class Reset(BaseException):
    """The board starts again."""


class Adc:
    """A voltage that is never the same twice, so that each sample can be told from all others."""

    def __init__(self, board, pin):
        self.board = board
        self.pin = pin

    def read_uv(self):
        """Between 0 and 3 V."""
        text = "%d %d" % (self.board.real_s(), self.pin)
        return binascii.crc32(text.encode()) % 3000000


class Board:
    """As board_esp32.Board, without a network; time passes when it is told to."""

    root = ROOT
    passed_ms = 0  # since the story began; goes on over starts

    def __init__(self, has_clock=True):
        self.has_clock = has_clock
        self.began_ms = Board.passed_ms

    def bus(self, name, address):
        """Only ADC pins."""
        return Adc(self, address)

    def real_s(self):
        """Seconds since the story began."""
        return Board.passed_ms // 1000

    def uptime_ms(self):
        """Milliseconds since boot."""
        return Board.passed_ms - self.began_ms

    def ticks_ms(self):
        """As `uptime_ms`."""
        return self.uptime_ms()

    def ticks_diff(self, a, b):
        """Milliseconds from tick `b` to tick `a`."""
        return a - b

    def utc(self):
        """Seconds since 1970, None without a clock that goes on."""
        return OPENS + self.real_s() if self.has_clock else None

    def reset_cause(self):
        """Power came."""
        return 1

    def kept(self):
        """Nothing outlives a time without power."""
        return ""

    def keep(self, text):
        """Forget it."""

    def join(self, ssid, password, on=True):
        """There is no network."""

    def radio(self, on):
        """There is no radio."""

    def reset(self):
        """Start the board again."""
        raise Reset


def config(**more):
    """Return the configuration that the story begins with."""
    config = {
        "node": NODE,
        "key": binascii.hexlify(KEY).decode(),
        "epoch": 1,
        "broker": {"host": "127.0.0.1", "port": 1883},
        "sample_s": STEP_S,
        "samples_per_frame": 6,
        "channels": [
            {
                "number": number,
                "quantity": 15,
                "scale": 1000,
                "driver": "battery",
                "bus": "adc",
                "address": number,
                "settings": {},
            }
            for number in range(CHANNELS)
        ],
    }
    config.update(more)
    return config


def mount(chip):
    """Mount a flash as an ESP32 does, but without times of files: they are never the same twice."""
    os.mount(os.VfsLfs2(chip, mtime=False), ROOT)


def unmount():
    """Let go of it, whatever state it is in."""
    os.umount(ROOT)


def start(has_clock=True):
    """Start the node on what is mounted, by way of the loader where there is one."""
    nodes, errors = [], []

    def run():
        try:
            nodes.append(main.Node(Board(has_clock)))
        except Exception as error:
            errors.append(error)
            raise

    sys.path[:] = PATHS
    main.main = run
    if LOADED_BY in os.listdir(ROOT):
        os.chdir(ROOT)
        try:
            exec(LOADER, {"__name__": "__main__"})  # it is main.py of the flash
        except Reset:
            pass
    else:
        run()
    if errors:
        raise errors[0]
    return nodes[0]


def samples_of(frame):
    """Return of each sample of a codec.Frame its uptime [s] and a checksum of its values."""
    rows = zip(*frame.channels)
    return [
        [frame.t0 + place * frame.step, binascii.crc32(json.dumps(row).encode())]
        for place, row in enumerate(rows)
    ]


def digest(data):
    """Return a short name of a frame's bytes."""
    return binascii.hexlify(hashlib.sha256(data).digest()[:6]).decode()
