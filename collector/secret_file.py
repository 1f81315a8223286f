"""Secrets that stand in a file which its owner alone may read."""

from __future__ import annotations

import stat
from pathlib import Path

from collector.settings import SettingsError

FEWEST_CHARACTERS = 32


def read_secret(path: Path, setting: str, fewest: int = FEWEST_CHARACTERS) -> bytes:
    """Return the secret that a file holds, without white space around it.

    Parameters
    ----------
    path : Path
    setting : str
        Name of the setting that names the file, for messages.
    fewest : int
        Characters that it has at least: a secret of our own has more than a key of others.

    Raises
    ------
    SettingsError
        When it cannot be read, others can read it, or it is too short to be a secret.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        secret = path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(
            f"{setting}: {path} cannot be read ({error.strerror}); name a file that this user may "
            f"read, or make one: (umask 077; head -c 32 /dev/urandom | base64 > {path})"
        ) from error
    if mode & 0o077:
        raise SettingsError(
            f"{setting}: other users can read {path} (mode {mode:04o}); run: chmod 600 {path}"
        )
    if len(secret) < fewest:
        raise SettingsError(
            f"{setting}: {path} holds {len(secret)} characters, a secret has "
            f"{fewest} or more; make one: head -c 32 /dev/urandom | base64"
        )
    return secret
