"""Codes by SMS."""

from __future__ import annotations

import logging

from collector.store.postgres.db import Connection

log = logging.getLogger("nongqing.sms")


def send_code(conn: Connection, phone: str, code: str) -> str | None:
    """Send a code; return what went wrong."""
    log.warning("code %s for %s", code, phone)
    return None
