"""Signing a program for updates over the air: keys, signed bundles, and what is refused."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import stat
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import littlefs
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from zopfli.zlib import compress

import firmware
from field_configs.load import load
from firmware.wire import ed25519, update
from firmware.workbench import bundle, release
from firmware.workbench.bundle import BundleError
from firmware.workbench.config import node_config, parse_broker_url, write_config
from firmware.workbench.deflated import deflate, inflate
from nongqing import main
from tests.firmware.field import Key

BOARD = "soilair-1"


def run(*arguments: str, **parts: Any) -> Any:
    return CliRunner().invoke(main, ["node", *arguments], obj=SimpleNamespace(**parts))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a bundle, built once."""
    folder = tmp_path_factory.mktemp("made")
    assert run("ota", "keygen", str(folder / "update.key")).exit_code == 0
    bundle.build(BOARD, load(site=None).boards[BOARD], folder / "bundle", "nbiot")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sign(*more: str) -> Any:
    return run("ota", "sign", "bundle", "--key", "update.key", *more)


def refused(result: Any, said: str) -> None:
    assert result.exit_code == 1
    assert said in result.output, result.output
    assert len(result.output.splitlines()) == 1


def test_a_key_is_for_its_owner_alone(folder: Path) -> None:
    result = run("ota", "keygen", "new.key")
    assert result.exit_code == 0, result.output
    public = release.public_key(Path("new.key.pub"))
    assert stat.S_IMODE(Path("new.key").stat().st_mode) == 0o600
    assert release.public_key(Path("new.key")) == public != release.public_key(Path("update.key"))
    assert public.hex() in result.output
    assert "nongqing node enroll NODE --update-key new.key.pub" in result.output
    assert Path("new.key").read_bytes() not in result.output_bytes


def test_a_key_that_is_there_is_left_alone(folder: Path) -> None:
    before = Path("update.key").read_bytes()
    said = ": is there, and nodes may rest on its key; name another file"
    refused(run("ota", "keygen", "update.key"), f"update.key{said}")
    Path("update.key").unlink()
    refused(run("ota", "keygen", "update.key"), f"update.key.pub{said}")
    assert not Path("update.key").exists()
    Path("update.key").write_bytes(before)


def test_a_key_that_cannot_be_written(folder: Path) -> None:
    said = "none/new.key: 写不了；请写到已有的文件夹里 | cannot be written (No such file or"
    refused(run("ota", "keygen", "none/new.key"), said)


def test_a_bundle_is_signed_and_read(folder: Path) -> None:
    result = sign()
    assert result.exit_code == 0, result.output
    version, number = firmware.VERSION, update.number_of(firmware.VERSION)
    assert f"signed: {BOARD}/nbiot, version {version} (number {number})" in result.output
    public = release.public_key(folder / "update.key.pub")
    read = release.read_signed(folder / "bundle", public)
    assert read == release.read_signed(folder / "bundle")
    assert read.head.target == f"{BOARD}/nbiot"
    assert read.head.sha256 == hashlib.sha256(read.manifest_bytes).digest()
    rows = update.decode_manifest(read.manifest_bytes)
    assert {row.path: (row.bytes, row.sha256) for row in rows} == {
        path: (len(data), hashlib.sha256(data).digest()) for path, data in read.files.items()
    }
    assert ed25519.verify(public, update.signed(read.head_bytes), read.signature)
    held = Path("bundle")
    assert (held / "update.head").read_bytes() == read.head_bytes
    assert (held / "update.manifest").read_bytes() == read.manifest_bytes
    assert (held / "update.sig").read_bytes() == read.signature
    assert (held / "update.travels").read_bytes() == b"".join(read.travels)
    for packed, row in zip(read.travels[1:], rows, strict=True):
        assert len(packed) == row.travels <= row.bytes
        reader = zlib.decompressobj(-11) if row.travels < row.bytes else None
        assert (reader.decompress(packed) if reader else packed) == read.files[row.path]
    assert zlib.decompress(read.travels[0], -11) == read.manifest_bytes
    assert sum(map(len, read.travels)) < bundle.MOST_BYTES < sum(map(len, read.files.values()))


def test_a_program_that_is_built_anew_is_not_signed(folder: Path) -> None:
    sign()
    bundle.build(BOARD, load(site=None).boards[BOARD], folder / "bundle")
    with pytest.raises(BundleError, match=r"update.head: No such file or directory; sign it: nong"):
        release.read_signed(folder / "bundle")


def flip(path: Path, at: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def add(path: Path, more: bytes) -> None:
    path.write_bytes(path.read_bytes() + more)


def another_of_its_size(path: Path) -> None:
    """What travels of the first file is a stream of as many other bytes."""
    head = update.decode_head((path / "update.head").read_bytes())
    row = update.decode_manifest((path / "update.manifest").read_bytes())[0]
    data = (path / "firmware/__init__.mpy").read_bytes()
    other = deflate(data[:-1] + bytes([data[-1] ^ 1]))
    assert len(other) == row.travels
    joined = bytearray((path / "update.travels").read_bytes())
    joined[head.travels : head.travels + row.travels] = other
    (path / "update.travels").write_bytes(joined)


def rename_version(folder: Path) -> None:
    raw = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(raw | {"firmware": "9.0.0"}))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda f: (f / "update.sig").unlink(), "update.sig: No such file or directory; sign it: "),
        (lambda f: flip(f / "update.sig"), "update.sig: is not by the key that updates are signed"),
        (lambda f: (f / "update.sig").write_bytes(b""), "update.sig: is not by the key"),
        (lambda f: flip(f / "update.head", 9), "update.head: is of another bundle than this; sign"),
        (lambda f: (f / "update.head").write_bytes(b""), "update.head: is of another bundle than"),
        (lambda f: flip(f / "update.head"), "update.travels: update.manifest "),
        (lambda f: flip(f / "update.travels", 0), "update.travels: update.manifest "),
        (lambda f: flip(f / "update.travels"), "update.travels: firmware/wire/update_read.mpy "),
        (
            another_of_its_size,
            "update.travels: firmware/__init__.mpy is another file when it is inflated; sign it: ",
        ),
        (lambda f: add(f / "update.travels", b"x"), "bytes, not "),
        (lambda f: (f / "update.travels").unlink(), "update.travels: No such file or directory; "),
        (lambda f: flip(f / "update.manifest"), "update.head: is of another bundle than this"),
        (lambda f: flip(f / "firmware/wire/seal.mpy"), "seal.mpy: is not what manifest.json says"),
        (rename_version, "update.head: is of another bundle than this; sign it: nongqing node"),
    ],
)
def test_a_harmed_release_is_not_taken(
    folder: Path, harm: Callable[[Path], None], said: str
) -> None:
    sign()
    harm(folder / "bundle")
    with pytest.raises(BundleError) as caught:
        release.read_signed(folder / "bundle", release.public_key(folder / "update.key"))
    assert said in str(caught.value)


def test_what_is_no_shorter_travels_as_it_is() -> None:
    whole = random.Random(1).randbytes(3000)
    assert deflate(whole) == whole == inflate(whole, 3000)
    packed = deflate(whole.hex().encode())
    assert len(packed) < 3600
    assert inflate(packed, 6000) == whole.hex().encode()
    for data, size in ((packed, 5999), (packed, 6001), (packed + b"x", 6000), (packed[:-1], 6000)):
        with pytest.raises(ValueError, match=f"is no stream of {size} bytes"):
            inflate(data, size)
    with pytest.raises(ValueError, match="cannot be inflated: "):
        inflate(b"\x07" + packed, 6000)


def test_nothing_reaches_back_beyond_the_window_of_a_node() -> None:
    far = random.Random(2).randbytes(600)
    data = far + random.Random(3).randbytes(2000) + far  # the second 2,600 bytes behind the first
    beyond = compress(data)[2:-4]
    assert zlib.decompress(beyond, -15) == data
    with pytest.raises(ValueError, match="cannot be inflated: .*too far back"):
        inflate(beyond, len(data))
    near = data[600:] + data[2000:2600]
    assert inflate(deflate(data), len(data)) == data
    assert len(deflate(near)) < len(near) - 500


def test_a_signature_is_long_enough_without_a_key_too(folder: Path) -> None:
    sign()
    (folder / "bundle/update.sig").write_bytes(bytes(63))
    with pytest.raises(BundleError, match=r"update.sig: has 63 bytes, not 64; sign it: nongqing"):
        release.read_signed(folder / "bundle")


def test_a_release_of_another_key_is_not_taken(folder: Path) -> None:
    sign()
    run("ota", "keygen", "other.key")
    with pytest.raises(BundleError, match="is not by the key that updates are signed with"):
        release.read_signed(folder / "bundle", release.public_key(folder / "other.key"))


def password(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    locked = BestAvailableEncryption(b"secret")
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))


def another_kind(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


MAKE = "; make one: nongqing node ota keygen FILE"


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (Path.unlink, f"update.key: cannot be read (No such file or directory){MAKE}"),
        (
            lambda p: p.write_text("no key"),
            f"update.key: holds no private key without password{MAKE}",
        ),
        (password, f"update.key: holds no private key without password{MAKE}"),
        (another_kind, f"update.key: holds a key of another kind than Ed25519{MAKE}"),
        (lambda p: p.chmod(0o644), "update.key: others can read it; chmod 600 update.key"),
    ],
)
def test_a_private_key_that_cannot_be_used(
    folder: Path, harm: Callable[[Path], None], said: str
) -> None:
    harm(Path("update.key"))
    refused(sign(), said)
    assert not Path("bundle/update.sig").exists()


def test_a_bundle_that_cannot_be_signed(folder: Path) -> None:
    refused(run("ota", "sign", "none", "--key", "update.key"), "none/manifest.json: cannot be read")
    raw = json.loads(Path("bundle/manifest.json").read_text())
    held = Path("bundle/manifest.json")
    held.write_text(json.dumps(raw | {"firmware": "9.0"}))
    said = "bundle: version '9.0': must be major.minor.patch, each below 1000; correct it and build"
    refused(sign(), said)
    link = "firmware/node/link_nbiot.mpy"
    rows = [row for row in raw["files"] if row["file"] != link]
    held.write_text(json.dumps(raw | {"files": rows}))
    refused(sign(), "bundle: holds 0 links, not one; build it again: nongqing node build")
    held.write_text(json.dumps(raw))
    Path("bundle/update.head").mkdir()
    refused(sign(), "bundle/update.head: Is a directory")


def public_of_another_kind(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (Path.unlink, f"update.key.pub: cannot be read (No such file or directory){MAKE}"),
        (lambda p: p.write_text("no key"), f"update.key.pub: holds no public key{MAKE}"),
        (
            public_of_another_kind,
            f"update.key.pub: holds a key of another kind than Ed25519{MAKE}",
        ),
    ],
)
@pytest.mark.parametrize("command", ["enroll", "simulate"])
def test_a_public_key_that_cannot_be_used(
    folder: Path, harm: Callable[[Path], None], said: str, command: str
) -> None:
    harm(Path("update.key.pub"))
    registry = SimpleNamespace(
        nodes=lambda: [SimpleNamespace(id="qf-001", board=BOARD, epoch=None)]
    )
    result = run(
        *(command, "qf-001", "--update-key", "update.key.pub"),
        registry=lambda: registry,
        boards=lambda: load(site=None).boards,
        settings=SimpleNamespace,
        clock=SimpleNamespace,
    )
    refused(result, said)


def write(path: Path) -> None:
    board = load(site=None).boards[BOARD]
    config = node_config(Key("qf-001"), board, parse_broker_url("mqtt://a.example"))
    more = {"update_key": release.public_key(path.parent / "update.key.pub").hex()}
    write_config(path, config | {"link": {"kind": "nbiot"}} | more)


def test_an_image_holds_a_slot_the_loader_and_the_key(folder: Path) -> None:
    write(folder / "node.json")
    given = ("--config", "node.json", "--out", "node.img", "--bundle", "bundle")
    result = run("image", "qf-001", *given)
    assert result.exit_code == 0, result.output
    disk = littlefs.LittleFS(block_size=4096, block_count=512, mount=False)
    disk.context.buffer = bytearray(Path("node.img").read_bytes())
    disk.mount()

    def held(name: str) -> bytes:
        with disk.open(name, "rb") as file:
            return bytes(file.read())

    assert sorted(disk.listdir("/")) == ["a", "main.py", "manifest.json", "node.json", "slot"]
    assert held("slot") == b"a"
    assert held("main.py") == Path(bundle.ROOT / "firmware/node/loader.py").read_bytes()
    signed = release.sign(folder / "bundle", folder / "update.key")
    # All but how many bytes would travel: nothing of an image does.
    assert update.decode_head(held("a/head"))[:3] == signed.head[:3]
    manifests = [
        update.decode_manifest(each) for each in (held("a/manifest"), signed.manifest_bytes)
    ]
    assert [row[:3] for row in manifests[0]] == [row[:3] for row in manifests[1]]
    for path, data in signed.files.items():
        assert held(f"a/{path}") == data
    assert json.loads(held("node.json")) == json.loads(Path("node.json").read_text())


def test_the_commands_have_examples() -> None:
    assert "nongqing node ota keygen update.key" in run("ota", "keygen", "--help").output
    assert "nongqing node ota sign bundle --key" in run("ota", "sign", "--help").output
    assert "nongqing node build soilair-1 --out bundle" in run("ota", "--help").output
