"""Write tests/golden/wire/vectors.json again: ``python -m tests.wire.make_vectors``.

Frame bodies, seals, acks and events are made by the code and reviewed as a diff; they are not
taken on trust: tests/wire checks them with cbor2 and cwt. HMAC vectors are RFC 4231's.
"""

from __future__ import annotations

import json
import re
from typing import Any
from unittest import mock

from firmware.wire import bits, codec, format1, format2, seal, topics
from tests.paths import GOLDEN, ROOT

FILE = GOLDEN / "wire" / "vectors.json"
DOC = ROOT / "docs" / "wire.md"
EXAMPLE = "an hour of six channels"
KEY = bytes(range(32))

# RFC 4231, sections 4.2 to 4.8: key, data, HMAC-SHA-256.
HMAC: tuple[tuple[str, str, str, str], ...] = (
    (
        "RFC 4231 test case 1",
        "0b" * 20,
        b"Hi There".hex(),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        "RFC 4231 test case 2",
        b"Jefe".hex(),
        b"what do ya want for nothing?".hex(),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        "RFC 4231 test case 3",
        "aa" * 20,
        "dd" * 50,
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ),
    (
        "RFC 4231 test case 4",
        bytes(range(1, 26)).hex(),
        "cd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
    (
        "RFC 4231 test case 5",
        "0c" * 20,
        b"Test With Truncation".hex(),
        "a3b6167473100ee06e0c796c2955552b",
    ),
    (
        "RFC 4231 test case 6",
        "aa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First".hex(),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        "RFC 4231 test case 7",
        "aa" * 131,
        (
            b"This is a test using a larger than block-size key and a larger than block-size "
            b"data. The key needs to be hashed before being used by the HMAC algorithm."
        ).hex(),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
)

LAYOUTS: dict[str, list[list[int]]] = {
    "air, rain, soil and battery": [
        [0, 1, 100],
        [1, 2, 100],
        [2, 3, 100],
        [3, 10, 1000],
        [4, 9, 10],
        [5, 15, 1000],
    ],
    "one channel": [[0, 1, 100]],
    "gaps in the numbers": [[0, 1, 100], [7, 14, 1], [31, 17, 10]],
}

M = codec.Missing
FRAMES: dict[str, tuple[str, int, int, int | None, int, int, list[list[Any]]]] = {
    "one sample": ("one channel", 1, 0, 1_459_468_800, 600, 600, [[2150]]),
    "uptime alone": ("one channel", 1, 0, None, 0, 600, [[2150]]),
    "an hour of six channels": (
        "air, rain, soil and battery",
        3,
        41,
        1_459_468_800,
        176_400,
        600,
        [
            [1498, 1533, 1567, 1601, 1636, 1671],
            [8999, 8982, 8966, 8949, 8932, 8916],
            [0, 0, 20, 40, 0, 0],
            [250, 250, 251, 252, 252, 252],
            [121, 121, 120, 120, 120, 119],
            [3765, 3768, 3772, 3775, 3778, 3782],
        ],
    ),
    "missing first, between and last": (
        "one channel",
        2,
        7,
        1_459_468_800,
        0,
        60,
        [[M(4), M(4), -512, M(1), -513, M(2)]],
    ),
    "every reason": ("one channel", 1, 1, None, 0, 1, [[M(n) for n in range(7)]]),
    "nothing but missing": ("one channel", 1, 2, None, 0, 600, [[M(0)] * 6]),
    "below zero": ("one channel", 1, 3, 0, 0, 600, [[-1, -24, -25, -256, -257, -65537]]),
    "widest numbers": (
        "one channel",
        2**32 - 1,
        2**32 - 1,
        2**40 - 1,
        2**32 - 1,
        86400,
        [[2**31 - 1, -(2**31), 2**31 - 1]],
    ),
    "most channels": (
        "gaps in the numbers",
        1,
        9,
        5,
        5,
        5,
        [[n, -n] for n in range(32)],
    ),
    "a step of its own": ("one channel", 5, 300, 1_459_468_801, 90, 45, [[7, 7, 7]]),
    "a number missing here, a channel there": (
        "air, rain, soil and battery",
        131_074,
        16_384,
        1_459_468_800,
        176_400,
        600,
        [
            [1498, M(1), 1567],
            [8999, 8982, 8966],
            [0, 0, 20],
            [M(0)] * 3,
            [M(2), 121, M(2)],
            [3765, 3768, 3772],
        ],
    ),
    "most samples": ("one channel", 1, 10, 5, 5, 5, [list(range(0, 256 * 7, 7))]),
}

FORMATS = {1: format1, 2: format2}

TIMED, ON_STEP, GAPS = 1, 2, 4
ONE = "00000 00000000"  # one channel, one sample
TEN_MINUTES = "0110"
ZERO = "00000"


def _two(flags: int, *bits: str, head: str = "0100") -> str:
    """Body of format 2 with layout 00000000: flags, boot and seq, then bits, filled with zeros."""
    text = "".join(bits).replace(" ", "")
    text += "0" * (-len(text) % 8)
    rest = bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))
    return bytes((0x20 | flags,)).hex() + "00000000" + head + rest.hex()


# What a body says, written out by hand where the code would not write it.
REFUSED: tuple[tuple[str, str, str], ...] = (
    ("empty", "cbor", ""),
    ("number not in its shortest form, 1 byte", "cbor", "1817"),
    ("number not in its shortest form, 2 bytes", "cbor", "1900ff"),
    ("number not in its shortest form, 4 bytes", "cbor", "1a0000ffff"),
    ("number not in its shortest form, 8 bytes", "cbor", "1b00000000ffffffff"),
    ("length not in its shortest form", "cbor", "980101"),
    ("half-precision NaN", "cbor", "f97e00"),
    ("double-precision float", "cbor", "fb3ff0000000000000"),
    ("undefined", "cbor", "f7"),
    ("simple value 255", "cbor", "f8ff"),
    ("break alone", "cbor", "ff"),
    ("indefinite array", "cbor", "9f01ff"),
    ("indefinite bytes", "cbor", "5f4101ff"),
    ("huge array", "cbor", "9b7fffffffffffffff"),
    ("huge map", "cbor", "bb7fffffffffffffff"),
    ("huge byte string", "cbor", "5b7fffffffffffffff"),
    ("huge text", "cbor", "7a7fffffff"),
    ("two items", "cbor", "0101"),
    ("array cut off", "cbor", "8201"),
    ("text not UTF-8", "cbor", "61ff"),
    ("keys out of order", "cbor", "a202000100"),
    ("key twice", "cbor", "a201000100"),
    ("key of bytes", "cbor", "a1410100"),
    ("nested deeper than 8", "cbor", "81" * 9 + "00"),
    ("number instead of a frame", "frame", "01"),
    ("array of 7", "frame", "870144000000000100f600190258"),
    ("format 2 in CBOR", "frame", "880244000000000100f60019025881810a"),
    ("format true", "frame", "88f544000000000100f60019025881810a"),
    ("layout of 3 bytes", "frame", "8801430000000100f60019025881810a"),
    ("boot 0", "frame", "880144000000000000f60019025881810a"),
    ("boot below zero", "frame", "880144000000002000f60019025881810a"),
    ("seq of text", "frame", "880144000000000161" + "30f60019025881810a"),
    ("offset true", "frame", "880144000000000100f50019025881810a"),
    ("offset below zero", "frame", "880144000000000100200019025881810a"),
    ("step 0", "frame", "880144000000000100f6000081810a"),
    ("step over a day", "frame", "880144000000000100f6001a0001518181810a"),
    ("no channel", "frame", "880144000000000100f60019025880"),
    ("channel without samples", "frame", "880144000000000100f6001902588180"),
    ("channels of different length", "frame", "880144000000000100f60019025882810a820a0a"),
    ("sample of text", "frame", "880144000000000100f60019025881816130"),
    ("sample true", "frame", "880144000000000100f6001902588181f5"),
    ("sample null", "frame", "880144000000000100f6001902588181f6"),
    ("sample over 32 bit", "frame", "880144000000000100f60019025881811a80000000"),
    ("2: flag 8", "frame", _two(8, ONE, TEN_MINUTES, ZERO, ZERO)),
    ("2: on a step without UTC", "frame", _two(ON_STEP, ONE, TEN_MINUTES, ZERO, ZERO)),
    ("2: nothing but the mark", "frame", "20"),
    ("2: layout cut off", "frame", "20000000"),
    ("2: boot cut off", "frame", "200000000080"),
    ("2: boot 0", "frame", _two(0, ONE, TEN_MINUTES, ZERO, ZERO, head="0000")),
    ("2: boot not in its shortest form", "frame", "2000000000810000"),
    ("2: boot over 32 bit", "frame", "2000000000808080801000"),
    ("2: boot without an end", "frame", "2000000000" + "ff" * 6),
    ("2: seq over 32 bit", "frame", "200000000001ffffffff1f"),
    ("2: step 0", "frame", _two(0, ONE, "0000", "0" * 17, ZERO, ZERO)),
    ("2: step that has a number", "frame", _two(0, ONE, "0000", f"{600:017b}", ZERO, ZERO)),
    ("2: step over a day", "frame", _two(0, ONE, "0000", f"{86401:017b}", ZERO, ZERO)),
    ("2: t0 over 32 bit", "frame", _two(0, ONE, TEN_MINUTES, "11111 0010", "0" * 32, ZERO)),
    (
        "2: on a step and does not say so",
        "frame",
        _two(TIMED, ONE, TEN_MINUTES, "01010", f"{600:b}"[1:], ZERO, ZERO),
    ),
    ("2: offset below zero", "frame", _two(TIMED, ONE, TEN_MINUTES, "00001", "00010 0", ZERO)),
    (
        "2: offset over 40 bit",
        "frame",
        _two(TIMED, ONE, "0000", f"{7:017b}", "11111 1010", "0" * 40, ZERO, ZERO),
    ),
    ("2: gaps, but none", "frame", _two(GAPS, ONE, TEN_MINUTES, ZERO, "0", ZERO)),
    ("2: gaps in a channel, but none", "frame", _two(GAPS, ONE, TEN_MINUTES, ZERO, "1 0", ZERO)),
    ("2: sample over 32 bit", "frame", _two(0, ONE, TEN_MINUTES, ZERO, "11111 0010", "0" * 32)),
    (
        "2: changes of 33 bit",
        "frame",
        _two(0, "00000 00000001", TEN_MINUTES, ZERO, ZERO, "1111 10010", "1" + "0" * 32),
    ),
    (
        "2: changes wider than they are",
        "frame",
        _two(0, "00000 00000010", TEN_MINUTES, ZERO, ZERO, "0010", "01 00"),
    ),
    ("2: samples cut off", "frame", _two(0, "00000 11111111", TEN_MINUTES, ZERO, ZERO, "1110")),
    ("2: bytes after the end", "frame", _two(0, ONE, TEN_MINUTES, ZERO, ZERO) + "00"),
    ("2: not filled with zeros", "frame", _two(0, ONE, TEN_MINUTES, ZERO, ZERO, "1")),
    ("3", "frame", "30" + "00" * 12),
    ("ack of a number", "ack", "01"),
    ("ack, boot 0", "ack", "840105818200" + "00f6"),
    ("ack, frame of three", "ack", "84010581830100" + "00f6"),
    ("ack, watermark of a number", "ack", "8401058001"),
    ("ack, time below zero", "ack", "84012080f6"),
    ("ack, time as text", "ack", "8401613180f6"),
)


def make() -> dict[str, Any]:
    """Make all vectors."""
    layouts = {name: codec.layout_id([tuple(c) for c in rows]) for name, rows in LAYOUTS.items()}
    return {
        "hmac": [
            {"name": name, "key": key, "data": data, "tag": tag, "bytes": len(tag) // 2}
            for name, key, data, tag in HMAC
        ],
        "layouts": [
            {"name": name, "channels": rows, "id": layouts[name].hex()}
            for name, rows in LAYOUTS.items()
        ],
        "frames": [_frame(name, form, layouts) for form in FORMATS for name in FRAMES],
        "acks": [
            _ack("one frame", 1_459_470_000, [[1, 0]], None),
            _ack("a batch and a watermark", 1_459_470_000, [[3, 41], [3, 43]], [3, 39]),
            _ack("nothing but a watermark", 0, [], [1, 0]),
            _ack("no time, from a server in doubt of its clock", None, [[1, 0]], None),
        ],
        "events": [
            _event(1, "boot", [1, 0]),
            _event(7, "lost", [3, 0, 79]),
            _event(7, "fault", "Sht4x: no answer"),
        ],
        "refused": [
            {"name": name, "as": kind, "body": body, "reason": _reason(kind, body)}
            for name, kind, body in REFUSED
        ],
    }


def _frame(name: str, form: int, layouts: dict[str, bytes]) -> dict[str, Any]:
    layout, boot, seq, offset, t0, step, channels = FRAMES[name]
    frame = codec.Frame(layouts[layout], boot, seq, offset, t0, step, channels)
    body = FORMATS[form].encode(frame)
    epoch = 1 if boot < 3 else 300
    return {
        "name": name,
        "format": form,
        "node": "qf-001",
        "key": KEY.hex(),
        "epoch": epoch,
        "layout": layouts[layout].hex(),
        "boot": boot,
        "seq": seq,
        "offset": offset,
        "t0": t0,
        "step": step,
        "channels": [
            [{"missing": s.reason} if isinstance(s, codec.Missing) else s for s in samples]
            for samples in channels
        ],
        "body": body.hex(),
        "sealed": seal.seal(KEY, epoch, topics.topic("qf-001", "up"), body).hex(),
    }


def _ack(
    name: str, now: int | None, frames: list[list[int]], mark: list[int] | None
) -> dict[str, Any]:
    body = codec.encode_ack(now, frames, mark).hex()
    return {"name": name, "now": now, "frames": frames, "watermark": mark, "body": body}


def _event(boot: int, kind: str, detail: Any) -> dict[str, Any]:
    body = codec.encode_event(codec.Event(boot, kind, detail)).hex()
    return {"name": kind, "boot": boot, "kind": kind, "detail": detail, "body": body}


def _reason(kind: str, body: str) -> str:
    decode = {"frame": codec.decode, "ack": codec.decode_ack, "cbor": codec.cbor.decode}[kind]
    try:
        decode(bytes.fromhex(body))
    except codec.DecodeError as error:
        return str(error.reason)
    raise AssertionError(f"{body} was not refused")


def example(text: str) -> str:
    """Return docs/wire.md with its worked examples made again."""
    one, two = (row for row in make()["frames"] if row["name"] == EXAMPLE)
    parts = {
        "body": _wrapped(two["body"]),
        "bits": _bits(two),
        "sealed": _wrapped(two["sealed"]),
        "body1": _wrapped(one["body"]),
        "diagnostic1": _diagnostic(codec.cbor.decode(bytes.fromhex(one["body"]))),
    }
    for name, lines in parts.items():
        block = f"<!-- {name} -->\n```\n{lines}\n```\n<!-- /{name} -->"
        text = re.sub(f"<!-- {name} -->.*<!-- /{name} -->", block, text, flags=re.DOTALL)
    layout = f"<!-- layout -->`{two['layout']}`<!-- /layout -->"
    return re.sub("<!-- layout -->.*<!-- /layout -->", layout, text)


class _Shown(bits.Writer):
    """Notes the bits of each field; each number begins a line."""

    def __init__(self, out: bytearray) -> None:
        super().__init__(out)
        self.lines: list[list[str]] = [[]]

    def put(self, number: int, width: int) -> None:
        self.lines[-1].append(f"{number:0{width}b}" if width else "")
        super().put(number, width)

    def put_number(self, number: int) -> None:
        self.lines.append([])
        super().put_number(number)


def _bits(row: dict[str, Any]) -> str:
    """The parts of a body of format 2, each with what it says."""
    made: list[_Shown] = []
    with mock.patch.object(format2, "Writer", lambda out: made.append(_Shown(out)) or made[0]):
        format2.encode(codec.decode(bytes.fromhex(row["body"])))
    body = row["body"]
    slot = (row["offset"] + row["t0"]) // row["step"]
    says = [f"{len(row['channels'])} channels, {len(row['channels'][0])} samples, step 600 s"]
    says += [f"first sample at {slot} steps of UTC", f"t0 {row['t0']}"]
    says += [str(samples) for samples in row["channels"]]
    head = [
        (body[:2], "format 2, UTC known, on a step of it"),
        (body[2:10], "layout"),
        (body[10:14], f"boot {row['boot']}, seq {row['seq']}"),
    ]
    lines = [" ".join(part for part in line if part) for line in made[0].lines]
    return "\n".join(f"{b:<38}  {a}" for a, b in head + list(zip(lines, says, strict=True)))


def _wrapped(text: str) -> str:
    return "\n".join(text[at : at + 64] for at in range(0, len(text), 64))


def _diagnostic(item: list[Any]) -> str:
    head = [f"h'{part.hex()}'" if isinstance(part, bytes) else str(part) for part in item[:7]]
    rows = ",\n  ".join(str(row) for row in item[7])
    return f"[{', '.join(head)}, [\n  {rows}]]"


def write() -> None:
    """Write the vectors, and the worked examples of docs/wire.md."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(make(), indent=1) + "\n", encoding="utf-8")
    DOC.write_text(example(DOC.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
