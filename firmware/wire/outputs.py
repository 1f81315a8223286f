"""Orders from the server to a node's outputs, and what the node says of them: the server's view.

An order is a sealed message on ``cmd`` with the body ``[2, seq, act, id, argument, boot, until]``,
what became of it a sealed event of kind ``output``, all outputs at once one of kind ``outputs``
(docs/control.md). Times are seconds of the node's own uptime: no wall clock is asked.
"""

from collections import namedtuple

from firmware.wire import cbor
from firmware.wire.cbor import DecodeError
from firmware.wire.frame import UINT32, within
from firmware.wire.outputs_read import Order, decode_order, is_order

__all__ = (
    "ACTS",
    "ALARMS",
    "MOST_AHEAD_S",
    "OFF_REASONS",
    "REFUSALS",
    "STATES",
    "Now",
    "Order",
    "Outputs",
    "State",
    "all_off",
    "auto",
    "decode_order",
    "encode_order",
    "is_order",
    "off",
    "on",
    "outputs_of",
    "state",
    "state_of",
    "until",
)

FORMAT = 2
ACTS = ("on", "off", "all_off", "auto", "state")
STATES = ("accepted", "on", "off", "refused", "proof", "alarm", "clear", "hold", "auto")
#: Why an output went off.
OFF_REASONS = (
    "lease",  # its time was over
    "command",
    "all_off",
    "rule",  # a rule wanted it no more
    "limit",  # wind, frost or what else forbids it, or could not be measured
    "order",  # what it must be behind went off
    "no_proof",  # nothing showed within its time that it does what it should
    "fault",  # its switch failed
)
#: Why an order, or a rule, did not switch an output on.
REFUSALS = (
    "unknown",  # there is no such output
    "boot",  # the order was for another start of the node
    "late",  # its `until` is over
    "ahead",  # its `until` lies more than MOST_AHEAD_S ahead
    "repeated",  # an order of this id was taken before, and nothing is left of what came of it
    "longest",  # it would be on for longer than it may in one go
    "rest",  # it must be off for longer
    "day",  # it was on for as long as it may be in 24 hours
    "order",  # what it must be behind is not on for as long
    "limit",  # wind, frost or what else forbids it, or cannot be measured
    "fault",  # its switch failed
    "flash",  # the order could not be written down, and what is not is not done
)
#: What an alarm, or its end ("clear"), is about.
ALARMS = (
    "no_proof",  # on, and nothing showed it within its time
    "unproven",  # it ended before that time, and nothing had shown it
    "off_flow",  # off, and its proof shows that it is not
    "backward",  # its meter counts backward
    "stuck",  # it cannot be switched off; the node goes on trying
)
#: How far ahead of its uptime a node lets `until` lie [s].
MOST_AHEAD_S = 3600

# One state of an output; `by`: the order's id, 0 the node itself, -n the n-th rule.
State = namedtuple("State", ("k", "uptime", "output", "state", "by", "more"))
# All outputs at one moment: `k` is the number of the next state, `seq` the last order's.
Outputs = namedtuple("Outputs", ("k", "uptime", "seq", "rows"))
# One output now: seconds left of its lease, whether rules leave it alone, seconds used of a day.
Now = namedtuple("Now", ("output", "on", "left_s", "by", "hold", "used_s"))


def encode_order(order):
    """Encode an Order to its body; ValueError where a node would not take it for one."""
    body = cbor.encode([FORMAT] + list(order))
    try:
        decode_order(body)
    except (ValueError, TypeError) as error:
        form = "[2, seq, act, id, argument, boot, until]"
        text = "order: must be %s as docs/control.md has it, and %r is not: %s"
        raise ValueError(text % (form, order, error))
    return body


def on(seq, number, output, seconds, boot, until):
    """Return the Order that switches an output on for so many seconds."""
    return Order(seq, "on", number, [output, seconds], boot, until)


def off(seq, number, output, hold=True):
    """Return the Order that switches an output off; with `hold` rules leave it off."""
    return Order(seq, "off", number, [output, hold], None, None)


def all_off(seq, number):
    """Return the Order that switches all outputs off, and lets no rule switch them on."""
    return Order(seq, "all_off", number, None, None, None)


def auto(seq, number, outputs, boot, until):
    """Return the Order that gives outputs back to their rules."""
    return Order(seq, "auto", number, list(outputs), boot, until)


def state(k=0):
    """Return the Order that asks for all outputs, and for states from number `k` on."""
    return Order(0, "state", 0, k, None, None)


def until(heard_uptime, elapsed_s, valid_s):
    """Return the `until` of an order that is to begin within `valid_s` of now.

    `heard_uptime` [s] is what the node said last in its boot, `elapsed_s` how long ago that came
    in, counted on a clock that is never set. What a message took on its way makes it earlier, never
    later. ValueError where that lies further ahead than a node takes.
    """
    if not 0 < valid_s <= MOST_AHEAD_S or elapsed_s < 0:
        raise ValueError(
            "until: %r s must be from 1 to %d, elapsed %r not below 0"
            % (valid_s, MOST_AHEAD_S, elapsed_s)
        )
    return int(heard_uptime + elapsed_s + valid_s)


def state_of(detail):
    """Return the detail of an ``output`` event as a State; DecodeError if it is none."""
    if not isinstance(detail, list) or len(detail) != 6:
        raise DecodeError("output: must be an array of 6", 0)
    k, uptime, output, state, by, more = detail
    if not within(k, 0, UINT32) or not within(uptime, 0, UINT32):
        raise DecodeError("output: number %r, uptime %r must be from 0" % (k, uptime), 0)
    if output is not None and not within(output, 0, 32):
        raise DecodeError("output: %r must be from 0 to 31 or null" % (output,), 0)
    if state not in STATES:
        raise DecodeError("output: state %r must be one of %s" % (state, ", ".join(STATES)), 0)
    if not within(by, -1024, 1 << 53):
        raise DecodeError("output: by %r must be an order, 0 or a rule" % (by,), 0)
    fault = _more_fault(state, more)
    if fault:
        raise DecodeError("output: %s %r must be %s" % (state, more, fault), 0)
    return State(k, uptime, output, state, by, tuple(more) if state == "proof" else more)


def _more_fault(state, more):
    if state == "on":
        return None if within(more, 1, UINT32) else "seconds"
    if state == "proof":
        pair = isinstance(more, list) and len(more) == 2
        good = pair and within(more[0], 0, 32) and within(more[1], -UINT32, UINT32)
        return None if good else "[channel, raw value]"
    known = {"off": OFF_REASONS, "refused": REFUSALS, "alarm": ALARMS, "clear": ALARMS}.get(state)
    if known is None:
        return None if more is None else "null"
    return None if more in known else "one of " + ", ".join(known)


def outputs_of(detail):
    """Return the detail of an ``outputs`` event as Outputs; DecodeError if it is none."""
    good = isinstance(detail, list) and len(detail) == 4 and isinstance(detail[3], list)
    if not good or not all(within(each, 0, UINT32) for each in detail[:3]):
        raise DecodeError("outputs: must be [number, uptime, seq, rows]", 0)
    k, uptime, seq, rows = detail
    return Outputs(k, uptime, seq, tuple([_now(row) for row in rows]))


def _now(row):
    good = isinstance(row, list) and len(row) == 6
    good = good and within(row[0], 0, 32) and within(row[2], 0, UINT32)
    good = good and isinstance(row[1], bool) and isinstance(row[4], bool)
    if not good or not within(row[3], -1024, 1 << 53) or not within(row[5], 0, UINT32):
        raise DecodeError("outputs: %r must be [output, on, left, by, hold, used]" % (row,), 0)
    return Now(*row)
