"""The reader of what `bits.Writer` writes; refuses any other form."""

from firmware.wire.bits import COUNT_BITS, LONG, LONG_BITS
from firmware.wire.cbor import DecodeError


class Reader:
    """Reads numbers from the bytes of `data` from the byte `start` on."""

    def __init__(self, data, start):
        self.whole = int.from_bytes(data, "big")
        self.bits = 8 * len(data)
        self.at = 8 * start

    def refuse(self, reason):
        """Raise a DecodeError at the present place."""
        raise DecodeError(reason, self.at >> 3)

    def take(self, width):
        """Read `width` bits."""
        end = self.at + width
        left = self.bits - end
        if left < 0:
            self.refuse("ends early, %d bytes missing" % (7 - left >> 3))
        self.at = end
        return self.whole >> left & (1 << width) - 1

    def take_all(self, width, count):
        """Read `count` numbers of `width` bits."""
        if self.at + width * count > self.bits:
            return [self.take(width) for _ in range(count)]  # refuses where the bytes end
        together, mask = self.take(width * count), (1 << width) - 1
        if not width:
            return [0] * count
        return [together >> at & mask for at in range(width * (count - 1), -1, -width)]

    def take_number(self):
        """Read a number as `put_number` writes it."""
        left = self.bits - self.at - COUNT_BITS
        count = self.whole >> left & LONG if left >= LONG else LONG
        if 0 < count < LONG:  # most are short and stand far from the end
            left -= count - 1
            self.at = self.bits - left
            return 1 << count - 1 | self.whole >> left & (1 << count - 1) - 1
        count = self.take(COUNT_BITS)
        if count == LONG:
            count += self.take(LONG_BITS)
        return 1 << count - 1 | self.take(count - 1) if count else 0

    def end(self):
        """Make sure that nothing but zeros of the last byte is left."""
        left = self.bits - self.at
        if left >= 8:
            self.refuse("%d bytes after the end" % (left >> 3))
        if self.take(left):
            self.refuse("the last byte is not filled with zeros")
