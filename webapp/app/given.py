"""What an address or a form may hold: text that people can have typed, and nothing else.

A control character or half of a character is nothing that a person types into an address, and no
part behind this one, the database least of all, can take it. So it is refused here, once, for every
page.
"""

import re
from collections.abc import Callable, Iterable
from ipaddress import IPv6Address
from typing import Any, TypeVar
from unicodedata import category
from urllib.parse import quote

from flask import Flask, abort, current_app, request

from field_configs.names import unseen
from webapp.language.i18n import gettext

ASCII = "".join(map(chr, range(0x21, 0x7F)))
HOST = re.compile(
    r"(?:[A-Za-z0-9._-]{1,253}|\[(?P<six>[0-9A-Fa-f:.]{2,45})\])(?::(?P<port>\d{1,5}))?"
)
BAD_HOST = "nongqing.bad_host"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LARGEST = "nongqing_largest"
SCANNED = "nongqing_scanned"
#: What scanners type between the parts of a code (GS1's FNC1).
SEPARATOR = "\x1d"
View = TypeVar("View", bound=Callable[..., Any])


def takes(largest: int) -> Callable[[View], View]:
    """Let a view take more than the others, such as a photo.

    Parameters
    ----------
    largest
        Of what is sent at once, in bytes.
    """

    def mark(view: View) -> View:
        setattr(view, LARGEST, largest)
        return view

    return mark


def scans(view: View) -> View:
    """Let a view take the separator that scanners type, which no finger does."""
    setattr(view, SCANNED, True)
    return view


def _odd(text: str, *, lines: bool) -> str | None:
    """Name the first control character or half of a pair; what else is unseen may be copied along
    with a name, and is left to the pages.
    """
    return unseen("".join(each for each in text if category(each) in ("Cc", "Cs")), lines=lines)


def check() -> None:
    """Refuse a request whose address or form holds what nobody can have typed."""
    view = current_app.view_functions.get(request.endpoint or "")
    if hasattr(view, LARGEST):
        request.max_content_length = getattr(view, LARGEST)
    if BAD_HOST in request.environ:
        abort(400, gettext("The header line Host names no host; open the page by its address."))
    parts = [request.path, *(text for pair in request.args.items(multi=True) for text in pair)]
    read = SEPARATOR if hasattr(view, SCANNED) else ""

    def odd_in(texts: Iterable[str], *, lines: bool) -> str | None:
        plain = (text.replace(read, "") if read else text for text in texts)
        return next((found for text in plain if (found := _odd(text, lines=lines))), None)

    odd = odd_in(parts, lines=False)
    if odd is None and request.mimetype in FORMS and request.method not in ("GET", "HEAD"):
        odd = odd_in((text for pair in request.form.items(multi=True) for text in pair), lines=True)
    if odd is not None:
        abort(
            400,
            gettext("It holds the character %(character)s, which cannot be read.", character=odd),
        )


def _host_is_one(host: str) -> bool:
    """Tell whether a Host header names a host that addresses can be built with."""
    found = HOST.fullmatch(host)
    if found is None or (found["port"] and not 0 < int(found["port"]) < 65536):
        return False
    try:
        host.encode("idna")
        if found["six"]:
            IPv6Address(found["six"])
    except ValueError:
        return False
    return True


def readable(environ: dict[str, Any]) -> None:
    """Make a WSGI request one that Flask can begin with.

    Bytes of a query that are no ASCII are written in percent, as browsers do. A host that is none
    is taken out of the way, and noted for `check`, which refuses the request: without it no page
    could be made, not even that one.
    """
    query = environ.get("QUERY_STRING", "")
    environ["QUERY_STRING"] = quote(query, safe=ASCII, encoding="latin-1")
    host = environ.get("HTTP_HOST")
    if host is not None and not _host_is_one(host):
        environ["HTTP_HOST"] = "localhost"
        environ[BAD_HOST] = host


def install(app: Flask) -> None:
    """Check every request before its page is made."""
    app.before_request(check)
