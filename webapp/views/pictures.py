"""Photos from phones, made small enough to keep and freed from what the camera wrote into them."""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass
from io import BytesIO
from math import isfinite

from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import GPS, IFD, Base
from PIL.Image import Transpose

from webapp.language.i18n import gettext

#: Phones take up to 200 million pixels; each costs 3 bytes while it is read.
MOST_PIXELS = 40_000_000
#: A leaf's spots can still be told on so many pixels along the longer side.
LONGEST = 1600
QUALITY = 80
FORMATS = ("JPEG", "PNG", "WEBP")
#: How a picture is brought upright, by the orientation that the camera wrote down.
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
#: What Pillow raises at notes of a camera that are broken; the picture can be sound all the same.
BROKEN_NOTES = (
    KeyError,
    IndexError,
    TypeError,
    ValueError,
    ZeroDivisionError,
    SyntaxError,
    struct.error,
)


class BadPicture(ValueError):  # noqa: N818 - named for what is wrong
    """What was sent is no photo that can be kept; the message says why and the mend."""


@dataclass(frozen=True)
class Picture:
    """A photo as JPEG, its size in pixels, and where it was taken [degree] or None."""

    jpeg: bytes
    width: int
    height: int
    place: tuple[float, float] | None


def _degrees(parts: object, side: object) -> float:
    hours, minutes, seconds = (float(each) for each in parts)  # type: ignore[attr-defined]
    value = hours + minutes / 60 + seconds / 3600
    return -value if str(side).upper() in ("S", "W") else value


def _place(image: Image.Image) -> tuple[float, float] | None:
    """Longitude and latitude that the camera wrote down."""
    try:
        told = image.getexif().get_ifd(IFD.GPSInfo)
        found = (
            _degrees(told[GPS.GPSLongitude], told[GPS.GPSLongitudeRef]),
            _degrees(told[GPS.GPSLatitude], told[GPS.GPSLatitudeRef]),
        )
    except BROKEN_NOTES:
        return None
    sound = all(map(isfinite, found)) and abs(found[0]) <= 180 and abs(found[1]) <= 90
    return found if sound and any(found) else None


def _upright(image: Image.Image) -> Image.Image:
    try:
        turn = TURNS.get(image.getexif().get(Base.Orientation, 1))
    except BROKEN_NOTES:
        turn = None
    return image.convert("RGB") if turn is None else image.convert("RGB").transpose(turn)


def _too_large() -> BadPicture:
    return BadPicture(
        gettext(
            "The photo has more than %(most)s million pixels. Choose a lower resolution in the "
            "camera, or send a picture of the screen.",
            most=MOST_PIXELS // 1_000_000,
        )
    )


def read_picture(data: bytes) -> Picture:
    """Read a photo, turn it upright and make it small.

    Parameters
    ----------
    data
        A file as a phone sends it: JPEG, PNG or WebP.

    Raises
    ------
    BadPicture
        When it is none, is broken, or has more than `MOST_PIXELS`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow's own limit: ours is lower
            with Image.open(BytesIO(data), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise _too_large()
                place = _place(image)
                image.draft("RGB", (LONGEST, LONGEST))  # reads a large JPEG at a lower size
                upright = _upright(image)
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, BadPicture):
            raise
        raise BadPicture(
            gettext("This file is no photo that can be read (JPEG, PNG or WebP): choose another.")
        ) from error
    upright.thumbnail((LONGEST, LONGEST))
    out = BytesIO()
    upright.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Picture(out.getvalue(), upright.width, upright.height, place)
