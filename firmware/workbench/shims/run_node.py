"""Power on: what an ESP32 does before its main program, for a simulated node.

Mounts the flash, brings the configuration onto it and starts the real program.
"""

import binascii
import hashlib
import os

from bench import settings
from flash import Flash

chip = Flash()
try:
    vfs = os.VfsLfs2(chip)
except OSError:
    os.VfsLfs2.mkfs(chip)
    vfs = os.VfsLfs2(chip)
os.mount(vfs, "/flash")

with open(settings["config"]) as file:
    config = file.read()
try:
    with open("/flash/node.json") as file:
        same = file.read() == config
except OSError:
    same = False
if not same:
    with open("/flash/node.new", "w") as file:
        file.write(config)
    os.rename("/flash/node.new", "/flash/node.json")

from firmware.node import outbox  # noqa: E402

if settings.get("journal"):
    append = outbox.Outbox.append

    def journalled(self, boot, seq, frame):
        """Append, then note in the host's journal what is now safe on flash."""
        append(self, boot, seq, frame)
        digest = binascii.hexlify(hashlib.sha256(frame).digest()).decode()
        with open(settings["journal"], "a") as journal:
            journal.write("%d %d %s\n" % (boot, seq, digest))

    outbox.Outbox.append = journalled

from firmware.node import main, packets  # noqa: E402

answer_before = None
make_link = main.make_link


def make_link_and_log(board, config, report):
    """Make the link; one over IP logs what it meets at the broker, a modem's code needs room."""
    global connect
    made = make_link(board, config, report)
    if hasattr(made, "address"):
        connect = type(made).connect
        type(made).connect = connect_and_log
    return made


def connect_and_log(self):
    """Connect; log when the broker's answer is another than the time before."""
    global answer_before
    try:
        connect(self)
        answer = "answers"
    except packets.LinkError as error:
        answer = "refuses (%s); are user and password right, and has its port no TLS?" % error
        raise
    except OSError as error:
        answer = "does not answer (%s); does it run there?" % error
        raise
    finally:
        if answer != answer_before and (answer_before or answer != "answers"):
            print("broker %s:%d %s" % (self.address[0], self.address[1], answer))
        answer_before = answer


main.make_link = make_link_and_log
main.main()
