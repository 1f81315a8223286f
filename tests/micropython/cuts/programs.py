"""Programs to update to, as the campaign made them in a folder, and who gives out their parts."""

import os

import device

from firmware.node import fetch
from firmware.wire import cbor, update_read

PART = 512
COUNT = 4


def read(path):
    """Return the bytes of a file, none where it is not there."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


class Server:
    """Answers at once what a node asks; `folder` holds a folder for the number of each program."""

    def __init__(self, folder):
        self.folder = folder
        self.harmed = []  # so many parts from now, these are not what they should be

    def argument(self, number):
        """Return what a command ``update`` carries."""
        place = "%s/%d/" % (self.folder, number)
        return [read(place + "head"), read(place + "sig")]

    def serve(self, node):
        """Be at the other end of the link of `node`, whose own end is left out."""
        node.uplink.mqtt.socket = self
        node.uplink.mqtt.subscribe = lambda topic: None
        node.uplink.mqtt.parts = PART, COUNT
        node.uplink.say = lambda kind, body: self._hear(node, cbor.decode(body))

    def _hear(self, node, ask):
        _, number, file, offset, most, count = ask
        place = "%s/%d/" % (self.folder, number)
        path = "manifest"
        if file:
            with open(place + "manifest", "rb") as manifest:
                path = list(update_read.files_of(manifest))[file - 1].path
        data = read(place + path + ".z")
        for at in range(offset, min(len(data), offset + most * count), most):
            held = data[at : at + most]
            if 0 in self.harmed:
                held = bytes(len(held))
            self.harmed = [left - 1 for left in self.harmed if left]
            part = [update_read.FORMAT, number, file, at, held]
            node.uplink.on_part(cbor.encode(part))


def install(source, slot):
    """Put a program into a slot of the mounted flash."""
    for name in ("head", "manifest"):
        _copy(source + "/" + name, slot + "/" + name)
    with open(source + "/manifest", "rb") as manifest:
        for file in update_read.files_of(manifest):
            _copy(source + "/" + file.path, slot + "/" + file.path)


def _copy(source, target):
    at = target.find("/", len(device.ROOT) + 1)
    while at > 0:
        fetch.make_folder(target[:at])
        at = target.find("/", at + 1)
    fetch.copy(source, target)


def whole(slot):
    """Return the number of the program in a slot, None if any of its files is not as it says."""
    try:
        head = update_read.decode_head(read(slot + "/head"))
        if fetch.digest(slot + "/manifest") != head.sha256:
            return None
        with open(slot + "/manifest", "rb") as manifest:
            for file in update_read.files_of(manifest):
                path = slot + "/" + file.path
                if os.stat(path)[6] != file.bytes or fetch.digest(path) != file.sha256:
                    return None
    except (OSError, ValueError):
        return None
    return head.number
