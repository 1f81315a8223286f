"""What can be wrong with a request or a query, in the types that the standard names.

References
----------
GS1 EPCIS 2.0, section 12 (REST binding); RFC 7807.
"""

from __future__ import annotations

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
    "QueryTooComplexException": (413, "The query takes too long"),
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


def described(kind: str, detail: str) -> dict[str, object]:
    """Return a problem as JSON has it.

    Parameters
    ----------
    kind : str
        Of `TYPES`.
    detail : str
    """
    status, title = TYPES[kind]
    type_ = f"epcisException:{SAID_AS.get(kind, kind)}"
    return {"type": type_, "title": title, "status": status, "detail": detail}
