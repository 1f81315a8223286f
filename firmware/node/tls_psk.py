"""TLS 1.2 with a key that node and broker share (RFC 4279), by MicroPython's `tls` module.

Who has the key is the broker: there are no certificates, and so no date to be known and nothing to
renew. No suite without such a key is offered: with one the broker would show a certificate, and
nobody here looks at it.

MicroPython has this from 1.29 on (its pull request 17074), and its poll shows what TLS has read and
not yet given (9871).
"""

import tls

CIPHERS = ("TLS-PSK-WITH-AES-128-GCM-SHA256",)  # RFC 5487, section 2


def wrap(tcp, psk):
    """Return `tcp` wrapped in TLS, the handshake done; OSError if the other side does not agree."""
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_NONE
    context.psk_identity = psk["identity"]
    context.psk_key = bytes.fromhex(psk["key"])
    context.set_ciphers(list(CIPHERS))  # after the key, with which come suites of its own choice
    return context.wrap_socket(tcp)
