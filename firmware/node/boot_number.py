"""The number of a boot: counted on flash, never used twice. Needed once in each."""

import errno
import os
import random

from firmware import const

_BOOT = const("/boot")


def next_boot(root, least, make_room):
    """Count this boot: at least `least`, written to flash before anything is measured.

    `make_room()` frees flash, if there is something to free. A number must never be used
    twice: where the last one cannot be read, or this one not be kept, a random step makes that
    unlikely.

    Returns
    -------
    tuple of (int, str or None)
        The number, and what is wrong with it.
    """
    boot, fault = least, None
    try:
        with open(root + _BOOT) as file:
            last = int(file.read())
        if not 0 <= last < 0xFFFF0000:
            raise ValueError("%d is no boot number" % last)
        boot = max(last + 1, least)
    except (OSError, ValueError) as error:
        if not isinstance(error, OSError) or error.errno != errno.ENOENT:
            boot += 1 + random.getrandbits(15)
            fault = "boot number not readable: %s" % error
    for _ in range(3):  # one segment makes room enough; if three do not, all would not either
        try:
            with open(root + _BOOT + ".new", "w") as file:
                file.write(str(boot))
            os.rename(root + _BOOT + ".new", root + _BOOT)
            return boot, fault
        except OSError as error:
            trouble = error
            make_room()
    return boot + 1 + random.getrandbits(15), "boot number not kept: %s" % trouble
