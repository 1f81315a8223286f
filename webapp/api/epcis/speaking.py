"""What all of `/epcis` has in common: who asks, in what version and form, headers, problems."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from flask import Response, current_app, g, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from collector.store.postgres.db import DatabaseDown
from collector.store.trace import parties, released
from collector.store.trace.parties import Party
from models.exchange.epcis.asking import QueryError
from models.exchange.epcis.contexts import prefixes
from models.exchange.epcis.documents import CONTEXT
from models.exchange.epcis.reading import DocumentError, EventError
from models.exchange.epcis.xml.reading import read_xml
from models.exchange.epcis.xml.texts import Unheld
from models.exchange.epcis.xml.writing import WORD_FORMATS, write_document
from webapp.accounts.access import public, without_token
from webapp.api.epcis.problems import Problem
from webapp.app.database import connection, now
from webapp.app.errors import RETRY_S

View = TypeVar("View", bound=Callable[..., Any])
JSON_TYPES = ("application/json", "application/ld+json")
XML_TYPES = ("application/xml", "text/xml")
ANSWERS_XML, READS_XML = "answers", "reads"
PROBLEM_TYPES = ("application/problem+json", "application/problem+xml")
#: What else tells how something is to be answered, beside the address.
VARY = ("Authorization", "Accept", "GS1-EPC-Format", "GS1-CBV-XML-Format")
VERSION = "2.0.0"
OUR_VERSIONS = ((2, 0), (2, 0, 0))
LONGEST_ADDRESS = 8000
PER_PAGE, MOST_PER_PAGE = 30, 1000
#: How long a token of a next page is good for.
TOKEN_LASTS = timedelta(days=1)
DISCOVERED = {
    "GS1-EPCIS-Min": VERSION,
    "GS1-EPCIS-Max": VERSION,
    "GS1-CBV-Version": VERSION,
    "GS1-CBV-Min": VERSION,
    "GS1-CBV-Max": VERSION,
    "GS1-EPC-Format": "No_Preference, Never_Translates, Always_GS1_Digital_Link, Always_EPC_URN",
    "GS1-CBV-XML-Format": ", ".join(WORD_FORMATS),
    "GS1-Vendor-Version": "nongqing",
}


def party() -> Party:
    """Return who asks."""
    found: Party = g.epcis_party
    return found


def _who() -> Party:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        detail = "Authorization: send Bearer and the token that `nongqing trace token` printed"
        raise Problem("SecurityException", detail, WWW_Authenticate="Bearer")
    found = parties.of_token(connection(), token.strip())
    if found is None:
        detail = "Authorization: this token is nobody's (any more); ask for a new one"
        raise Problem("SecurityException", detail, WWW_Authenticate='Bearer error="invalid_token"')
    return found


def _version(name: str) -> tuple[int, ...] | None:
    text = request.headers.get(name)
    if text is None:
        return None
    parts = text.strip().split(".")
    if not all(part.isdecimal() and len(part) < 6 for part in parts):
        raise Problem("NotAcceptableException", f'{name}: "{text}" is no version; write {VERSION}')
    return tuple(map(int, parts))


def _prove_versions() -> None:
    for of in ("EPCIS", "CBV"):
        least, most = _version(f"GS1-{of}-Min"), _version(f"GS1-{of}-Max")
        said = _version(f"GS1-{of}-Version")
        if (
            (said is not None and said not in OUR_VERSIONS)
            or (least is not None and least > (2, 0, 0))
            or (most is not None and most < (2, 0))
        ):
            raise Problem("NotAcceptableException", f"GS1-{of}: version {VERSION} is spoken here")


def wants_xml() -> bool:
    """Return whether who asks would rather have XML than JSON."""
    offered = (*JSON_TYPES, *PROBLEM_TYPES, *XML_TYPES)  # of equal ones the first is taken
    return (request.accept_mimetypes.best_match(offered) or "").endswith("xml")


def sent_xml() -> bool:
    """Return whether what was sent says that it is XML."""
    return request.mimetype in XML_TYPES


def _prove_form(answers: tuple[str, ...], reads: tuple[str, ...]) -> None:
    if len(request.full_path) > LONGEST_ADDRESS:
        detail = f"the address has more than {LONGEST_ADDRESS} characters; ask by a named query"
        raise Problem("URITooLongException", detail)
    if request.accept_mimetypes and not request.accept_mimetypes.best_match(answers):
        raise Problem("NotAcceptableException", f"Accept: answers are {' or '.join(answers)}")
    if request.method == "POST" and request.mimetype not in reads:
        detail = f'Content-Type: "{request.mimetype}": send {" or ".join(reads)}'
        raise Problem("UnsupportedMediaTypeException", detail)


def _discovery(headers: Mapping[str, str]) -> Response:
    rule: Any = request.url_rule
    answer = Response(status=204)
    answer.headers["Allow"] = ", ".join(sorted(rule.methods))
    answer.headers.extend({**DISCOVERED, **headers})
    return answer


def spoken(*forms: str, **discovered: str) -> Callable[[View], View]:
    """Let parties with a token open a view, by the rules of the standard.

    Parameters
    ----------
    *forms
        `ANSWERS_XML`, `READS_XML`: what the view does in XML, beside JSON.
    **discovered
        What OPTIONS tells of it beside versions: headers, with _ for -.
    """
    headers = {name.replace("_", "-"): value for name, value in discovered.items()}
    reads = (*JSON_TYPES, *XML_TYPES) if READS_XML in forms else JSON_TYPES

    def mark(view: View) -> View:
        @wraps(view)
        def answered(**given: Any) -> Response:
            try:
                asked = request.method == "OPTIONS"  # what everybody may know, before a token
                if not asked:
                    g.epcis_party = _who()
                _prove_versions()
                in_xml = ANSWERS_XML in forms or (READS_XML in forms and request.method == "POST")
                _prove_form((*JSON_TYPES, *XML_TYPES) if in_xml else JSON_TYPES, reads)
                answer = _discovery(headers) if asked else make_response(view(**given))
            except (Problem, DocumentError, EventError, QueryError, RequestEntityTooLarge) as error:
                connection().rollback()
                answer = _problem(error, headers).response(as_xml=wants_xml())
            except DatabaseDown as error:
                current_app.logger.error("%s", error)
                g.database_down = True
                answer = UNAVAILABLE.response(as_xml=wants_xml())
            if answer.mimetype == "text/html":  # as Flask has it; there is no body
                answer.content_type = JSON_TYPES[0]
            answer.headers["GS1-EPCIS-Version"] = VERSION
            answer.headers["GS1-CBV-Version"] = VERSION
            answer.headers["Cache-Control"] = "no-store"
            answer.vary.update(VARY)
            return answer

        return public(without_token(answered))  # type: ignore[return-value]

    return mark


UNAVAILABLE = Problem(
    "Unavailable",
    f"the database does not answer; send the same again in {RETRY_S} s",
    Retry_After=str(RETRY_S),
)


def _problem(error: Exception, headers: Mapping[str, str]) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, QueryError):
        return Problem("QueryParameterException", str(error))
    if isinstance(error, RequestEntityTooLarge):
        detail = "the body is too large; send less at once"
        return Problem("CaptureLimitExceededException", detail, **headers)
    return Problem("ValidationException", str(error))


def told(value: object, status: int = 200, **headers: str) -> Response:
    """Return JSON as an answer, in the form that was asked for."""
    kind = request.accept_mimetypes.best_match(JSON_TYPES, JSON_TYPES[0])
    answer = Response(json.dumps(value, ensure_ascii=False), status, content_type=kind)
    for name, text in headers.items():
        answer.headers[name.replace("_", "-")] = text
    return answer


def told_document(document: dict[str, Any], status: int = 200, **headers: str) -> Response:
    """Return a document of events in the form that was asked for.

    Raises
    ------
    Problem
        When XML is asked for and cannot hold it, or its words are asked for in a form of no kind.
    """
    if not wants_xml():
        return told(document, status, **headers)
    words = request.headers.get("GS1-CBV-XML-Format", WORD_FORMATS[0])
    if words not in WORD_FORMATS:
        detail = f'GS1-CBV-XML-Format: "{words[:40]}": write one of {", ".join(WORD_FORMATS)}'
        raise Problem("NotAcceptableException", detail)
    try:
        text = write_document(document, words)
    except Unheld as error:
        detail = f"{error}: XML cannot hold that; ask for {JSON_TYPES[0]}"
        raise Problem("NotAcceptableException", detail) from error
    return told_xml(text, status, **headers)


def told_xml(text: str, status: int = 200, **headers: str) -> Response:
    """Return XML as an answer."""
    kind = request.accept_mimetypes.best_match(XML_TYPES, XML_TYPES[0])
    answer = Response(text, status, content_type=f"{kind}; charset=utf-8")
    for name, value in headers.items():
        answer.headers[name.replace("_", "-")] = value
    return answer


def collection(members: list[str]) -> dict[str, object]:
    """Return a list of resources as the standard has it."""
    return {"@context": CONTEXT, "type": "Collection", "member": members}


def body() -> bytes:
    """Return what was sent.

    Raises
    ------
    RequestEntityTooLarge
        When it is more than the view takes.
    """
    return request.get_data(cache=False)


def document_body() -> bytes:
    """Return the document that was sent as JSON: what came as XML says there the same.

    Raises
    ------
    DocumentError
        When it is XML and cannot be read.
    RequestEntityTooLarge
        When it is more than the view takes.
    """
    raw = body()
    if not sent_xml():
        return raw
    return json.dumps(read_xml(raw, request.mimetype_params.get("charset"))).encode()


def names(*contexts: object) -> dict[str, str]:
    """Return the prefixes that a query's names may have: of contexts, and of GS1-Extensions."""
    pairs = (part.partition("=") for part in request.headers.get("GS1-Extensions", "").split(","))
    header = {name.strip(): to.strip() for name, sign, to in pairs if sign and to.strip()}
    return prefixes(*contexts, header)


def per_page() -> int:
    """Return how many a page holds.

    Raises
    ------
    Problem
    """
    text = request.args.get("perPage")
    if text is None:
        return PER_PAGE
    if not (text.isdecimal() and text.isascii() and len(text) < 7 and int(text) >= 1):
        detail = f'perPage: "{text}": write a number from 1 to {MOST_PER_PAGE}'
        raise Problem("QueryParameterException", detail)
    return min(int(text), MOST_PER_PAGE)


def page_token(kind: type) -> Any:
    """Return what stands in the token of the page that is asked for; None for the first page.

    Raises
    ------
    Problem
        When it is no token of ours, or of another kind.
    """
    text = request.args.get("nextPageToken")
    if text is None:
        return None
    found = read_token(text)
    if found is None or not isinstance(found[0], kind):
        detail = "nextPageToken: is none of ours; take it from the Link of the page before"
        raise Problem("QueryParameterException", detail)
    if found[1] <= now() or released.is_released(connection(), party().id, text):
        detail = "nextPageToken: is over; ask for the first page again"
        raise Problem("QueryParameterException", detail)
    return found[0]


def read_token(text: str) -> tuple[Any, datetime] | None:
    """Return what stands in the token of a page and when it expires; None where it is none."""
    try:
        found = json.loads(base64.b64decode(text.encode(), altchars=b"-_", validate=True))
        stands, expires = found
        return stands, datetime.fromtimestamp(expires, UTC)
    except (ValueError, TypeError, OverflowError, OSError, binascii.Error, RecursionError):
        return None


def link_on(answer: Response, token: object) -> Response:
    """Tell where the next page is: the same address, with a token."""
    expires = (now().astimezone(UTC) + TOKEN_LASTS).replace(microsecond=0)
    whole = json.dumps([token, int(expires.timestamp())])
    text = base64.urlsafe_b64encode(whole.encode()).decode()
    pairs = [pair for pair in request.args.items(multi=True) if pair[0] != "nextPageToken"]
    path = quote(request.script_root + request.path)
    address = f"{path}?{urlencode([*pairs, ('nextPageToken', text)])}"
    answer.headers["Link"] = f'<{address}>; rel="next"'
    answer.headers["GS1-Next-Page-Token-Expires"] = expires.isoformat().replace("+00:00", "Z")
    return answer


def when(text: object) -> datetime:
    """Read a time of a token.

    Raises
    ------
    Problem
    """
    try:
        found = datetime.fromisoformat(str(text))
        if found.tzinfo is not None:
            return found
    except ValueError:
        pass
    detail = "nextPageToken: is none of ours; take it from the Link of the page before"
    raise Problem("QueryParameterException", detail)


def note(text: str, *args: object) -> None:
    """Write a line into the log."""
    current_app.logger.warning(text, *args)


Answer = ResponseReturnValue
