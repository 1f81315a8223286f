"""The commands `messages`: who was told, and a message to try the gateway."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import click

from collector.commands.parts import Parts, moment, plain_errors
from collector.phone import PhoneError, normalise_phone, phone_digest
from collector.senders.settings import SmsSettings
from collector.senders.sms import SmsError, send_sms
from collector.store import messages as store
from field_configs.words import LANGUAGES


@click.group("messages")
def messages_group() -> None:
    """Messages to people: what went out, and whether the gateway takes them.

    \b
    Example:
      nongqing messages list
    """


def _phone(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    try:
        return None if text is None else normalise_phone(text)
    except PhoneError as error:
        raise click.BadParameter(str(error), context, parameter) from error


@messages_group.command("list")
@click.option("--since", callback=moment, help="Only messages from then on.")
@click.option("--phone", callback=_phone, help="Only those to this number.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(
    parts: Parts, since: datetime | None, phone: str | None, limit: int, as_json: bool
) -> None:
    """List what went out, the newest first, without its text. Exit code 1 when nothing did.

    \b
    Example:
      nongqing messages list --phone 13812341234
    """
    recipient = None if phone is None else phone_digest(phone)
    with plain_errors(), parts.store() as pool, pool.connection() as conn:
        found = store.messages(conn, since=since, recipient=recipient, limit=limit)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], default=str, ensure_ascii=False))
    for one in () if as_json else found:
        rest = " ".join(filter(None, (one.reference, one.error)))
        words = f"{one.way:<8} {one.template:<14} {one.masked}  {one.state:<8} {rest}".rstrip()
        click.echo(f"{one.id:>6}  {one.at:%Y-%m-%d %H:%M:%S}  {words}")
    if not found and not as_json:
        click.echo("no message went out")
    raise SystemExit(0 if found else 1)


@messages_group.command("try")
@click.argument("phone", callback=_phone)
@click.option("--lang", type=click.Choice(LANGUAGES), default="zh_CN", help="Of the message.")
@click.pass_obj
def try_(parts: Parts, phone: str, lang: str) -> None:
    """Send a sign-in code that opens nothing to PHONE, to try the gateway.

    It counts as any other message. Exit code 1 when it did not go out.

    \b
    Example:
      nongqing messages try 13812341234
    """
    with plain_errors(), parts.store() as pool:
        settings, now = SmsSettings.from_env(), parts.clock().now()
        params = {"code": "000000", "minutes": "5"}
        try:
            outcome = send_sms(pool, settings, phone, "sign_in_code", params, language=lang, at=now)
        except SmsError as error:
            why = f" ({error.detail})" if error.detail else ""
            raise click.ClickException(f"{error}{why}") from error
    reference = f", the gateway calls it {outcome.reference}" if outcome.reference else ""
    click.echo(f"{settings.sender.way}: {outcome.state}{reference}")
