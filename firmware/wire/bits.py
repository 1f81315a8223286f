"""Whole numbers as bits, the most significant first: what format 2 of a frame is made of.

Nodes write them and do not load `bits_read`.

A number without a limit of its own is written as the count of its bits and then those below its
leading one, which need not be written. So each number has one form.
"""

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
