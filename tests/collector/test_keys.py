"""The master key and its file."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from collector.keys import (
    MasterKey,
    MasterKeyError,
    NoMasterKey,
    TokenSeal,
    WebKeyError,
    load_master_key,
    load_or_make_master_key,
)
from collector.settings import SettingsError


def test_the_file_is_made_once_and_only_for_us(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = load_or_make_master_key(tmp_path / "state")
    path = tmp_path / "state" / "master.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(base64.b64decode(path.read_text())) == 32
    assert [p.name for p in path.parent.iterdir()] == ["master.key"]
    assert f"made the master key {path}; keep a copy of it elsewhere" in caplog.text
    caplog.clear()
    load_or_make_master_key(tmp_path / "state")
    assert caplog.text == ""
    again = load_master_key(tmp_path / "state")
    assert again.decrypt("n1", 1, first.encrypt("n1", 1, b"secret")) == b"secret"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    load_or_make_master_key(tmp_path)
    path = tmp_path / "master.key"
    path.chmod(mode)
    with pytest.raises(MasterKeyError, match=f"run: chmod 600 {path}"):
        load_master_key(tmp_path)


def test_reading_never_makes_one(tmp_path: Path) -> None:
    with pytest.raises(NoMasterKey) as caught:
        load_master_key(tmp_path / "state")
    for word in (str(tmp_path / "state" / "master.key"), "NONGQING_STATE_DIR", "node enroll"):
        assert word in str(caught.value)
    assert "NONGQING_MASTER_KEY" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"file/state: this folder cannot be made .*STATE_DIR"):
        load_or_make_master_key(tmp_path / "file" / "state")


def test_a_key_that_cannot_be_read_or_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*arguments: object, **more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("collector.keys.os.open", denied)
    with pytest.raises(MasterKeyError, match=r"cannot be written \(Permission denied\).*STATE_DIR"):
        load_or_make_master_key(tmp_path)
    monkeypatch.undo()
    (tmp_path / "master.key").mkdir(mode=0o700)
    with pytest.raises(MasterKeyError, match=r"master.key: the master key cannot be read \(Is a"):
        load_master_key(tmp_path)


def test_the_environments_key_wins(tmp_path: Path) -> None:
    text = base64.b64encode(bytes(32)).decode()
    assert load_master_key(tmp_path, text).source == "NONGQING_MASTER_KEY"
    assert not (tmp_path / "master.key").exists()


@pytest.mark.parametrize("text", ["", "short", "§", base64.b64encode(bytes(31)).decode()])
def test_a_broken_key_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(MasterKeyError, match="NONGQING_MASTER_KEY: a master key has 32 bytes"):
        load_master_key(tmp_path, text)


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_text("not a key")
    path.chmod(0o600)
    with pytest.raises(MasterKeyError, match="restore the key that the database was made with"):
        load_master_key(tmp_path)


def test_node_and_epoch_are_bound_in() -> None:
    master = MasterKey(bytes(32))
    encrypted = master.encrypt("n1", 1, b"key")
    for node, epoch in (("n2", 1), ("n1", 2)):
        with pytest.raises(MasterKeyError, match="does not open"):
            master.decrypt(node, epoch, encrypted)
    with pytest.raises(MasterKeyError):
        master.decrypt("n1", 1, b"")
    assert master.encrypt("n1", 1, b"key") != encrypted


def test_a_token_opens_under_its_key_and_for_its_subscription_alone() -> None:
    seal = TokenSeal(bytes(32))
    sealed = seal.seal("s-1", "秘密")
    assert seal.open("s-1", sealed) == "秘密"
    assert seal.seal("s-1", "秘密") != sealed
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for key, name, what in (
        (TokenSeal(bytes(31) + b"1"), "s-1", sealed),
        (seal, "s-2", sealed),
        (seal, "s-1", changed),
        (seal, "s-1", b""),
    ):
        with pytest.raises(WebKeyError, match="does not open the signatureToken"):
            key.open(name, what)
