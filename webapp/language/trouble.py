"""Words for what goes wrong in the network and for what jobs report.

The collector writes both in English, in a closed set of sentences. Each stands here as a message
to translate; a sentence that fits none, of another release say, is shown as it is.
"""

import re
from datetime import UTC, datetime
from functools import cache

from flask_babel import LazyString, gettext, lazy_gettext

from collector.store.frames import OTHERS
from webapp.language.formats import local_time
from webapp.language.risks import upper_first
from webapp.language.words import has_word, word

ITEM_KINDS = {
    "silent_node": lazy_gettext("Node is silent"),
    "silent_placement": lazy_gettext("Probe is silent"),
    "undecodable": lazy_gettext("Messages cannot be decoded"),
    "two_values": lazy_gettext("Two values for one time"),
    "no_placement": lazy_gettext("Channel without a placement"),
    "node_clock": lazy_gettext("Clock of a node is wrong"),
    "unknown_layout": lazy_gettext("Channel layout not known"),
    "identity_reused": lazy_gettext("Frame name used twice"),
    "collector_fault": lazy_gettext("Fault of the collector"),
    "frames_lost": lazy_gettext("Frames lost"),
    "node_fault": lazy_gettext("Fault of a node"),
}
REASONS = {
    "bad_topic": lazy_gettext("topic not understood"),
    "not_sealed": lazy_gettext("not sealed"),
    "unknown_node": lazy_gettext("unknown node"),
    "unknown_epoch": lazy_gettext("key epoch not known"),
    "retired_epoch": lazy_gettext("key retired"),
    "revoked": lazy_gettext("node revoked"),
    "wrong_seal": lazy_gettext("seal is wrong"),
    "not_cbor": lazy_gettext("cannot be decoded"),
    "undecodable": lazy_gettext("cannot be decoded"),
    "undecodable_event": lazy_gettext("event cannot be decoded"),
    "identity_reused": lazy_gettext("frame name used twice"),
    "time_out_of_window": lazy_gettext("time cannot be right"),
    "no_placement": lazy_gettext("channel without a placement"),
    "collector_fault": lazy_gettext("fault of the collector"),
}
SENTENCES = (
    lazy_gettext("node %(node)s: last heard %(time)s; see to its power, radio and antenna"),
    lazy_gettext(
        "placement %(place)s: node %(node)s reports, but had its last valid value %(time)s; "
        "see to the probe and its cable"
    ),
    lazy_gettext("node %(node)s sent a sealed message that cannot be decoded: %(detail)s"),
    lazy_gettext(
        "series %(number)s got two different values for %(time)s; the first is in use, the other "
        "in reading_conflict"
    ),
    lazy_gettext(
        "node %(node)s: channel %(channel)s serves no placement at that time; name one in "
        "field_configs/sites/ and run `nongqing sites import`"
    ),
    lazy_gettext(
        "node %(node)s, boot %(boot)s, frame %(frame)s: times %(first)s to %(last)s (unix) lie "
        "outside %(low)s to %(high)s UTC; set the node's clock; the frame is kept in dead_letter"
    ),
    lazy_gettext(
        "channel layout %(layout)s of node %(node)s is not known; its frames are kept; declare "
        "its board in field_configs/boards/ and run `nongqing sites import`"
    ),
    lazy_gettext(
        "boot %(boot)s, frame %(frame)s: another frame has this name; its boot counter went back; "
        "enrol it again"
    ),
    lazy_gettext("boot %(boot)s, frame %(frame)s: another frame has this name"),
    lazy_gettext("a message of node %(node)s makes the collector fail (%(detail)s); report it"),
    lazy_gettext("boot %(boot)s: frames %(first)s to %(last)s are lost in the node"),
    lazy_gettext("%(hours)s hours"),
    lazy_gettext("%(statuses)s statuses, %(new)s new, %(ahead)s of days ahead"),
    lazy_gettext("%(statuses)s statuses, %(new)s new"),
    lazy_gettext("%(held)s in force, %(new)s new, %(ended)s ended"),
    lazy_gettext("%(rows)s rows changed, %(valid)s hazards validated in a county"),
    lazy_gettext("%(nodes)s nodes and %(probes)s probes are silent"),
    lazy_gettext("%(chunks)s chunks compressed, %(months)s months dropped"),
)
_FIELD = re.compile(r"%\\\((\w+)\\\)s|%\((\w+)\)s")
_TIMES = ("%Y-%m-%d %H:%M UTC", "%Y-%m-%d %H:%M:%S UTC")


def source_of(sentence: LazyString) -> str:
    """The English text of a message to translate."""
    return str(sentence._args[0])


@cache
def _patterns() -> list[tuple[re.Pattern[str], LazyString]]:
    found = []
    for sentence in SENTENCES:
        text = re.escape(source_of(sentence))
        pattern = _FIELD.sub(lambda m: f"(?P<{m[1] or m[2]}>.+?)", text)
        found.append((re.compile(pattern, re.DOTALL), sentence))
    return found


def _value(name: str, text: str) -> str:
    if name != "time":
        return text
    if text == "never":
        return str(gettext("never"))
    for form in _TIMES:
        try:
            return local_time(datetime.strptime(text, form).replace(tzinfo=UTC))
        except ValueError:
            continue
    return text


def detail_text(detail: str) -> str:
    """Say a detail in the reader's language, times in local time; unknown ones as they are."""
    for pattern, sentence in _patterns():
        match = pattern.fullmatch(detail)
        if match:
            values = {name: _value(name, text) for name, text in match.groupdict().items()}
            return str(sentence) % values
    return detail


def item_kind(kind: str) -> str:
    """The name of a kind of maintenance item."""
    return str(ITEM_KINDS.get(kind, kind))


def reason_name(reason: str) -> str:
    """Why a message was refused or could not be used."""
    return str(REASONS.get(reason, reason))


def node_name(node: str) -> str:
    """A node's id; what stands for all nodes without a name of their own is said in words."""
    return str(gettext("others")) if node == OTHERS else node


def job_name(job: str) -> str:
    """What a job does."""
    key = f"job.{job}"
    return upper_first(word(key)) if has_word(key) else job
