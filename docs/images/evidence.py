"""Make the pictures of docs/vi/huong-dan-dung-vung.md: codes, interviews, a pile with its sample, a place, frames.

    PYTHONPATH=. python docs/images/evidence.py

Needs Chromium and requirements-dev.txt; runs on an installation of its own, peopled as in the tests.
"""

from __future__ import annotations

import tempfile
import threading
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import orm
from werkzeug.serving import make_server

from app import create_app
from survey.collect.operations.enter_form import Pile, begin_pile, end_pile, enter_form
from survey.collect.operations.spot_check import draw_spot_check, enter_spot_form
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.migrations import upgrade
from survey.models import Agency, Channel, Counter, ImportBatch, Response, SlipPlan, SpotForm, User
from survey.printing.operations.plan_interviews import plan_interviews
from survey.printing.operations.prepare_tablet import prepare_tablet
from survey.printing.operations.print_receipt_codes import print_receipt_codes
from survey.printing.queries.receipt_batches import batch_of
from survey.structure.queries.rounds import by_code
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.support.clock import set_clock
from tests.support.evaluation import NOW, PASSWORD, accounts, scored_round
from tests.support.receipts import issued
from tests.support.stuffed_round import stuffed_round

FOLDER = Path(__file__).parent
WIDE = {"width": 1280, "height": 1000}
PAGES = {
    "evidence-codes": "/quay/ma-bien-nhan",
    "evidence-sample": "/phieu-cho-duyet/1",
    "evidence-places": "/danh-gia/dem/noi-can-xem-lai",
    "evidence-interviews": "/quay/phong-van/r1",
}
FRAMES = "/danh-gia/dem"
LATER = NOW + timedelta(days=9)
"""A week of the round has begun whose seeds were drawn before."""


def people(session: orm.Session) -> None:
    """Add rounds, accounts, a batch of printed codes and a pile whose sample is half keyed in."""
    scored_round(session)
    accounts(session)
    agency = session.scalars(sa.select(Agency).where(Agency.code == "so-tu-phap")).one()
    counter = Counter(agency=agency, code="Q9", name="Quầy Tư pháp")
    session.add(counter)
    session.flush()
    number = {user.username: user.id for user in session.scalars(sa.select(User))}
    round_ = by_code(session, "r1")
    round_.opens_on, round_.closes_on = date(2026, 2, 23), date(2026, 3, 22)
    round_.second_pass = 0
    issued(session, counter.id, 120, NOW)
    batch = batch_of(session, 1)
    assert batch is not None  # noqa: S101 (narrows the type)
    batch.issued_by_id = number["evaluator"]
    print_receipt_codes(session, batch, actor=Actor(NOW, number["staff"]))
    pile = Pile(round_, counter, agency.id, None, Channel.PAPER, date(2026, 2, 27))
    made = begin_pile(session, pile, actor=Actor(NOW, number["staff"]))
    length = len(round_.version.slots)
    for place in range(1, 13):
        answers = "4" * 16 + "." * (length - 16)
        enter_form(
            session,
            made,
            round_,
            number=place,
            key=f"picture-{place:016d}",
            answers=answers,
            comment="",
            actor=Actor(NOW, number["staff"]),
        )
    end_pile(session, made, actor=Actor(NOW, number["staff"]))
    draw_spot_check(session, session.get_one(ImportBatch, made.batch_id), actor=Actor(NOW, number["evaluator"]), seed=7)
    for form in session.scalars(sa.select(SpotForm).limit(3)).all():
        seen = "44445" + "4" * 11 + "." * (length - 16)
        enter_spot_form(session, form, seen, actor=Actor(NOW, number["admin"]))
    stuffed_round(session)
    session.flush()
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    plan_interviews(session, round_, counter, 10, zone=zone, actor=Actor(NOW, number["evaluator"]))
    prepare_tablet(session, round_, counter, actor=Actor(NOW, number["evaluator"]))
    frames(session)


def frames(session: orm.Session) -> None:
    """Let some answers of two agencies have come by receipts of a plan, of a third by an interviewer."""
    dem = by_code(session, "dem")
    for code, channel, every in (
        ("co-quan-02", Channel.RECEIPT, 2),
        ("co-quan-03", Channel.RECEIPT, 3),
        ("co-quan-04", Channel.INTERVIEWER, 3),
    ):
        agency = session.scalars(sa.select(Agency).where(Agency.code == code)).one()
        some = Response.deciding_agency_id == agency.id, Response.id % every == 0
        session.execute(sa.update(Response).where(*some).values(channel=channel))
        if channel is Channel.RECEIPT:
            counter = session.scalars(sa.select(Counter).where(Counter.agency_id == agency.id)).one()
            session.add(SlipPlan(round_id=dem.id, counter_id=counter.id, every=5, tickets=100, set_at=NOW))


def shoot(page: Page, base: str) -> None:
    """Save a picture of each page."""
    for name, address in PAGES.items():
        page.goto(base + address)
        page.evaluate("document.fonts.ready")
        file = FOLDER / f"{name}.png"
        page.screenshot(path=str(file), full_page=name == "evidence-interviews")
        _smaller(file)


def shoot_frames(page: Page, base: str) -> None:
    """Save a picture of the table of frames."""
    page.set_viewport_size({"width": 940, "height": 1000})
    page.goto(base + FRAMES)
    page.evaluate("document.fonts.ready")
    file = FOLDER / "evidence-frames.png"
    page.locator("section[aria-labelledby=frames]").screenshot(path=str(file))
    _smaller(file)


def _smaller(file: Path) -> None:
    Image.open(file).convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(file, optimize=True)


def main() -> None:
    """Serve, sign in, look, save."""
    with tempfile.TemporaryDirectory() as instance, sync_playwright() as playwright:
        app = create_app(Settings(instance_dir=Path(instance), secret_key="k" * 40))
        set_clock(app, NOW)
        database = app.extensions["database"]
        upgrade(database)
        with database.write() as session:
            people(session)
        set_clock(app, LATER)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport=WIDE)
        base = f"http://127.0.0.1:{server.server_port}"
        page.goto(f"{base}/dang-nhap")
        page.fill("input[name=username]", "evaluator")
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        shoot(page, base)
        shoot_frames(page, base)
        browser.close()
        server.shutdown()
        database.dispose()


if __name__ == "__main__":
    main()
