"""What the server itself answers, before the application sees a request.

Waitress refuses what it cannot read in bare English, and lets one address that cannot be taken
apart (``http://[``) close the connection with a traceback. Here each refusal is a page in both
languages, since nothing is known yet of the reader, and a raw letter in an address, as old browsers
and chat apps send it, is read as if it had been written in percent.
"""

import json
import re
import socket
from html import escape

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, Task

from models.exchange.epcis.problems import described
from webapp.app.responses import SECURITY_HEADERS

#: Status -> what happened and the mend, Chinese and English. These cannot come from the catalogue:
#: no request, no language and perhaps no working application stands behind them.
REFUSALS = {
    400: (
        ("请求读不懂", "地址或请求头写错了。", "请回到首页重新打开。"),
        (
            "The request was not understood",
            "The address or the header lines of the request are malformed.",
            "Go back to the start page and open it anew.",
        ),
    ),
    413: (
        (
            "发送的内容太大",
            "一次发送的内容超过了服务器的上限。",
            "请分几次发送，或改用较小的照片。",
        ),
        (
            "What was sent is too large",
            "It is more than this server takes at once.",
            "Send less at once, or a smaller picture.",
        ),
    ),
    431: (
        ("请求头太长", "地址、Cookie 等请求头超过了服务器的上限。", "请清除本站的 Cookie 后再试。"),
        (
            "The header lines are too long",
            "Address, cookies and other header lines are more than this server takes.",
            "Delete the cookies of this site and try again.",
        ),
    ),
    500: (
        ("页面出错了", "是系统的故障，已记入日志。", "请再试一次；若仍不行，请告诉县里的技术员。"),
        (
            "This page failed",
            "The fault is ours and has been written to the log.",
            "Try again; if it lasts, tell the technician of your county.",
        ),
    ),
    501: (
        ("不支持这种传输方式", "服务器不支持所用的传输编码。", "请换用普通浏览器打开。"),
        (
            "This way of sending is not supported",
            "The server does not know the transfer encoding that was used.",
            "Use an ordinary browser.",
        ),
    ),
}
#: Where programs ask, which read no page; status -> the type of problem that their standard has.
PROGRAMS = ("/epcis", "/epcis/")
PROBLEMS = {
    400: "ValidationException",
    413: "CaptureLimitExceededException",
    431: "URITooLongException",
    501: "NotOffered",
}
PROBLEM_MEND = {413: "Send less at once.", 431: "Ask by a named query."}
WHERE_MOST = 120
#: Reads of 64 KiB.
UNREAD_MOST = 64
RAW = re.compile(rb"[\x80-\xff]")


def refusal_page(status: int, where: str) -> bytes:
    """A whole page in both languages, Chinese first; `where` is what was asked for, raw."""
    chinese, english = REFUSALS.get(status, REFUSALS[400])
    shown = escape(where[:WHERE_MOST])
    place = f"<p><code>{shown}</code></p>" if shown else ""
    return f"""<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{chinese[0]} · {english[0]}</title>
<link rel="stylesheet" href="/static/nongqing.css"></head>
<body><main class="wrap">
<p class="soft num">{status}</p>
<h1>{chinese[0]}</h1><p>{chinese[1]}</p><p>{chinese[2]}</p>
<div lang="en"><h2>{english[0]}</h2><p>{english[1]}</p><p>{english[2]}</p></div>
{place}<p><a class="button" href="/"><span>首页 · <span lang="en">Start page</span></span></a></p>
</main></body></html>
""".encode()


def refusal_problem(status: int) -> bytes:
    """What a program is told, as the standard of its interface has it."""
    kind = PROBLEMS.get(status, "ImplementationException")
    english = REFUSALS.get(status, REFUSALS[400])[1]
    detail = f"{english[1]} {PROBLEM_MEND.get(status, '')}".strip()
    return json.dumps({**described(kind, detail), "status": status}).encode()


class BilingualRefusal(ErrorTask):  # type: ignore[misc]
    """Answers a request that never reached the application."""

    def execute(self) -> None:
        """Write the page, with the headers that every answer of ours carries."""
        error = self.request.error
        where = " ".join(
            part
            for part in (
                getattr(self.request, "command", None),
                getattr(self.request, "request_uri", None),
            )
            if part
        )
        path = str(getattr(self.request, "path", ""))
        if path == PROGRAMS[0] or path.startswith(PROGRAMS[1]):
            kind, body = "application/problem+json", refusal_problem(error.code)
        else:
            kind, body = "text/html; charset=utf-8", refusal_page(error.code, where)
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", kind),
            ("Cache-Control", "no-store"),
            *SECURITY_HEADERS.items(),
        ]
        self.set_close_on_finish()
        self.channel.refused = True
        self.content_length = len(body)
        self.write(b"" if getattr(self.request, "command", None) == "HEAD" else body)


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads the lines of a request; whatever they hold ends as a request or as a refusal."""

    def parse_header(self, header_plus: bytes) -> None:
        """Take the header lines apart.

        Raises
        ------
        ParsingError
            When they cannot be read.
        """
        first, end, rest = header_plus.partition(b"\r\n")
        first = RAW.sub(lambda found: b"%%%02X" % found[0][0], first)
        try:
            super().parse_header(first + end + rest)
        except ValueError as error:
            # An address with half a bracket, for which waitress has no catch.
            raise ParsingError(str(error)) from error


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection whose refusals people can read."""

    parser_class = Parser
    error_task_class: type[Task] = BilingualRefusal
    refused = False

    def handle_close(self) -> None:
        """Close the connection; after a refusal, first read away what has come already.

        A system that closes with bytes unread resets the connection, and the browser throws the
        page away that it was just sent.
        """
        if self.refused and self.connected:
            try:
                self.socket.shutdown(socket.SHUT_WR)
                for _ in range(UNREAD_MOST):
                    if not self.socket.recv(65536):
                        break
            except OSError:  # nothing more has come, or the other side is gone
                pass
        super().handle_close()
