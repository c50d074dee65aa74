"""Make entry.png, import.png and progress.png of the staff guide: keying in, a preview, and progress, at 1280 pixels.

    PYTHONPATH=. python docs/images/entry.py

Needs Chromium and requirements-dev.txt; runs on an installation of its own, with invented answers.
"""

from __future__ import annotations

import tempfile
import threading
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import orm
from werkzeug.serving import make_server

from survey.models import Agency, Channel, Counter, Population, Response, Round, Service
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.support.evaluation import PASSWORD, accounts
from tests.support.places import make_app

HERE = Path(__file__).parent
FILES = HERE.parents[1] / "tests" / "fixtures" / "imports"
#: agency, service, counter, transactions, responses, days ago of the newest
UNITS = (
    ("so-tu-phap", "ho-tich", "Q2", 600, 130, 0),
    ("so-dat-dai", "dat-dai", "Q2", 900, 40, 9),
    ("so-dat-dai", "ho-tich", "Q2", 50, 0, 0),
    ("trung-tam", "ho-tich", "Q1", 120, 93, 0),
)


def fill(session: orm.Session, now: datetime) -> None:
    """Add accounts, transactions and responses."""
    accounts(session)
    round_ = session.scalars(sa.select(Round)).one()
    round_.opens_on, round_.closes_on = now.date() - timedelta(days=270), now.date() + timedelta(days=90)
    agencies = {agency.code: agency.id for agency in session.scalars(sa.select(Agency))}
    services = {service.code: service.id for service in session.scalars(sa.select(Service))}
    counters = {counter.code: counter.id for counter in session.scalars(sa.select(Counter))}
    for unit, (agency, service, counter, transactions, responses, ago) in enumerate(UNITS):
        own = {"round_id": round_.id, "agency_id": agencies[agency], "service_id": services[service]}
        session.add(Population(**own, transactions=transactions))
        for k in range(responses):
            session.add(
                Response(
                    key=f"{unit}{k:016d}",
                    round_id=round_.id,
                    counter_id=counters[counter],
                    deciding_agency_id=agencies[agency],
                    service_id=services[service],
                    channel=Channel.QR,
                    language="vi",
                    answers="4" * 17,
                    submitted_at=now - timedelta(days=ago + k * k // 7 % 25, hours=1),
                )
            )


def save(page: Page, name: str) -> None:
    """Save what is seen."""
    page.evaluate("document.fonts.ready")
    with Image.open(BytesIO(page.screenshot())) as image:
        image.convert("RGB").quantize(64).save(HERE / name, "PNG", optimize=True)


def look(page: Page, base: str) -> None:
    """Walk the three pages."""
    page.goto(f"{base}/dang-nhap")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "dang-nhap" not in url)
    page.goto(f"{base}/tien-do")
    save(page, "progress.png")
    page.goto(f"{base}/nhap-phieu")
    page.set_input_files("#file", FILES / "kobo.csv")
    page.get_by_role("button", name="Tiếp tục").click()
    page.wait_for_url("**/tep/**")
    page.get_by_role("button", name="Xem trước").click()
    page.wait_for_selector("h1:has-text('Xem trước')")
    save(page, "import.png")
    page.goto(f"{base}/phieu-giay")
    page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_role("button", name="Bắt đầu tập phiếu").click()
    page.wait_for_url("**/nhap")
    for key in "54x4":
        page.keyboard.press(key)
    save(page, "entry.png")


def main() -> None:
    """Serve, sign in, look, save."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = make_app(Path(folder), questionnaire="sipas-short")
        with app.extensions["database"].write() as session:
            fill(session, datetime.now(UTC))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="vi-VN")
        look(page, f"http://127.0.0.1:{server.server_port}")
        browser.close()
        server.shutdown()
        app.extensions["database"].dispose()


if __name__ == "__main__":
    main()
