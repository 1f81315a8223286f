"""The master key, and node keys encrypted under it; the web's key, and tokens encrypted under it.

Both stand in the database encrypted with AES-256-GCM; what they belong to is bound in as associated
data, so a row cannot be passed off as another's.
"""

from __future__ import annotations

import base64
import binascii
import logging
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from collector.settings import make_state_dir

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_FILE = "master.key"
WEB_KEY_FILE = "web.key"

log = logging.getLogger("nongqing.keys")


class MasterKeyError(Exception):
    """The master key is missing, broken, readable by others, or not the one in use."""


class WebKeyError(MasterKeyError):
    """The key of the web's sessions is broken, readable by others, or cannot be kept."""


class NoMasterKey(MasterKeyError):  # noqa: N818 - named for what is wanting
    """There is no master key yet, or not here."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: there is no master key. Enrolling the first node (`nongqing node enroll`) "
            "makes one; if nodes are enrolled, restore that file, or say where it is: its folder "
            "in NONGQING_STATE_DIR, or its text in NONGQING_MASTER_KEY"
        )


class MasterKey:
    """Encrypts and decrypts node keys.

    Parameters
    ----------
    key : bytes
        32 bytes.
    source : str
        Where it came from, for messages.
    """

    def __init__(self, key: bytes, source: str = "the given key") -> None:
        if len(key) != KEY_BYTES:
            raise MasterKeyError(
                f"{source}: a master key has {KEY_BYTES} bytes, this has {len(key)}; "
                "restore the key that the database was made with, or make one with "
                "`head -c 32 /dev/urandom | base64` where there is no database yet"
            )
        self._aead = AESGCM(key)
        self.source = source

    def encrypt(self, node: str, epoch: int, key: bytes) -> bytes:
        """Return nonce and ciphertext of a node's key."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, key, _associated(node, epoch))

    def decrypt(self, node: str, epoch: int, encrypted: bytes) -> bytes:
        """Return a node's key.

        Raises
        ------
        MasterKeyError
            When it was encrypted under another master key, or for another node or epoch.
        """
        nonce, rest = encrypted[:NONCE_BYTES], encrypted[NONCE_BYTES:]
        try:
            return self._aead.decrypt(nonce, rest, _associated(node, epoch))
        except (InvalidTag, ValueError) as error:
            raise MasterKeyError(
                f"{self.source}: does not open the key of node {node}, epoch {epoch}; "
                "restore the master key that this database was made with"
            ) from error


class TokenSeal:
    """Encrypts and decrypts what deliveries to subscribers are signed with.

    Its key follows from that of the web, which makes subscriptions and need know no node's key.

    Parameters
    ----------
    web_key : bytes
        See `load_or_make_web_key`.
    """

    def __init__(self, web_key: bytes) -> None:
        derive = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"nongqing signature tokens")
        self._aead = AESGCM(derive.derive(web_key))

    def seal(self, subscription: str, token: str) -> bytes:
        """Return nonce and ciphertext of a subscription's token."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, token.encode(), subscription.encode())

    def open(self, subscription: str, sealed: bytes) -> str:
        """Return a subscription's token.

        Raises
        ------
        WebKeyError
            When it was encrypted under another key, or for another subscription.
        """
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._aead.decrypt(nonce, rest, subscription.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise WebKeyError(
                "the key of the web here does not open the signatureToken; give the jobs the same "
                "web.key or NONGQING_WEB_KEY as the web, or subscribe anew"
            ) from error


def _associated(node: str, epoch: int) -> bytes:
    return f"nongqing node key\0{node}\0{epoch}".encode()


def _parse(text: str, source: str) -> MasterKey:
    try:
        key = base64.b64decode(text.strip().encode("ascii", "replace"), validate=True)
    except binascii.Error:
        key = b""
    return MasterKey(key, source)


def load_master_key(state_dir: Path, given: str | None = None) -> MasterKey:
    """Return the master key: the given one, else the one in the state folder's file.

    Parameters
    ----------
    state_dir : Path
        Folder of the file ``master.key``.
    given : str, optional
        Base64 of 32 bytes, from NONGQING_MASTER_KEY.

    Raises
    ------
    NoMasterKey
        When none is given and there is no file.
    MasterKeyError
        When the key is broken, or the file can be read by others, or not by us.
    """
    if given is not None:
        return _parse(given, "NONGQING_MASTER_KEY")
    path = state_dir / KEY_FILE
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text("ascii", errors="replace")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NoMasterKey(path) from error
    except OSError as error:
        raise MasterKeyError(
            f"{path}: the master key cannot be read ({error.strerror}); work as the user who owns "
            "it, or name another folder in NONGQING_STATE_DIR"
        ) from error
    if mode & 0o077:
        raise MasterKeyError(
            f"{path}: other users can read the master key (mode {mode:04o}); run: chmod 600 {path}"
        )
    return _parse(text, str(path))


def load_or_make_master_key(state_dir: Path, given: str | None = None) -> MasterKey:
    """Return the master key; make its file, with mode 0600, where there is none, and say so.

    For enrolment and `nongqing up` alone: anywhere else a new key would open nothing.

    Raises
    ------
    MasterKeyError
        When the key is broken, can be read by others, or cannot be read or written by us.
    SettingsError
        When the state folder cannot be made.
    """
    try:
        return load_master_key(state_dir, given)
    except NoMasterKey:
        make_state_dir(state_dir)
    path = state_dir / KEY_FILE
    try:
        _make_file(path)
    except OSError as error:
        raise MasterKeyError(
            f"{path}: the master key cannot be written ({error.strerror}); name a folder that you "
            "may write to in NONGQING_STATE_DIR"
        ) from error
    log.warning(
        "made the master key %s; keep a copy of it elsewhere: without it every node must be "
        "enrolled again",
        path.absolute(),
    )
    return load_master_key(state_dir)


def load_or_make_web_key(state_dir: Path, given: str | None = None) -> bytes:
    """Return the 32 bytes that sign sessions and encrypt what one-time codes are made of.

    Made, with mode 0600, where there are none yet: a new one ends all sessions and asks staff to
    set up their second factor anew.

    Parameters
    ----------
    state_dir : Path
        Folder of the file ``web.key``.
    given : str, optional
        Base64 of 32 bytes, from NONGQING_WEB_KEY.

    Raises
    ------
    WebKeyError
        When the key is broken, can be read by others, or cannot be read or written by us.
    SettingsError
        When the state folder cannot be made.
    """
    path = state_dir / WEB_KEY_FILE
    source = str(path) if given is None else "NONGQING_WEB_KEY"
    if given is None:
        make_state_dir(state_dir)
        try:
            if not path.exists():
                _make_file(path)
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise WebKeyError(f"{path}: other users can read it; run: chmod 600 {path}")
            given = path.read_text("ascii", errors="replace")
        except OSError as error:
            raise WebKeyError(
                f"{path}: cannot be read or written ({error.strerror}); name a folder of this "
                "user's own in NONGQING_STATE_DIR"
            ) from error
    try:
        key = base64.b64decode(given.strip().encode("ascii", "replace"), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise WebKeyError(
            f"{source}: is not the base64 of {KEY_BYTES} bytes; restore it, or make one with "
            "`head -c 32 /dev/urandom | base64`"
        )
    return key


def _make_file(path: Path) -> None:
    """Make the key file in one step: complete or not at all, even with several processes."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
