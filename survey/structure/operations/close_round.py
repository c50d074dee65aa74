"""End a round: it takes no more answers, but those of forms already open, for half an hour."""

from __future__ import annotations

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.core.errors import InputError
from survey.models import Round, RoundState
from survey.structure.operations.settle_figures import settle_figures


def close_round(session: orm.Session, round_: Round, *, actor: Actor) -> None:
    """Close an open round; idempotent for a closed one. `InputError` for a draft or a published one.

    What unit roles see of it is settled: later changes wait for them (`survey.structure.queries.counted`).
    The moment is kept: a form opened before it is accepted for `survey.collect.queries.counters.GRACE` after it.
    """
    if round_.state is RoundState.CLOSED:
        return
    if round_.state is not RoundState.OPEN:
        raise InputError(
            "Round %(code)s is %(state)s; only an open round can be closed", code=round_.code, state=round_.state.value
        )
    round_.state = RoundState.CLOSED
    round_.closed_at = actor.now
    if round_.settled is None:  # of a round opened again, what was seen before moves as late changes do
        session.flush()
        settle_figures(session, round_)
    audit.record(
        session,
        action="round.closed",
        subject=f"round:{round_.code}",
        actor=actor,
        before={"state": RoundState.OPEN.value},
        after={"state": RoundState.CLOSED.value, "closed_at": actor.now.isoformat()},
    )
