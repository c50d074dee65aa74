"""How every figure is computed, in plain words: what the notes beside the figures lead to."""

from __future__ import annotations

import flask

from scoring.intervals import choose
from survey.accounts.auth import role_required
from survey.results.pages.pages import RESULT_READERS, blueprint
from survey.web.wording import INTERVAL_METHODS


@blueprint.get("/cach-tinh")
@role_required(*RESULT_READERS)
def method() -> str:
    """Explain the figures."""
    return flask.render_template(
        "results/method.html",
        methods=INTERVAL_METHODS,
        auto_share=choose("top2"),
        auto_mean=choose("score"),
    )
