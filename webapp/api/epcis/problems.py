"""What can be wrong with a request, in the types that the standard names.

References
----------
GS1 EPCIS 2.0, section 12 (REST binding); RFC 7807.
"""

from __future__ import annotations

import json

from flask import Response

from models.exchange.epcis.xml.answers import write_problem

#: Type of a problem: status and title.
TYPES = {
    "ValidationException": (400, "The document or event is not right"),
    "SubscriptionControlsException": (400, "A subscription cannot be had so"),
    "QueryParameterException": (400, "A parameter of the query is not right"),
    "SecurityException": (401, "Show a token of a party"),
    "Forbidden": (403, "You may not do that"),
    "NoSuchResourceException": (404, "There is no such resource"),
    "NoSuchNameException": (404, "There is no query of this name"),
    "NotAcceptableException": (406, "It cannot be answered in this form"),
    "ResourceAlreadyExistsException": (409, "One of this identity is there already"),
    "CaptureLimitExceededException": (413, "Too much at once"),
    "QueryTooLargeException": (413, "The query finds too many events"),
    "URITooLongException": (414, "The address is too long"),
    "UnsupportedMediaTypeException": (415, "This kind of content is not read"),
    "ImplementationException": (500, "A fault here"),
    "NotOffered": (501, "This is not offered here"),
    "Unavailable": (503, "This cannot be answered just now"),
}
#: Types that the standard has with several statuses.
SAID_AS = {
    "Forbidden": "SecurityException",
    "NotOffered": "ImplementationException",
    "Unavailable": "ImplementationException",
}


class Problem(Exception):  # noqa: N818 - named as in RFC 7807
    """A request that is answered by a problem."""

    def __init__(self, kind: str, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers = kind, detail, headers

    def response(self, *, as_xml: bool = False) -> Response:
        """Return it as an answer."""
        told, status = described(self.kind, self.detail), TYPES[self.kind][0]
        if as_xml:
            answer = Response(write_problem(told), status, content_type="application/problem+xml")
        else:
            text = json.dumps(told, ensure_ascii=False)
            answer = Response(text, status, content_type="application/problem+json")
        for name, value in self.headers.items():
            answer.headers[name.replace("_", "-")] = value
        return answer


def described(kind: str, detail: str) -> dict[str, object]:
    """Return a problem as JSON has it."""
    status, title = TYPES[kind]
    type_ = f"epcisException:{SAID_AS.get(kind, kind)}"
    return {"type": type_, "title": title, "status": status, "detail": detail}
