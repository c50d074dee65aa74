"""Reminder by mail: how many actions and cases wait for a person, and where to look. Counts and links, nothing else.

Mail crosses servers that nobody here runs and is read over shoulders: no title, no agency's name, no words of a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from survey.improvement.queries.todo import Todo
from survey.web.messages import N_, translate

LINES = (
    ("overdue", "board", N_("Actions past their due day: %(n)d")),
    ("soon", "board", N_("Actions due within seven days: %(n)d")),
    ("waiting", "board", N_("Actions that wait for you to accept them: %(n)d")),
    ("cases_overdue", "cases", N_("Reports and suggestions past their day: %(n)d")),
    ("cases_soon", "cases", N_("Reports and suggestions due within seven days: %(n)d")),
    ("replies", "cases", N_("Replies that wait for you to approve them: %(n)d")),
)
"""Which count is told under which link, in what words."""
TO_JUDGE = ("waiting", "replies")


def reminder(found: Todo, day: date, links: Mapping[str, str], language: str) -> tuple[str, str] | None:
    """Subject and text of a person's message of a day; None when there is nothing to tell.

    `links`: `board`, `cases`, and `stop`, the page where its owner takes the address back.
    """
    if not found.urgent:
        return None
    lines_at: dict[str, list[str]] = {}
    for name, place, words in LINES:
        count = getattr(found, name)
        if count and (found.province or name not in TO_JUDGE):
            lines_at.setdefault(place, []).append(translate(words, language) % {"n": count})
    parts = ["\n".join([*lines, links[place]]) for place, lines in lines_at.items()]
    close = translate(N_("You entered this address yourself. To get no more of these messages: %(link)s"), language)
    subject = translate(N_("SIPAS: what waits for you on %(day)s"), language) % {"day": f"{day:%d/%m/%Y}"}
    return subject, "\n\n".join([*parts, close % {"link": links["stop"]}]) + "\n"
