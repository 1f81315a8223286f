"""Headers, caches, compression."""

import gzip
import re
from datetime import UTC, datetime, timedelta

import brotli
import pytest

from tests.webapp.people import client_of
from webapp.app.printing import SHEET
from webapp.app.responses import mark_of

ANSWERS = ("/", "/v/nowhere", "/healthz", "/static/nongqing.css", "/set-language?lang=en")


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_is_secured(client, path):
    with client.get(path) as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_an_unchanged_page_is_not_sent_twice(client):
    first = client.get("/v/qf-liuge")
    again = client.get("/v/qf-liuge", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert first.headers["Cache-Control"] == "private, no-cache"


def test_a_page_of_another_language_is_another_page(client):
    first = client.get("/v/qf-liuge")
    again = client.get("/v/qf-liuge?lang=en", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert "Cookie" in first.headers["Vary"]


def test_errors_are_not_validated(client):
    assert "ETag" not in client.get("/v/nowhere").headers


def test_static_files_are_kept_for_long_under_an_address_of_their_content(client):
    page = client.get("/").get_data(as_text=True)
    address = re.search(r'href="(/static/nongqing.css\?v=[0-9a-f]{10})"', page).group(1)
    with client.get(address) as sheet:
        assert "immutable" in sheet.headers["Cache-Control"]
    with client.get("/static/nongqing.css") as sheet:
        assert "immutable" not in sheet.headers["Cache-Control"]


def test_phones_get_pages_compressed(client):
    plain = client.get("/v/qf-liuge/details")
    packed = client.get("/v/qf-liuge/details", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert "Accept-Encoding" in packed.headers["Vary"]
    with client.get("/static/nongqing.css", headers={"Accept-Encoding": "gzip"}) as sheet:
        assert gzip.decompress(sheet.data).startswith(b":root {")
        assert sheet.headers["ETag"].startswith("W/")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("gzip", "gzip"),
        ("br", "br"),
        ("deflate", None),
        ("identity;q=1, *;q=0", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("path", ["/v/qf-liuge/details", "/v/nowhere", "/static/app.js"])
def test_each_gets_the_packing_that_it_reads(client, path, accepted, coding):
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    with client.get(path) as plain, client.get(path, headers={"Accept-Encoding": accepted}) as one:
        assert one.headers.get("Content-Encoding") == coding
        assert unpack(one.data) == plain.data
        assert "Accept-Encoding" in one.headers["Vary"]


def test_brotli_is_the_smaller(client):
    sizes = {}
    for coding in ("br", "gzip"):
        for path in ("/v/qf-liuge", "/static/nongqing.css"):
            with client.get(path, headers={"Accept-Encoding": coding}) as answer:
                sizes.setdefault(path, []).append(len(answer.data))
    assert all(br < packed for br, packed in sizes.values()), sizes


def test_a_file_is_packed_once_until_it_changes(app, monkeypatch, tmp_path):
    packed = []
    real = brotli.compress
    monkeypatch.setattr(brotli, "compress", lambda body, **k: packed.append(k) or real(body, **k))
    app.static_folder = str(tmp_path)
    client = app.test_client()
    for body, times in ((b"a" * 2000, 1), (b"b" * 2001, 2)):
        (tmp_path / "x.css").write_bytes(body)
        for query in ("", "?v=1", "?v=2"):
            with client.get(f"/static/x.css{query}", headers={"Accept-Encoding": "br"}) as answer:
                assert brotli.decompress(answer.data) == body
        assert len(packed) == times


def test_a_part_of_a_file_is_sent_as_it_is(client):
    asked = {"Range": "bytes=0-1999", "Accept-Encoding": "gzip, br"}
    with client.get("/static/app.js") as whole, client.get("/static/app.js", headers=asked) as part:
        assert part.status_code == 206
        assert "Content-Encoding" not in part.headers
        assert part.data == whole.data[:2000]


def test_small_answers_are_sent_as_they_are(client):
    answer = client.get("/healthz", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


def test_a_page_is_the_same_while_only_the_clock_moves(app):
    """Ages and the time it was made at are no news, for a window; new data are, at once."""
    client = client_of(app, "officer")
    app.clock.at = app.clock.at.replace(minute=0, second=0)
    began = app.clock.at
    for path in ("/", "/v/qf-liuge", "/status", "/desk"):
        app.clock.at = began
        first = client.get(path, headers={"Accept-Encoding": "gzip"})
        asked = {"If-None-Match": first.headers["ETag"], "Accept-Encoding": "gzip"}
        for minutes in (1, 7, 14):
            app.clock.at = began + timedelta(minutes=minutes)
            again = client.get(path, headers=asked)
            assert again.status_code == 304, (path, minutes)
            assert sum(len(f"{k}: {v}") for k, v in again.headers) < 3000
        app.clock.at = began + timedelta(minutes=15)
        assert client.get(path, headers=asked).status_code == 200, "not for ever"


def test_a_page_with_other_data_is_another_page():
    page = b'<p>8 mm</p><time datetime="x">1 minute ago</time><p class="made">10:00</p>'
    at = datetime(2016, 5, 1, 10, tzinfo=UTC)
    later = page.replace(b"1 minute", b"5 minutes").replace(b"10:00", b"10:04")
    assert mark_of(page, at) == mark_of(later, at + timedelta(minutes=4))
    assert mark_of(page, at) != mark_of(page.replace(b"8 mm", b"9 mm"), at)
    assert mark_of(page, at) != mark_of(page.replace(b'"x"', b'"y"'), at)
    assert mark_of(page, at) != mark_of(page, at + timedelta(minutes=15))


def test_the_sheet_is_given_out_without_what_only_its_writers_read(client):
    written = SHEET.read_bytes()
    with client.get("/static/nongqing.css") as answer:
        given = answer.data
    assert b"/*" in written
    assert b"/*" not in given
    rules = re.sub(rb"/\*.*?\*/", b"", written, flags=re.DOTALL).split()
    assert given.split() == rules
    assert len(given) < len(written) - 1000
