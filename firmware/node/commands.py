"""What the server tells a node to do: proven, done once, answered.

A message that is not sealed for this node, comes again, or is too late does nothing; it is counted
by its reason, and the first, tenth, hundredth ... of each reason in a boot is reported.
"""

import os

from firmware import const
from firmware.node import configuration
from firmware.node.configuration import Record as Record
from firmware.wire import cbor, seal, topics
from firmware.wire.commands_read import decode_command, wrap_key

_WINDOW_S = const(900)
_LEAST_WINDOW_S = const(60)
_MOST_WINDOW_S = const(86400)
# What a command may change; the others are who the node is.
CHANGEABLE = (
    "broker",
    "wifi",
    "sample_s",
    "samples_per_frame",
    "channels",
    "alarms",
    "outputs",
    "rules",
    "power",
    "ack_ms",
    "radio_ms",
)
_LEAST_S = const(10)
_MOST_S = const(86400)


class Commands:
    """Hears the commands of one node.

    Parameters
    ----------
    root : str
        Where the flash is mounted.
    config : dict
        What the node runs by.
    record : configuration.Record
    identity : Identity
    clock : Clock
    report : callable
        ``report(kind, detail)``.
    actions : dict of str to callable
        ``send`` and ``selftest``: called without arguments, they return what to answer.
    """

    def __init__(self, root, config, record, identity, clock, report, actions):
        self.root = root
        self.config = config
        self.record = record
        self.identity = identity
        self.clock = clock
        self.report = report
        self.actions = actions
        self.topic = topics.topic(identity.node, "cmd")
        self.refused = {}
        self.restart = False  # once the answer is on its way

    def hear(self, message):
        """Do what a message on ``cmd`` says; None stands for one too long to be read."""
        if message is None:
            return self._refuse("long")
        try:
            epoch, body = seal.open_(self.identity.key, self.topic, message)
        except seal.SealError:
            return self._refuse("seal")
        if epoch != self.identity.epoch:
            return self._refuse("epoch")
        try:
            command = decode_command(body)
        except ValueError:
            return self._refuse("form")
        if command.number < self.record.number:
            return self._refuse("replayed")
        if command.number == self.record.number:
            return None if self.record.result == "begun" else self.answer()
        tries = command.word in ("config", "key", "update")
        held = self.record.result in ("trial", "begun")
        if held or (tries and self._is_update_on_trial()):
            return self._refuse("on_trial")
        if self.clock.offset is None or self.clock.source:  # an unsigned time proves nothing
            return self._refuse("no_time")
        if command.expires < self.clock.offset + self.clock.uptime():
            return self._end(command, "expired")
        return self._do(command)

    def answer(self):
        """Report what came of the last command."""
        self.report("answer", [self.record.number, self.record.result, self.record.more])

    def _refuse(self, reason):
        count = self.refused.get(reason, 0) + 1
        self.refused[reason] = count
        if count == 10 ** (len(str(count)) - 1):
            self.report("refused", [reason, count])

    def _end(self, command, result, more=None):
        self.record.write(result, more, command.number)
        self.answer()

    def _do(self, command):
        try:
            if command.word == "update":
                self._offer(command)
            elif command.word in self.actions:
                # Written down before: power that goes meanwhile must not make it happen twice.
                self.record.write("begun", None, command.number)
                self._end(command, "done", self.actions[command.word]())
            elif command.word == "config":
                changes, window = _window(command.argument)
                self._try(command, changed(self.config, changes), window)
            elif command.word == "key":
                self._try(command, self._with_key(command), _WINDOW_S)
            else:
                self._end(command, "refused", "no such command: %s" % command.word[:40])
        except (ValueError, OSError) as error:
            self._end(command, "refused", str(error)[:120])

    def _offer(self, command):
        """Lay what is offered aside for the next start: verifying takes a heap that has room."""
        argument = command.argument
        good = isinstance(argument, list) and len(argument) == 2
        if not good or not all(isinstance(each, bytes) for each in argument):
            raise ValueError("update: must be [head, signature]")
        path = self.root + "/offer"
        with open(path + ".new", "wb") as file:
            file.write(cbor.encode([command.number] + argument))
        os.rename(path + ".new", path)
        self.record.write("begun", None, command.number)
        self.restart = True

    def _is_update_on_trial(self):
        try:
            with open(self.root + "/slot") as file:
                return file.read()[1:2] in ("a", "b")
        except OSError:
            return False

    def _try(self, command, config, window):
        configuration.try_(self.root, self.record, command.number, config, window)
        self.answer()
        self.restart = True

    def _with_key(self, command):
        who, argument = self.identity, command.argument
        if self.config["broker"].get("psk"):
            raise ValueError("key: the broker knows the one of now for TLS; enrol the node anew")
        good = isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], bytes)
        if not good or len(argument[1]) != seal.KEY_BYTES or argument[0] != who.epoch + 1:
            raise ValueError("key: must be [%d, %d bytes]" % (who.epoch + 1, seal.KEY_BYTES))
        key = wrap_key(who.key, who.node, command.number, argument[1])
        return dict(self.config, epoch=argument[0], key="".join("%02x" % byte for byte in key))


def _window(argument):
    """Return the changes of a ``config`` command and for how long they are tried [s]."""
    if not isinstance(argument, list) or len(argument) != 2:
        raise ValueError("config: must be [changes, seconds]")
    changes, window = argument
    if not isinstance(window, int) or not _LEAST_WINDOW_S <= window <= _MOST_WINDOW_S:
        raise ValueError(
            "config: %r s must be from %d to %d" % (window, _LEAST_WINDOW_S, _MOST_WINDOW_S)
        )
    return changes, window


def changed(config, changes):
    """Return a configuration with changes; ValueError names what cannot be changed so."""
    if not isinstance(changes, dict) or not changes:
        raise ValueError("nothing to change")
    for key, value in changes.items():
        if key not in CHANGEABLE:
            raise ValueError("%s: no key that can be changed from afar" % key)
        fault = _fault(key, value)
        if fault:
            raise ValueError("%s: %s" % (key, fault))
    result = dict(config)
    result.update(changes)
    return result


def _fault(key, value):
    if key in ("broker", "wifi"):
        return None if isinstance(value, dict) and _is_place(key, value) else "is not whole"
    if key == "channels":
        good = isinstance(value, list) and value and all(_is_channel(row) for row in value)
        return None if good else "must be a list of channels"
    if key in ("alarms", "outputs", "rules", "power"):
        good = isinstance(value, dict if key == "power" else list)
        return None if good else "is of the wrong kind"
    low, high = (1, 256) if key == "samples_per_frame" else (_LEAST_S, _MOST_S)
    if key in ("ack_ms", "radio_ms"):
        low, high = 100, 600000
    if not isinstance(value, int) or not low <= value <= high:
        return "%r must be from %d to %d" % (value, low, high)
    return None


def _is_place(key, value):
    if key == "wifi":
        return isinstance(value.get("ssid"), str)
    port = value.get("port")
    return isinstance(value.get("host"), str) and isinstance(port, int) and 0 < port < 65536


def _is_channel(row):
    names = ("number", "quantity", "scale", "driver", "bus", "address")
    return isinstance(row, dict) and all(name in row for name in names)
