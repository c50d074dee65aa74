"""Keep or remove the emblem of an agency's posters; `survey.printing.posters.emblem` checked the picture before."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor
from survey.models import Agency, AgencyEmblem, EmblemFormat


def keep_emblem(session: orm.Session, agency: Agency, form: EmblemFormat, data: bytes, *, actor: Actor) -> None:
    """Put a picture on the posters of an agency, in place of the one it had."""
    kept = session.get(AgencyEmblem, agency.id)
    before = _told(kept)
    if kept is None:
        kept = AgencyEmblem(agency_id=agency.id)
        session.add(kept)
    kept.format, kept.data, kept.uploaded_at, kept.user_id = form, data, actor.now, actor.user_id
    audit.record(
        session,
        action="emblem.kept",
        subject=f"agency:{agency.code}",
        actor=actor,
        before=before,
        after=_told(kept),
    )


def remove_emblem(session: orm.Session, agency: Agency, *, actor: Actor) -> bool:
    """Take the emblem off an agency's posters; False, and no trace, when there was none of its own."""
    kept = session.get(AgencyEmblem, agency.id)
    if kept is None:
        return False
    audit.record(
        session,
        action="emblem.removed",
        subject=f"agency:{agency.code}",
        actor=actor,
        before=_told(kept),
        after={},
    )
    session.delete(kept)
    return True


def _told(kept: AgencyEmblem | None) -> dict[str, Any]:
    """What the audit log says of a picture: its kind, its size, and a fingerprint to tell it by."""
    if kept is None:
        return {}
    digest = hashlib.sha256(kept.data).hexdigest()
    return {"format": kept.format.value, "bytes": len(kept.data), "sha256": digest}
