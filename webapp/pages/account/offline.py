"""What makes the pages an app that works without a network: manifest, service worker, its pages."""

import json
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, request, url_for

from webapp.accounts.access import public
from webapp.app.release import release_mark
from webapp.language.i18n import current_language, gettext

bp = Blueprint("offline", __name__)
STATIC = Path(__file__).parents[2] / "static"
GREEN, PAPER = "#1c6044", "#f4f6f2"
#: Kept when the worker is installed; a page finds all it needs in them.
ASSETS = ("nongqing.css", "app.js", "queue.js", "icon.svg")


def _asset(name: str) -> str:
    return str(current_app.jinja_env.globals["asset"](name))  # type: ignore[operator]


def _icon(name: str, size: str, purpose: str) -> dict[str, str]:
    kind = "image/svg+xml" if name.endswith(".svg") else "image/png"
    return {"src": _asset(name), "sizes": size, "type": kind, "purpose": purpose}


@bp.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """Tell a phone how to install the pages, in the language of the address."""
    language = current_language()
    body = {
        "id": "/",
        "name": gettext("Nongqing: crop advice for the village"),
        "short_name": gettext("Nongqing"),
        "lang": language.html,
        "start_url": url_for("my_village.start"),
        "scope": url_for("home.villages"),
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": GREEN,
        "icons": [
            _icon("icon-192.png", "192x192", "any"),
            _icon("icon-512.png", "512x512", "any"),
            _icon("icon-maskable-512.png", "512x512", "maskable"),
            _icon("icon.svg", "any", "any"),
        ],
    }
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, content_type="application/manifest+json; charset=utf-8")


@bp.get("/sw.js")
@public
def worker() -> Response:
    """The service worker; its first line changes with each release, so that browsers take it up."""
    told = {
        "release": release_mark(),
        "assets": [_asset(name) for name in ASSETS],
        "queue": _asset("queue.js"),
        "offline": url_for("offline.page"),
        "start": url_for("my_village.start"),
        "home": url_for("home.villages"),
    }
    text = f"const CONFIG = {json.dumps(told)};\n{(STATIC / 'sw.js').read_text('utf-8')}"
    response = Response(text, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@bp.get("/offline")
@public
def page() -> str:
    """Stand in for a page that is not kept while there is no network; in both languages."""
    return render_template("account/offline.html")


@bp.get("/waiting")
@public
def waiting() -> str:
    """List what waits on this phone to be sent; the list itself is only on the phone."""
    return render_template("account/waiting.html")
