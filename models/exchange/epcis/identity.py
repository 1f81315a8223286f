"""The identity of an event that came without one: the CBV event hash.

The hash is computed by GS1 Germany's reference (PyPI ``epcis-event-hash-generator``, 1.9.3). Read
and tried before use; what was found, and is mended by what is handed to it:

* It asks the internet for every JSON-LD context that it does not carry, and gives up on events with
  a context of their own. Here words and prefixes are written out before, and no context is read.
* It looks for bare words anywhere, so that ``shipping`` as the text of somebody's own field becomes
  a business step. Here a word is written out in its own field alone.
* Prefixes of one document stay known in the next, in a global. Here they are set for each event,
  one event at a time.
* An event that it cannot read is left out of the answer without an error, and the next one gets its
  hash. Here one event is asked for at a time, and none is an error.
* A transaction without a type ends it. Here it stands without one.
* A fraction of a second from 0.9995 on ends it too; rounding is done here, half up as CBV says (its
  own rounds half to even).
* ``true`` and ``false`` come out as Python writes them; here as XML does.

Left as it is, since others compute the same: ``bizRules`` of a sensor's report, which CBV's order
does not name, comes in a second list of sensor elements behind everything in order; of a sensor's
metadata it stands last, as CBV has it. A line break inside a text is part of it: it changes the
hash, and CRLF and LF differ; at the ends of a text it counts for nothing.

References
----------
GS1 Core Business Vocabulary 2.0, section 8.9 (event hash identifiers).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache, lru_cache
from importlib.util import module_from_spec
from threading import Lock
from types import SimpleNamespace
from typing import Any

from models.exchange.epcis.looked_up import moment
from models.exchange.epcis.vocabulary import full

#: Where a standard word may stand, by the name of the field and the one that it stands in.
_WORDS = {
    ("", "bizStep"): "bizStep",
    ("", "disposition"): "disposition",
    ("persistentDisposition", "set"): "disposition",
    ("persistentDisposition", "unset"): "disposition",
    ("bizTransactionList", "type"): "bizTransaction",
    ("sourceList", "type"): "party",
    ("destinationList", "type"): "party",
    ("sensorReport", "type"): "measurement",
    ("sensorReport", "exception"): "alert",
    ("sensorReport", "component"): "component",
}
_TIMES = ("eventTime", "time", "startTime", "endTime")
#: What is no part of an event's identity. An error declaration shares that of its event.
_APART = ("eventID", "recordTime", "errorDeclaration", "@context")
FRACTION = re.compile(r"\.([0-9]+)")
#: A time as the reference writes it; what is no time stays as it is there, too.
WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_ONE = Lock()


class IdentityError(ValueError):
    """An event cannot be given an identity; the message says what to do."""


def _written(value: Any, name: str, within: str) -> Any:
    """Write a value so that nothing has to be looked up: words in full, times to a millisecond."""
    if isinstance(value, dict):
        if name == "bizTransactionList" and "type" not in value:
            value = {**value, "": ""}  # it wants two parts, and this one is not written
        inside = name if name else within
        return {key: _written(each, key, inside) for key, each in value.items()}
    if isinstance(value, list):
        return [_written(each, name, within) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    if name in _TIMES:
        return _rounded(value)
    field = _WORDS.get((within, name))
    return full(field, value) if field else value


def _rounded(text: str) -> str:
    at = moment(text)
    fraction = FRACTION.search(text)
    if fraction:
        thousandths = (int(fraction[1][:4].ljust(4, "0")) + 5) // 10
        at = at.replace(microsecond=0) + timedelta(milliseconds=thousandths)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@cache
def _reference() -> tuple[Any, Any, Any]:
    """Return the parts of the reference; what it does in vain is left out.

    Things are named by event after event, and it tries half a hundred patterns on each; it reads
    times that are written as it writes them; and it copies what is made for it alone. That is two
    fifths of its time. The module with these is a copy of our own: others find it as it came. Read
    in 0.1 s, for which commands that never see an event need not wait.
    """
    from epcis_event_hash_generator import hash_generator, json_to_py
    from epcis_event_hash_generator import json_xml_model_mismatch_correction as shapes

    spec = hash_generator.__spec__
    assert spec is not None
    assert spec.loader is not None
    own: Any = module_from_spec(spec)
    spec.loader.exec_module(own)
    fixed = own._fix_time_stamp_format
    own.dl_normaliser = lru_cache(maxsize=65536)(own.dl_normaliser)
    own._fix_time_stamp_format = lambda text: text if WRITTEN.fullmatch(text) else fixed(text)
    own.copy = SimpleNamespace(deepcopy=lambda tree: tree)
    return own, json_to_py, shapes


def event_hash(event: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return the identity of an event that its schema accepts: ``ni:///sha-256;…?ver=CBV2.0``.

    Parameters
    ----------
    event : mapping
    names : mapping
        Prefixes of its extensions, by `prefixes`.

    Raises
    ------
    IdentityError
        When the reference finds no hash for it.
    """
    hash_generator, json_to_py, shapes = _reference()
    told = {k: _written(v, k, "") for k, v in event.items() if k not in _APART}
    with _ONE:
        json_to_py._namespaces = {name: f"{{{to}}}" for name, to in names.items()}
        try:
            tree = shapes.deep_structure_correction(json_to_py._json_to_py(told))
            found: list[str] = hash_generator.epcis_hashes_from_events(("EventList", "", [tree]))
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise IdentityError(_without(event)) from error
    if len(found) != 1:
        raise IdentityError(_without(event))
    return found[0]


def _without(event: Mapping[str, Any]) -> str:
    return f"no hash can be computed of this {event.get('type')}; give it an eventID of its own"
