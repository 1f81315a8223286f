"""Serve the web application with waitress."""

import errno
import gc
import signal
import socket
import sys
from types import FrameType
from typing import Any

import waitress

from webapp.app.database import App
from webapp.app.wire import Channel

CANNOT_BIND = {
    errno.EADDRINUSE: "is already taken; stop the program that holds it, or choose another port",
    errno.EACCES: "needs rights this user lacks; choose a port above 1023",
    errno.EADDRNOTAVAIL: "is not an address of this machine; choose another host",
}

# What a request may bring at most before the application is asked; the application takes less.
MAX_HEADER_BYTES = 32 * 1024
MAX_BODY_BYTES = 32 * 1024 * 1024
# A thread that comes back from the database waits so long for one that computes [s]; at Python's
# own 5 ms a slow page makes the others, with six questions each, several times as slow.
SWITCH_S = 0.0005
# Browsers hold several connections open each; waitress's own 100 are used up by a few readers.
CONNECTIONS = 800


class CannotListen(RuntimeError):  # noqa: N818 - named for what happened
    """The web server cannot listen where it was asked to; the message names place and mend."""

    def __init__(self, host: str, port: int, cause: OSError) -> None:
        why = CANNOT_BIND.get(cause.errno or 0, f"cannot be listened on ({cause})")
        super().__init__(f"web: {host} port {port} {why} (--host H, --port N)")


def make_server(app: App, host: str, port: int, threads: int = 8) -> Any:
    """Bind a server; it answers once its ``run()`` is called, until its ``close()``.

    Raises
    ------
    CannotListen
        When the port is taken or may not be used.
    """
    sys.setswitchinterval(SWITCH_S)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # Bound here and not by waitress, which leaves its socket open when it cannot bind.
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise CannotListen(host, port, error) from error
    server = waitress.create_server(
        app,
        sockets=[listener],
        threads=threads,
        ident=None,
        # Anybody can write X-Forwarded headers; they are dropped unless proxies are declared.
        clear_untrusted_proxy_headers=not (app.settings and app.settings.proxies),
        max_request_header_size=MAX_HEADER_BYTES,
        max_request_body_size=MAX_BODY_BYTES,
        connection_limit=CONNECTIONS,
        asyncore_use_poll=True,  # select() ends at 1,024 open files
    )
    server.channel_class = Channel
    return server


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def serve(server: Any) -> None:
    """Answer requests until Ctrl-C or a termination signal, then finish those under way."""
    signal.signal(signal.SIGTERM, _stop)
    # What stands at the start stays: looking through it again and again took a tenth of each page.
    gc.collect()
    gc.freeze()
    server.run()
    server.close()
