"""Whole numbers as bits, the most significant first: what format 2 of a frame is made of.

A number without a limit of its own is written as the count of its bits and then those below its
leading one, which need not be written. So each number has one form.
"""

from firmware.wire.cbor import DecodeError

# Counts of bits from 0 to 30 take 5 bits, longer ones 4 more.
COUNT_BITS, LONG, LONG_BITS = 5, 31, 4


def bits_of(number):
    """How many bits a number has, 0 for 0 (`int.bit_length`, which MicroPython lacks)."""
    count = 0
    while number >> count:
        count += 1
    return count


class Writer:
    """Appends numbers to `out`; `end` fills the last byte with zeros."""

    def __init__(self, out):
        self.out = out
        self.open = 0
        self.count = 0

    def put(self, number, width):
        """Append `width` bits."""
        self.open = self.open << width | number
        self.count += width
        while self.count >= 8:
            self.count -= 8
            self.out.append(self.open >> self.count)
            self.open &= (1 << self.count) - 1

    def put_number(self, number):
        """Append a number of any size below 2**46."""
        count = bits_of(number)
        self.put(min(count, LONG), COUNT_BITS)
        if count >= LONG:
            self.put(count - LONG, LONG_BITS)
        if count > 1:
            self.put(number - (1 << count - 1), count - 1)

    def end(self):
        """Fill the last byte."""
        self.put(0, -self.count % 8)


class Reader:
    """Reads numbers from the bytes of `data` from the byte `start` on."""

    def __init__(self, data, start):
        self.data = data
        self.at = 8 * start

    def refuse(self, reason):
        """Raise a DecodeError at the present place."""
        raise DecodeError(reason, self.at >> 3)

    def take(self, width):
        """Read `width` bits."""
        end = self.at + width
        missing = (end + 7 >> 3) - len(self.data)
        if missing > 0:
            self.refuse("ends early, %d bytes missing" % missing)
        number = int.from_bytes(self.data[self.at >> 3 : end + 7 >> 3], "big")
        self.at = end
        return number >> (-end & 7) & (1 << width) - 1

    def take_number(self):
        """Read a number as `put_number` writes it."""
        count = self.take(COUNT_BITS)
        if count == LONG:
            count += self.take(LONG_BITS)
        return 1 << count - 1 | self.take(count - 1) if count else 0

    def end(self):
        """Make sure that nothing but zeros of the last byte is left."""
        left = 8 * len(self.data) - self.at
        if left >= 8:
            self.refuse("%d bytes after the end" % (left >> 3))
        if self.take(left):
            self.refuse("the last byte is not filled with zeros")
