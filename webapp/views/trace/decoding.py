"""Codes in photos: read on the server, since old phones' browsers cannot."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from webapp.views.pictures import read_picture


def codes_in(data: bytes) -> list[str]:
    """Return what the codes in a photo hold (QR, Data Matrix, GS1-128 and the like), each once.

    Parameters
    ----------
    data
        A file as a phone sends it.

    Raises
    ------
    BadPicture
        When it is no photo that can be read.
    """
    import zxingcpp

    with Image.open(BytesIO(read_picture(data).jpeg)) as image:
        found = zxingcpp.read_barcodes(image.convert("L"))
    return list(dict.fromkeys(each.text for each in found if each.valid and each.text))
