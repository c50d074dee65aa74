"""Choosing, looking, printing: what the page shows is what is downloaded, and only the configured address is in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from PIL import Image
from pypdf import PdfReader

from app import create_app
from survey.core.actor import Actor
from survey.core.config import Settings
from survey.migrations import upgrade
from survey.models import (
    Agency,
    AgencyEmblem,
    AuditEvent,
    Channel,
    Counter,
    CounterCode,
    ReceiptBatch,
    ReceiptCode,
    Response,
    Round,
    Withdrawal,
)
from survey.structure.operations.rotate_code import rotate_code
from tests.support.evaluation import NOW, accounts, opened, post, sign_in, token
from tests.support.paper import picture, pictures, read_codes, words_of
from tests.support.places import open_place
from tests.support.receipts import issued

OWN, SECOND = "NWNWNWNW", "C4C4C4C4"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10" fill="#a00"/></svg>'
FORGED = [
    {"Host": "evil.example"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"},
    {"X-Forwarded-Prefix": "/evil"},
    {"Forwarded": "host=evil.example"},
]


def make(tmp_path, **settings):
    made = create_app(Settings(instance_dir=tmp_path, secret_key="s" * 40, **settings))
    database = made.extensions["database"]
    upgrade(database)
    with database.write() as session:
        open_place(session)
        session.flush()
        agency = session.scalar(sa.select(Agency).where(Agency.code == "so-tu-phap"))
        for code, name, public in (("Q8", "Quầy Chứng thực", SECOND), ("Q9", "Quầy Tư pháp", OWN)):
            counter = Counter(agency=agency, code=code, name=name)
            session.add_all([counter, CounterCode(code=public, counter=counter, created_at=NOW)])
        accounts(session)
    return made


@pytest.fixture
def unit(tmp_path):
    """An application where `so-tu-phap` has two counters."""
    made = make(tmp_path, public_base_url="https://danhgia.example.vn")
    yield made
    made.extensions["database"].dispose()


def number(app, code: str = "Q9") -> int:
    with app.extensions["database"].read() as session:
        return session.scalar(sa.select(Counter.id).where(Counter.code == code))


def signed(app, role: str = "staff"):
    client = app.test_client()
    sign_in(client, role)
    return client


def download(client, address: str, **fields: str):
    """Press "download" on a page with the choices `fields`."""
    form = BeautifulSoup(client.get(address).data, "html.parser").select_one("form.choices")
    return client.get(form.select_one("button[formaction]")["formaction"], query_string=fields)


def test_the_preview_is_the_very_page_that_is_downloaded(unit):
    client = signed(unit)
    at = f"/quay/{number(unit)}"
    choice = {"size": "A5", "variant": "high-contrast", "bilingual": "1", "dates": "1"}
    page = BeautifulSoup(client.get(at, query_string=choice).data, "html.parser")
    image = page.select_one("img.sheet")
    assert image["alt"] == "Xem trước: Áp phích A5, Quầy Tư pháp"
    shown = client.get(image["src"])
    assert shown.mimetype == "image/png"
    pdf = download(client, at, **choice)
    assert pdf.headers["Content-Disposition"] == "attachment; filename=so-tu-phap-Q9-A5.pdf"
    with Image.open(BytesIO(shown.data)) as seen:
        assert read_codes(seen.convert("L")) == read_codes(picture(pdf.data)) == [f"HTTPS://DANHGIA.EXAMPLE.VN/K/{OWN}"]
        assert seen.width / seen.height == pytest.approx(148 / 210, abs=0.01)
    (words,) = words_of(pdf.data)
    assert "Từ ngày 01/01/2020 đến hết ngày 31/12/2099" in words
    assert "Please rate our service" in words
    assert page.select_one("option[value=A5]").has_attr("selected")
    assert page.select_one("input[name=bilingual]").has_attr("checked")


def test_days_are_left_out_unless_asked_and_when_there_is_no_round(unit):
    client = signed(unit)
    at = f"/quay/{number(unit)}"
    assert "2020" not in words_of(download(client, at).data)[0]
    with unit.extensions["database"].write() as session:
        session.execute(sa.update(Round).values(closes_on=datetime(2021, 1, 1, tzinfo=UTC).date()))
    assert "2020" not in words_of(download(client, at, dates="1").data)[0]
    assert b'name="dates"' not in client.get(at).data


@pytest.mark.parametrize("headers", FORGED, ids=lambda h: next(iter(h)))
@pytest.mark.parametrize("proxies", [0, 1])
def test_no_header_changes_what_is_encoded(tmp_path, headers, proxies):
    app = make(tmp_path, public_base_url="https://danhgia.example.vn", trusted_proxies=proxies)
    client = signed(app)
    give(app, 1)
    form = BeautifulSoup(client.get(f"/quay/{number(app)}/bien-nhan").data, "html.parser")
    forging = app.test_client(use_cookies=False)
    name = app.config["SESSION_COOKIE_NAME"]
    sent = {**headers, "Cookie": f"{name}={client.get_cookie(name).value}"}
    for tail in ("ap-phich.pdf?size=A5", "xem-truoc.png?size=A5"):
        answer = forging.get(f"/quay/{number(app)}/{tail}", headers=sent, environ_overrides={"SCRIPT_NAME": "/evil"})
        assert answer.status_code == 200
        if answer.mimetype == "application/pdf":
            assert read_codes(picture(answer.data)) == [f"HTTPS://DANHGIA.EXAMPLE.VN/K/{OWN}"]
            assert "evil" not in words_of(answer.data)[0].lower()
        else:
            with Image.open(BytesIO(answer.data)) as seen:
                assert read_codes(seen.convert("L")) == [f"HTTPS://DANHGIA.EXAMPLE.VN/K/{OWN}"]
    fields = {"csrf_token": form.select_one("main [name=csrf_token]")["value"]}
    (code,) = read_codes(picture(forging.post(f"/quay/{number(app)}/bien-nhan/1", data=fields, headers=sent).data))
    assert code.startswith("HTTPS://DANHGIA.EXAMPLE.VN/K/")
    app.extensions["database"].dispose()


def test_without_an_address_nothing_is_printed_and_the_page_says_why(tmp_path):
    app = make(tmp_path)
    client = signed(app)
    at = f"/quay/{number(app)}"
    page = client.get(at)
    assert page.status_code == 200
    assert "Chưa đặt PUBLIC_BASE_URL" in page.get_data(as_text=True)
    assert client.get(f"{at}/ap-phich.pdf").status_code == 409
    assert client.get(f"{at}/xem-truoc.png").status_code == 409
    give(app, 5)
    answer = post(client, f"{at}/bien-nhan/1", f"{at}/bien-nhan")
    assert answer.status_code == 422
    with app.extensions["database"].read() as session:
        assert session.scalars(sa.select(ReceiptBatch.prints)).one() == 0
    app.extensions["database"].dispose()


def test_all_counters_of_a_unit_come_in_one_file_with_bookmarks(unit):
    client = signed(unit)
    answer = download(client, "/quay/co-quan/so-tu-phap", size="A4")
    assert answer.headers["Content-Disposition"] == "attachment; filename=so-tu-phap-A4.pdf"
    reader = PdfReader(BytesIO(answer.data))
    assert reader.outline[0].title == "Sở Tư pháp"
    assert [entry.title for entry in reader.outline[1]] == ["Quầy Chứng thực", "Quầy Tư pháp"]
    assert [reader.get_destination_page_number(entry) for entry in reader.outline[1]] == [0, 1]
    codes = [code for page in pictures(answer.data) for code in read_codes(page)]
    assert codes == [f"HTTPS://DANHGIA.EXAMPLE.VN/K/{code}" for code in (SECOND, OWN)]
    assert client.get("/quay/co-quan/so-tu-phap/xem-truoc.png").mimetype == "image/png"


def test_a_correction_moves_the_labels_and_a_wrong_one_is_explained(unit):
    client = signed(unit)
    at = f"/quay/{number(unit)}"
    first, moved = (download(client, at, size="8", right=right, down="0").data for right in ("", "1,5"))
    left, right = (min(column_of(image) for image in pictures(pdf, 254)) for pdf in (first, moved))
    assert right - left == pytest.approx(15, abs=1)  # 1.5 mm at ten pixels a millimetre
    for wrong in ("6", "nhiều", "nan"):
        page = client.get(at, query_string={"size": "8", "right": wrong})
        assert page.status_code == 422
        assert "Số dời phải từ -5 đến 5" in page.get_data(as_text=True)
        control = BeautifulSoup(page.data, "html.parser").find(id="right")
        assert (control["value"], control["aria-invalid"]) == (wrong, "true")
        assert client.get(f"{at}/ap-phich.pdf", query_string={"size": "8", "right": wrong}).status_code == 400


def column_of(image: Image.Image) -> int:
    """The first column with ink."""
    return image.point(lambda grey: 255 - grey).getbbox()[0]


def give(app, how_many: int) -> None:
    """Issue codes to the counter Q9."""
    with app.extensions["database"].write() as session:
        issued(session, session.scalars(sa.select(Counter.id).where(Counter.code == "Q9")).one(), how_many, NOW)


def test_receipts_are_printed_and_written_down(unit):
    client = signed(unit)
    at = f"/quay/{number(unit)}/bien-nhan"
    give(unit, 12)
    answer = post(client, f"{at}/1", at, variant="ink-saving", bilingual="1")
    assert answer.mimetype == "application/pdf"
    printed = {code.rsplit("/", 1)[1] for page in pictures(answer.data) for code in read_codes(page)}
    with unit.extensions["database"].read() as session:
        rows = session.scalars(sa.select(ReceiptCode)).all()
        assert {row.code for row in rows} == printed
        assert {row.counter_id for row in rows} == {number(unit)}
        event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "receipts.printed")).one()
        assert event.after == {"counter": "so-tu-phap/Q9", "codes": 12}
        assert event.user_id is not None
    form = unit.test_client(use_cookies=False).get(f"/K/{printed.pop()}").get_data(as_text=True)
    assert 'id="form"' in form
    assert "Đã tạo 12 mã, đã dùng 0 mã." in client.get(f"/quay/{number(unit)}/ma").get_data(as_text=True)


def test_receipts_are_looked_at_before_any_code_is_made(unit):
    client = signed(unit)
    choice = {"variant": "high-contrast", "bilingual": "1"}
    page = BeautifulSoup(client.get(f"/quay/{number(unit)}/bien-nhan", query_string=choice).data, "html.parser")
    assert page.select_one("option[value=high-contrast]").has_attr("selected")
    with Image.open(BytesIO(client.get(page.select_one("img.sheet")["src"]).data)) as seen:
        assert set(read_codes(seen.convert("L"), blur=0)) == {"HTTPS://DANHGIA.EXAMPLE.VN/K/22222222"}
    with unit.extensions["database"].read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ReceiptCode)) == 0
    assert 'id="form"' not in client.get("/K/22222222").get_data(as_text=True)


def test_responses_are_counted_by_code_and_local_day_never_shown(unit):
    """23:30 UTC is 06:30 of the next day in Vietnam; paper and excluded answers did not come by the code."""
    at = datetime.now(UTC).replace(hour=23, minute=30) - timedelta(days=3)
    with unit.extensions["database"].write() as session:
        counter = session.get_one(Counter, number(unit))
        round_id = session.scalars(sa.select(Round.id)).one()
        rotate_code(session, counter, actor=Actor(at + timedelta(hours=1)))
        rows = [(0, Channel.QR, None), (0, Channel.KIOSK, None), (-20, Channel.QR, None), (2, Channel.QR, None)]
        rows += [(0, Channel.PAPER, None), (0, Channel.QR, "honeypot"), (0, Channel.RECEIPT, None)]
        for key, (hours, channel, excluded) in enumerate(rows * 5):  # staff see whole blocks of five
            session.add(
                Response(
                    key=f"{key:016d}",
                    round_id=round_id,
                    counter_id=counter.id,
                    deciding_agency_id=counter.agency_id,
                    channel=channel,
                    language="vi",
                    answers="5" * 24,
                    submitted_at=at + timedelta(hours=hours),
                    excluded=excluded,
                )
            )
    page = BeautifulSoup(signed(unit).get(f"/quay/{number(unit)}/ma").data, "html.parser")
    fresh, old = page.select("section[aria-labelledby^=code-]")
    table = [[cell.get_text() for cell in row.select("th,td")] for row in old.select("tbody tr")]
    days = [(at + timedelta(hours=7 + shift)).strftime("%d/%m/%Y") for shift in (0, -20)]
    assert table == [[days[0], "10"], [days[1], "5"]]
    assert OWN in old.get_text()
    assert "Tổng cộng 15 phiếu." in old.get_text()
    assert "thu hồi ngày" in old.get_text()
    assert [cell.get_text() for cell in fresh.select("tbody tr:first-child td")] == ["5"]
    assert ":" not in "".join(row.get_text() for row in page.select("tbody"))  # no times of day


@pytest.mark.parametrize(("verb", "said"), [("doi-ma", "Tạo mã mới cho"), ("thu-hoi", "Thu hồi mã của")])
def test_changing_a_code_asks_first(unit, verb, said):
    client = signed(unit)
    at = f"/quay/{number(unit)}/{verb}"
    page = client.get(at).get_data(as_text=True)
    assert said in page
    assert OWN in page
    with unit.extensions["database"].read() as session:
        assert session.scalar(sa.select(CounterCode.revoked_at).where(CounterCode.code == OWN)) is None
    assert post(client, at).status_code == 422  # without a reason
    assert post(client, at, reason="poster", note="Áp phích bị chụp lại").status_code == 303
    with unit.extensions["database"].read() as session:  # those who are judged ask for it only
        assert session.scalar(sa.select(CounterCode.revoked_at).where(CounterCode.code == OWN)) is None
        asked = session.scalars(sa.select(Withdrawal)).one()
    assert (asked.kind.value, asked.state.value) == ("code", "waiting")
    assert "Thu hồi mã của một quầy" in client.get(f"/quay/{number(unit)}/ma").get_data(as_text=True)


def upload(client, data: bytes, agency: str = "so-tu-phap"):
    at = f"/quay/co-quan/{agency}"
    page = client.get(at).get_data(as_text=True)
    hidden = {"csrf_token": token(page), **opened(page, f"{at}/bieu-trung")}
    fields = {**hidden, "emblem": (BytesIO(data), "quốc huy.svg")}
    answer = client.post(f"{at}/bieu-trung", data=fields, follow_redirects=True)
    answer.request.environ["wsgi.input"].close()  # the test client spools a large file and leaves it open
    return answer


def test_an_emblem_is_checked_kept_printed_and_taken_off(unit):
    client = signed(unit, "manager")
    assert client.get("/quay/co-quan/so-tu-phap/bieu-trung").status_code == 404
    page = upload(client, SVG)
    assert "Đã lưu biểu trưng" in page.get_data(as_text=True)
    shown = client.get("/quay/co-quan/so-tu-phap/bieu-trung")
    assert shown.mimetype == "image/svg+xml"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    with_emblem = download(client, f"/quay/{number(unit)}").data
    assert post(client, "/quay/co-quan/so-tu-phap/bieu-trung/bo", "/quay/co-quan/so-tu-phap").status_code == 303
    assert download(client, f"/quay/{number(unit)}").data != with_emblem
    with unit.extensions["database"].read() as session:
        events = session.scalars(sa.select(AuditEvent).where(AuditEvent.action.like("emblem.%"))).all()
        assert [event.action for event in events] == ["emblem.kept", "emblem.removed"]
        assert events[0].after["format"] == "svg"
        assert events[0].before == {}
        assert session.scalar(sa.select(sa.func.count()).select_from(AgencyEmblem)) == 0


def test_a_unit_without_an_emblem_uses_that_of_the_unit_above(unit):
    admin = signed(unit, "admin")
    with unit.extensions["database"].write() as session:
        child, parent = (
            session.scalars(sa.select(Agency).where(Agency.code == code)).one() for code in ("so-tu-phap", "so-dat-dai")
        )
        child.parent_id = parent.id
    upload(admin, SVG, "so-dat-dai")
    page = signed(unit).get("/quay/co-quan/so-tu-phap").get_data(as_text=True)
    assert "Đây là biểu trưng của đơn vị cấp trên" in page
    assert signed(unit).get("/quay/co-quan/so-tu-phap/bieu-trung").status_code == 200


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "chọn tệp biểu trưng"),
        (b"GIF89a" * 50, "không phải ảnh PNG hay SVG"),
        (SVG.replace(b"<rect", b"<script/><rect"), "&lt;script&gt;"),
        (b"<svg " + b"x" * 600_000, "lớn hơn 512 kB"),
    ],
)
def test_a_bad_emblem_is_refused_in_plain_words(unit, data, said):
    page = upload(signed(unit, "manager"), data).get_data(as_text=True)
    assert 'role="alert"' in page
    assert said in page
    control = BeautifulSoup(page, "html.parser").find(id="emblem-file")
    assert control["aria-invalid"] == "true"
    assert control["aria-describedby"] == "emblem-file-hint emblem-file-error"
    with unit.extensions["database"].read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AgencyEmblem)) == 0


def test_who_may_do_what(unit):
    own, other = number(unit), number(unit, "Q1")
    with unit.extensions["database"].write() as session:
        issued(session, other, 1, NOW)
    gets = ["", "/ap-phich.pdf", "/xem-truoc.png", "/ma", "/doi-ma", "/thu-hoi", "/bien-nhan", "/bien-nhan.png"]
    gets += ["/phieu-giay", "/phieu-giay.pdf", "/phieu-giay.png"]
    units = ["", "/ap-phich.pdf", "/xem-truoc.png"]
    for role, foreign in (("admin", 200), ("manager", 404), ("staff", 404), ("evaluator", 403)):
        client = signed(unit, role)
        inside = 403 if role == "evaluator" else 200
        for tail in gets:
            read = role == "evaluator" and tail == "/ma"  # the history of codes, of all agencies
            for counter, status in ((own, inside), (other, foreign)):
                found = client.get(f"/quay/{counter}{tail}").status_code
                assert (role, tail, found) == (role, tail, 200 if read else status)
        for tail in units:
            assert client.get(f"/quay/co-quan/so-tu-phap{tail}").status_code == inside
            assert client.get(f"/quay/co-quan/trung-tam{tail}").status_code == foreign
        if role != "evaluator":
            assert post(client, f"/quay/{other}/bien-nhan/1", "/quay").mimetype == (
                "application/pdf" if role == "admin" else "text/html"
            )
    staff = signed(unit)
    assert b'type="file"' not in staff.get("/quay/co-quan/so-tu-phap").data
    for tail in ("bieu-trung", "bieu-trung/bo"):
        assert post(staff, f"/quay/co-quan/so-tu-phap/{tail}", "/quay").status_code == 403
        assert post(signed(unit, "manager"), f"/quay/co-quan/trung-tam/{tail}", "/quay").status_code == 404


def test_the_paper_form_is_that_of_the_chosen_round(unit):
    client = signed(unit)
    at = f"/quay/{number(unit)}/phieu-giay"
    page = BeautifulSoup(client.get(at).data, "html.parser")
    assert client.get(page.select_one("img.sheet")["src"]).mimetype == "image/png"
    pdf = download(client, at, round="r1", bilingual="1")
    assert pdf.headers["Content-Disposition"] == "attachment; filename=so-tu-phap-Q9-phieu-r1.pdf"
    front = words_of(pdf.data)[0]
    assert "Quầy Tư pháp" in front
    assert "There are enough seats" in front
    assert client.get(f"{at}.pdf?round=r9").status_code == 404
    with unit.extensions["database"].write() as session:
        session.execute(sa.update(Round).values(closes_on=datetime(2021, 1, 1, tzinfo=UTC).date()))
    assert "chưa có phiếu để in" in client.get(at).get_data(as_text=True)
