"""Behind a proxy and without: cookies, schemes, one cookie an answer, what robots may read."""

import urllib.request
from pathlib import Path
from tempfile import mkdtemp

import pytest

from collector.settings import Settings, SettingsError
from collector.store.postgres import db
from tests.webapp.conftest import FixedClock, seed_module, serving
from tests.webapp.every_page import routes
from webapp import create_app

HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}


def behind(dsn, proxies):
    settings = Settings(dsn, None, Path(mkdtemp()), proxies=proxies)
    return create_app(db.Pool(dsn), FixedClock(seed_module.NOW), settings)


@pytest.mark.parametrize(("proxies", "secure"), [(0, False), (1, True)])
def test_cookies_are_secure_where_a_declared_proxy_speaks_https(seeded_dsn, proxies, secure):
    with serving(behind(seeded_dsn, proxies)) as address:
        ask = urllib.request.Request(f"{address}/?lang=en", headers=HTTPS)
        with urllib.request.urlopen(ask, timeout=20) as answer:
            cookie = answer.headers["Set-Cookie"]
    assert ("Secure" in cookie) == secure


def test_only_the_entry_of_the_own_proxy_is_believed(seeded_dsn):
    app = behind(seeded_dsn, 1)
    seen = []
    app.before_request(lambda: seen.append(__import__("flask").request.remote_addr))
    app.test_client().get("/robots.txt", headers={"X-Forwarded-For": "198.51.100.1, 192.0.2.7"})
    assert seen == ["192.0.2.7"]


@pytest.mark.parametrize("proxies", [0, 1])
def test_without_a_proxy_nothing_sees_what_anybody_may_have_written(seeded_dsn, proxies):
    app = behind(seeded_dsn, proxies)
    seen = []
    app.before_request(lambda: seen.append(__import__("flask").request.headers.keys()))
    with serving(app) as address:
        headers = HTTPS | {"X-Forwarded-Host": "evil.example", "Forwarded": "for=192.0.2.7"}
        ask = urllib.request.Request(f"{address}/robots.txt", headers=headers)
        urllib.request.urlopen(ask, timeout=20).close()
    (names,) = seen
    assert any("forwarded" in name.lower() for name in names) == bool(proxies), list(names)


@pytest.mark.parametrize("text", ["-1", "many", "1.5", "٣", "99"])
def test_a_number_of_proxies_that_is_none_names_the_mend(text):
    with pytest.raises(SettingsError, match=r"NONGQING_PROXIES.*write 1 behind nginx"):
        Settings.from_env({"NONGQING_PROXIES": text})
    assert Settings.from_env({"NONGQING_PROXIES": "2"}).proxies == 2


@pytest.mark.parametrize(
    ("path", "cookies"),
    [("/", 0), ("/?lang=en", 1), ("/set-language?lang=en", 1), ("/set-language?lang=zh", 1)]
    + [("/account/sign-in?lang=en", 1)]
    + [(path, 0) for path in ("/desk", "/drafts", "/robots.txt", "/healthz", "/v/nowhere")],
)
def test_an_answer_sets_one_cookie_at_most_and_none_without_need(client, path, cookies):
    assert len(client.get(path).headers.getlist("Set-Cookie")) == cookies


def test_robots_read_the_villages_and_nothing_of_the_staff(client):
    answer = client.get("/robots.txt")
    lines = answer.get_data(as_text=True).splitlines()
    assert answer.mimetype == "text/plain"
    assert lines[0] == "User-agent: *"
    for path in ("/desk", "/drafts", "/status", "/skill", "/metrics", "/set-language"):
        assert f"Disallow: {path}" in lines
    assert "Disallow: /" not in lines
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_every_route_answers_head_and_options(app, client, method):
    for _, known, path in routes(app):
        if known != "GET":
            continue
        with client.open(path, method=method) as answer:
            assert answer.status_code < 500, path
            assert answer.status_code != 405, path
            assert answer.data == b"", path
            if method == "OPTIONS":
                assert "GET" in answer.headers["Allow"], path
