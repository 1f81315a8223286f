"""Whatever is sent, to the application or over a real socket: an answer, never a fault."""

import logging
import socket
from io import BytesIO
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.webapp.conftest import make_app, serving

EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
NASTY = st.sampled_from(
    [
        "\0",
        "a\0b",
        "\r\nSet-Cookie: a=b",
        "[",
        "]",
        "[::1",
        "//[",
        "\\\\evil",
        "%",
        "%zz",
        "%00",
        "%ed%a0%80",
        "%ff%fe",
        "\ud800",
        "\N{RIGHT-TO-LEFT OVERRIDE}gpj",
        "\N{ZERO WIDTH SPACE}",
        "٣",
        "²",
        "1_000",
        "-1",
        "0",
        "9" * 30,
        "1" * 5000,
        "1e400",
        "nan",
        "x" * 10_000,
        "村" * 3000,
        "' OR 1=1 --",
        "{{7*7}}",
        "%s%d%(x)s",
        "../../etc/passwd",
        "qf-liuge",
        "wheat_fhb",
        "nongqing.css",
    ]
)
VALUES = st.one_of(
    NASTY, st.text(max_size=40), st.text(alphabet="\0\r\n[]%\ud800:/?#@", max_size=12)
)
NAMES = st.sampled_from(["q", "page", "lang", "county", "next", "v", "", "[", "a\0"])
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Host",
            "Accept-Language",
            "Accept-Encoding",
            "Cookie",
            "If-None-Match",
            "If-Modified-Since",
            "Range",
            "If-Range",
            "Content-Type",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "Origin",
            "Referer",
            "Authorization",
            "Expect",
        ]
    ),
    st.one_of(
        VALUES,
        st.sampled_from(
            [
                "lang=\0",
                "lang=zh; lang=en; =; ;;;",
                'lang="\\377\\0"',
                "en;q=nan",
                "zz-ZZ-zz;q=9, *;q=-1",
                "W/",
                'W/"',
                "*",
                "bytes=0-",
                "bytes=-1--",
                "bytes=9-1",
                "gzip;q=x, br;q=2",
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "application/x-www-form-urlencoded; charset=utf-99",
                "application/json",
                "Basic =",
                "Bearer",
                "Thu, 99 Foo 2016 99:99:99 GMT",
            ]
        ),
    ),
    max_size=4,
)
METHODS = st.sampled_from(["GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "FOO"])


def rules(app):
    """Every route, as a template of an address."""
    return sorted(
        {
            "/".join(
                "{}" if part.startswith("<") else part for part in str(rule).strip("/").split("/")
            )
            for rule in app.url_map.iter_rules()
        }
    )


def wsgi_text(text):
    """A text as it stands in a WSGI environment: its bytes as Latin-1; half a pair passes."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def environ(method, path, query, headers, body):
    found = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": wsgi_text(path),
        "QUERY_STRING": wsgi_text(query),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        found[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = wsgi_text(value)
    return found


def call(app, *parts):
    """Ask the application as a server would; its status and headers."""
    answer = []
    chunks = app(environ(*parts), lambda status, headers, *_: answer.append((status, headers)))
    b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    status, headers = answer[0]
    return int(status.split()[0]), headers


@pytest.fixture(scope="module")
def fuzzed(seeded_dsn):
    """The application on the demo's world, kept for all examples."""
    app = make_app(seeded_dsn)
    yield app
    app.pool.close()


@pytest.fixture(scope="module")
def served(fuzzed):
    """Its address, served by the real server."""
    with serving(fuzzed) as address:
        yield address


@EXAMPLES
@given(
    rule=st.integers(0, 99),
    method=METHODS,
    value=VALUES,
    query=st.lists(st.tuples(NAMES, VALUES), max_size=4),
    escaped=st.booleans(),
    headers=HEADERS,
    body=st.one_of(
        st.binary(max_size=200),
        VALUES.map(lambda t: f"lang={t}&next={t}".encode("utf-8", "surrogatepass")),
    ),
)
@example(0, "GET", "", [("page", "9" * 30)], True, {}, b"")
@example(0, "GET", "", [("q", "\0")], True, {}, b"")
@example(0, "GET", "", [], True, {"Host": "["}, b"")
@example(0, "GET", "", [], True, {"Host": "a:b"}, b"")
def test_the_application_never_fails(
    fuzzed, caplog, rule, method, value, query, escaped, headers, body
):
    known = rules(fuzzed)
    caplog.clear()
    path = "/" + known[rule % len(known)].replace("{}", value)
    write = (lambda t: quote(t, safe="", errors="surrogatepass")) if escaped else str
    text = "&".join(f"{write(name)}={write(each)}" for name, each in query)
    with caplog.at_level(logging.WARNING):
        status, sent = call(fuzzed, method, path, text, headers, body)
    assert status < 500, (status, path, text)
    assert not caplog.records, caplog.text
    for name, each in sent:
        assert "\n" not in each, name
        assert "\r" not in each, name


@EXAMPLES
@given(
    rule=st.integers(0, 99),
    method=METHODS,
    value=VALUES,
    query=VALUES,
    escaped=st.booleans(),
    headers=HEADERS,
    body=st.binary(max_size=200),
)
def test_the_server_never_fails(
    served, fuzzed, caplog, rule, method, value, query, escaped, headers, body
):
    known = rules(fuzzed)
    caplog.clear()
    write = (lambda t: quote(t, safe="", errors="surrogatepass")) if escaped else str
    path = "/" + known[rule % len(known)].replace("{}", write(value))
    lines = [f"{method} {path}?q={write(query)}&page={write(value)} HTTP/1.1", "Connection: close"]
    lines += [f"{name}: {each}" for name, each in {"Host": "a", **headers}.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    raw = "\r\n".join(lines).encode("utf-8", "surrogatepass") + body
    where = urlsplit(served)
    found = b""
    door = where.hostname, where.port
    with caplog.at_level(logging.WARNING), socket.create_connection(door, timeout=30) as line:
        line.sendall(raw)
        line.shutdown(socket.SHUT_WR)
        while piece := line.recv(65536):
            found += piece
    if found:
        status = int(found.split(None, 2)[1])
        assert status < 500 or status == 501, found[:300]
    for record in caplog.records:
        assert record.name == "waitress.queue", record.getMessage()
    assert found
