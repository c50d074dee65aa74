"""The notice of what is kept of those who answer, why, how long, and whom to ask. Words: templates/collect/privacy."""

from __future__ import annotations

import flask

from survey.collect.operations.purge import COMMENT_MONTHS, RESPONSE_MONTHS
from survey.core.config import BACKUP_MONTHS
from survey.core.text import parse_code
from survey.models.comments import RAW_DAYS
from survey.web import i18n
from survey.web.context import settings

blueprint = flask.Blueprint("privacy", __name__)


@blueprint.get("/quyen-rieng-tu")
def notice() -> str:
    """Show the notice; in English for those who read English, else in Vietnamese.

    `tu` is the code of the counter whose kiosk shows it: the page then leads back there alone, by itself after a while.
    """
    kiosk = parse_code(flask.request.args.get("tu", ""))
    return flask.render_template(
        "collect/privacy/notice.html",
        wording=f"collect/privacy/{'en' if i18n.is_english() else 'vi'}.html",
        back=flask.url_for("respond.show", code=kiosk, lang=None, kiosk=1) if kiosk else "",
        contact=settings().contact,
        raw_days=RAW_DAYS,
        comment_months=COMMENT_MONTHS,
        backup_months=BACKUP_MONTHS,
        response_months=RESPONSE_MONTHS,
        case_months=settings().case_months,
    )
