"""What a node hears of its outputs: the reader of what `outputs` writes."""

from collections import namedtuple

from firmware.wire import cbor
from firmware.wire.cbor import DecodeError
from firmware.wire.frame import UINT32, within

Order = namedtuple("Order", ("seq", "act", "id", "argument", "boot", "until"))


def is_order(body):
    """Whether the body of a message on ``cmd`` is for outputs, whole or not."""
    return body[:2] == b"\x87\x02"  # an array of 7 that begins with 2, the format


def decode_order(body):
    """Decode a body to an Order; DecodeError if it is none."""
    parts = cbor.decode(body, 64)
    if not is_order(body) or not _is_whole(*parts[1:]):
        raise DecodeError("order: must be [2, seq, act, id, argument, boot, until]", 0)
    return Order(*parts[1:])


def _is_whole(seq, act, number, argument, boot, until):
    if act == "state":
        empty = [seq, number, boot, until] == [0, 0, None, None]
        return empty and within(argument, 0, UINT32)
    if not within(seq, 1, UINT32) or not within(number, 1, 1 << 53):
        return False
    if act == "on" or act == "auto":
        if not within(boot, 1, UINT32) or not within(until, 0, UINT32):
            return False
    elif boot is not None or until is not None:
        return False
    if act == "all_off":
        return argument is None
    if not isinstance(argument, list):
        return False
    if act == "auto":
        return all(within(each, 0, 32) for each in argument)
    if act not in ("on", "off") or len(argument) != 2 or not within(argument[0], 0, 32):
        return False
    return isinstance(argument[1], bool) if act == "off" else within(argument[1], 1, UINT32)
