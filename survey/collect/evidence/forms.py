"""Forms of evidence: why a batch is refused."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from survey.collect.operations.review_batch import MAX_REFUSAL
from survey.web.fields import Length, Required, Text
from survey.web.forms import Form


class RefusalForm(Form):
    """Why a batch is refused."""

    reason = Text(
        _("Why is it refused?"),
        [Required(_("Say why it is refused")), Length(MAX_REFUSAL)],
        hint=_("Those who brought it or asked for it read this."),
    )
