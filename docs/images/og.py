"""Make static/og.png, the picture that other sites show beside a link to published results.

    PYTHONPATH=. python docs/images/og.py

Needs Chromium and requirements-dev.txt. 1200 × 630 is what such sites ask for (https://ogp.me).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM

STATIC = Path(__file__).parents[2] / "static"
PAGE = """<!doctype html><meta charset="utf-8"><style>
@font-face {{ font-family: Viet; src: url("{fonts}/be-vietnam-pro-400.woff2"); font-weight: 400 }}
@font-face {{ font-family: Viet; src: url("{fonts}/be-vietnam-pro-600.woff2"); font-weight: 600 }}
body {{ margin: 0; width: 1200px; height: 630px; position: relative }}
body {{ background: #fbfaf7; color: #1e1b18; font-family: Viet }}
svg {{ position: absolute; left: 96px; top: 96px; width: 112px }}
h1 {{ position: absolute; left: 96px; top: 250px; margin: 0; font-size: 62px; line-height: 1.25; font-weight: 600 }}
p {{ position: absolute; left: 96px; bottom: 80px; margin: 0; font-size: 32px; color: #5b554e }}
b {{ color: #7a2e5d }}
</style><body>{icon}<h1>Người dân nói gì về sự phục vụ<br>của cơ quan nhà nước</h1>
<p><b>SIPAS</b> · kết quả đã công bố</p>"""


def main() -> None:
    """Draw, look, save with few colours."""
    picture = STATIC / "og.png"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "og.html"
        icon = (STATIC / "icon.svg").read_text(encoding="utf-8")
        page_file.write_text(PAGE.format(fonts=(STATIC / "fonts").as_uri(), icon=icon), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1200, "height": 630})
        page.goto(page_file.as_uri())
        page.evaluate("document.fonts.ready")
        page.screenshot(path=str(picture))
        browser.close()
    Image.open(picture).convert("P", palette=Image.Palette.ADAPTIVE, colors=32).save(picture, optimize=True)


if __name__ == "__main__":
    main()
