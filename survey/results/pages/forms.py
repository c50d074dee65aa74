"""The forms of the results' pages: an action, and the review of a comment."""

from __future__ import annotations

from typing import Self

from flask_babel import lazy_gettext as _

from survey.models import ActionState, Comment, Theme
from survey.models.comments import MAX_LENGTH
from survey.results.comments import masked_text
from survey.results.operations.keep_action import MOST, MOST_RESPONSIBLE, ActionText
from survey.web.fields import Block, Choice, Choices, Day, Hidden, Length, Required, Text
from survey.web.forms import EditForm, Form
from survey.web.wording import ACTION_STATES, THEMES


class ActionForm(Form):
    """What an agency does about a figure, by when, and what shows that it was done."""

    element = Choice(_("For which element"))
    what = Block(_("What is done"), [Required(_("Say what is to be done")), Length(MOST)])
    cause = Block(_("Cause, as the agency sees it"), [Length(MOST)])
    responsible = Text(
        _("Responsible position or unit, no person's name"),
        [Required(_("Name the position or unit that is responsible")), Length(MOST_RESPONSIBLE)],
    )
    due_on = Day(
        _("Due day"),
        [Required(_("Write the due day"))],
        message=_("The day %(day)s is not understood; write it like 31/12/2026"),
    )
    state = Choice(_("State"), default=ActionState.PLANNED.value, message=_("Choose how far the action has come"))
    evidence = Block(_("What shows that it was done"), [Length(MOST)])

    def offer(self, elements: list[tuple[str, str]]) -> None:
        """Name the figures that an action can be about, and the states."""
        self.element.options = elements
        self.state.options = [(state.value, ACTION_STATES(state.value)) for state in ActionState]

    def wording(self) -> ActionText:
        """Return what was typed, once it was validated."""
        return ActionText(
            what=self.what.data,
            cause=self.cause.data,
            responsible=self.responsible.data,
            due_on=self.due_on.data,
            state=ActionState(self.state.data),
            evidence=self.evidence.data,
        )


class ReviewForm(EditForm):
    """A person's decision on a comment. A page shows many of them: `of` tells their controls apart."""

    masked = Block(_("What would be shown"), [Length(MAX_LENGTH)])
    theme = Choices(_("Themes"))
    decision = Hidden()  # "show" or "hide": the button that was pressed
    next = Hidden()

    @classmethod
    def sent(cls, number: int) -> Self:
        """Return the review that was posted for a comment."""
        return cls(ids=f"-{number}")._offer()

    @classmethod
    def of(cls, comment: Comment, back: str) -> Self:
        """Return the review of a comment as it stands, which leads back to an address."""
        themes = [tag.theme.value for tag in comment.themes]
        form = cls(formdata=None, ids=f"-{comment.id}", masked=masked_text(comment), theme=themes, next=back)
        return form._offer().opened_for(comment)

    def _offer(self) -> Self:
        self.theme.options = [(one.value, THEMES(one.value)) for one in Theme]
        return self
