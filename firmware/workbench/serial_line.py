"""A pseudo-terminal that stands for a serial line between a node and an emulated part."""

import os
import termios
import tty


def serial_line() -> tuple[int, int, str]:
    """Return the part's end, the node's end and the name under which a node opens its end.

    The node's end stays open here, so that a node may end and start again on it.
    """
    part, node = os.openpty()
    tty.setraw(node)
    # As a serial port's driver: reading gives what is there, and does not wait for more.
    modes = termios.tcgetattr(node)
    modes[6][termios.VMIN] = modes[6][termios.VTIME] = 0
    termios.tcsetattr(node, termios.TCSANOW, modes)
    return part, node, os.ttyname(node)
