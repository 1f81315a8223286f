"""What the workbench notes of the program that runs: its journals, and what it meets at the broker.

The emulated board brings it on, so that it is laid over the program of the slot that was chosen.
"""

import binascii
import hashlib

from bench import clock, settings

from firmware.node import cycle, main, outbox, packets, samples

if settings.get("journal"):
    append = outbox.Outbox.append

    def journalled(self, boot, seq, frame):
        """Append, then note in the host's journal what is now safe on flash."""
        append(self, boot, seq, frame)
        digest = binascii.hexlify(hashlib.sha256(frame).digest()).decode()
        with open(settings["journal"], "a") as journal:
            journal.write("%d %d %s\n" % (boot, seq, digest))

    outbox.Outbox.append = journalled

append_sample = samples.SampleLog.append


def append_unless_behind(self, frame):
    """Append; but a backlog is made up in a hurry, and begins anew where it is cut off."""
    return clock.behind or append_sample(self, frame)


samples.SampleLog.append = append_unless_behind

if settings.get("sample_journal"):
    take = cycle.Cycle.poll

    def take_and_note(self):
        """Take a sample; note its boot and uptime once it is safe on flash."""
        took = take(self)
        if took:
            with open(settings["sample_journal"], "a") as journal:
                journal.write("%d %d\n" % (self.identity.boot, self.taken))
        return took

    cycle.Cycle.poll = take_and_note
    if settings.get("without") == "sample log":  # a safeguard, and what a test finds without it
        samples.SampleLog.append = lambda self, frame: True


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
        hint = "are user and password right, and has its port no TLS?"
        if self.psk:
            hint = "has its psk_file our line, and does this port take it?"
        answer = "refuses (%s); %s" % (error, hint)
        raise
    except OSError as error:
        answer = "does not answer (%s); does it run there?" % error
        raise
    finally:
        if answer != answer_before and (answer_before or answer != "answers"):
            print("broker %s:%d %s" % (self.address[0], self.address[1], answer))
        answer_before = answer


main.make_link = make_link_and_log

with open("/flash/node.json") as file:
    sleeps = '"deep_sleep": true' in file.read()
if sleeps:
    from firmware.node import deep

    follow = deep.DeepSleep.follow

    def follow_unless_behind(self, node):
        """Sleep; but not while a backlog is made up, whose samples are on no flash."""
        return None if clock.behind else follow(self, node)

    deep.DeepSleep.follow = follow_unless_behind
