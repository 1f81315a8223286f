"""Behind proxies: whom to believe about where a request came from and over what."""

from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix


def behind(app: Any, count: int) -> None:
    """Believe the last `count` entries of the ``X-Forwarded`` headers, one of each proxy.

    Address, scheme and host are taken; with https cookies are marked Secure. Without this call the
    server drops these headers, since whoever asks could write them.
    """
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
