"""Connections as admins set them, and what a server's refusal means in whatever language."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
from psycopg2.extensions import make_dsn, parse_dsn

from collector.one_machine.embedded import free_port
from collector.store.postgres import connecting, db
from collector.store.postgres.election import Election

if TYPE_CHECKING:
    from tests.conftest import Server


def ask(conn: db.Connection, statement: str) -> Any:
    with conn, conn.cursor() as cur:
        cur.execute(statement)
        row = cur.fetchone()
    return row[0] if row is not None and len(row) == 1 else row


@contextmanager
def opened(dsn: str) -> Iterator[db.Connection]:
    conn = db.connect(dsn)
    try:
        yield conn
    finally:
        conn.close()


@pytest.fixture
def role(postgres: Server, dsn: str) -> Iterator[tuple[str, str]]:
    """A role of the test's own, and the connection string with it."""
    name = f"role_{dsn.rpartition('_')[2]}"
    postgres.run(f"CREATE ROLE {name} LOGIN PASSWORD 'it' IN ROLE nongqing")
    yield name, make_dsn(dsn, user=name, password="it")
    postgres.run(f"DROP OWNED BY {name}")
    postgres.run(f"DROP ROLE {name}")


# What the admin says goes before what is ours -------------------------------------------------


def test_the_options_of_the_connection_string_are_kept(dsn: str) -> None:
    with opened(make_dsn(dsn, options="-c search_path=farm -c work_mem=7MB")) as conn:
        assert ask(conn, "SHOW search_path") == "farm"
        assert ask(conn, "SHOW work_mem") == "7MB"
        assert ask(conn, "SHOW TimeZone") == "UTC"


def test_the_schema_goes_where_the_search_path_leads(postgres: Server) -> None:
    dsn = postgres.create()
    with opened(dsn) as conn, conn, conn.cursor() as cur:
        cur.execute("CREATE SCHEMA farm")
    with opened(make_dsn(dsn, options="-c search_path=farm")) as conn:
        db.migrate(conn)
        assert db.status(conn).pending == ()
        assert ask(conn, "SELECT to_regclass('farm.reading') IS NOT NULL")
        assert ask(conn, "SELECT to_regclass('public.reading') IS NULL")


def test_the_session_is_in_utc_and_utf_8_whatever_the_role_says(
    postgres: Server, role: tuple[str, str]
) -> None:
    name, dsn = role
    postgres.run(f"ALTER ROLE {name} SET timezone = 'Asia/Shanghai'")
    postgres.run(f"ALTER ROLE {name} SET client_encoding = 'GBK'")
    with opened(dsn) as conn:
        assert ask(conn, "SHOW TimeZone") == "UTC"
        assert ask(conn, "SELECT now()").utcoffset().total_seconds() == 0
        assert ask(conn, "SHOW client_encoding") == "UTF8"
        assert ask(conn, "SELECT '农情 ẞ'") == "农情 ẞ"
        with pytest.raises(ZeroDivisionError), conn:
            raise ZeroDivisionError
        assert ask(conn, "SHOW TimeZone") == "UTC", "a rollback does not take it back"


def test_names_and_limits_of_the_connection_string_are_kept(dsn: str) -> None:
    with opened(make_dsn(dsn, application_name="mine", connect_timeout=17)) as conn:
        assert ask(conn, "SHOW application_name") == "mine"
        assert parse_dsn(conn.dsn)["connect_timeout"] == "17"
    with opened(dsn) as conn:
        assert ask(conn, "SHOW application_name") == "nongqing"
        assert parse_dsn(conn.dsn)["connect_timeout"] == str(connecting.CONNECT_SECONDS)


def test_the_environment_is_kept(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c search_path=farm")
    monkeypatch.setenv("PGAPPNAME", "by-environment")
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "9")
    with opened(dsn) as conn:
        assert ask(conn, "SHOW search_path") == "farm"
        assert ask(conn, "SHOW application_name") == "by-environment"
        assert "connect_timeout" not in parse_dsn(conn.dsn)


def test_a_service_file_is_followed(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = parse_dsn(dsn) | {"options": "-c search_path=farm", "connect_timeout": "11"}
    lines = [f"{key}={value}" for key, value in parts.items()]
    (tmp_path / "services.conf").write_text("\n".join(["[puyang]", *lines]) + "\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services.conf"))
    for text in ("service=puyang", "postgresql:///?service=puyang"):
        with opened(text) as conn:
            assert ask(conn, "SHOW search_path") == "farm"
            assert "connect_timeout" not in parse_dsn(conn.dsn), "the file's own counts"
        assert db.place(text) == "service puyang/"


def test_the_next_host_is_taken_where_the_first_is_down(dsn: str) -> None:
    parts = parse_dsn(dsn)
    two = {"host": "127.0.0.1,127.0.0.1", "port": f"{free_port()},{parts['port']}"}
    with opened(make_dsn(**(parts | two | {"target_session_attrs": "read-write"}))) as conn:
        assert ask(conn, "SELECT 1") == 1


@pytest.mark.parametrize(
    ("dsn", "place"),
    [
        ("postgresql://u:p@[::1]:6000/f", "[::1]:6000/f"),
        ("host=::1,db2 port=1,2 dbname=f", "[::1],db2:1,2/f"),
        ("hostaddr=10.0.0.7 dbname=f", "10.0.0.7:5432/f"),
        ("host=/run/pg dbname=f", "/run/pg:5432/f"),
        ("postgresql://%2Frun%2Fpg/f?sslmode=disable", "/run/pg:5432/f"),
        ("host=@abstract dbname=f", "@abstract:5432/f"),
        ("service=puyang dbname=f", "service puyang/f"),
    ],
)
def test_the_place_of_a_connection_is_named(dsn: str, place: str) -> None:
    assert db.place(dsn) == place


# Refusals ------------------------------------------------------------------------------------

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


def refusal(code: str, severity: str, words: str, encoding: str = "utf-8") -> bytes:
    """An ErrorResponse as PostgreSQL sends it before anybody has logged in."""
    fields = (("S", severity), ("V", "FATAL"), ("C", code), ("M", words), ("R", "InitPostgres"))
    body = b"".join(key.encode() + text.encode(encoding) + b"\0" for key, text in fields) + b"\0"
    return b"E" + struct.pack(">I", len(body) + 4) + body


@contextmanager
def refusing(answer: bytes) -> Iterator[str]:
    """A server that answers every start-up packet so; no server here has another language."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_refuse_all, args=(listener, answer))
        thread.start()
        try:
            yield f"postgresql://u:secret@127.0.0.1:{listener.getsockname()[1]}/felder"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _refuse_all(listener: socket.socket, answer: bytes) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            while True:
                size, number = struct.unpack(">II", client.recv(8, socket.MSG_WAITALL))
                client.recv(size - 8, socket.MSG_WAITALL)
                if number not in (SSL_REQUEST, GSS_REQUEST):
                    break
                client.sendall(b"N")
            client.sendall(answer)


@pytest.mark.parametrize(
    ("code", "severity", "words", "mend"),
    [
        ("3D000", "FATAL", "Datenbank »felder« existiert nicht", "does not exist; create it"),
        ("3D000", "致命错误", '数据库 "felder" 不存在', "does not exist; create it"),
        (
            "28P01",
            "FATAL",
            "Passwort-Authentifizierung für Benutzer »u« fehlgeschlagen",
            "refuses this user; check user and password",
        ),
        (
            "28000",
            "致命错误",
            '没有用于主机 "10.0.0.9", 用户 "u" 的 pg_hba.conf 记录',
            "refuses this user; check user and password",
        ),
        ("42501", "FATAL", "keine Berechtigung für Datenbank felder", "GRANT CONNECT"),
        ("53300", "ВАЖНО", "слишком много подключений", "out of room, memory or connections"),
        ("57P03", "致命错误", "数据库系统启动中", "is starting or stopping just now"),
        ("08P01", "FATAL", "no such database: felder", "refuses the connection; mend what it"),
        ("XX000", "FATAL", "etwas anderes", "refuses the connection; mend what it names"),
    ],
)
def test_a_refusal_is_understood_in_any_language(
    code: str, severity: str, words: str, mend: str
) -> None:
    with (
        refusing(refusal(code, severity, words)) as dsn,
        pytest.raises(db.DatabaseRefuses) as caught,
    ):
        db.connect(dsn)
    text = str(caught.value)
    assert mend in text
    assert words in text
    assert "no answer" not in text
    assert "secret" not in text


def test_words_in_an_encoding_of_their_own_do_no_harm() -> None:
    answer = refusal("3D000", "致命错误", '数据库 "felder" 不存在', "gbk")
    with refusing(answer) as dsn, pytest.raises(db.DatabaseRefuses, match="create it"):
        db.connect(dsn)


def test_a_pooler_whose_server_is_down_does_not_refuse() -> None:
    answer = refusal("08006", "FATAL", "server conn crashed?")
    with refusing(answer) as dsn, pytest.raises(db.DatabaseDown, match="no answer") as caught:
        db.connect(dsn)
    assert not isinstance(caught.value, db.DatabaseRefuses)


def test_a_real_servers_refusals(postgres: Server, role: tuple[str, str], dsn: str) -> None:
    name, as_role = role
    base = dsn.rpartition("/")[2]
    wrong = make_dsn(as_role, password="no")
    with pytest.raises(db.DatabaseRefuses, match="check user and password in NONGQING_DSN"):
        db.connect(wrong)
    with pytest.raises(db.DatabaseRefuses, match="does not exist; create it"):
        db.connect(make_dsn(as_role, dbname="nowhere"))
    postgres.run(f"ALTER ROLE {name} CONNECTION LIMIT 0")
    with pytest.raises(db.DatabaseRefuses, match="out of room, memory or connections"):
        db.connect(as_role)
    postgres.run(f"ALTER ROLE {name} CONNECTION LIMIT -1")
    postgres.run(f"REVOKE nongqing FROM {name}")
    postgres.run(f"REVOKE CONNECT ON DATABASE {base} FROM public")
    with pytest.raises(db.DatabaseRefuses, match="GRANT CONNECT"):
        db.connect(as_role)


def test_silence_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing listens; somebody listens and says nothing; somebody speaks another protocol."""
    with pytest.raises(db.DatabaseDown, match="no answer") as caught:
        db.connect(f"postgresql://u@127.0.0.1:{free_port()}/f")
    assert not isinstance(caught.value, db.DatabaseRefuses)
    with refusing(b"HTTP/1.0 400 Bad Request\r\n\r\n") as dsn, pytest.raises(db.DatabaseDown):
        db.connect(dsn)
    monkeypatch.setattr(connecting, "PROBE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        dsn = f"postgresql://u@127.0.0.1:{mute.getsockname()[1]}/f?connect_timeout=2"
        with pytest.raises(db.DatabaseDown, match="no answer") as caught:
            db.connect(dsn)
    assert not isinstance(caught.value, db.DatabaseRefuses)


def test_a_libpq_that_cannot_be_asked_leaves_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise OSError("no such library")

    monkeypatch.setattr(connecting, "_libpq", none)
    answer = refusal("3D000", "FATAL", "Datenbank »felder« existiert nicht")
    words = r"no answer \(.*existiert nicht"
    with refusing(answer) as dsn, pytest.raises(db.DatabaseDown, match=words):
        db.connect(dsn)


# Limits that admins set -----------------------------------------------------------------------


def test_the_lead_outlasts_the_admins_patience_and_holds_nothing_back(dsn: str) -> None:
    options = (
        "-c idle_in_transaction_session_timeout=20ms -c default_transaction_isolation=serializable"
    )
    election, other = Election(make_dsn(dsn, options=options)), Election(dsn)
    try:
        assert election.leads()
        time.sleep(0.2)
        assert election.leads()
        assert not other.leads()
        with opened(dsn) as conn:
            state = ask(
                conn,
                "SELECT state, backend_xid IS NULL AND backend_xmin IS NULL FROM pg_stat_activity "
                "WHERE pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')",
            )
        assert state == ("idle in transaction", True)
    finally:
        election.resign()
        other.resign()


def test_a_connection_that_is_lost_at_once_is_one_that_is_down(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time zone is set after connecting: that may fail as well."""
    error = psycopg2.OperationalError("server closed the connection unexpectedly")

    def lost(conn: db.Connection) -> None:
        raise error

    monkeypatch.setattr(connecting, "_settle", lost)
    with pytest.raises(db.DatabaseDown, match="closed the connection"):
        db.connect(dsn)
