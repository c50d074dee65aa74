"""From invited accounts to the slips that are handed to their owners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from survey.accounts.operations.invitations import DAYS
from survey.accounts.operations.invite_people import Invited
from survey.accounts.people_table import ROLE_NAMES
from survey.printing.posters.invitation_slips import InvitationSlip


def slips_of(invited: Sequence[Invited], address: Callable[[str], str], local_now: datetime) -> list[InvitationSlip]:
    """The slips in the same order; `address` makes a link of a token, `local_now` is the present by the clock here."""
    until = f"{local_now + timedelta(days=DAYS):%H:%M ngày %d/%m/%Y}"
    return [
        InvitationSlip(
            one.user.display_name,
            one.user.username,
            ROLE_NAMES[one.user.role],
            one.user.agency.name if one.user.agency else "",
            address(one.token),
            until,
        )
        for one in invited
    ]
