"""Status words of the result table in plain language, and the names of channels and states."""

from __future__ import annotations

from flask_babel import gettext as _


def explain(word: str) -> str:
    """Return what a status or warning word means for the reader; the word itself when it has no explanation here."""
    known: dict[str, str] = {
        "ok": _("Shown with its interval."),
        "no_data": _("No valid answers yet."),
        "zero_variance": _("Every answer is the same; the interval comes from the number of respondents alone."),
        "census": _("Everyone was asked, so there is no sampling error."),
        "lonely_psu": _("At least one service has a single respondent; the interval is made wider for it."),
        "no_df": _("Too few respondents to work out an interval."),
        "population_below_sample": _("More responses than reported transactions; please check the transactions."),
        "small_n": _("Too few respondents for an interval that says anything."),
        "wide": _("The interval is too wide to be of use."),
        "suppressed": _("Hidden to protect the few people who answered."),
        "no_population": _("Transactions are not known; every response counts the same."),
        "equal_within_agency": _(
            "Some services have no known transactions; responses count the same within the agency."
        ),
        "unweighted": _("Transactions are not known; every response counts the same."),
        "low_coverage": _("Services without responses hold a large part of the transactions; they are not covered."),
        "renormalised": _("An element without answers was left out and the others weighted up."),
    }
    return known.get(word, word)


def channel(name: str) -> str:
    """Return the name of a channel."""
    known: dict[str, str] = {
        "qr": _("QR code"),
        "kiosk": _("Screen at the counter"),
        "receipt": _("Code on the receipt"),
        "paper": _("Paper form"),
        "phone": _("Telephone"),
        "interviewer": _("Interviewer"),
        "online": _("Online"),
        "import": _("Imported file"),
    }
    return known.get(name, name)


def publication_state(name: str) -> str:
    """Return how far an edition has come."""
    known: dict[str, str] = {
        "draft": _("Draft, not reviewed yet"),
        "reviewed": _("Reviewed, not published yet"),
        "published": _("Published"),
        "withdrawn": _("Withdrawn"),
    }
    return known.get(name, name)


def role(name: str) -> str:
    """Return the name of a role."""
    known: dict[str, str] = {
        "admin": _("Administrator"),
        "evaluator": _("Evaluator"),
        "manager": _("Head of an agency"),
        "staff": _("One-stop staff"),
    }
    return known.get(name, name)


def state(name: str) -> str:
    """Return the name of a round's state."""
    known: dict[str, str] = {
        "draft": _("Draft"),
        "open": _("Taking responses"),
        "closed": _("Closed"),
        "published": _("Published"),
    }
    return known.get(name, name)


def exclusion(reason: str) -> str:
    """Return why a response is not counted, in plain language."""
    known: dict[str, str] = {
        "honeypot": _("Sent by a program, not a person"),
        "empty": _("No question was answered"),
        "too_few_answers": _("Too few questions were answered"),
        "flagged": _("Set aside by an evaluator"),
        "entry_corrected": _("Keyed in wrongly and corrected by the paper"),
        "import_undone": _("Import or pile of paper forms taken back"),
    }
    return known.get(reason, reason)


def composition(name: str) -> str:
    """Return how items make an index, in one sentence."""
    known: dict[str, str] = {
        "pooled": _("All valid answers of a level are taken together."),
        "mean_items": _("The mean of the items' indices."),
        "mean_elements": _("The mean of the elements' indices."),
        "custom": _("The weighted mean of the elements' indices, with the weights of this round."),
    }
    return known.get(name, name)


def theme(name: str) -> str:
    """Return what a comment speaks of."""
    known: dict[str, str] = {
        "attitude": _("Manner of officials"),
        "guidance": _("Guidance"),
        "procedure": _("Procedures and papers"),
        "time": _("Time limits"),
        "fee": _("Fees"),
        "place": _("Place and facilities"),
        "online": _("Online services"),
        "result": _("The result"),
        "feedback": _("Handling of complaints"),
        "praise": _("Praise"),
        "other": _("Something else"),
    }
    return known.get(name, name)


def comment_state(name: str) -> str:
    """Return where the moderation of a comment stands."""
    known: dict[str, str] = {
        "new": _("Not reviewed yet"),
        "shown": _("Shown"),
        "hidden": _("Kept hidden"),
    }
    return known.get(name, name)


def doubt(reason: str) -> str:
    """Return why a response deserves a second look."""
    known: dict[str, str] = {
        "straight_line": _("The same answer to every question"),
        "too_fast": _("Answered faster than one can read"),
        "burst": _("Part of an unusual run at one counter"),
        "repeat": _("Likely sent again from the same phone"),
    }
    return known.get(reason, reason)


def action_state(name: str) -> str:
    """Return how far an action has come."""
    known: dict[str, str] = {
        "planned": _("Planned"),
        "doing": _("Under way"),
        "done": _("Done"),
        "dropped": _("Given up"),
    }
    return known.get(name, name)
