"""Make form.png, kiosk.png, thanks.png and public.png of the README: what citizens see.

    PYTHONPATH=. python docs/images/form.py

Needs Chromium and requirements-dev.txt; runs on installations of its own.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from app import create_app
from survey.core.config import Settings
from survey.migrations import upgrade
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.support.evaluation import publish_scored, scored_round
from tests.support.places import CODE, make_app

FOLDER = Path(__file__).parent


@contextmanager
def served(app: flask.Flask) -> Iterator[str]:
    """Serve an installation for a while: its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    app.extensions["database"].dispose()


def published(folder: Path) -> flask.Flask:
    """An installation with a published round."""
    app = create_app(Settings(instance_dir=folder, secret_key="k" * 40))
    upgrade(app.extensions["database"])
    with app.extensions["database"].write() as session:
        scored_round(session)
        session.flush()
        publish_scored(session)
    return app


def look(page: Page, name: str) -> None:
    """Save what the screen shows."""
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(300)
    page.screenshot(path=str(FOLDER / name))


def citizen(browser: Browser, address: str) -> None:
    """The form with one answer, the kiosk's start, and the thanks."""
    phone = browser.new_page(viewport={"width": 360, "height": 800}, device_scale_factor=2)
    phone.goto(f"{address}/K/{CODE}")
    phone.locator(".scale input[value='4']").first.check()
    look(phone, "form.png")
    phone.locator("#send").click()
    phone.wait_for_url("**/thanks")
    look(phone, "thanks.png")
    kiosk = browser.new_page(viewport={"width": 1024, "height": 768})
    kiosk.goto(f"{address}/K/{CODE}?kiosk=1")
    look(kiosk, "kiosk.png")


def main() -> None:
    """Serve, look, save."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with served(make_app(Path(one))) as address:
            citizen(browser, address)
        with served(published(Path(two))) as address:
            phone = browser.new_page(viewport={"width": 360, "height": 800}, device_scale_factor=2)
            phone.goto(f"{address}/ket-qua/r1")
            look(phone, "public.png")
        browser.close()


if __name__ == "__main__":
    main()
