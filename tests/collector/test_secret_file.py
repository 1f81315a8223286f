"""Files of secrets: what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.secret_file import read_secret
from collector.settings import SettingsError


def test_a_secret_is_read_without_the_white_space_around_it(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("0123456789" * 4 + "\n")
    path.chmod(0o600)
    assert read_secret(path, "NONGQING_X") == b"0123456789" * 4
    path.chmod(0o640)
    with pytest.raises(SettingsError, match=r"NONGQING_X: other users can read .*0640.*chmod 600"):
        read_secret(path, "NONGQING_X")
    path.chmod(0o600)
    path.write_text("short\n")
    with pytest.raises(SettingsError, match="holds 5 characters, a secret has 32 or more"):
        read_secret(path, "NONGQING_X")
    with pytest.raises(SettingsError, match="NONGQING_X: .*none cannot be read.*or make one"):
        read_secret(tmp_path / "none", "NONGQING_X")
