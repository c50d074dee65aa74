"""Four eyes: whether two accounts are two people, as far as an installation can know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import orm

from survey.accounts.queries.makers import account_makers, count_administrators
from survey.core.errors import InputError
from survey.models import User

OLD_ENOUGH = timedelta(days=7)
WAIT = timedelta(hours=24)
"""How long a publication waits where one administrator made both accounts and there is no other."""


@dataclass(frozen=True)
class FourEyes:
    """What stands against two people publishing, and who made their accounts."""

    #: what is lacking, a sentence each
    problems: tuple[InputError, ...]
    #: whether the installation's one administrator, or the command line, made or reset both accounts
    one_administrator: bool
    #: names of those who made or reset the first account and the second; "" for the command line
    makers: tuple[tuple[str, ...], tuple[str, ...]]

    def facts(self, first: User, second: User) -> dict[str, object]:
        """What an edition keeps about its two people."""
        return {
            "one_administrator": self.one_administrator,
            "accounts": [
                {"name": user.display_name, "made_by": list(made_by)}
                for user, made_by in zip((first, second), self.makers, strict=True)
            ],
        }


def assess_four_eyes(session: orm.Session, first: User, second: User, now: datetime) -> FourEyes:
    """Assess two accounts: neither made nor reset by the other nor by the same administrator, both old and protected.

    Where an installation has one administrator only, it cannot be otherwise: that is told, and costs a delay.
    """
    problems = [error for user in (first, second) for error in _lacking(user, now)]
    makers = {user.id: account_makers(session, user) for user in (first, second)}
    for user, other in ((first, second), (second, first)):
        if other.id in makers[user.id]:
            problems.append(
                InputError(
                    "The account %(name)s was made or reset by %(other)s: a person whose account comes from somebody "
                    "else must take part",
                    name=user.display_name,
                    other=other.display_name,
                )
            )
    shared = (makers[first.id] & makers[second.id]) - {first.id, second.id}
    alone = bool(shared) and count_administrators(session) <= 1
    if shared and not alone:
        problems.append(
            InputError(
                "One administrator made or reset both accounts, %(first)s and %(second)s: the account of one of the "
                "two must come from another administrator",
                first=first.display_name,
                second=second.display_name,
            )
        )
    names = tuple(tuple(sorted(_name(session, number) for number in makers[user.id])) for user in (first, second))
    return FourEyes(tuple(problems), alone, (names[0], names[1]))


def _lacking(user: User, now: datetime) -> list[InputError]:
    found = []
    if user.created_at + OLD_ENOUGH > now:
        found.append(
            InputError(
                "The account %(name)s is younger than %(days)d days; it can take part from %(day)s",
                name=user.display_name,
                days=OLD_ENOUGH.days,
                day=f"{user.created_at + OLD_ENOUGH:%d/%m/%Y}",
            )
        )
    if user.totp_secret is None:
        found.append(
            InputError(
                "The account %(name)s has no second factor; its owner switches one-time codes on under “Your account”",
                name=user.display_name,
            )
        )
    return found


def _name(session: orm.Session, number: int | None) -> str:
    return "" if number is None else session.get_one(User, number).display_name
