"""Make staff.png of the printing guide: the page of a counter, at 1280 pixels.

    PYTHONPATH=. python docs/images/staff.py

Needs Chromium and requirements-dev.txt; runs on an installation of its own.
"""

from __future__ import annotations

import tempfile
import threading
from io import BytesIO
from pathlib import Path

import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from survey.models import Agency, Role, User
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.support.evaluation import PASSWORD, accounts
from tests.support.places import make_app


def main() -> None:
    """Serve, sign in, look, save."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = make_app(Path(folder), public_base_url="http://danhgia.example.vn")
        with app.extensions["database"].write() as session:
            accounts(session)
            session.flush()
            centre = session.scalars(sa.select(Agency).where(Agency.code == "trung-tam")).one()
            session.scalars(sa.select(User).where(User.role == Role.STAFF)).one().agency_id = centre.id
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 960}, locale="vi-VN")
        page.goto(f"{base}/quay")
        page.get_by_label("Tên đăng nhập").fill("staff")
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        page.get_by_role("button", name="Đăng nhập").click()
        page.get_by_role("link", name="Quầy số 1").click()
        page.locator("img.sheet").evaluate("image => image.decode()")
        page.evaluate("document.fonts.ready")
        with Image.open(BytesIO(page.screenshot())) as image:
            image.convert("RGB").quantize(96).save(Path(__file__).with_name("staff.png"), "PNG", optimize=True)
        browser.close()
        server.shutdown()
        app.extensions["database"].dispose()


if __name__ == "__main__":
    main()
