"""Make the icons of the installed app from icon.svg: ``python -m tests.browser.make_icons``.

A maskable icon has its picture within the middle 80 %, since phones cut the corners off.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.paths import ROOT

STATIC = ROOT / "webapp" / "static"
# file name -> (side in pixels, share of the side that the picture takes, ground)
ICONS = {
    "icon-192.png": (192, 1.0, "transparent"),
    "icon-512.png": (512, 1.0, "transparent"),
    "icon-maskable-512.png": (512, 0.75, "#1c6044"),
}


def make(folder: Path) -> None:
    """Draw each icon into a folder."""
    drawing = (STATIC / "icon.svg").read_text("utf-8")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        for name, (side, share, ground) in ICONS.items():
            page = browser.new_page(viewport={"width": side, "height": side})
            page.set_content(
                f"<body style='margin:0;height:100vh;display:grid;place-items:center;"
                f"background:{ground}'><div style='width:{share:.0%};line-height:0'>{drawing}</div>"
            )
            page.screenshot(path=folder / name, omit_background=True)
        browser.close()


if __name__ == "__main__":
    make(STATIC)
