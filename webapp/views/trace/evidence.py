"""The photo that a form brings as evidence."""

from __future__ import annotations

from flask import abort, request

from webapp.language.i18n import gettext
from webapp.views.pictures import BadPicture, Picture, read_picture

#: A photo as a phone's camera saves it has rarely more [byte].
LARGEST_FORM = 24 * 1024 * 1024


def sent_picture() -> Picture:
    """Return the photo of the form as it is kept; one that is none is refused with the mend."""
    sent = request.files.get("photo")
    data = sent.read() if sent else b""
    if sent:
        sent.close()
    if not data:
        abort(400, gettext("Choose a photo first."))
    try:
        return read_picture(data)
    except BadPicture as error:
        abort(400, str(error))
