"""Messages to people: what goes out, how many, and what is kept of it."""

from __future__ import annotations

import logging
import stat
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

import nongqing
from collector.phone import phone_digest
from collector.senders.console import Console
from collector.senders.http import HttpSender
from collector.senders.message import TEMPLATES, Message, Outcome
from collector.senders.settings import SmsSettings, parse_limits, parse_template_ids
from collector.senders.sms import SmsError, send_sms, write
from collector.settings import SettingsError
from collector.store import messages
from collector.store.messages import Limit
from collector.store.postgres.db import DatabaseDown, Pool
from field_configs.events import sentence
from field_configs.words import LANGUAGES, Words, fields_of
from tests.collector.conftest import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from collector.store.postgres import db
    from tests.conftest import Server

TO = "+8613812341234"
CODE = {"code": "123456", "minutes": "5"}


@dataclass
class Recorder:
    """A sender that notes what it is given, and does with it as it is told."""

    outcome: Outcome = field(default_factory=Outcome.sent)
    given: list[Message] = field(default_factory=list)
    way: str = "recorder"

    def send(self, message: Message) -> Outcome:
        self.given.append(message)
        return self.outcome


def using(sender: Recorder, limits: str = "1/min 5/h 10/d") -> SmsSettings:
    return SmsSettings(sender, parse_limits(limits), "农情")


def send(pool: Pool, settings: SmsSettings, at: datetime = NOW, to: str = TO) -> Outcome:
    return send_sms(pool, settings, to, "sign_in_code", CODE, language="zh_CN", at=at)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_each_template_has_its_words_with_just_its_parameters(template: str, language: str) -> None:
    text = Words.load(language).raw(f"sms.{template}")
    assert fields_of(text) == set(TEMPLATES[template])
    longest = write(TO, template, dict.fromkeys(TEMPLATES[template], "123456"), "农情", language)
    if language == "zh_CN":
        assert len(longest.text) <= 70  # one message, in the encoding that Chinese needs


def test_a_message_is_written_in_the_readers_language() -> None:
    assert write(TO, "sign_in_code", CODE, "农情", "zh_CN").text.startswith(
        "【农情】登录验证码 123456，5 分钟内有效"
    )
    assert write(TO, "sign_in_code", CODE, "Nongqing", "en").text.startswith(
        "【Nongqing】Your sign-in code is 123456"
    )


@pytest.mark.parametrize(
    ("template", "params", "said"),
    [
        ("sign_in", CODE, "there are sign_in_code: code, minutes"),
        ("sign_in_code", {"code": "1"}, "there are sign_in_code: code, minutes"),
        ("sign_in_code", {**CODE, "x": "1"}, "there are sign_in_code: code, minutes"),
        ("sign_in_code", {**CODE, "code": ""}, "code is empty, too long or holds odd"),
        ("sign_in_code", {**CODE, "code": "1\n2"}, "code is empty, too long or holds odd"),
        ("sign_in_code", {**CODE, "code": "1" * 36}, "code is empty, too long or holds odd"),
    ],
)
def test_what_does_not_fit_the_template_is_the_callers_mistake(
    template: str, params: dict[str, str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        write(TO, template, params, "农情", "zh_CN")


def test_it_is_kept_who_was_told_and_not_what(pool: Pool, conn: db.Connection) -> None:
    sender = Recorder(Outcome.sent("ref-1"))
    assert send(pool, using(sender)) == Outcome.sent("ref-1")
    (given,) = sender.given
    with conn:
        (kept,) = messages.messages(conn)
        assert (kept.at, kept.way, kept.template, kept.masked, kept.state, kept.reference) == (
            NOW,
            "recorder",
            "sign_in_code",
            "138****1234",
            "sent",
            "ref-1",
        )
        assert messages.messages(conn, recipient=phone_digest(TO)) == [kept]
        assert messages.messages(conn, recipient=phone_digest("+8613900000000")) == []
        assert messages.messages(conn, since=NOW + timedelta(seconds=1)) == []
        with conn.cursor() as cur:
            cur.execute("SELECT message_sent::text, key::text FROM message_sent")
            ((row, key),) = cur.fetchall()
    assert key == str(given.key)
    assert "123456" not in row
    assert "12341234" not in row


def test_it_is_noted_before_it_goes(dsn: str, pool: Pool) -> None:
    """A sender that dies leaves a message that may have gone out, and that counts."""

    class Dies(Recorder):
        def send(self, message: Message) -> Outcome:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(pool, using(Dies()))
    with pool.connection() as conn:
        assert [one.state for one in messages.messages(conn)] == ["sending"]
    with pytest.raises(SmsError):
        send(pool, using(Recorder()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_gets_no_more_than_the_limits(pool: Pool, language: str) -> None:
    sender = Recorder()
    settings = using(sender, "1/min 3/h")
    words = Words.load(language)
    at = NOW
    said, told = [], []
    for minutes in (0, 0.5, 1, 1, 2, 3, 59, 60, 60.5):
        at = NOW + timedelta(minutes=minutes)
        try:
            send(pool, settings, at)
            said.append("sent")
        except SmsError as error:
            said.append(str(error.event.params["minutes"]))
            told.append(f" {said[-1]} " in sentence(error.event, words))
    assert all(told)
    assert said == ["sent", "1", "sent", "1", "sent", "57", "1", "sent", "1"]
    assert len(sender.given) == 4
    send(pool, settings, at, "+8613900000000")  # another number is another matter


def test_what_did_not_go_out_does_not_count_and_what_may_have_does(
    pool: Pool, conn: db.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    failing = using(Recorder(Outcome.failed("gateway x refuses it: HTTP 400")))
    for _ in range(2):
        with pytest.raises(SmsError) as caught:
            send(pool, failing)
        assert caught.value.detail == "gateway x refuses it: HTTP 400"
    assert "短信没有发出去" in sentence(caught.value.event, Words.load("zh_CN"))
    assert "could not be sent" in str(caught.value)
    assert "138****1234: gateway x refuses it" in caplog.text
    assert send(pool, using(Recorder(Outcome.unknown("no answer")))).state == "unknown"
    with pytest.raises(SmsError, match="been sent enough"):
        send(pool, using(Recorder()))
    with conn:
        states = [(one.state, one.error) for one in messages.messages(conn)]
    assert states == [("unknown", "no answer"), *[("failed", "gateway x refuses it: HTTP 400")] * 2]


def test_a_clock_that_was_ahead_for_a_while_locks_nobody_out(pool: Pool) -> None:
    sender = Recorder()
    send(pool, using(sender), NOW + timedelta(days=900))
    send(pool, using(sender), NOW)
    assert len(sender.given) == 2


def test_of_many_at_once_only_so_many_get_through(dsn: str) -> None:
    pool, sender, ready = Pool(dsn, size=8), Recorder(), threading.Barrier(8)
    refused: list[SmsError] = []

    def ask() -> None:
        ready.wait()
        for _ in range(3):
            try:
                send(pool, using(sender, "5/h"))
            except SmsError as error:
                refused.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool.close()
    assert (len(sender.given), len(refused)) == (5, 19)


def test_without_a_database_nothing_goes_out() -> None:
    sender = Recorder()
    pool = Pool("postgresql://127.0.0.1:1/none")
    with pytest.raises(DatabaseDown):
        send(pool, using(sender))
    assert sender.given == []


def test_a_database_that_goes_away_meanwhile_stops_nobody(
    postgres: Server, dsn: str, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    name = dsn.rpartition("/")[2]

    class Slow(Recorder):
        def send(self, message: Message) -> Outcome:
            postgres.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            postgres.run(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            return Outcome.sent()

    assert send(pool, using(Slow())) == Outcome.sent()
    assert "sent, and it cannot be noted" in caplog.text


def test_the_console_writes_for_its_owner_alone_what_would_go_out(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    message = write(TO, "sign_in_code", CODE, "农情", "zh_CN")
    path = tmp_path / "state" / "sms.txt"
    for _ in range(2):
        assert Console(path).send(message) == Outcome.sent()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_text("utf-8").splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [f"138****1234 {message.text}"] * 2
    assert len(caplog.records) == 2
    assert caplog.records[0].levelno >= logging.WARNING  # seen where nobody has set logging up
    assert CODE["code"] not in caplog.text, "a log is read by many"
    path.write_bytes(b"x" * 70_000)
    path.chmod(0o644)
    Console(path).send(message)
    assert path.stat().st_size < 1000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_message_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    message = write(TO, "sign_in_code", CODE, "农情", "zh_CN")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("")
    (tmp_path / "sms.txt").symlink_to(elsewhere)
    outcome = Console(tmp_path / "sms.txt").send(message)
    assert outcome.state == "failed"
    assert "cannot be written" in (outcome.error or "")
    assert elsewhere.read_text() == ""


def test_all_numbers_together_have_a_limit(pool: Pool) -> None:
    """Codes for many numbers, asked for from many networks, cost their operator money."""
    settings = replace(using(Recorder()), total=parse_limits("3/h"))
    for n in range(3):
        send(pool, settings, to=f"+861381234000{n}")
    with pytest.raises(SmsError, match="Too many messages went out"):
        send(pool, settings, to="+8613812340009")
    send(pool, settings, NOW + timedelta(hours=1), to="+8613812340009")
    assert SmsSettings.from_env({}).total == parse_limits("500/h 2000/d")
    with pytest.raises(SettingsError, match="NONGQING_SMS_TOTAL"):
        SmsSettings.from_env({"NONGQING_SMS_TOTAL": "many"})


def test_settings_choose_the_way(tmp_path: Path) -> None:
    plain = SmsSettings.from_env({})
    assert isinstance(plain.sender, Console)
    assert plain.limits == (
        Limit(1, timedelta(minutes=1)),
        Limit(5, timedelta(hours=1)),
        Limit(10, timedelta(days=1)),
    )
    secret = tmp_path / "secret"
    secret.write_text("0123456789" * 4)
    secret.chmod(0o600)
    found = SmsSettings.from_env(
        {
            "NONGQING_SMS": "http",
            "NONGQING_SMS_URL": "https://sms.example/send",
            "NONGQING_SMS_SECRET_FILE": str(secret),
            "NONGQING_SMS_TEMPLATES": "sign_in_code=SMS_1",
            "NONGQING_SMS_SIGNATURE": "濮阳农情",
            "NONGQING_SMS_LIMITS": "2/h",
        }
    )
    assert isinstance(found.sender, HttpSender)
    assert found.sender.secret == b"0123456789" * 4
    assert found.sender.template_ids == {"sign_in_code": "SMS_1"}
    assert (found.limits, found.signature) == ((Limit(2, timedelta(hours=1)),), "濮阳农情")


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"NONGQING_SMS": "fax"}, 'NONGQING_SMS: "fax" is no way; write console or http'),
        ({"NONGQING_SMS": "http"}, "NONGQING_SMS_URL is not set; NONGQING_SMS=http needs it"),
        (
            {"NONGQING_SMS": "http", "NONGQING_SMS_URL": "https://x/"},
            "NONGQING_SMS_SECRET_FILE is not set",
        ),
        ({"NONGQING_SMS_LIMITS": "1/week"}, 'NONGQING_SMS_LIMITS: cannot read "1/week"'),
        ({"NONGQING_SMS_LIMITS": "0/h"}, 'NONGQING_SMS_LIMITS: cannot read "0/h"'),
    ],
)
def test_a_setting_that_is_wrong_is_named(env: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        SmsSettings.from_env(env)


@pytest.mark.parametrize("text", ["x=1", "sign_in_code", "sign_in_code="])
def test_template_names_that_cannot_be_read_are_named(text: str) -> None:
    with pytest.raises(SettingsError, match="NONGQING_SMS_TEMPLATES: cannot read"):
        parse_template_ids(text)


def run(dsn: str, *arguments: str) -> Result:
    env = {"NONGQING_DSN": dsn, "NONGQING_SMS": "", "NONGQING_STATE_DIR": mkdtemp()}
    return CliRunner().invoke(nongqing.main, ["messages", *arguments], env=env)


def test_the_commands(dsn: str, conn: db.Connection) -> None:
    assert (run(dsn, "list").exit_code, run(dsn, "list").output) == (1, "no message went out\n")
    assert run(dsn, "try", "138 1234 1234").output.endswith("console: sent\n")
    again = run(dsn, "try", "13812341234")
    assert (again.exit_code, "has been sent enough messages" in again.output) == (1, True)
    assert "console  sign_in_code   138****1234  sent" in run(dsn, "list").output
    assert run(dsn, "list", "--phone", "+8613900000000").exit_code == 1
    assert '"masked": "138****1234"' in run(dsn, "list", "--json", "--phone", TO).output
    wrong = run(dsn, "try", "110")
    assert (wrong.exit_code, "This is no mobile number" in wrong.output) == (2, True)
