"""Note in the audit log that a recording came or went; the files lie in the storage (`survey.collect.recordings`)."""

from __future__ import annotations

import hashlib

from sqlalchemy import orm

from survey.accounts.operations import audit
from survey.core.actor import Actor


def note_recording_kept(session: orm.Session, language: str, name: str, data: bytes, *, actor: Actor) -> None:
    """Write down that a recording was put in place: of what, how large, and a fingerprint to tell it by."""
    after = {"recording": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    audit.record(session, action="recording.kept", subject=f"voice:{language}", actor=actor, before={}, after=after)


def note_recording_removed(session: orm.Session, language: str, name: str, *, actor: Actor) -> None:
    """Write down that all recordings of a text were removed."""
    before = {"recording": name}
    audit.record(session, action="recording.removed", subject=f"voice:{language}", actor=actor, before=before, after={})
