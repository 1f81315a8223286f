"""Reads EPCIS documents in XML, 2.0 and 1.x, as the JSON that says the same.

Nothing is checked here but what JSON could not say: what comes out goes the same way as what came
as JSON. Words of the vocabulary become bare, wrappers (``extension``) open, and an element that the
standard does not have keeps its name, so that the check of events names it. The order of elements
is not asked for. Of a header, master data is kept and nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from models.exchange.epcis.contexts import STANDARD_PREFIXES, expanded
from models.exchange.epcis.documents import CONTEXT
from models.exchange.epcis.fields import SENSOR_NUMBERS
from models.exchange.epcis.vocabulary import STANDARD_TYPES, bare
from models.exchange.epcis.xml import form
from models.exchange.epcis.xml.names import for_json, json_local, json_space
from models.exchange.epcis.xml.tree import Element, Name, parse_xml

NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
TRUTHS = {"true": True, "1": True, "false": False, "0": False}
NUMBER_TYPES = ("decimal", "double", "float", "integer", "int", "long", "short")
OLD_VERSIONS = ("1.0", "1.1", "1.2")
TAKEN_OUT = "QuantityEvent"


def read_xml(raw: bytes, charset: str | None = None) -> dict[str, Any]:
    """Return an EPCISDocument or EPCISQueryDocument as JSON has it.

    Parameters
    ----------
    raw : bytes
    charset : str, optional
        Its encoding as Content-Type says it.

    Raises
    ------
    DocumentError
        When it cannot be read; the message has line and column.
    """
    return _Reader(parse_xml(raw, charset)).document()


def _inside(element: Element) -> Iterator[Element]:
    """What stands in an element, and in what wraps later additions."""
    if element.text.strip():
        raise element.wrong(
            f'has the text "{element.text.strip()[:40]}" where elements stand; remove it'
        )
    for each in element.children:
        if each.name.space in form.OURS and each.name.local in form.WRAPPERS:
            yield from _inside(each)
        else:
            yield each


def _one(element: Element, local: str) -> Element:
    found = _maybe(element, local)
    if found is None:
        raise element.wrong(f"lacks {local}; add it")
    return found


def _maybe(element: Element, local: str) -> Element | None:
    found = [each for each in _inside(element) if _is(each, local)]
    if len(found) > 1:
        raise found[1].wrong("stands twice; send it once")
    return found[0] if found else None


def _is(element: Element, local: str) -> bool:
    return element.name.space in form.OURS and element.name.local == local


def _plain(element: Element) -> str:
    """The text of an element of the standard, without white space around it."""
    if element.children:
        raise element.children[0].wrong(f"stands in {element.name.local}, which holds text alone")
    return element.text.strip()


def _is_nil(element: Element) -> bool:
    return TRUTHS.get((element.attribute("nil", form.XSI) or "").strip(), False)


def _number(text: str) -> Any:
    """A number; what is none stays text, which the check of events names."""
    if INTEGER.fullmatch(text):
        return int(text)
    if NUMBER.fullmatch(text) and len(text) < 400 and math.isfinite(float(text)):
        return float(text) + 0.0
    return text


class _Reader:
    """Reads one document; what stands for its namespaces is known when all of it is read."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.prefixes = for_json()

    def document(self) -> dict[str, Any]:
        kind, space = self.root.name.local, self.root.name.space
        known = {
            "EPCISDocument": (form.EPCIS, form.EPCIS_1),
            "EPCISQueryDocument": (form.QUERY, form.QUERY_1),
        }
        if space not in known.get(kind, ()):
            raise self.root.wrong(
                f'in the namespace "{space[:80]}" is no document that is read here; send '
                f'<epcis:EPCISDocument xmlns:epcis="{form.EPCIS}" …>'
            )
        version = self._version(old=space in (form.EPCIS_1, form.QUERY_1))
        for prefix, to in self.root.scope.own.items():  # values may be written with them
            if prefix and to not in (*form.OURS, form.XSI, form.XSD_TYPES):
                self.prefixes.of(json_space(to), prefix)
        made = {}
        if (created := self.root.attribute("creationDate")) is not None:
            made = {"creationDate": created.strip()}
        body = self._body(kind)
        head = self._header() if kind == "EPCISDocument" else {}
        own = dict(sorted(self.prefixes.new.items()))
        return {
            "@context": [CONTEXT, own] if own else [CONTEXT],
            "type": kind,
            "schemaVersion": version,
            **made,
            **head,
            "epcisBody": body,
        }

    def _version(self, *, old: bool) -> str:
        said = (self.root.attribute("schemaVersion") or "").strip()
        if old and said in OLD_VERSIONS:
            return "2.0"  # what is read of it is 2.0
        if old or said in OLD_VERSIONS or not said:
            raise self.root.wrong(
                f'schemaVersion "{said[:20]}" does not go with the namespace '
                f'"{self.root.name.space}"; write 2.0 with {form.EPCIS}, or 1.2 with {form.EPCIS_1}'
            )
        return said if "." in said else f"{said}.0"

    def _body(self, kind: str) -> dict[str, Any]:
        body = _one(self.root, "EPCISBody")
        if kind == "EPCISDocument":
            events = _maybe(body, "EventList")
            return {"eventList": [] if events is None else self._events(events)}
        results = _one(body, "QueryResults")
        found: dict[str, Any] = {}
        for name in ("subscriptionID", "queryName"):
            if (element := _maybe(results, name)) is not None:
                found[name] = _plain(element)
        inside = _one(results, "resultsBody")
        listed = _maybe(inside, "EventList")
        found["resultsBody"] = {"eventList": [] if listed is None else self._events(listed)}
        vocabularies = _maybe(inside, "VocabularyList")
        if vocabularies is not None:
            found["resultsBody"]["vocabularyList"] = _vocabularies(vocabularies)
        return {"queryResults": found}

    def _header(self) -> dict[str, Any]:
        header = _maybe(self.root, "EPCISHeader")
        master = None if header is None else _maybe(header, "EPCISMasterData")
        if master is None:
            return {}
        told = {"vocabularyList": _vocabularies(_one(master, "VocabularyList"))}
        return {"epcisHeader": {"epcisMasterData": told}}

    def _events(self, events: Element) -> list[dict[str, Any]]:
        return [self._event(each) for each in _inside(events)]

    def _event(self, element: Element) -> dict[str, Any]:
        kind = element.name.local
        if element.name.space not in form.OURS:
            kind = self._name(element.name)
        elif kind == TAKEN_OUT:
            raise element.wrong(
                "2.0 has it no more; send an ObjectEvent with the action OBSERVE and a quantityList"
            )
        elif kind not in STANDARD_TYPES:
            raise element.wrong(f"is no event; write one of {', '.join(STANDARD_TYPES)}")
        found: dict[str, Any] = {"type": kind}
        for name, text in self._own_attributes(element):
            self._add(found, name, text)
        for each in _inside(element):
            local = each.name.local
            if each.name.space in form.OURS and local in form.STANDARD:
                if local in found and local != "certificationInfo":
                    raise each.wrong("stands twice in one event; send it once")
                if not _is_nil(each):
                    self._add(found, local, self._standard(each, local))
            else:
                self._add(found, self._name(each.name), self._value(each))
        return found

    def _standard(self, element: Element, name: str) -> Any:
        if name in form.TEXTS:
            return _plain(element)
        if name in form.WORDS:
            return self._word(element, form.WORDS[name], _plain(element))
        if name in form.LISTS:
            return [_plain(each) for each in self._listed(element, form.LISTS[name])]
        if name in form.QUANTITIES:
            listed = self._listed(element, "quantityElement")
            return [self._object(each, {"quantity": _number}) for each in listed]
        if name in form.PLACES:
            return self._object(element, {})
        if name in form.TYPED:
            return list(self._typed(element, *form.TYPED[name]))
        if name == "sensorElementList":
            return [self._sensor(each) for each in self._listed(element, "sensorElement")]
        if name == "persistentDisposition":
            return self._persistent(element)
        if name == "errorDeclaration":
            return self._error(element)
        return self._members(element, _inside(element))  # ilmd

    def _listed(self, element: Element, local: str) -> Iterator[Element]:
        for each in _inside(element):
            if not _is(each, local):
                raise each.wrong(f"stands in {element.name.local}; write {local} there")
            yield each

    def _object(self, element: Element, how: dict[str, Any]) -> dict[str, Any]:
        """An object of texts, and of fields of somebody's own."""
        found: dict[str, Any] = {}
        for each in _inside(element):
            if each.name.space not in form.OURS:
                self._add(found, self._name(each.name), self._value(each))
            elif each.name.local in found:
                raise each.wrong("stands twice; send it once")
            elif not _is_nil(each):
                text = _plain(each)
                found[each.name.local] = how.get(each.name.local, str)(text)
        return found

    def _typed(self, element: Element, local: str, field: str) -> Iterator[dict[str, Any]]:
        for each in self._listed(element, local):
            kind = each.attribute("type")
            told = {} if kind is None else {"type": self._word(each, field, kind.strip())}
            yield {**told, local: _plain(each)}

    def _persistent(self, element: Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for each in _inside(element):
            word = self._word(each, "disposition", _plain(each))
            found.setdefault(self._name(each.name), []).append(word)
        return found

    def _error(self, element: Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, text in self._own_attributes(element):
            self._add(found, name, text)
        for each in _inside(element):
            local = each.name.local
            if each.name.space not in form.OURS:
                self._add(found, self._name(each.name), self._value(each))
            elif local in found:
                raise each.wrong("stands twice; send it once")
            elif local == "correctiveEventIDs":
                found[local] = [_plain(one) for one in self._listed(each, "correctiveEventID")]
            else:
                text = _plain(each)
                found[local] = self._word(each, "reason", text) if local == "reason" else text
        return found

    def _sensor(self, element: Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for each in _inside(element):
            local = each.name.local
            if each.name.space not in form.OURS:
                self._add(found, self._name(each.name), self._value(each))
            elif local == "sensorMetadata" and local in found:
                raise each.wrong("stands twice in one sensorElement; send it once")
            elif local == "sensorMetadata":
                found[local] = self._sensed(each)
            elif local == "sensorReport":
                found.setdefault(local, []).append(self._sensed(each))
            else:
                raise each.wrong("is no part of a sensorElement; write sensorReport")
        return found

    def _sensed(self, element: Element) -> dict[str, Any]:
        """Attributes of a sensor; numbers and words by their names."""
        if _plain(element):
            raise element.wrong("holds text; say it by an attribute")
        found: dict[str, Any] = dict(self._own_attributes(element))
        for name, text in element.attributes:
            if name.space == "":
                found[name.local] = self._attribute(element, name.local, text)
        return found

    def _attribute(self, element: Element, local: str, text: str) -> Any:
        if local == "stringValue":
            return text
        text = text.strip()
        if local in form.SENSOR_WORDS:
            return self._word(element, form.SENSOR_WORDS[local], text)
        if local in SENSOR_NUMBERS:
            return _number(text)
        return TRUTHS.get(text, text) if local == "booleanValue" else text

    def _word(self, element: Element, field: str, text: str) -> str:
        """A word as JSON has it: bare, or with the prefix that the document gets."""
        prefix, colon, rest = text.partition(":")
        space = element.scope.find(prefix) if colon and not rest.startswith("//") else None
        full = text if space is None else json_space(space) + rest
        for each in (text, full, expanded(text, STANDARD_PREFIXES)):
            if (word := bare(field, each)) != each:
                return word
        return text if space is None else f"{self.prefixes.of(json_space(space), prefix)}:{rest}"

    # What is somebody's own ------------------------------------------------------------------

    def _name(self, name: Name) -> str:
        if name.space in form.OURS:
            return name.local
        return f"{self.prefixes.of(json_space(name.space), name.prefix)}:{json_local(name.local)}"

    def _own_attributes(self, element: Element) -> Iterator[tuple[str, str]]:
        for name, text in element.attributes:
            if name.space not in ("", form.XSI):
                yield self._name(name), text

    @staticmethod
    def _add(found: dict[str, Any], name: str, value: Any) -> None:
        """Add a field; what is repeated becomes a list."""
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]

    def _members(self, element: Element, children: Iterable[Element]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, text in element.attributes:
            if name.space != form.XSI:
                self._add(found, self._name(name), text)
        for each in children:
            self._add(found, self._name(each.name), self._value(each))
        return found

    def _value(self, element: Element) -> Any:
        """What an element of somebody's own holds: text, a number, or fields of its own."""
        text = element.text
        if element.children and text.strip():
            raise element.wrong(
                f'has text ("{text.strip()[:40]}") and elements side by side, which JSON cannot '
                "hold; put the text into an element of its own"
            )
        found = self._members(element, element.children)
        if found:
            if text.strip():
                self._add(found, f"{self.prefixes.of(form.RDF, 'rdf')}:value", text)
            return found
        return None if _is_nil(element) else _typed_text(element)


def _typed_text(element: Element) -> Any:
    """The text of an element; where its xsi:type says so, the number or truth that it is."""
    prefix, _, local = (element.attribute("type", form.XSI) or "").strip().rpartition(":")
    text = element.text
    if not local or element.scope.find(prefix) != form.XSD_TYPES:
        return text
    if local in NUMBER_TYPES:
        return _number(text.strip())
    return TRUTHS.get(text.strip(), text) if local == "boolean" else text


def _vocabularies(element: Element) -> list[dict[str, Any]]:
    """Master data; values that are more than text are left out."""
    found = []
    for each in _inside(element):
        elements = _maybe(each, "VocabularyElementList")
        listed = [] if elements is None else list(map(_vocabulary_element, _inside(elements)))
        kind = (each.attribute("type") or "").strip()
        found.append({"type": kind, "vocabularyElementList": listed})
    return found


def _vocabulary_element(element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {"id": (element.attribute("id") or "").strip()}
    told = [each for each in _inside(element) if _is(each, "attribute")]
    attributes = [
        {"id": (each.attribute("id") or "").strip(), "attribute": each.text.strip()}
        for each in told
        if not each.children
    ]
    if attributes:
        found["attributes"] = attributes
    children = _maybe(element, "children")
    if children is not None:
        found["children"] = [_plain(each) for each in _inside(children)]
    return found
