"""Codes by SMS."""

from __future__ import annotations

from collections.abc import Callable

from collector.senders.settings import SmsSettings
from collector.senders.sms import SmsError, send_sms
from collector.store.postgres.db import Pool
from webapp.accounts.datastore import CLOCK
from webapp.language.events import event_text
from webapp.language.i18n import current_language

#: Sends a code to a number; returns what went wrong, in the reader's language.
SendCode = Callable[[str, str], str | None]


def code_sender(dsn: str, minutes: int) -> SendCode:
    """Make what sends codes, as NONGQING_SMS and its kin say.

    Parameters
    ----------
    dsn
        Where it is noted what went out: on connections of its own, since the one of the request
        is held while the gateway is asked.
    minutes
        How long a code is valid [min].

    Raises
    ------
    SettingsError
        When a setting cannot be read.
    """
    settings = SmsSettings.from_env()
    pool = Pool(dsn, size=2)

    def send(phone: str, code: str) -> str | None:
        params = {"code": code, "minutes": str(minutes)}
        language = current_language().code
        try:
            send_sms(
                pool, settings, phone, "sign_in_code", params, language=language, at=CLOCK.now()
            )
        except SmsError as error:
            return event_text(error.event)
        return None

    return send
