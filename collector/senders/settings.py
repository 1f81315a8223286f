"""By what way text messages go out, and how many: read from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from collector.secret_file import read_secret
from collector.senders.address import parse_address
from collector.senders.console import FILE, Console
from collector.senders.http import HttpSender
from collector.senders.message import TEMPLATES, Sender
from collector.settings import DEFAULT_STATE_DIR, SettingsError
from collector.store.messages import Limit

WAYS = ("console", "http")
SIGNATURE = "农情"
LIMITS = "1/min 5/h 10/d"
TOTAL = "500/h 2000/d"
WINDOWS = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


@dataclass(frozen=True)
class SmsSettings:
    """How text messages go out.

    Attributes
    ----------
    sender : Sender
    limits : tuple of Limit
        Of one number.
    signature : str
        Who writes, as the gateway has approved it.
    total : tuple of Limit
        Of all numbers together: what somebody can make us pay who asks for many.
    """

    sender: Sender
    limits: tuple[Limit, ...]
    signature: str
    total: tuple[Limit, ...] = ()

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> SmsSettings:
        """Read the settings from `env` (the process's environment when left out).

        Raises
        ------
        SettingsError
            When one is missing or cannot be read.
        """
        env = os.environ if env is None else env
        way = env.get("NONGQING_SMS") or WAYS[0]
        if way not in WAYS:
            raise SettingsError(f'NONGQING_SMS: "{way}" is no way; write {" or ".join(WAYS)}')
        return cls(
            sender=_console(env) if way == "console" else _http(env),
            limits=parse_limits(env.get("NONGQING_SMS_LIMITS") or LIMITS),
            signature=env.get("NONGQING_SMS_SIGNATURE") or SIGNATURE,
            total=parse_limits(env.get("NONGQING_SMS_TOTAL") or TOTAL, "NONGQING_SMS_TOTAL"),
        )


def _console(env: Mapping[str, str]) -> Console:
    return Console(Path(env.get("NONGQING_STATE_DIR") or DEFAULT_STATE_DIR) / FILE)


def _http(env: Mapping[str, str]) -> HttpSender:
    for name in ("NONGQING_SMS_URL", "NONGQING_SMS_SECRET_FILE"):
        if not env.get(name):
            raise SettingsError(f"{name} is not set; NONGQING_SMS=http needs it")
    return HttpSender(
        parse_address(env["NONGQING_SMS_URL"], "NONGQING_SMS_URL"),
        read_secret(Path(env["NONGQING_SMS_SECRET_FILE"]), "NONGQING_SMS_SECRET_FILE"),
        parse_template_ids(env.get("NONGQING_SMS_TEMPLATES") or ""),
    )


def parse_limits(text: str, setting: str = "NONGQING_SMS_LIMITS") -> tuple[Limit, ...]:
    """Read the limits of one number or of all together, as ``1/min 5/h 10/d``.

    Raises
    ------
    SettingsError
        When they cannot be read.
    """
    found = []
    for word in text.split():
        match = re.fullmatch(r"([1-9][0-9]{0,5})/(min|h|d)", word)
        if match is None:
            raise SettingsError(f'{setting}: cannot read "{word}"; write for example {LIMITS}')
        found.append(Limit(int(match[1]), WINDOWS[match[2]]))
    return tuple(found)


def parse_template_ids(text: str) -> dict[str, str]:
    """Read the gateway's names of our templates, as ``sign_in_code=SMS_123``.

    Raises
    ------
    SettingsError
        When they cannot be read, or there is no such template.
    """
    found = {}
    for word in text.split():
        name, sign, theirs = word.partition("=")
        if name not in TEMPLATES or not sign or not theirs:
            raise SettingsError(
                f'NONGQING_SMS_TEMPLATES: cannot read "{word}"; write for example '
                f"sign_in_code=SMS_123 (templates: {', '.join(TEMPLATES)})"
            )
        found[name] = theirs
    return found
