"""The forms of the results' pages: the review of a comment, the decision on a place, the mark of a known change."""

from __future__ import annotations

from typing import Self

from flask_babel import lazy_gettext as _

from survey.models import Comment, PlaceOutcome, Theme
from survey.models.comments import MAX_LENGTH
from survey.results.comments import masked_text
from survey.results.operations.decide_place import MOST
from survey.web.fields import Block, Choices, Day, Hidden, Length, Radio, Required, Text
from survey.web.forms import EditForm, Form
from survey.web.wording import PLACE_OUTCOMES, THEMES


class ReviewForm(EditForm):
    """A person's decision on a comment. A page shows many of them: `of` tells their controls apart."""

    masked = Block(_("What would be shown"), [Length(MAX_LENGTH)])
    theme = Choices(_("Themes"))
    decision = Hidden()  # "show" or "hide": the button that was pressed
    next = Hidden()

    @classmethod
    def sent(cls, number: int) -> Self:
        """The review that was posted for a comment."""
        return cls(ids=f"-{number}")._offer()

    @classmethod
    def of(cls, comment: Comment, back: str) -> Self:
        """The review of a comment as it stands, which leads back to an address."""
        themes = [tag.theme.value for tag in comment.themes]
        form = cls(formdata=None, ids=f"-{comment.id}", masked=masked_text(comment), theme=themes, next=back)
        return form._offer().opened_for(comment)

    def _offer(self) -> Self:
        self.theme.options = [(one.value, THEMES(one.value)) for one in Theme]
        return self


class PlaceDecisionForm(Form):
    """A decision on a place that was looked at again. A page shows many of them."""

    outcome = Radio(_("Decision"), message=_("Choose what became of it"))
    reason = Block(_("Reason"), [Required(_("Say why, for whoever reads this later")), Length(MOST)])

    @classmethod
    def of(cls, agency: str, *, sent: bool = False) -> Self:
        """The form for an agency; `sent`: the one that was posted."""
        form = cls(ids=f"-{agency}") if sent else cls(formdata=None, ids=f"-{agency}")
        form.outcome.options = [(each.value, PLACE_OUTCOMES(each.value)) for each in PlaceOutcome]
        return form


class KnownChangeForm(Form):
    """A change that a person knows of, from which on a control chart has limits of its own."""

    on_day = Day(
        _("First day of what is new"), [Required(_("Write the day as day/month/year, for example 01/07/2026"))]
    )
    reason = Text(
        _("What changed"),
        [Required(_("Write what changed")), Length(300)],
        hint=_("For example: moved to another building, new staff at the counter."),
    )
