"""Marks between the operations of a flash: what the node has come to (MicroPython alone).

The node's parts are wrapped for that, not changed. tests/faults/cut_books.py says what each means.
"""

import device

from firmware.node import boot_number, configuration, main, slots
from firmware.node.cycle import Cycle
from firmware.node.outbox import Outbox
from firmware.node.samples import SampleLog

chip = None  # a nor.Nor


def wrap(place, name, before, after):
    """Put a mark before and after a function of the node; each makes it of the arguments."""
    inner = getattr(place, name)

    def outer(*arguments, **named):
        if before:
            mark(before(*arguments, **named))
        result = inner(*arguments, **named)
        if after:
            mark(after(result, *arguments, **named))
        return result

    setattr(place, name, outer)


def mark(what):
    """Note it, if there is something to note."""
    if what:
        chip.mark(*what)


def sample_mark(word, frame):
    """Return a mark about the one sample of a frame."""
    return [word, frame.boot, frame.seq] + device.samples_of(frame)[0]


def number(slots, more):
    """Return the number of the program that ``/slot`` will speak of."""
    head = slots.head(slots.runs if more[:1] == "+" else slots.other)
    return head.number if head else 0


def oldest(box):
    """Return the frames that the outbox is about to give up."""
    if box.segments:
        segment = box.segments[0]
        return ["giving up", segment.boot, segment.first, segment.first + segment.count - 1]
    return None


def wrap_all():
    """Wrap the parts of the node whose work is marked."""
    main.forget = lambda module: None  # what was wrapped is not loaded anew
    wrap(boot_number, "next_boot", None, lambda result, *_: ["boot", result[0]])
    wrap(Cycle, "_write", lambda _, frame: frame_mark(frame), None)
    wrap(
        Outbox,
        "append",
        lambda _, boot, seq, data: ["appending", boot, seq, device.digest(data)],
        lambda _, box, boot, seq, data: ["safe", boot, seq, device.digest(data)],
    )
    wrap(Outbox, "ack", lambda _, frames, mark: ["acking", frames, mark], None)
    wrap(Outbox, "give_up_oldest", oldest, None)
    wrap(
        SampleLog,
        "append",
        lambda _, frame: sample_mark("sampling", frame),
        lambda done, _, frame: sample_mark("sampled", frame) if done else None,
    )
    wrap(
        configuration,
        "try_",
        lambda root, record, number, config, window: ["trying", number, config["sample_s"]],
        lambda *_: ["tried"],
    )
    wrap(configuration, "keep", lambda *_: ["keeping"], lambda *_: ["kept"])
    wrap(configuration, "undo", lambda *_: ["undoing"], lambda *_: ["undone"])
    wrap(
        configuration.Record,
        "write",
        None,
        lambda _, record, *rest, **more: ["record", record.number, record.result, record.starts],
    )
    wrap(main.Node, "send", lambda _: ["acted"], None)
    wrap(main.Node, "self_test", lambda _: ["acted"], None)
    wrap(
        main.Node,
        "report",
        lambda _, kind, detail: ["lost"] + detail if kind == "lost" else None,
        None,
    )
    wrap(
        slots.Slots,
        "note",
        lambda slots, kept, more="": ["noting", kept + more[:2], number(slots, more)],
        lambda *_: ["noted"],
    )


def frame_mark(frame):
    """Return a mark of all samples of a frame."""
    return ["frame", frame.boot, frame.seq, device.samples_of(frame)]
