"""Settle what unit roles see of a closed round: from then on late changes wait (`survey.structure.queries.counted`)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from survey.models import Response, Round, SettledOut
from survey.structure.queries.counted import live_stamp


def settle_figures(session: orm.Session, round_: Round) -> None:
    """Let unit roles see what counts of a round now, all of it, and nothing that changes later."""
    of_round = Response.round_id == round_.id
    forget_settled(session, round_.id)
    out = sa.select(Response.id, Response.round_id, Response.excluded).where(of_round, Response.excluded.is_not(None))
    session.execute(sa.insert(SettledOut).from_select(["response_id", "round_id", "reason"], out))
    # not a change that a person makes: whoever edits the round meanwhile can save
    session.execute(
        sa.update(Round)
        .where(Round.id == round_.id)
        .values(settled=list(live_stamp(session, round_.id)))
        .execution_options(synchronize_session=False)
    )
    session.expire(round_, ["settled"])


def forget_settled(session: orm.Session, round_id: int) -> None:
    """Forget which responses did not count when a round was settled."""
    gone = sa.delete(SettledOut).where(SettledOut.round_id == round_id)
    session.execute(gone.execution_options(synchronize_session=False))
