"""Back to where the reader was, and nowhere else."""

from urllib.parse import urlsplit

from flask import Response, abort, redirect, request, url_for

from webapp.language.i18n import gettext


def local_path(target: str | None, fallback: str) -> str:
    """Keep only addresses of this site, so that nobody is led elsewhere by a link to us."""
    if not target or not target.startswith("/") or "\\" in target:
        return fallback
    parts = urlsplit(target)
    return fallback if parts.scheme or parts.netloc or target.startswith("//") else target


def back(target: str | None) -> Response:
    """Lead back to a page of this site, else to the start page."""
    response = redirect(local_path(target, url_for("home.villages")), code=303)
    assert isinstance(response, Response)
    return response


def refuse_from_elsewhere() -> None:
    """Refuse a form that another site sends: it comes without cookies and would empty them.

    Browsers that do not tell where a form comes from are let in; what they set is no secret.
    """
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(403, gettext("This form was sent from another site; send it from ours."))
