"""A node's configuration: read at the start, changed from afar on trial, and brought back.

``/node.json`` is what the node runs by. A change lies beside it as ``/node.trial`` until the server
has acknowledged a frame that was measured under it; only then it takes the place of the other. What
the last command was and what came of it stands in ``/cmd``. Each file is replaced whole, so that
power may go at any moment:

| last result | ``/node.trial`` | means |
|---|---|---|
| trial | there | on trial; counted, so that one that ends every start is undone |
| trial | gone | it was kept, and power went before that was written down |
| another | there | power went before the command counted as taken, or after the change was undone |
"""

import errno
import json
import os

from firmware import const

CONFIG = "/node.json"
TRIAL = const("/node.trial")
_RECORD = const("/cmd")
_MOST_STARTS = const(3)


class Record:
    """The last command of a node and what came of it, as kept on flash below `root`."""

    def __init__(self, root):
        self.path = root + _RECORD
        self.number, self.result, self.more, self.starts, self.window = 0, "", None, 0, 0
        try:
            with open(self.path) as file:
                self.number, self.result, self.more, self.starts, self.window = json.load(file)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise

    def write(self, result, more=None, number=None, starts=0, window=0):
        """Note what came of the last command, or of another one."""
        self.number = self.number if number is None else number
        self.result, self.more, self.starts, self.window = result, more, starts, window
        row = [self.number, result, more, starts, window]
        _replace(self.path, json.dumps(row))


def _replace(path, text):
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _remove(path):
    if _exists(path):
        os.remove(path)


def load(root):
    """Read the configuration to run by.

    Returns
    -------
    tuple of (dict, Record, bool, bool)
        The configuration, the last command, whether it is on trial, and whether something is to be
        told of it.
    """
    record = Record(root)
    ended = False
    on_trial = record.result == "trial" and _exists(root + TRIAL)
    if on_trial and record.starts >= _MOST_STARTS:
        undo(root, record, "started %d times without an answer" % record.starts)
        on_trial = False
    if record.result == "undone" and record.starts:
        record.write("undone", record.more)
        ended = True
    elif record.result == "trial" and not on_trial:
        record.write("done")
        ended = True
    elif record.result == "begun":
        record.write("cut")
        ended = True
    if on_trial:
        record.write("trial", None, None, record.starts + 1, record.window)
    else:
        _remove(root + TRIAL)
    return read(root, on_trial), record, on_trial, ended


def read(root, on_trial):
    """Read what the node runs by."""
    with open(root + (TRIAL if on_trial else CONFIG)) as file:
        return json.load(file)


def try_(root, record, number, config, window):
    """Put a configuration on trial from the next start on, for `window` seconds."""
    _replace(root + TRIAL, json.dumps(config))
    record.write("trial", None, number, 0, window)


def keep(root, record):
    """Make what is on trial the configuration."""
    os.rename(root + TRIAL, root + CONFIG)
    record.write("done")


def undo(root, record, why):
    """Give up what is on trial; the next start tells of it."""
    record.write("undone", why, starts=1)
    _remove(root + TRIAL)


def give_up(root, error):
    """Undo what is on trial, if anything is, because the program ended with an error."""
    record = Record(root)
    if record.result == "trial" and _exists(root + TRIAL):
        undo(root, record, "ended with %s" % str(error)[:100])
