"""`/robots.txt`: what search engines may read: the villages' pages, and nothing for staff."""

from flask import Blueprint, Response

from webapp.accounts.access import public

bp = Blueprint("robots", __name__)
CLOSED = (
    "/account",
    "/desk",
    "/drafts",
    "/skill",
    "/status",
    "/nodes",
    "/people",
    "/deputies",
    "/metrics",
    "/epcis",
    "/uplinks",
    "/healthz",
    "/set-language",
    "/*?",
)
DAY_S = 24 * 3600


@bp.get("/robots.txt")
@public
def robots() -> Response:
    """Allow pages by their plain address; searches, switches and the staff's pages not."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), "Allow: /", ""]
    answer = Response("\n".join(lines), mimetype="text/plain")
    answer.headers["Cache-Control"] = f"public, max-age={DAY_S}"
    return answer
