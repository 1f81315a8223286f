"""TLS 1.2 with a key that node and broker share (RFC 4279), by MicroPython's `tls` module.

Who has the key is the broker: there are no certificates, and so no date to be known and nothing to
renew. A suite without a key of this kind is never offered, for with one the broker would have to
show a certificate that nobody here looks at.
"""

import tls

CIPHERS = ("TLS-PSK-WITH-AES-128-GCM-SHA256",)  # RFC 5487, section 2


def wrap(tcp, psk):
    """Return `tcp` wrapped in TLS, the handshake done; OSError if the other side does not agree."""
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_NONE
    context.set_ciphers(list(CIPHERS))
    context.psk_identity = psk["identity"]
    context.psk_key = bytes.fromhex(psk["key"])
    return context.wrap_socket(tcp)
