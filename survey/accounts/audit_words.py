"""The audit log in plain words: what was done, to what, and which facts changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from survey.web import wording
from survey.web.formatters import day

NOTHING = "–"
DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
"""A day as the log keeps it; shown as everywhere else."""
WORDED = {
    "role": wording.ROLES,
    "theme": wording.THEMES,
    "themes": wording.THEMES,
    "causes": wording.CAUSES,
    "channel": wording.CHANNELS,
    "outcome": wording.PLACE_OUTCOMES,
}
"""Facts whose values have words of their own."""


@dataclass(frozen=True)
class FactChange:
    """One fact before and after; `old` is None where the log keeps only what is new."""

    label: str
    old: str | None
    new: str | None


def actions() -> dict[str, dict[str, str]]:
    """Everything people do that is written down, in words, by kind: `{"user": {"user.created": …}}`."""
    return {
        "user": {
            "user.created": _("Made an account"),
            "user.changed": _("Changed an account"),
            "user.moved": _("Moved an account to another agency"),
            "user.closed": _("Closed an account"),
            "user.reopened": _("Opened an account again"),
            "user.invited": _("Made an invitation link"),
            "user.password_set": _("Set a password by an invitation link"),
            "user.password_changed": _("Changed their own password"),
            "user.signed_in": _("Signed in"),
            "user.sign_in_failed": _("Failed to sign in: wrong password or name"),
            "user.code_failed": _("Failed to sign in: wrong one-time code"),
            "user.password_failed": _("Gave a wrong current password"),
            "user.session_ended": _("Ended a session of their own"),
            "user.signed_out_everywhere": _("Signed an account out everywhere"),
            "user.second_factor_enrolled": _("Switched one-time codes on"),
            "user.second_factor_dropped": _("Switched one-time codes off"),
            "user.passkey_added": _("Added a passkey"),
            "user.passkey_removed": _("Removed a passkey"),
            "user.passkey_failed": _("Failed to sign in: wrong passkey"),
            "user.recovery_code_used": _("Signed in with a recovery code"),
            "user.calendar_made": _("Made an address of their calendar"),
            "user.calendar_revoked": _("Took the address of their calendar back"),
            "user.mail_set": _("Entered an address for reminders by mail"),
            "user.mail_removed": _("Took their address for reminders back"),
        },
        "access": {
            "access.denied": _("Was refused a page"),
            "access.slowed": _("Was slowed down after too many tries"),
            "access.token_used": _("Read results by the API"),
            "access.token_refused": _("Called the API without a valid token"),
        },
        "agency": {
            "agency.created": _("Added an agency"),
            "agency.edited": _("Changed an agency"),
            "agency.renamed": _("Renamed an agency"),
            "agency.ended": _("Ended an agency"),
            "agency.end_cancelled": _("Took back an end of an agency that was to come"),
            "agency.merged": _("Merged agencies"),
            "agency.split": _("Split an agency"),
            "agencies.imported": _("Imported agencies"),
            "emblem.kept": _("Uploaded an emblem"),
            "emblem.removed": _("Removed an emblem"),
            "recording.kept": _("Kept a recording of the form's words"),
            "recording.removed": _("Removed a recording of the form's words"),
        },
        "counter": {
            "counter.created": _("Added a counter"),
            "counter.edited": _("Changed a counter"),
            "counter.moved": _("Moved a counter"),
            "counter.opened": _("Opened a counter"),
            "counter.closed": _("Closed a counter"),
            "counters.imported": _("Imported counters"),
            "code.rotated": _("Gave a counter a new code"),
            "code.revoked": _("Revoked a counter's code"),
            "interviews.planned": _("Planned the interviews of a counter"),
            "interviews.tablet_prepared": _("Prepared the tablet of an interviewer"),
            "interviews.tablet_revoked": _("Withdrew the tablet of an interviewer"),
            "slips.planned": _("Planned the random sample of a counter"),
            "receipts.issued": _("Issued codes for receipts"),
            "receipts.printed": _("Printed codes for receipts"),
        },
        "service": {
            "service.created": _("Added a service"),
            "service.edited": _("Changed a service"),
            "service.renamed": _("Renamed a service"),
            "service.stopped": _("Took a service out of use"),
            "service.resumed": _("Took a service into use again"),
            "services.imported": _("Imported services"),
        },
        "round": {
            "questionnaire.installed": _("Installed a version of a questionnaire"),
            "round.created": _("Prepared a round"),
            "round.edited": _("Changed a round"),
            "round.opened": _("Opened a round"),
            "round.rules_of_today": _("Took on today's scoring rules at an update"),
            "round.scoped": _("Said where a round is held"),
            "round.closed": _("Closed a round"),
            "population.imported": _("Imported transactions"),
            "weekly_counts.imported": _("Imported transactions by week"),
            "margins.imported": _("Imported the make-up of transactions"),
            "targets.imported": _("Imported targets"),
            "outside_figures.imported": _("Entered figures of other instruments"),
            "change.marked": _("Marked a known change"),
            "change.unmarked": _("Took the mark of a known change away"),
            "place.decided": _("Decided on a place that was looked at again"),
            "publication.drafted": _("Drafted an edition"),
            "publication.reviewed": _("Reviewed an edition"),
            "publication.published": _("Published an edition"),
            "publication.decision_named": _("Named the decision of an edition"),
            "publication.withdrawn": _("Withdrew an edition"),
        },
        "response": {
            "responses.imported": _("Imported responses"),
            "responses.released": _("Released a batch of responses: it counts"),
            "responses.refused": _("Refused a batch of responses"),
            "responses.undone": _("Took an import of responses back"),
            "structure.undone": _("Took an import of tables back"),
            "column_mapping.saved": _("Saved a choice of columns"),
            "spot.drawn": _("Drew a sample of a pile to be keyed in again"),
            "spot.keyed": _("Keyed in a form of a sample again"),
            "entry.begun": _("Began a pile of paper forms"),
            "entry.form_stored": _("Keyed in a paper form"),
            "entry.form_checked": _("Keyed in a paper form a second time"),
            "entry.form_corrected": _("Corrected a paper form"),
            "entry.ended": _("Ended a pile of paper forms"),
            "withdrawal.asked": _("Asked to take something back of the evidence"),
            "withdrawal.made": _("Took something back of the evidence"),
            "withdrawal.agreed": _("Agreed to take something back of the evidence"),
            "withdrawal.refused": _("Refused to take something back of the evidence"),
            "withdrawal.reversal_asked": _("Asked to count again what a rule had left out"),
            "withdrawal.reversal_refused": _("Refused to count again what a rule had left out"),
            "withdrawal.reversed": _("Counted again what a rule had left out"),
            "comment.shown": _("Let a comment be shown"),
            "comment.hidden": _("Hid a comment"),
            "comments.purged": _("Deleted old comments"),
            "responses.purged": _("Deleted raw answers of an old round"),
        },
        "action": {
            "action.added": _("Entered an action"),
            "action.altered": _("Altered an action"),
            "action.entered": _("Entered an action"),
            "action.changed": _("Changed the wording of an action"),
            "action.extended": _("Extended the due day of an action"),
            "action.noted": _("Noted the progress of an action"),
            "action.evidence": _("Attached evidence to an action"),
            "action.done": _("Reported an action as done"),
            "action.returned": _("Returned an action with a remark"),
            "action.accepted": _("Accepted an action"),
            "action.withdrawn": _("Withdrew the acceptance of an action"),
            "action.dropped": _("Gave an action up"),
            "plan.requested": _("Asked an agency for a plan"),
        },
        "case": {
            "case.received": _("Took a report or suggestion down"),
            "case.classed": _("Classed a report or suggestion"),
            "case.released": _("Let a report go to its agency"),
            "case.assigned": _("Assigned a report or suggestion"),
            "case.handed_over": _("Handed a report or suggestion to another agency"),
            "case.replied": _("Wrote a reply to a citizen"),
            "case.returned": _("Returned a reply with a remark"),
            "case.approved": _("Approved a reply to a citizen"),
            "case.read": _("Read a report or suggestion as it was written"),
            "case.calendar_set": _("Set the terms of replies and days off"),
        },
        "installation": {
            "answers.lost": _("Answers that were stored are gone"),
            "api_client.created": _("Gave a program a token"),
            "api_client.revoked": _("Took a program's token back"),
            "demo.loaded": _("Loaded the demonstration data"),
            "installation.production": _("Started it for real citizens"),
            "installation.key_changed": _("Changed the key of sessions"),
            "installation.storage_changed": _("Changed the shared storage"),
        },
    }


def kinds() -> dict[str, str]:
    """The headings of `actions`."""
    return {
        "user": _("Accounts"),
        "access": _("Refused and slowed, tokens"),
        "agency": _("Agencies"),
        "counter": _("Counters"),
        "service": _("Services"),
        "round": _("Rounds and publication"),
        "response": _("Responses"),
        "action": _("Improvement"),
        "case": _("Reports and suggestions"),
        "installation": _("Installation"),
    }


def action(name: str) -> str:
    """What was done; the name itself where it has no words."""
    return next((known[name] for known in actions().values() if name in known), name)


def subject(name: str) -> str:
    """What it was done to: `user:lan` is "account lan"."""
    kind, colon, rest = name.partition(":")
    known: dict[str, str] = {
        "user": _("account"),
        "agency": _("agency"),
        "counter": _("counter"),
        "service": _("service"),
        "round": _("round"),
        "questionnaire": _("questionnaire"),
        "comment": _("comment"),
        "action": _("action to improve"),
        "case": _("report or suggestion"),
        "place": _("place"),
        "import_batch": _("batch"),
        "receipt_batch": _("batch of codes for receipts"),
        "withdrawal": _("withdrawal"),
        "entry_batch": _("pile"),
        "column_mapping": _("choice of columns"),
        "api_client": _("program"),
        "page": _("page"),
        "voice": _("recorded voice"),
    }
    if name == "installation":
        return str(_("Installation"))
    return f"{known[kind]} {rest}" if colon and kind in known else name


def changes(
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    names: Mapping[int, str],
    people: Mapping[int, str],
) -> list[FactChange]:
    """The facts that differ, old → new, in words; `names` of agencies, `people` of accounts, by number."""
    old, new = before or {}, after or {}
    found = []
    for key in dict.fromkeys([*old, *new]):
        if key in old and key in new and old[key] == new[key]:
            continue
        if old.get(key) is None and new.get(key) is None:
            continue
        was = value(key, old[key], names, people) if key in old else None
        found.append(FactChange(field(key), was, value(key, new[key], names, people) if key in new else None))
    return found


def field(key: str) -> str:
    """The name of a fact; the key itself where it has none."""
    known: dict[str, str] = {
        "role": _("Role"),
        "key": _("Fingerprint of the key"),
        "status": _("Reply"),
        "address": _("Address"),
        "agency_id": _("Agency"),
        "agency": _("Agency"),
        "display_name": _("Name"),
        "active": _("In use"),
        "name": _("Name"),
        "name_en": _("English name"),
        "code": _("Code"),
        "codes": _("Codes"),
        "every": _("One in how many transactions"),
        "tickets": _("Transactions expected in a week"),
        "kind": _("Kind"),
        "level": _("Tier"),
        "parent": _("Belongs to"),
        "valid_from": _("Since"),
        "valid_to": _("Until"),
        "since": _("Since"),
        "successor": _("Successor"),
        "successors": _("Successors"),
        "services": _("Services"),
        "deciding_agencies": _("Deciding agencies"),
        "deciding_agency": _("Agency that decides"),
        "outcome": _("Outcome"),
        "kiosk": _("Screen at the counter"),
        "opening_hours": _("Opening hours"),
        "state": _("State"),
        "opens_on": _("Opens on"),
        "opens_at": _("Opens at"),
        "closes_on": _("Closes on"),
        "closes_at": _("Closes at"),
        "closed_at": _("Closed at"),
        "version": _("Questionnaire version"),
        "rules": _("Rules"),
        "check_every": _("One paper form keyed in twice in every"),
        "spot_check": _("One paper form keyed in again by another unit in every"),
        "round": _("Round"),
        "counter": _("Counter"),
        "counters": _("Counters"),
        "channel": _("Channel"),
        "week": _("Week that begins on"),
        "program": _("Program"),
        "publication": _("Number of the draft"),
        "edition": _("Edition"),
        "results_hash": _("SHA-256 of the results"),
        "reason": _("Reason"),
        "note": _("In the person's own words"),
        "batch_id": _("Number of the batch"),
        "form_number": _("Number of the form"),
        "count": _("Times"),
        "transactions": _("Transactions"),
        "responses": _("Responses"),
        "rows": _("Rows"),
        "first": _("First"),
        "last": _("Last"),
        "added": _("Added"),
        "made": _("Made"),
        "moved": _("Moved"),
        "file": _("File"),
        "forms": _("Forms"),
        "number": _("Number"),
        "scopes": _("May read"),
        "themes": _("Themes"),
        "mask_altered": _("Masking altered by hand"),
        "what": _("What is done"),
        "responsible": _("Responsible"),
        "due_on": _("Due day"),
        "element": _("Element"),
        "item": _("Question"),
        "cause": _("Cause, as the agency sees it"),
        "causes": _("Causes"),
        "place": _("Where it sits"),
        "unit": _("Unit that carries it out"),
        "co_units": _("Units that help"),
        "document": _("Document"),
        "theme": _("Theme"),
        "owner": _("Position that handles it"),
        "handler": _("Account that may read and answer it"),
        "late": _("Late"),
        "days": _("Days"),
        "format": _("Format"),
        "bytes": _("Bytes"),
        "received_before": _("Received before"),
    }
    return known.get(key, key)


def value(key: str, stored: Any, names: Mapping[int, str], people: Mapping[int, str]) -> str:
    """A stored fact as people read it."""
    if stored is None or stored in ("", [], {}):
        return NOTHING
    if isinstance(stored, bool):
        return str(_("yes") if stored else _("no"))
    if key == "agency_id" and isinstance(stored, int):
        return names.get(stored, str(stored))
    if key == "handler" and isinstance(stored, int):
        return people.get(stored, str(stored))
    if isinstance(stored, list):
        return ", ".join(value(key, each, names, people) for each in stored)
    if isinstance(stored, dict):
        return ", ".join(f"{field(str(k))}: {value(str(k), v, names, people)}" for k, v in stored.items())
    text = str(stored)
    if DAY.fullmatch(text):
        return day(date.fromisoformat(text))
    if key == "state":
        named = (known(text) for known in (wording.ROUND_STATES, wording.COMMENT_STATES, wording.ACTION_STATES))
        return next((name for name in named if name != text), text)
    if key == "kind" and text in wording.CASE_KINDS:
        return wording.CASE_KINDS(text)
    if key in WORDED:
        return WORDED[key](text)
    return text
