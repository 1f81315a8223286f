"""What an audit entry's digest is computed over; docs/audit.md has it byte by byte."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MARK = b"nongqing audit 1\n"
NOTHING = bytes(32)  # stands before the first entry
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_INTEGER = 2**63

#: Every action that the log tells of: who saw or changed what.
ACTIONS = (
    "sign_in",
    "sign_in_refused",
    "sign_out",
    "sign_in_link_made",
    "key_registered",
    "key_removed",
    "key_used",
    "key_refused",
    "person_added",
    "person_changed",
    "person_locked",
    "person_unlocked",
    "person_seen",
    "people_seen",
    "drafts_seen",
    "network_seen",
    "rights_given",
    "rights_taken",
    "advice_published",
    "advice_withdrawn",
    "advice_decided",
    "advice_heard",
    "advice_sent_again",
    "colours_changed",
    "advice_overridden",
    "bulletin_issued",
    "rule_changed",
    "site_imported",
    "site_exported",
    "export_asked",
    "data_exported",
    "file_imported",
    "place_moved",
    "place_removed",
    "item_seen",
    "item_closed",
    "item_assigned",
    "item_noted",
    "clock_accepted",
    "readings_moved",
    "letters_replayed",
    "channel_calibrated",
    "limits_given",
    "readings_struck",
    "readings_unstruck",
    "readings_accepted",
    "node_enrolled",
    "device_enrolled",
    "device_changed",
    "device_retired",
    "device_network_opened",
    "device_network_closed",
    "node_told",
    "output_ordered",
    "control_allowed",
    "control_disallowed",
    "schedule_made",
    "schedule_ended",
    "sequence_begun",
    "advice_released",
    "advice_release_withdrawn",
    "water_allocated",
    "flow_given",
    "update_offered",
    "roll_out_halted",
    "roll_out_resumed",
    "node_key_read",
    "node_revoked",
    "node_signed_off",
    "node_replaced",
    "probe_replaced",
    "node_moved",
    "node_retired",
    "village_merged",
    "field_added",
    "field_given_up",
    "field_water_said",
    "field_shared",
    "field_unshared",
    "lot_made",
    "lot_tested",
    "lot_held",
    "lot_recalled",
    "lot_freed",
    "certificate_issued",
    "certificate_voided",
    "certificate_overridden",
    "certificate_rules_changed",
    "register_seen",
    "recall_started",
    "recall_listed",
    "recall_told",
    "recall_answered",
    "recall_closed",
    "recall_seen",
    "sampling_planned",
    "sample_taken",
    "sample_tested",
    "test_corrected",
    "evidence_kept",
    "samples_seen",
    "finding_opened",
    "finding_moved",
    "findings_seen",
    "drill_started",
    "drill_closed",
    "log_begun_again",
    "events_captured",
    "events_subscribed",
    "events_unsubscribed",
    "trace_token_made",
    "trace_member_joined",
    "trace_prefix_set",
    "goods_told",
    "asset_added",
    "logger_attached",
    "logger_given",
    "logger_detached",
    "device_checked",
    "shipment_sent",
    "shipment_accepted",
    "shipment_disputed",
    "shipment_seen",
)


class AuditError(ValueError):
    """What was to be written down cannot be; the message names it and the mend."""


@dataclass(frozen=True)
class Entry:
    """An entry as it is kept.

    Attributes
    ----------
    number : int
        From 1 on, without gaps.
    at_us : int or None
        When, in microseconds since 1970-01-01 UTC; None where the database holds no finite time.
    actor, action, object : str
    detail : str
        JSON.
    previous, digest : bytes
        The digest of the entry before, and this one's.
    """

    number: int
    at_us: int | None
    actor: str
    action: str
    object: str
    detail: str
    previous: bytes
    digest: bytes


def microseconds(at: datetime) -> int:
    """Return an aware time in microseconds since 1970-01-01 UTC, exactly."""
    return (at - EPOCH) // timedelta(microseconds=1)


def canonical(detail: Mapping[str, object]) -> str:
    """Write the detail of an entry as the one JSON text that is hashed.

    Raises
    ------
    AuditError
        When it holds what the database would not give back as it was: a fraction, NUL, half a
        surrogate pair, a number beyond 64 bits.
    """
    _prove(detail, "detail")
    return _written(detail)


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _prove(value: object, where: str) -> None:
    if isinstance(value, str):
        prove_text(value, where)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise AuditError(f"audit: {where}: the key {key!r} is no text; write it as text")
            prove_text(key, where)
            _prove(inner, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            _prove(inner, f"{where}[{place}]")
    elif isinstance(value, int):
        if abs(value) >= MOST_INTEGER:
            raise AuditError(f"audit: {where}: {value} has more than 64 bits; write it as text")
    elif value is not None:
        raise AuditError(
            f"audit: {where}: a {type(value).__name__} does not come back from the database "
            "as it was; write it as text"
        )


def prove_text(text: str, where: str) -> None:
    """Make sure that the database keeps a text as it is.

    Raises
    ------
    AuditError
        When it holds NUL or half a surrogate pair.
    """
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise AuditError(f"audit: {where}: {text!r} holds NUL or half a character; remove it")


def digest(
    number: int, at_us: int, actor: str, action: str, object_: str, detail: str, previous: bytes
) -> bytes:
    """Return the SHA-256 of an entry and of the digest before it.

    Parameters
    ----------
    number : int
        Of the entry, from 1 on.
    at_us : int
        Time in microseconds since 1970-01-01 UTC.
    actor, action, object_ : str
    detail : str
        As `canonical` writes it.
    previous : bytes
        Digest of the entry before; 32 zero bytes for the first.
    """
    packed = [MARK, previous, struct.pack(">Qq", number, at_us)]
    for text in (actor, action, object_, detail):
        raw = text.encode()
        packed += [struct.pack(">I", len(raw)), raw]
    return hashlib.sha256(b"".join(packed)).digest()


def digest_of(entry: Entry) -> bytes | None:
    """Return the digest that an entry should have; None where it can have none."""
    if entry.at_us is None:
        return None
    try:
        detail = _written(json.loads(entry.detail))
        return digest(
            entry.number,
            entry.at_us,
            entry.actor,
            entry.action,
            entry.object,
            detail,
            entry.previous,
        )
    except (ValueError, RecursionError, struct.error):
        return None
