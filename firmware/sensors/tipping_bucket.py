"""Tipping-bucket rain gauge: a reed contact closes once for each full bucket."""

PRECIPITATION_AMOUNT = 3

# Buckets of 0.2 mm are the commonest size sold; the board's configuration can say otherwise.
BUCKET_MM = 0.2


class TippingBucket:
    """Counts falling edges of `pin` (``irq``); each is `bucket_mm` of rain."""

    def __init__(self, pin, falling, bucket_mm=BUCKET_MM):
        self.bucket_mm = bucket_mm
        self.tips = 0
        self.taken = 0
        pin.irq(self._tip, falling)

    def _tip(self, pin):
        # Runs as an interrupt: must not allocate.
        self.tips += 1

    def measure(self):
        """Return {3: rain since the last call [mm]}."""
        tips = self.tips
        rain = (tips - self.taken) * self.bucket_mm
        self.taken = tips
        return {PRECIPITATION_AMOUNT: rain}
