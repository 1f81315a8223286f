"""Verification of Ed25519 signatures (RFC 8032, section 5.1), in whole numbers alone.

There is nothing secret here: key, message and signature are all public, and how long it takes may
depend on them. What signs is the workbench.
"""

import gc

from firmware.wire.sha512 import sha512

_P = (1 << 255) - 19
_L = (1 << 252) + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)  # of -1


def verify(public, message, signature):
    """Whether `signature` (64 bytes) of `message` is by the holder of `public` (32 bytes).

    No coordinate beyond the field and no second form of a signature is taken (5.1.3, 5.1.7: S is
    below L; R is compared as it stands), and no key of a small order: any signature could be made
    for such a one.
    """
    if len(public) != 32 or len(signature) != 64:
        return False
    key = _point(public)
    s = int.from_bytes(signature[32:], "little")
    if key is None or s >= _L:
        return False
    small = key
    for _ in range(3):
        small = _add(small, small)
    if not small[0]:
        return False
    k = int.from_bytes(sha512(signature[:32] + public + message), "little") % _L
    x, y, z, t = key
    key = _P - x, y, z, _P - t
    base = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
    both = _add(base, key)
    found = 0, 1, 1, 0
    gc.collect()
    for at in range(252, -1, -1):  # s and k are below 2**253
        found = _add(found, found)
        one, other = s >> at & 1, k >> at & 1
        if one or other:
            found = _add(found, both if one and other else base if one else key)
    x, y, z, t = found
    z = pow(z, _P - 2, _P)
    x, y = x * z % _P, y * z % _P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def _point(data):
    """Decode a point (5.1.3) to extended coordinates X, Y, Z, T; None if it is none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (not x and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(one, other):
    """Add two points (5.1.4; the formulas are complete, so that they double as well)."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a = (y1 - x1) * (y2 - x2) % _P
    b = (y1 + x1) * (y2 + x2) % _P
    c = t1 * 2 * _D * t2 % _P
    d = z1 * 2 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P
