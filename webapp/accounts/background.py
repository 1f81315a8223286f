"""What the phone fetches ahead leaves the session as it is.

The session is a cookie, and the last answer's wins: a page that the worker fetches to keep, under
way while a form is sent, would write back the session of before, and what the form said is lost.
"""

from __future__ import annotations

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

#: What a browser says of its own guesses, and the worker in sw.js of the pages that it keeps.
PURPOSES = ("Sec-Purpose", "Purpose")
FLASHES = "_flashes"


def is_ahead(asked: Request) -> bool:
    """Whether nobody looks at what is asked: it is fetched to be kept."""
    return any("prefetch" in asked.headers.get(name, "") for name in PURPOSES)


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions in a cookie, which fetching ahead neither reads to the end nor writes."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Open the session; what waits to be said is left for a page that somebody sees."""
        session = super().open_session(app, request)
        if session is not None and is_ahead(request):
            session.pop(FLASHES, None)
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the session back, unless the page was fetched ahead."""
        if not is_ahead(request):
            super().save_session(app, session, response)
