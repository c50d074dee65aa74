"""The form of a recording."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from survey.web.fields import File, Required
from survey.web.forms import Form


class RecordingForm(Form):
    """A file in which a text is read aloud."""

    file = File(
        _("File"),
        [Required(_("Choose a file that is not empty"))],
        accept=".ogg,.opus,.webm,.m4a,audio/ogg,audio/webm,audio/mp4",
    )
