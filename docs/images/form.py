"""Make form.png of the README: the citizen's form on a phone.

    PYTHONPATH=. python docs/images/form.py

Needs Chromium and requirements-dev.txt; runs on an installation of its own.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.support.places import CODE, make_app


def main() -> None:
    """Serve, look, save."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = make_app(Path(folder))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 360, "height": 800}, device_scale_factor=2)
        page.goto(f"http://127.0.0.1:{server.server_port}/K/{CODE}")
        page.locator(".scale input[value='4']").first.check()
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(300)
        page.screenshot(path=str(Path(__file__).with_name("form.png")))
        browser.close()
        server.shutdown()
        app.extensions["database"].dispose()


if __name__ == "__main__":
    main()
