"""Whether a serial port can be used, and why not: asked before a tool is started on it.

What the tools say of a port that they cannot open is the same for a cable that is out, a port of
somebody else's and one that another program holds.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from glob import glob

from firmware.workbench.words import both

#: Where Linux and macOS have boards on USB.
KNOWN = ("/dev/ttyUSB*", "/dev/ttyACM*", "/dev/cu.usb*", "/dev/cu.SLAB*", "/dev/cu.wch*")
NO_RIGHTS = (
    "没有权限打开：请把自己加进 dialout 组（sudo usermod -a -G dialout $USER），注销后再登录",
    "you may not open it: join the group dialout (sudo usermod -a -G dialout $USER), then sign out "
    "and in",
)
BUSY = (
    "别的程序正占着它：请关掉串口监视器（nongqing node monitor）或别的烧录程序",
    "another program holds it: end the monitor (nongqing node monitor) or whatever else flashes",
)
#: What a tool says that found it otherwise.
CANNOT_OPEN = (
    "串口打不开：请看 USB 线插好没有、串口名对不对、有没有别的程序占着它。",
    "the port cannot be opened: see that the USB cable is in, that the port's name is right, and "
    "that no other program holds it.",
)
NO_PORT = ("不是串口：请看串口名", "is no serial port: see its name")


def there() -> list[str]:
    """Return the ports on which boards may be, by name."""
    return sorted(found for pattern in KNOWN for found in glob(pattern))


def trouble(port: str, say: Callable[[str, str], str] = both) -> str:
    """Say in both languages why a port cannot be used; '' where it can.

    Parameters
    ----------
    port : str
    say : callable
        Puts Chinese and English together.
    """
    try:
        descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except PermissionError:
        return say(*NO_RIGHTS)
    except OSError as error:
        if error.errno in (errno.EBUSY, errno.EAGAIN):
            return say(*BUSY)
        if error.errno in (errno.EISDIR, errno.ENXIO):
            return say(*NO_PORT)
        found = "、".join(there()), ", ".join(there())
        if not found[0]:
            return say(
                "没有这个串口，现在一个串口也没有：请看 USB 线插好没有",
                "is not there, and no other port is: see that the cable is in",
            )
        return say(
            f"没有这个串口，现在有 {found[0]}：重新插过的板可能换了名字",
            f"is not there; there are {found[1]}: a board that was plugged in "
            "again may have another name",
        )
    try:
        if not os.isatty(descriptor):
            return say(*NO_PORT)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return say(*BUSY)
    except OSError:
        return ""  # a file system without locks: the tool will say it
    finally:
        os.close(descriptor)
    return ""
