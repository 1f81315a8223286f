"""XML as a tree of elements, read so that nothing in it can harm: no DTD, no entities, no network.

Read by expat of Python's own library, in one piece. A document type declaration that declares
something is refused before anything of it is read; a bare ``<!DOCTYPE name>``, which GS1's own
examples have, declares nothing. How deep elements stand, and how many there are, is bounded.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from models.exchange.epcis.looked_up import LONGEST
from models.exchange.epcis.reading import DEEPEST, DocumentError

#: Elements, attributes and declarations of prefixes in a document; 4 MiB of identifiers have half.
MOST_PARTS = 200_000
#: Encodings that are read, by their names in Python; GB 18030 contains GBK and GB 2312.
ENCODINGS = {
    "utf-8": "utf-8",
    "ascii": "ascii",
    "iso8859-1": "iso8859-1",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16",
    "utf-16-be": "utf-16",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
}
#: How a document begins, and what that says of its encoding and of the bytes of a character.
BEGINNINGS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32", ""),
    (codecs.BOM_UTF32_BE, "utf-32", ""),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
    ("<".encode("utf-16-le"), "utf-16", "utf-16-le"),
    ("<".encode("utf-16-be"), "utf-16", "utf-16-be"),
)
DECLARED = re.compile(r"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")


@dataclass(frozen=True)
class Scope:
    """Prefixes that an element may use: its own, then those of the element around it."""

    own: Mapping[str, str]
    outer: Scope | None

    def find(self, prefix: str) -> str | None:
        """Return what a prefix stands for; None where nobody declares it."""
        scope: Scope | None = self
        while scope is not None:
            if prefix in scope.own:
                return scope.own[prefix]
            scope = scope.outer
        return None


@dataclass(frozen=True, slots=True)
class Name:
    """A name, its namespace ('' where it has none), and the prefix that was written before it."""

    space: str
    local: str
    prefix: str


@dataclass(slots=True)
class Element:
    """An element.

    Attributes
    ----------
    name : Name
    attributes : list of (Name, str)
    scope : Scope
    line, column : int
        Where it begins, counted from 1.
    children : list of Element
    pieces : list of str
        Its own text.
    """

    name: Name
    attributes: list[tuple[Name, str]]
    scope: Scope
    line: int
    column: int
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return its own text, as it stands."""
        return "".join(self.pieces)

    def attribute(self, local: str, space: str = "") -> str | None:
        """Return an attribute; None where it has none of that name."""
        found = (
            text for name, text in self.attributes if (name.space, name.local) == (space, local)
        )
        return next(found, None)

    def wrong(self, why: str) -> DocumentError:
        """Return the error that names this place."""
        return DocumentError(f"line {self.line}, column {self.column}: {self.name.local}: {why}")


def _encoding(name: str, source: str) -> str:
    try:
        return ENCODINGS[codecs.lookup(name).name]
    except LookupError:
        raise DocumentError(f'{source}: encoding "{name}" is not read; send UTF-8') from None


def _decoded(raw: bytes, charset: str | None) -> str:
    """Return a document as text; what names its encoding must agree."""
    said: dict[str, str] = {}
    read_as = ""
    for start, encoding, codec in BEGINNINGS:
        if raw.startswith(start):
            if not codec:
                raise DocumentError("line 1, column 1: UTF-32 is not read; send UTF-8")
            said["its first bytes"], read_as = encoding, codec
            break
    if charset is not None:
        said["Content-Type"] = _encoding(charset, "Content-Type")
    head = raw[:800].decode(read_as or "latin-1", errors="replace")
    declared = DECLARED.match(head.removeprefix("\ufeff"))
    if declared:
        said["its XML declaration"] = _encoding(declared[1], "line 1, the XML declaration")
    if len(set(said.values())) > 1:
        told = "; ".join(f"{source}: {encoding}" for source, encoding in said.items())
        raise DocumentError(f"line 1: who says how it is encoded disagree ({told}); send UTF-8")
    named = next(iter(said.values()), "utf-8")
    if named == "utf-16" and not read_as:
        raise DocumentError("line 1: it says that it is UTF-16 and is not; send UTF-8")
    try:
        return raw.decode(read_as or named).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentError(
            f"line {line}, byte {error.start} is no {named}; say the encoding, or send UTF-8"
        ) from error


class _Builder:
    """Builds the tree of a document while expat reads it."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.namespace_prefixes = True
        self.parser.ordered_attributes = True
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartNamespaceDeclHandler = self._declared
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.root: Element | None = None
        self.open: list[Element] = []
        self.prefixes: dict[str, str] = {}
        self.names: dict[str, Name] = {}
        self.parts = 0

    def _here(self) -> str:
        column = self.parser.CurrentColumnNumber + 1
        return f"line {self.parser.CurrentLineNumber}, column {column}"

    def _count(self, parts: int) -> None:
        self.parts += parts
        if self.parts > MOST_PARTS:
            raise DocumentError(
                f"{self._here()}: more than {MOST_PARTS} elements and attributes; send less at once"
            )

    def _doctype(self, name: str, system: str | None, public: str | None, inside: bool) -> None:
        if system or public or inside:
            detail = "a document type declaration with something in it is not read; leave it out"
            raise DocumentError(f"{self._here()}: {detail}")

    def _declared(self, prefix: str | None, space: str | None) -> None:
        if len(space or "") > LONGEST:  # expat repeats it with every name that is in it
            detail = f"a namespace has more than {LONGEST} characters; shorten it"
            raise DocumentError(f"{self._here()}: {detail}")
        self.prefixes[prefix or ""] = space or ""

    def _start(self, name: str, attributes: list[str]) -> None:
        self._count(1 + len(attributes) // 2 + len(self.prefixes))
        if len(self.open) >= DEEPEST:
            detail = f"elements stand more than {DEEPEST} deep in each other; send flatter data"
            raise DocumentError(f"{self._here()}: {detail}")
        outer = self.open[-1].scope if self.open else None
        scope = outer
        if scope is None or self.prefixes:
            scope, self.prefixes = Scope(self.prefixes, outer), {}
        pairs = zip(map(self._name, attributes[::2]), attributes[1::2], strict=True)
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        element = Element(self._name(name), list(pairs), scope, line, column)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def _name(self, text: str) -> Name:
        """A name; the same one is one object, so that a namespace is not kept with each."""
        found = self.names.get(text)
        if found is None:
            found = self.names[text] = _parse_name(text)
        return found

    def _end(self, name: str) -> None:
        self.open.pop()

    def _text(self, text: str) -> None:
        self.open[-1].pieces.append(text)


def _parse_name(text: str) -> Name:
    space, _, rest = text.rpartition(" ")
    if " " in space:  # namespace, name, prefix
        space, _, local = space.partition(" ")
        return Name(space, local, rest)
    return Name(space, rest, "")


def parse_xml(raw: bytes, charset: str | None = None) -> Element:
    """Read a document; return its outermost element.

    Parameters
    ----------
    raw : bytes
        In UTF-8, UTF-16, GB 18030, ISO 8859-1 or ASCII, as it says itself.
    charset : str, optional
        Its encoding as Content-Type says it.

    Raises
    ------
    DocumentError
        When it is no XML, declares something, or is too large or too deep; the message has line and
        column.
    """
    text = _decoded(raw, charset)
    builder = _Builder()
    try:
        builder.parser.Parse(text, True)
    except expat.ExpatError as error:
        why = expat.ErrorString(error.code)
        where = f"line {error.lineno}, column {error.offset + 1}"
        raise DocumentError(f"{where}: no XML ({why}); mend it there") from error
    assert builder.root is not None
    return builder.root
