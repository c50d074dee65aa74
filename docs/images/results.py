"""Make results.png of the README: the evaluator's page of the full demonstration province.

    PYTHONPATH=. python docs/images/results.py

Needs Chromium and requirements-dev.txt; runs on an installation of its own.
"""

from __future__ import annotations

import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from app import create_app
from survey.core.config import Settings
from survey.demo.operations.load_demo import load_demo
from survey.demo.province import FULL
from survey.migrations import upgrade
from survey.questionnaires import bundled
from survey.structure.operations.install_questionnaire import install_questionnaire
from tests.browser.conftest import ARGUMENTS, CHROMIUM

SEEN = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def main() -> None:
    """Serve, sign in, look, save."""
    picture = Path(__file__).with_name("results.png")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = create_app(Settings(instance_dir=Path(folder), secret_key="k" * 40))
        database = app.extensions["database"]
        upgrade(database)
        with database.write() as session:
            for definition in bundled().values():
                install_questionnaire(session, definition, SEEN)
            made = load_demo(session, now=SEEN, zone="Asia/Ho_Chi_Minh", cast=FULL)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"http://127.0.0.1:{server.server_port}/dang-nhap")
        page.fill("input[name=username]", made.username)
        page.fill("input[name=password]", made.password)
        page.click("main button[type=submit]")
        page.locator("main a[href^='/danh-gia/']").first.click()
        page.evaluate("document.fonts.ready")
        page.evaluate("document.getElementById('expected').scrollIntoView()")
        page.screenshot(path=str(picture))
        browser.close()
        server.shutdown()
        database.dispose()
    # few colours are enough for a page of text and dots, and a quarter of the bytes
    Image.open(picture).convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(picture, optimize=True)


if __name__ == "__main__":
    main()
