"""What every answer carries: security headers, validators for caches, and few bytes."""

import gzip
import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from threading import Lock

import brotli
from flask import Flask, Request, Response, current_app, request, url_for

from webapp.app.database import now
from webapp.language.formats import iso

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
YEAR_S = 365 * 24 * 3600
#: For so long a page whose data are the same need not be sent again.
WINDOW_S = 15 * 60
#: What of a page changes with the clock alone: texts of ages, the line that says its time, and the
#: tokens of forms, of which an older one of the same session serves as well.
CLOCK = re.compile(
    rb'(?P<time><time[^>]*>)[^<]*|<p class="made">[^<]*|name="csrf_token" value="[^"]*"'
)
COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)
COMPRESS_FROM_BYTES = 1000
#: Brotli's effort: for a page, which is made for one reader, and for a file, which is packed once.
BROTLI_AT_ONCE, BROTLI_ONCE = 5, 11
PACKED = "nongqing.packed"
COMPRESSIBLE = (
    "text/html",
    "text/css",
    "text/javascript",
    "image/svg+xml",
    "application/json",
    "application/manifest+json",
    "text/plain",
)


def mark_of(page: bytes, at: datetime) -> str:
    """The mark by which a phone asks whether a page is still the same.

    How long ago things were, and when the page was made, change by the minute and are no news: they
    are left out, for a window at a time. What a phone keeps tells the time it was made at, so its
    ages stay true to that.
    """
    window = int(at.timestamp()) // WINDOW_S
    return blake2b(CLOCK.sub(rb"\g<time>", page) + b"%d" % window, digest_size=12).hexdigest()


def _secure(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _validate(response: Response) -> Response:
    """Let a phone keep a page and ask only whether it is still the same."""
    if request.endpoint == "static":
        if request.args.get("v"):
            response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        return response
    response.headers.setdefault("Cache-Control", "private, no-cache")
    if response.mimetype == "text/html":
        response.vary.add("Cookie")
        # By which a copy kept on a phone tells its age; the phone's own clock may be wrong.
        response.headers["Page-Time"] = iso(now())
        if response.status_code == 200 and request.method in ("GET", "HEAD"):
            response.set_etag(mark_of(response.get_data(), now()), weak=True)
            response.make_conditional(request)
    return response


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)


def _brotli(body: bytes) -> bytes:
    return bytes(brotli.compress(body, quality=BROTLI_AT_ONCE))


def _brotli_once(body: bytes) -> bytes:
    return bytes(brotli.compress(body, quality=BROTLI_ONCE))


#: Ways of packing by their names in a request: of an answer made for one reader, and of a file.
CODINGS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "br": (_brotli, _brotli_once),
    "gzip": (_gzip, _gzip),
}


@lru_cache(maxsize=4)
def lean(sheet: bytes) -> bytes:
    """A style sheet without what only its writers read: comments, indents, blank lines."""
    lines = (line.strip() for line in COMMENT.sub(b"", sheet).splitlines())
    return b"\n".join(line for line in lines if line)


def _lean(response: Response) -> Response:
    whole = response.status_code == 200 and request.method == "GET"
    if whole and request.endpoint == "static" and response.mimetype == "text/css":
        response.direct_passthrough = False
        response.set_data(lean(response.get_data()))
    return response


class PackedFiles:
    """Static files as they were packed last: each is packed once, however many ask for it."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        self._lock = Lock()

    def packed(self, name: str, coding: str, body: bytes) -> bytes:
        """Return a file's bytes packed.

        Parameters
        ----------
        name
            Of the file; what was packed under it before goes when its bytes are others.
        coding
            One of `CODINGS`.
        body
            The file.
        """
        mark = blake2b(body, digest_size=16).digest()
        with self._lock:
            known = self._kept.get((name, coding))
            if known is None or known[0] != mark:
                known = mark, CODINGS[coding][1](body)
                self._kept[name, coding] = known
            return known[1]


def coding_of(request: Request) -> str | None:
    """The best way of packing that a request takes, None where it takes none of ours."""
    taken = request.accept_encodings
    best = max(CODINGS, key=lambda name: taken[name])
    return best if taken[best] else None


def _compress(response: Response) -> Response:
    if response.mimetype not in COMPRESSIBLE:
        return response
    response.vary.add("Accept-Encoding")
    coding = coding_of(request)
    whole = response.status_code == 200 or response.status_code >= 400
    if coding is None or not whole or "Content-Encoding" in response.headers:
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) >= COMPRESS_FROM_BYTES:
        if request.endpoint == "static" and response.status_code == 200:
            files: PackedFiles = current_app.extensions[PACKED]
            name = (request.view_args or {})["filename"]
            response.set_data(files.packed(name, coding, body))
        else:
            response.set_data(CODINGS[coding][0](body))
        response.headers["Content-Encoding"] = coding
        tag, _ = response.get_etag()
        if tag:
            response.set_etag(tag, weak=True)  # other bytes, same content
    return response


def install(app: Flask) -> None:
    """Dress every answer of an app and give its static files addresses that change with them."""
    app.extensions[PACKED] = PackedFiles()
    # Functions registered later run earlier: make lean, validate, compress, then secure.
    app.after_request(_secure)
    app.after_request(_compress)
    app.after_request(_validate)
    app.after_request(_lean)
    marks = {
        path.name: blake2b(path.read_bytes(), digest_size=5).hexdigest()
        for path in Path(str(app.static_folder)).iterdir()
        if path.is_file()
    }

    @app.template_global()
    def asset(name: str) -> str:
        return url_for("static", filename=name, v=marks[name])
