"""What a node hears of its outputs: the reader of what `outputs` writes."""

from collections import namedtuple

from firmware.wire import cbor
from firmware.wire.frame import UINT32, within

Order = namedtuple("Order", ("seq", "act", "id", "argument", "boot", "until"))


def is_order(body):
    """Whether the body of a message on ``cmd`` is for outputs, whole or not."""
    return body[:2] == b"\x87\x02"  # an array of 7 that begins with 2, the format


def decode_order(body):
    """Decode a body to an Order; ValueError if it is none."""
    order = Order(*cbor.decode(body)[1:])
    seq, act, number, argument, boot, until = order
    if act == "state":
        good = within(argument, 0, UINT32)
    else:
        good = within(seq, 1, UINT32) and within(number, 1, 1 << 53)
        if act in ("on", "auto"):
            good = good and within(boot, 1, UINT32) and within(until, 0, UINT32)
        if act == "all_off":
            argument = ()
        elif act in ("on", "off"):
            good = good and isinstance(argument, list) and len(argument) == 2
            good = good and within(int(argument[1]), act == "on", UINT32)
            argument = argument[:1] if good else ()
        elif act != "auto" or not isinstance(argument, list):
            good = False
        good = good and all(within(each, 0, 32) for each in argument)
    if not good:
        raise ValueError("order: must be [2, seq, act, id, argument, boot, until]")
    return order
