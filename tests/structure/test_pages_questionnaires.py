"""Questionnaires in the browser: read, changed into a version, copied, taken in and out as YAML."""

from __future__ import annotations

import io

import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from survey.models import AuditEvent, QuestionnaireVersion, Round
from survey.questionnaires import bundled, content_hash, loads
from survey.structure.queries.rounds import usual_version
from tests.support.evaluation import sign_in, token

LIST = "/quan-tri/bo-cau-hoi"


def values(client: FlaskClient, address: str) -> dict[str, str]:
    """Return the fields of the page's form as they stand."""
    soup = BeautifulSoup(client.get(address).get_data(as_text=True), "html.parser")
    fields = soup.select("main form [name]")
    sent = {
        one["name"]: one.get("value", "") for one in fields if one.name == "input" and one.get("type") != "checkbox"
    }
    sent |= {one["name"]: one.get("value", "1") for one in fields if one.has_attr("checked")}
    return sent | {one["name"]: one.get_text().lstrip("\n") for one in fields if one.name == "textarea"}


def test_a_questionnaire_is_read_changed_and_taken_out_and_in(people: Flask) -> None:
    database = people.extensions["database"]
    admin = people.test_client()
    sign_in(admin, "admin")
    with database.read() as session:
        first = session.scalars(sa.select(Round)).one().version_id
    page = f"{LIST}/{first}"
    listed = admin.get(LIST).get_data(as_text=True)
    assert f'href="{page}"' in listed
    assert "Đợt 1" in listed
    read = admin.get(page).get_data(as_text=True)
    for words in ("Có đủ ghế ngồi và có bàn để viết.", "There are enough seats, and tables to write at."):
        assert words in read

    unchanged = admin.post(f"{page}/sua", data=values(admin, f"{page}/sua"))
    assert (unchanged.status_code, "Không có gì thay đổi" in unchanged.get_data(as_text=True)) == (422, True)
    sent = values(admin, f"{page}/sua") | {"w-tiep_can_ban_ghe-vi": "Có đủ ghế ngồi.", "added": "giai_trinh_hinh_thuc"}
    del sent["k-tiep_can_thiet_bi"]
    made = admin.post(f"{page}/sua", data=sent)
    assert made.status_code == 303, made.get_data(as_text=True)
    told = admin.get(made.headers["Location"]).get_data(as_text=True)
    for words in ("Thêm: giai_trinh_hinh_thuc", "Bỏ: tiep_can_thiet_bi", "Đổi chữ: tiep_can_ban_ghe", "phiên bản 2"):
        assert words in told
    with database.read() as session:
        versions = session.scalars(sa.select(QuestionnaireVersion).order_by(QuestionnaireVersion.id)).all()
        assert [version.number for version in versions if version.questionnaire_id == versions[0].questionnaire_id] == [
            1,
            2,
        ]
        assert session.scalars(sa.select(Round)).one().version_id == first  # the round keeps what it asks
        assert usual_version(session).id == first  # and so does the next one, unless a person chooses otherwise
        assert session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id.desc())).first() == (
            "questionnaire.installed"
        )

    file = admin.get(f"{page}.yaml")
    assert content_hash(loads(file.get_data())) == content_hash(bundled()["sipas-service-16"])
    copied = file.get_data(as_text=True).replace("code: sipas-service-16", "code: benh-vien", 1)
    csrf = token(listed)
    sent_file = {"csrf_token": csrf, "file": (io.BytesIO(copied.encode()), "benh-vien.yaml")}
    installed = admin.post(LIST, data=sent_file)
    assert installed.status_code == 303, installed.get_data(as_text=True)
    assert "benh-vien" in admin.get(LIST).get_data(as_text=True)
    broken = copied.replace("text:", "texts:", 1)
    refused = admin.post(LIST, data={"csrf_token": csrf, "file": (io.BytesIO(broken.encode()), "hong.yaml")})
    assert (refused.status_code, "hong.yaml" in refused.get_data(as_text=True)) == (422, True)

    evaluator = people.test_client()
    sign_in(evaluator, "evaluator")
    assert evaluator.get(page).status_code == 200
    assert evaluator.get(f"{page}/sua").status_code == 403


def test_an_evaluator_adds_the_questions_on_post_and_online_service(people: Flask) -> None:
    database = people.extensions["database"]
    evaluator = people.test_client()
    sign_in(evaluator, "evaluator")
    with database.read() as session:
        first = session.scalars(sa.select(Round)).one().version_id
    page = f"{LIST}/{first}"
    text = evaluator.get(page).get_data(as_text=True)
    offered = BeautifulSoup(text, "html.parser")
    choice = offered.select_one('select[name="module"] option')
    assert choice is not None
    assert (choice["value"], choice.text.strip()) == (
        "post-and-online",
        "Bưu chính công ích và dịch vụ công trực tuyến",
    )
    sent = {"csrf_token": token(text), "module": "post-and-online"}
    made = evaluator.post(f"{page}/them-phan", data=sent)
    assert made.status_code == 303, made.get_data(as_text=True)
    told = evaluator.get(made.headers["Location"]).get_data(as_text=True)
    assert "Lý do chính khiến Ông/Bà chưa dùng bưu chính công ích là gì?" in told
    assert "Sợ thất lạc giấy tờ · Sợ chậm · Cước phí cao" in told
    assert 'name="module"' not in told  # asked already, and there is no other
    refused = evaluator.post(f"{made.headers['Location']}/them-phan", data=sent)
    assert (refused.status_code, "đã hỏi" in refused.get_data(as_text=True)) == (422, True)
    unknown = evaluator.post(f"{page}/them-phan", data=sent | {"module": "khac"})
    assert unknown.status_code == 422
    with database.read() as session:
        version = session.get(QuestionnaireVersion, int(made.headers["Location"].rsplit("/", 1)[1]))
        assert version is not None
        assert [slot.code for slot in sorted(version.slots, key=lambda one: one.position)][-6:] == [
            *("post_used", "post_why_not", "post_satisfied"),
            *("online_used", "online_why_not", "online_satisfied"),
        ]
        assert session.scalars(sa.select(Round)).one().version_id == first
