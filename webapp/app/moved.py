"""Addresses of villages that were merged lead to the village that took them in."""

from flask import Response, redirect, request, url_for

from collector.store.network import merging
from webapp.app.database import lent


def successor() -> Response | None:
    """Return the way to the same page of the village that took this one in; None without one."""
    given = dict(request.view_args or {})
    old = given.get("village_id")
    if not old or request.method not in ("GET", "HEAD") or not request.endpoint:
        return None
    with lent() as conn:
        new = merging.village_now(conn, old)
    if new is None or new == old:
        return None
    given["village_id"] = new
    response = redirect(url_for(request.endpoint, **given, merged=old), code=302)
    assert isinstance(response, Response)
    return response
