"""What every answer carries: security headers, validators for caches, and few bytes."""

import gzip
import re
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from flask import Flask, Response, request, url_for

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
    "Permissions-Policy": "camera=(), geolocation=(self), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
YEAR_S = 365 * 24 * 3600
#: For so long a page whose data are the same need not be sent again.
WINDOW_S = 15 * 60
#: What of a page changes with the clock alone: texts of ages, the line that says its time, and the
#: tokens of forms, of which an older one of the same session serves as well.
CLOCK = re.compile(
    rb'(?<=>)[^<>]*(?=</time>)|<p class="made">[^<>]*</p>|name="csrf_token" value="[^"]*"'
)
COMPRESS_FROM_BYTES = 1000
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
    return blake2b(CLOCK.sub(b"", page) + b"%d" % window, digest_size=12).hexdigest()


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


def _compress(response: Response) -> Response:
    if response.mimetype not in COMPRESSIBLE:
        return response
    response.vary.add("Accept-Encoding")
    if (
        response.status_code == 304
        or not request.accept_encodings["gzip"]
        or "Content-Encoding" in response.headers
    ):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) >= COMPRESS_FROM_BYTES:
        response.set_data(gzip.compress(body, compresslevel=6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        tag, _ = response.get_etag()
        if tag:
            response.set_etag(tag, weak=True)  # other bytes, same content
    return response


def install(app: Flask) -> None:
    """Dress every answer of an app and give its static files addresses that change with them."""
    # Functions registered later run earlier: validate, compress, then secure.
    app.after_request(_secure)
    app.after_request(_compress)
    app.after_request(_validate)
    marks = {
        path.name: blake2b(path.read_bytes(), digest_size=5).hexdigest()
        for path in Path(str(app.static_folder)).iterdir()
        if path.is_file()
    }

    @app.template_global()
    def asset(name: str) -> str:
        return url_for("static", filename=name, v=marks[name])
