"""The form by which a file of responses comes in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from survey.spreadsheets.headings import SCANNED
from survey.web.fields import Choice, File, Hidden, Required, Tick, Whole
from survey.web.forms import Form


class UploadForm(Form):
    """A file of responses, and the round it is of."""

    round = Choice(_("Round"), name="dot", id="round")
    file = File(
        _("Excel (.xlsx, .xls), OpenDocument (.ods) or CSV file"),
        [Required(_("Choose a file that is not empty"))],
        hint=_(
            "Up to 10 MB, one response a row, below a row of headings. Names, telephone numbers and other columns that "
            "are not chosen are not stored."
        ),
        accept=".csv,.txt,.tsv,.xlsx,.xls,.ods",
    )
    no_headings = Tick(_("The file has no heading row (some scanners): columns are called A, B, C …"))


class HeadingForm(Form):
    """The row in which the headings stand."""

    round = Hidden(name="dot")
    heading_row = Whole(
        _("The headings stand in row"), least=1, most=SCANNED, hint=_("In a heading of two rows, the lower one.")
    )
