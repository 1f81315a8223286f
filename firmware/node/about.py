"""What a node says of itself at a start."""

import hashlib
import sys

from firmware import VERSION
from firmware.node import configuration
from firmware.wire import cbor


def boot(board, torn, on_trial):
    """Return the detail of a ``boot`` event.

    Why the board started, records that were torn, the program's version, for which boards it is
    (None where nothing says so), and the start of the SHA-256 of the configuration as it stands.
    """
    path = board.root + (configuration.TRIAL if on_trial else configuration.CONFIG)
    held = hashlib.sha256(_read(path)).digest()[:4]
    return [board.reset_cause(), torn, VERSION, _target(), held]


def _target():
    try:
        return cbor.decode(_read(sys.path[0] + "/head"))[1]
    except (ValueError, IndexError, TypeError):
        return None


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
