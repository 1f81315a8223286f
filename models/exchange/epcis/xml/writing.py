"""Writes EPCIS documents of JSON as XML: elements in the order of the standard's XML Schema.

What JSON says and XML cannot is refused, and not left out: see `Unheld`. What XML does not tell
apart comes back in one form: a list of one as its one value, an empty list or object as nothing or
an empty text, a word in either spelling as the bare word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.exchange.epcis.contexts import STANDARD_PREFIXES, expanded, prefixes
from models.exchange.epcis.vocabulary import FORMS, VOC, bare
from models.exchange.epcis.xml import form
from models.exchange.epcis.xml.names import NCNAME, can_be_declared, for_xml, split
from models.exchange.epcis.xml.texts import (
    DECLARATION,
    IN_VALUE,
    Unheld,
    escaped,
    written_decimal,
    written_time,
)

URNS, WEB_URIS = "Always_URN", "Always_Web_URI"
#: How words of the vocabulary may be asked for; `No_Preference` is URNs.
WORD_FORMATS = ("No_Preference", WEB_URIS, URNS)


def write_document(document: Mapping[str, Any], words: str = URNS) -> str:
    """Write an EPCISDocument or EPCISQueryDocument.

    Parameters
    ----------
    document : mapping
        As JSON has it, and right.
    words : str
        How words of the vocabulary are written: one of `WORD_FORMATS`.

    Raises
    ------
    Unheld
        When XML cannot hold it.
    """
    return _Writer(document.get("@context"), words).document(document)


class _Writer:
    def __init__(self, context: Any, words: str) -> None:
        self.context, self.words = context, words
        self.names = prefixes(context)
        self.prefixes = for_xml()
        self.out: list[str] = []
        self.typed = False

    # Documents ---------------------------------------------------------------------------------

    def document(self, document: Mapping[str, Any]) -> str:
        kind, body = document["type"], document["epcisBody"]
        tag = "epcis:EPCISDocument" if kind == "EPCISDocument" else "epcisq:EPCISQueryDocument"
        if kind == "EPCISDocument":
            master = document.get("epcisHeader", {}).get("epcisMasterData", {})
            if "vocabularyList" in master:
                self._start("EPCISHeader", "extension", "EPCISMasterData")
                self._vocabularies(master["vocabularyList"])
                self._end("EPCISMasterData", "extension", "EPCISHeader")
            self._start("EPCISBody")
            self._events(body["eventList"])
        else:
            results = body["queryResults"]
            self._start("EPCISBody", "epcisq:QueryResults")
            for name in ("queryName", "subscriptionID"):
                if name in results:
                    self._text(name, results[name])
            self._start("resultsBody")
            self._events(results["resultsBody"]["eventList"])
            self._end("resultsBody", "epcisq:QueryResults")
        self._end("EPCISBody")
        made = written_time(document.get("creationDate") or "1970-01-01T00:00:00Z")
        version = document.get("schemaVersion", "2.0")
        space = form.EPCIS if kind == "EPCISDocument" else form.QUERY
        known = {tag.partition(":")[0]: space}
        if self.typed:
            known |= {"xsi": form.XSI, "xsd": form.XSD_TYPES}
        new = {name: to for name, to in self.prefixes.new.items() if name != "xml"}
        spaces = "".join(
            f' xmlns:{name}="{escaped(to, IN_VALUE)}"' for name, to in (known | new).items()
        )
        head = f'<{tag}{spaces} schemaVersion="{version}" creationDate="{made}">'
        return f"{DECLARATION}{head}{''.join(self.out)}</{tag}>\n"

    def _events(self, events: list[Any]) -> None:
        self._start("EventList")
        for place, each in enumerate(events):
            try:
                self._event(each)
            except Unheld as error:
                named = each.get("eventID", "")
                raise Unheld(f"eventList[{place}] {named}: {error}") from error
        self._end("EventList")

    def _vocabularies(self, vocabularies: list[Any]) -> None:
        self._start("VocabularyList")
        for each in vocabularies:
            self.out.append(f'<Vocabulary type="{escaped(each["type"], IN_VALUE)}">')
            elements = each.get("vocabularyElementList", ())
            if elements:
                self._start("VocabularyElementList")
                for element in elements:
                    self._vocabulary_element(element)
                self._end("VocabularyElementList")
            self._end("Vocabulary")
        self._end("VocabularyList")

    def _vocabulary_element(self, element: Mapping[str, Any]) -> None:
        self.out.append(f'<VocabularyElement id="{escaped(element["id"], IN_VALUE)}">')
        for each in element.get("attributes", ()):
            value = each.get("attribute", "")
            if not isinstance(value, str | int | float):
                raise Unheld(f"{each['id']}: master data is more than a text")
            self.out.append(f'<attribute id="{escaped(each["id"], IN_VALUE)}">')
            self.out.append(f"{escaped(str(value))}</attribute>")
        if "children" in element:
            self._list("children", "id", element["children"])
        self._end("VocabularyElement")

    # Events ------------------------------------------------------------------------------------

    def _event(self, event: Mapping[str, Any]) -> None:
        kind = event["type"]
        names, self.names = self.names, prefixes(self.context, event.get("@context"))
        tag = kind if kind in form.ORDER else self._tag(kind)
        order = form.ORDER.get(kind, form.OF_ANY)
        start = (tag,) if kind in form.ORDER else ("extension", tag)
        self._start(*start)
        known = [name for name in (*form.BASE, *order) if name in event]
        for name in known:
            self._standard(name, event[name])
        for name, value in event.items():
            if name in form.WRAPPERS:
                raise Unheld(f"{name}: is no field, but a wrapper in XML")
            if name not in ("type", "@context", *known):
                self._own(name, value)
        self._end(*reversed(start))
        self.names = names

    def _standard(self, name: str, value: Any) -> None:
        try:
            self._field(name, value)
        except Unheld as error:
            raise Unheld(f"{name}: {error}") from error
        except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
            # in an event of somebody's own type, which nobody has checked
            raise Unheld(f"{name}: has not the form that it has in the standard") from error

    def _field(self, name: str, value: Any) -> None:
        if name == "certificationInfo":
            many = value if isinstance(value, list) else [value]
            if len(many) > 1:
                raise Unheld("there is more than one, and XML has one")
            for each in many:
                self._text(name, each)
        elif name in form.TIMES:
            self._text(name, written_time(value))
        elif name in form.TEXTS:
            self._text(name, value)
        elif name in form.WORDS:
            self._text(name, self._word(form.WORDS[name], value))
        elif name in form.LISTS:
            self._list(name, form.LISTS[name], value)
        elif name in form.QUANTITIES:
            self._quantities(name, value)
        elif name in form.PLACES:
            self._start(name)
            self._text("id", value["id"])
            own = {key: each for key, each in value.items() if key != "id"}
            if any(":" not in key for key in own):
                raise Unheld("has a field without a prefix")
            self._members(own)
            self._end(name)
        elif name in form.TYPED:
            self._typed(name, value)
        elif name == "sensorElementList":
            self._sensors(name, value)
        elif name == "persistentDisposition":
            self._start(name)
            for each in ("unset", "set"):
                for word in _listed(value.get(each, [])):
                    self._text(each, self._word("disposition", word))
            self._end(name)
        elif name == "errorDeclaration":
            self._error(value)
        else:  # ilmd
            self._start(name)
            self._members(value)
            self._end(name)

    def _quantities(self, name: str, value: list[Any]) -> None:
        self._start(name)
        for each in value:
            self._start("quantityElement")
            self._text("epcClass", each["epcClass"])
            if "quantity" in each:
                self._text("quantity", written_decimal(each["quantity"]))
            elif "uom" in each:
                raise Unheld("a uom without a quantity")
            if "uom" in each:
                self._text("uom", each["uom"])
            self._end("quantityElement")
        self._end(name)

    def _typed(self, name: str, value: list[Any]) -> None:
        local, field = form.TYPED[name]
        if not value:
            return  # XML has no such list without one
        self._start(name)
        for each in value:
            word = self._word(field, each["type"]) if "type" in each else None
            self._text(local, each[local], {} if word is None else {"type": word})
        self._end(name)

    def _error(self, value: Mapping[str, Any]) -> None:
        self._start("errorDeclaration")
        self._text("declarationTime", written_time(value["declarationTime"]))
        if "reason" in value:
            self._text("reason", self._word("reason", value["reason"]))
        if "correctiveEventIDs" in value:
            self._list("correctiveEventIDs", "correctiveEventID", value["correctiveEventIDs"])
        known = ("declarationTime", "reason", "correctiveEventIDs")
        self._members({name: each for name, each in value.items() if name not in known})
        self._end("errorDeclaration")

    def _sensors(self, name: str, value: list[Any]) -> None:
        if not value:
            return
        self._start(name)
        for each in value:
            self._start("sensorElement")
            if "sensorMetadata" in each:
                self._sensed("sensorMetadata", each["sensorMetadata"])
            for report in each["sensorReport"]:
                self._sensed("sensorReport", report)
            known = ("sensorMetadata", "sensorReport")
            self._members({key: one for key, one in each.items() if key not in known})
            self._end("sensorElement")
        self._end(name)

    def _sensed(self, tag: str, told: Mapping[str, Any]) -> None:
        """A sensor's metadata or report: attributes and nothing else."""
        self.out.append(f"<{tag}")
        for name, value in told.items():
            if isinstance(value, dict | list) or value is None:
                raise Unheld(f"{tag}.{name}: is more than a text, and XML has an attribute for it")
            text = value if isinstance(value, str) else self._scalar(value)[0]
            if name in form.TIMES:
                text = written_time(text)
            elif name in form.SENSOR_WORDS:
                text = self._word(form.SENSOR_WORDS[name], text)
            written = self._tag(name) if ":" in name else name
            self.out.append(f' {written}="{escaped(text, IN_VALUE)}"')
        self.out.append("/>")

    def _word(self, field: str, word: str) -> str:
        """A word in full; somebody's own with the prefix that the document has for it."""
        known = bare(field, expanded(word, STANDARD_PREFIXES))
        words, web, urn = FORMS[field]
        if known in words:
            if self.words != WEB_URIS and urn == "gs1:":
                return f"{self.prefixes.of(VOC, 'gs1')}:{known}"
            return (web if self.words == WEB_URIS else urn) + known
        prefix, _, rest = word.partition(":")
        space = self.names.get(prefix, "")
        if rest.startswith("//") or not can_be_declared(space):
            return word
        return f"{self.prefixes.of(space, prefix)}:{rest}"

    # What is somebody's own --------------------------------------------------------------------

    def _tag(self, name: str) -> str:
        if ":" not in name:
            if not NCNAME.fullmatch(name):
                raise Unheld(f'"{name[:60]}" cannot be the name of an element')
            return name
        found = split(name, self.names)
        if found is None:
            raise Unheld(f'"{name[:60]}" cannot be the name of an element')
        prefix, space, local = found
        return f"{self.prefixes.of(space, prefix)}:{local}"

    def _members(self, value: Mapping[str, Any]) -> None:
        for name, each in value.items():
            self._own(name, each)

    def _own(self, name: str, value: Any) -> None:
        tag = self._tag(name)
        for each in _flat(value):
            try:
                self._element(tag, each)
            except Unheld as error:
                raise Unheld(f"{name}: {error}") from error

    def _element(self, tag: str, value: Any) -> None:
        if isinstance(value, dict):
            self._object(tag, value)
        elif isinstance(value, str):
            self._text(tag, value)
        else:
            text, kind = self._scalar(value)
            self.typed = True
            self._text(tag, text, kind)

    def _object(self, tag: str, value: dict[str, Any]) -> None:
        text = next(filter(self._is_value, value), None)
        if text is None or not all(isinstance(each, str) for each in value.values()):
            self._start(tag)
            self._members(value)
            self._end(tag)
            return
        told = {self._tag(name): each for name, each in value.items() if name != text}
        self._text(tag, value[text], told)

    def _is_value(self, name: str) -> bool:
        """Whether a field is the text of an element that has attributes: ``rdf:value``."""
        prefix, _, rest = name.partition(":")
        return rest == "value" and self.names.get(prefix) == form.RDF

    @staticmethod
    def _scalar(value: Any) -> tuple[str, dict[str, str]]:
        """A number, a truth or nothing, and the attribute that says so."""
        if value is None:
            return "", {"xsi:nil": "true"}
        if isinstance(value, bool):
            return ("true" if value else "false"), {"xsi:type": "xsd:boolean"}
        kind = "xsd:integer" if isinstance(value, int) else "xsd:double"
        return repr(value), {"xsi:type": kind}

    # Elements ----------------------------------------------------------------------------------

    def _start(self, *tags: str) -> None:
        self.out += [f"<{tag}>" for tag in tags]

    def _end(self, *tags: str) -> None:
        self.out += [f"</{tag}>" for tag in tags]

    def _text(self, tag: str, text: str, attributes: Mapping[str, str] | None = None) -> None:
        told = (attributes or {}).items()
        written = "".join(f' {name}="{escaped(each, IN_VALUE)}"' for name, each in told)
        self.out.append(f"<{tag}{written}>{escaped(text)}</{tag}>")

    def _list(self, tag: str, local: str, texts: list[str]) -> None:
        self._start(tag)
        for each in _listed(texts):
            self._text(local, each)
        self._end(tag)


def _listed(value: Any) -> list[Any]:
    """A list; a text is none, though its letters could be gone through like one."""
    if not isinstance(value, list):
        raise TypeError
    return value


def _flat(value: Any) -> Iterator[Any]:
    """A list of lists is one list: JSON-LD means nothing else by it."""
    if isinstance(value, list):
        for each in value:
            yield from _flat(each)
    else:
        yield value
