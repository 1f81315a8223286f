"""Pages made to PDF by a headless Chromium, where one is installed; no other way is tried."""

import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

#: Names under which it is found, and the variable that says where it is instead.
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
SETTING = "NONGQING_CHROMIUM"
LONGEST_S = 60.0
SHEET = Path(__file__).parents[1] / "static" / "nongqing.css"
ARGUMENTS = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
    "--print-to-pdf-no-header",
)


class NotPrinted(Exception):  # noqa: N818 - named for what happened
    """A page could not be made to PDF; the message says why."""


@lru_cache(maxsize=1)
def chromium() -> str | None:
    """Return where the program is; None where there is none."""
    named = os.environ.get(SETTING)
    return named or next((found for each in NAMES if (found := shutil.which(each))), None)


def to_pdf(html: str) -> bytes:
    """Print a page of ours that asks for nothing but its sheet, ``nongqing.css`` beside it.

    Parameters
    ----------
    html
        The whole page.

    Raises
    ------
    NotPrinted
        When there is no program, or it fails.
    """
    program = chromium()
    if program is None:
        raise NotPrinted(f"no Chromium is installed; install one, or name it in {SETTING}")
    with TemporaryDirectory(prefix="nongqing-pdf-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        (home / "page.html").write_text(html, "utf-8")
        shutil.copy(SHEET, home / SHEET.name)
        # Chromium's sandbox does not work for root; the page is our own and runs no script.
        rights = ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [program, *ARGUMENTS, *rights, f"--user-data-dir={home / 'profile'}"]
        command += [f"--print-to-pdf={home / 'page.pdf'}", (home / "page.html").as_uri()]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_S)
            return (home / "page.pdf").read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise NotPrinted(f"{program}: {type(error).__name__}: no PDF was made") from error
