"""The messages of an update: one form on the wire, and everything else refused with its reason."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware.wire import cbor, update
from firmware.wire.update import Ask, File, Head, Part
from firmware.workbench.deflated import inflate
from tests.paths import ROOT

HEAD = Head("soilair-1/ip", 2_001, "0.2.1", 1_800, bytes(range(32)), 1_100)
FILES = [
    File("firmware/node/main.mpy", 3_000, bytes(32), 2_100),
    File("firmware/z.mpy", 9, bytes(32), 9),
]
ASK = Ask(2_001, 3, 1_024, 512, 8)
PART = Part(2_001, 3, 1_024, b"some of a file")


def test_what_is_encoded_is_decoded() -> None:
    assert update.decode_head(update.encode_head(HEAD)) == HEAD
    assert update.decode_manifest(update.encode_manifest(FILES)) == FILES
    assert update.decode_ask(update.encode_ask(ASK)) == ASK
    assert update.decode_part(update.encode_part(PART)) == PART


@pytest.mark.parametrize(
    ("version", "number"), [("0.1.0", 1_000), ("0.2.1", 2_001), ("12.0.999", 12_000_999)]
)
def test_a_version_has_a_number_that_rises_with_it(version: str, number: int) -> None:
    assert update.number_of(version) == number


@pytest.mark.parametrize("version", ["1.2", "1.2.3.4", "1.2.x", "1.2.1000", "1.2.-1", ""])
def test_another_version_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="must be major.minor.patch, each below 1000"):
        update.number_of(version)


def test_the_signature_is_over_the_head_and_what_it_is_for() -> None:
    head = update.encode_head(HEAD)
    assert update.signed(head) == b"nongqing update 1\n" + head


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"target": "soilair-1"}, "target 'soilair-1' must be board/link"),
        ({"number": 0}, "number 0 must be from 1"),
        ({"number": True}, "number True must be from 1"),
        ({"version": ""}, "version '' must be a text"),
        ({"bytes": 8_193}, "manifest of 8193 bytes must have from 1 to 8192"),
        ({"sha256": bytes(31)}, "SHA-256 must be 32 bytes"),
        ({"travels": 0}, "0 bytes that travel must be from 1 to 1800"),
        ({"travels": 1_801}, "1801 bytes that travel must be from 1 to 1800"),
    ],
)
def test_a_head_that_is_none_is_refused(change: dict[str, object], fault: str) -> None:
    head = HEAD._replace(**change)
    with pytest.raises(ValueError, match=fault):
        update.encode_head(head)
    with pytest.raises(cbor.DecodeError, match=fault):
        update.decode_head(cbor.encode([1, *head]))


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([], "must list from 1 to 96 files"),
        (
            [["a", 1, bytes(32), 1]] * 97,
            "must list from 1 to 96 files|more items than there may be",
        ),
        (
            [["a", 1, bytes(32)]],
            r"a file must be \[path, bytes, SHA-256, bytes that travel\]",
        ),
        ([["../a", 1, bytes(32), 1]], "path '../a' must be of names of a-z"),
        ([["/a", 1, bytes(32), 1]], "path '/a' must be of names of a-z"),
        ([["a//b", 1, bytes(32), 1]], "path 'a//b' must be of names of a-z"),
        ([["A", 1, bytes(32), 1]], "path 'A' must be of names of a-z"),
        ([["b", 1, bytes(32), 1], ["a", 1, bytes(32), 1]], "path 'a' must come after 'b'"),
        ([["a", 1, bytes(32), 1], ["a", 1, bytes(32), 1]], "path 'a' must come after 'a'"),
        ([["a", 65_537, bytes(32), 1]], "a: 65537 bytes must be from 1 to 65536"),
        ([["a", 0, bytes(32), 0]], "a: 0 bytes must be from 1 to 65536"),
        ([["a", 1, b"short", 1]], "a: SHA-256 must be 32 bytes"),
        ([["a", 9, bytes(32), 0]], "a: 0 bytes that travel must be from 1 to 9"),
        ([["a", 9, bytes(32), 10]], "a: 10 bytes that travel must be from 1 to 9"),
        ([["a", 9, bytes(32), None]], "a: None bytes that travel must be from 1 to 9"),
    ],
)
def test_a_manifest_that_is_none_is_refused(rows: list[list[object]], fault: str) -> None:
    with pytest.raises(cbor.DecodeError, match=fault):
        update.decode_manifest(cbor.encode([1, rows]))
    if all(len(row) == 4 for row in rows):
        with pytest.raises(ValueError, match=fault):
            update.encode_manifest([File(*row) for row in rows])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"number": 1 << 32}, "number 4294967296 must be from 1"),
        ({"file": 97}, "file 97 must be from 0 to 96"),
        ({"offset": -1}, "offset -1 must be from 0 to 65535"),
        ({"most": 1_025}, "parts of 1025 bytes must have from 64 to 1024"),
        ({"count": 9}, "9 parts must be from 1 to 8"),
    ],
)
def test_an_ask_that_is_none_is_refused(change: dict[str, object], fault: str) -> None:
    ask = ASK._replace(**change)
    with pytest.raises(ValueError, match=fault):
        update.encode_ask(ask)
    with pytest.raises(cbor.DecodeError, match=fault):
        update.decode_ask(cbor.encode([1, *ask]))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"file": 97}, "file 97 must be from 0 to 96"),
        ({"data": b""}, "data must be from 1 to 1024 bytes"),
        ({"data": bytes(1_025)}, "data must be from 1 to 1024 bytes"),
        ({"data": "text"}, "data must be from 1 to 1024 bytes"),
    ],
)
def test_a_part_that_is_none_is_refused(change: dict[str, object], fault: str) -> None:
    part = PART._replace(**change)
    with pytest.raises(ValueError, match=fault):
        update.encode_part(part)
    with pytest.raises(cbor.DecodeError, match=fault):
        update.decode_part(cbor.encode([1, *part]))


def test_no_bytes_make_it_fail_otherwise() -> None:
    random.seed(11)
    whole = update.encode_part(PART)
    decoders: list[Callable[[bytes], object]] = [
        update.decode_head,
        update.decode_manifest,
        update.decode_ask,
        update.decode_part,
    ]
    for _ in range(2_000):
        broken = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            broken[random.randrange(len(broken))] = random.randrange(256)
        for decode in decoders:
            try:
                decode(bytes(broken[: random.randint(0, len(broken))]))
            except cbor.DecodeError:
                pass


@pytest.mark.parametrize(
    ("decode", "what"),
    [
        (update.decode_head, "head: must be an array of 7 that begins with 1"),
        (update.decode_ask, "ask: must be an array of 6 that begins with 1"),
        (update.decode_part, "part: must be an array of 5 that begins with 1"),
        (update.decode_manifest, r"manifest: must be \[1, files\]"),
    ],
)
def test_what_is_not_even_the_list_is_refused(decode: Callable[[bytes], object], what: str) -> None:
    for other in (None, [2], [True, 1, 1, 1]):
        with pytest.raises(cbor.DecodeError, match=what):
            decode(cbor.encode(other))


GOLDEN = json.loads((ROOT / "tests/golden/wire/update.json").read_text())


def test_the_golden_update_is_read_and_written_so() -> None:
    """Its streams are of one zlib: others may make others, and all must be read."""
    head, manifest = bytes.fromhex(GOLDEN["head"]), bytes.fromhex(GOLDEN["manifest"])
    packed, *travels = map(bytes.fromhex, GOLDEN["travels"])
    files = {path: bytes.fromhex(data) for path, data in GOLDEN["files"].items()}
    said, rows = update.decode_head(head), update.decode_manifest(manifest)
    digest = hashlib.sha256(manifest).digest()
    assert said == Head("soilair-1/ip", 2_003_004, "2.3.4", len(manifest), digest, len(packed))
    assert (update.encode_head(said), update.encode_manifest(rows)) == (head, manifest)
    assert inflate(packed, said.bytes) == manifest
    for row, travelled, (path, data) in zip(rows, travels, files.items(), strict=True):
        wanted = File(path, len(data), hashlib.sha256(data).digest(), len(travelled))
        assert row == wanted
        assert inflate(travelled, row.bytes) == data
    assert [row.travels < row.bytes for row in rows] == [True, False]
    ask, part = Ask(2_003_004, 1, 0, 512, 8), Part(2_003_004, 1, 0, travels[0])
    assert update.encode_ask(ask) == bytes.fromhex(GOLDEN["ask"])
    assert update.encode_part(part) == bytes.fromhex(GOLDEN["part"])


def test_micropython_reads_the_golden_update_and_no_stream_makes_it_fail(tmp_path: Path) -> None:
    run = "import sys, micropython_run; sys.exit(micropython_run.run_main(sys.argv))"
    script = str(ROOT / "tests/micropython/update_vectors.py")
    done = subprocess.run(
        [sys.executable, "-c", run, "-X", "heapsize=160k", script, str(ROOT), str(tmp_path)],
        env={"MICROPYPATH": f"{ROOT}:.frozen", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
