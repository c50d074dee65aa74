"""The form by which a file of responses comes in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from survey.web.fields import Choice, File, Required, Tick
from survey.web.forms import Form


class UploadForm(Form):
    """A file of responses, and the round it is of."""

    round = Choice(_("Round"), name="dot", id="round")
    file = File(
        _("CSV or Excel file (.xlsx)"),
        [Required(_("Choose a file that is not empty"))],
        hint=_(
            "Up to 10 MB, one response a row, the first row being the headings. Names, telephone numbers and other "
            "columns that are not chosen are not stored."
        ),
        accept=".csv,.txt,.tsv,.xlsx",
    )
    no_headings = Tick(_("The file has no heading row (some scanners): columns are called A, B, C …"))
