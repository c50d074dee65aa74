"""Make admin-import.png, admin-round.png and admin-first-steps.png of the administrator's guide, on Sơn La's structure.

    PYTHONPATH=. python docs/images/admin.py

Needs Chromium and requirements-dev.txt; runs on an installation of its own.
"""

from __future__ import annotations

import tempfile
import threading
from datetime import UTC, date, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from app import create_app
from survey.accounts.operations.create_user import create_user
from survey.core.actor import Actor
from survey.core.config import ROOT, Settings
from survey.migrations import upgrade
from survey.models import Role
from survey.questionnaires import bundled
from survey.structure.operations.install_questionnaire import install_questionnaire
from survey.structure.operations.open_round import RoundPlan, create_round
from tests.browser.conftest import ARGUMENTS, CHROMIUM

SEEN = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
PASSWORD = "ruong bac thang xanh"  # noqa: S105 (of a throw-away installation)
STRUCTURE = ROOT / "survey" / "structure" / "administrative" / "son-la-tu-2025-07-01.csv"


def main() -> None:
    """Serve, sign in, choose a file with two wrong cells, look at a round, save both pictures."""
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = create_app(Settings(instance_dir=Path(folder), secret_key="k" * 40))
        database = app.extensions["database"]
        upgrade(database)
        with database.write() as session:
            version = install_questionnaire(session, bundled()["sipas-service-16"], SEEN)
            plan = RoundPlan("2026-2", "Đợt 2 năm 2026", date(2026, 12, 1), date(2026, 12, 31))
            create_round(session, plan, version, actor=Actor(SEEN))
            create_user(
                session, username="admin", password=PASSWORD, role=Role.ADMIN, agency_id=None, actor=Actor(SEEN)
            )
        wrong = Path(folder) / "co-cau.csv"
        text = STRUCTURE.read_text("utf-8-sig").replace("xa-muong-lan,UBND xã Mường Lạn,commune", "xa-muong-lan,,bản")
        wrong.write_text(text, "utf-8-sig")
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="vi-VN")
        page.goto(f"http://127.0.0.1:{server.server_port}/quan-tri/nhap")
        page.get_by_label("Tên đăng nhập").fill("admin")
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        page.get_by_role("button", name="Đăng nhập").click()
        page.get_by_label("Tệp", exact=True).set_input_files(wrong)
        page.get_by_role("button", name="Xem trước").click()
        page.screenshot(path=here / "admin-import.png")
        page.goto(f"http://127.0.0.1:{server.server_port}/quan-tri/dot/2026-2")
        page.screenshot(path=here / "admin-round.png")
        page.goto(f"http://127.0.0.1:{server.server_port}/quan-tri/bat-dau")
        page.screenshot(path=here / "admin-first-steps.png")
        browser.close()
        server.shutdown()
        server.server_close()
        database.dispose()


if __name__ == "__main__":
    main()
