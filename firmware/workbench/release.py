"""A bundle signed for an update over the air, and the key that it is signed with.

Beside what `nongqing node build` made lie four files: ``update.head``, ``update.manifest``
(`firmware.wire.update`), ``update.sig``, the Ed25519 signature (RFC 8032) over the head, and
``update.travels``: what travels of the manifest and of each file in its order, one behind the
other. Another zlib would deflate them otherwise, and what is signed says how long they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

import firmware
from firmware.wire import update
from firmware.workbench import bundle, deflated
from firmware.workbench.bundle import SIGNED, BundleError
from firmware.workbench.config import write_secret

HEAD, MANIFEST, SIGNATURE, TRAVELS = SIGNED
KEYGEN = "make one: nongqing node ota keygen FILE"
PEM = serialization.Encoding.PEM
RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw


class KeyFileError(RuntimeError):
    """A key file that cannot be used; the message names it and the mend."""


@dataclass(frozen=True)
class Release:
    """A signed bundle: head and manifest as they were signed, its files by their path.

    `travels` is what travels of the manifest, then of each file in its order.
    """

    head: update.Head
    head_bytes: bytes
    signature: bytes
    manifest_bytes: bytes
    files: dict[str, bytes]
    travels: list[bytes]


def describe(
    board_id: str, files: Mapping[str, bytes], version: str = firmware.VERSION, quick: bool = False
) -> tuple[bytes, bytes, list[bytes]]:
    """Return the encoded head, the encoded manifest and what travels of a bundle's files.

    `quick`: nothing of it is to travel.
    """
    target = update.target_of(board_id, bundle.link_of(files))
    listed = sorted(files.items())
    travels = [deflated.deflate(data, quick) for _, data in listed]
    rows = [
        update.File(path, len(data), hashlib.sha256(data).digest(), len(packed))
        for (path, data), packed in zip(listed, travels, strict=True)
    ]
    try:
        manifest = bytes(update.encode_manifest(rows))
        packed = deflated.deflate(manifest, quick)
        number = update.number_of(version)
        digest = hashlib.sha256(manifest).digest()
        head = update.Head(target, number, version, len(manifest), digest, len(packed))
        return bytes(update.encode_head(head)), manifest, [packed, *travels]
    except ValueError as error:
        raise BundleError(f"{error}; correct it and build again: nongqing node build") from error


def slot_of(
    board_id: str, files: Mapping[str, bytes], version: str = firmware.VERSION
) -> dict[str, bytes]:
    """Return all that a slot of a node holds: files, head and manifest, by their path in it."""
    head, manifest, _ = describe(board_id, files, version, quick=True)
    return {**files, "head": head, "manifest": manifest}


def sign(folder: Path, private_key_file: Path) -> Release:
    """Sign the bundle in a folder.

    Raises
    ------
    BundleError
    KeyFileError
    OSError
    """
    key = _private(private_key_file)
    manifest, files = bundle.read(folder)
    try:
        head, described, travels = describe(manifest.board, files, manifest.firmware)
    except BundleError as error:
        raise BundleError(f"{folder}: {error}") from error
    signature = key.sign(update.signed(head))
    for name, data in zip(SIGNED, (head, described, signature, b"".join(travels)), strict=True):
        (folder / name).write_bytes(data)
    return Release(update.decode_head(head), head, signature, described, files, travels)


def read_signed(folder: Path, public_key: bytes | None = None) -> Release:
    """Read a signed bundle, every digest checked, and the signature if a public key is given.

    Raises
    ------
    BundleError
    """
    again = f"sign it: nongqing node ota sign {folder} --key FILE"
    manifest, files = bundle.read(folder)
    try:
        head, described, signature, joined = ((folder / name).read_bytes() for name in SIGNED)
    except OSError as error:
        raise BundleError(f"{error.filename}: {error.strerror}; {again}") from error
    said = _head_of(head, described, files)
    target = update.target_of(manifest.board, bundle.link_of(files))
    if said is None or (said.target, said.version) != (target, manifest.firmware):
        raise BundleError(f"{folder / HEAD}: is of another bundle than this; {again}")
    try:
        travels = _divided(joined, said, described, files)
    except ValueError as error:
        raise BundleError(f"{folder / TRAVELS}: {error}; {again}") from None
    if public_key is not None:
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, update.signed(head))
        except (InvalidSignature, ValueError) as error:
            text = "is not by the key that updates are signed with"
            raise BundleError(f"{folder / SIGNATURE}: {text}; {again}") from error
    if len(signature) != update.SIGNATURE_BYTES:
        raise BundleError(f"{folder / SIGNATURE}: has {len(signature)} bytes, not 64; {again}")
    return Release(said, head, signature, described, files, travels)


def _head_of(head: bytes, manifest: bytes, files: Mapping[str, bytes]) -> update.Head | None:
    """Return the Head of exactly this manifest, if that is of exactly these files."""
    try:
        said, rows = update.decode_head(head), update.decode_manifest(manifest)
        number = update.number_of(said.version)
    except ValueError:
        return None
    held = {path: (len(data), hashlib.sha256(data).digest()) for path, data in files.items()}
    of_manifest = len(manifest), hashlib.sha256(manifest).digest()
    is_whole = (said.bytes, said.sha256, said.number) == (*of_manifest, number)
    return said if is_whole and {row.path: (row[1], row[2]) for row in rows} == held else None


def _divided(
    joined: bytes, head: update.Head, manifest: bytes, files: Mapping[str, bytes]
) -> list[bytes]:
    """Return what travels of each; a ValueError names the first that is not of its file."""
    found: list[bytes] = []
    wanted = [(MANIFEST, head.travels, manifest)]
    wanted += [(row.path, row.travels, files[row.path]) for row in update.decode_manifest(manifest)]
    at = 0
    for path, size, data in wanted:
        found.append(joined[at : at + size])
        at += size
        try:
            is_right = deflated.inflate(found[-1], len(data)) == data
        except ValueError as error:
            raise ValueError(f"{path} {error}") from None
        if not is_right:
            raise ValueError(f"{path} is another file when it is inflated")
    if at != len(joined):
        raise ValueError(f"has {len(joined)} bytes, not {at}")
    return found


def keygen(path: Path) -> bytes:
    """Make a key pair: `path` holds the private key, ``path.pub`` the public one, returned too.

    Raises
    ------
    KeyFileError
        If one of the files is there: nodes may know that key.
    OSError
    """
    public = path.with_name(path.name + ".pub")
    for each in (path, public):
        if each.exists():
            raise KeyFileError(
                f"{each}: is there, and nodes may rest on its key; name another file"
            )
    key = Ed25519PrivateKey.generate()
    write_secret(
        path,
        key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    public.write_bytes(key.public_key().public_bytes(PEM, spki))
    return key.public_key().public_bytes(*RAW)


def public_key(path: Path) -> bytes:
    """Return the 32 bytes of the public key in a file that holds it, or its private key.

    Raises
    ------
    KeyFileError
    """
    held = _held(path)
    if b"PRIVATE" in held:
        return _private(path).public_key().public_bytes(*RAW)
    try:
        key = serialization.load_pem_public_key(held)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path}: holds no public key; {KEYGEN}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{path}: holds a key of another kind than Ed25519; {KEYGEN}")
    return key.public_bytes(*RAW)


def _held(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read ({error.strerror}); {KEYGEN}") from error


def _private(path: Path) -> Ed25519PrivateKey:
    held = _held(path)
    try:
        key = serialization.load_pem_private_key(held, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path}: holds no private key without password; {KEYGEN}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: holds a key of another kind than Ed25519; {KEYGEN}")
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"{path}: others can read it; chmod 600 {path}")
    return key
