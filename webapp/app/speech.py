"""Speech for browsers that have no voice: an engine of this machine reads a sentence aloud.

An engine is anything that turns a text into the bytes of a WAV file; espeak-ng is taken where it is
installed. Put another into ``app.extensions["nongqing.speech"]``.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, request, url_for

EXTENSION = "nongqing.speech"
MOST_LETTERS = 300
MOST_SECONDS = 10.0
MOST_KEPT = 32
VOICES = {"zh-CN": "cmn", "en": "en"}
Engine = Callable[[str, str], bytes | None]


@lru_cache(maxsize=MOST_KEPT)
def espeak(text: str, tongue: str) -> bytes | None:
    """Let espeak-ng say a text; None where it fails.

    Parameters
    ----------
    text
        What to say.
    tongue
        Its language as HTML names it.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="nongqing-speech-") as folder:
        path = Path(folder) / "said.wav"
        command = [program, "-v", VOICES.get(tongue, tongue), "-s", "150", "-w", str(path)]
        try:
            # The text goes in by the pipe: no part of it can be taken for an option.
            subprocess.run(
                [*command, "--stdin"],
                input=text.encode(),
                capture_output=True,
                timeout=MOST_SECONDS,
                check=True,
            )
            return path.read_bytes()
        except (OSError, subprocess.SubprocessError):
            return None


def speech_url() -> str:
    """Where this page can be heard; empty where it is no village's or there is no engine."""
    if request.endpoint != "village.page" or engine() is None:
        return ""
    village = (request.view_args or {}).get("village_id", "")
    return url_for("listen.sound", village_id=village)


def engine() -> Engine | None:
    """The engine of this application, None where it has none."""
    found: Engine | None = current_app.extensions.get(EXTENSION)
    return found


def install(app: Flask) -> None:
    """Take espeak-ng where it is installed."""
    if shutil.which("espeak-ng"):
        app.extensions[EXTENSION] = espeak
    app.add_template_global(speech_url, "speech_url")
