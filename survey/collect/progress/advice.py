"""What a status is called, and what to do about it, in plain sentences."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from survey.collect.progress.board import Status, UnitProgress


def status_words(status: Status) -> str:
    """The name of a status."""
    known = {
        Status.NONE: _("No response yet"),
        Status.QUIET: _("Nothing for a week"),
        Status.FAR_BEHIND: _("Far behind"),
        Status.BEHIND: _("A little behind"),
        Status.ON_PACE: _("On pace"),
        Status.REACHED: _("Enough"),
        Status.NO_TARGET: _("Transactions not known"),
    }
    return str(known[status])


def advice(standing: UnitProgress) -> list[str]:
    """What to do, the most useful first; nothing where all is well."""
    status = standing.status
    found: list[str] = []
    if status in {Status.REACHED, Status.ON_PACE}:
        return found
    if standing.counter_id is not None and not standing.has_code:
        found.append(_("This counter has no code: make one, then print the poster."))
    elif status is Status.NONE:
        found.append(_("Print the poster and hang it up, then scan it once with a telephone to see that it opens."))
    if status is Status.QUIET:
        found.append(_("See whether the poster is still there; move it to where people wait or get their results."))
    if status in {Status.NONE, Status.QUIET, Status.FAR_BEHIND}:
        found.append(_("Hand out receipt codes with the results, and lay out paper forms with a box."))
    if status in {Status.FAR_BEHIND, Status.BEHIND}:
        found.append(
            _("Remind and train the staff: invite everyone when handing over the result, not only the pleased.")
        )
    if status is Status.NO_TARGET:
        found.append(_("Ask for the number of transactions; without it there is no target."))
    if standing.missing and standing.calendar.days_left:
        found.append(
            ngettext(
                "About %(num)d response a day is needed until the round ends.",
                "About %(num)d responses a day are needed until the round ends.",
                standing.per_day,
            )
        )
    return [str(sentence) for sentence in found]
