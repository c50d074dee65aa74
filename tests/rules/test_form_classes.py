"""Signed-in forms are form classes (`survey.web.forms`): what people fill in is read, refused and shown again by one.

A form of a button alone has nothing to fill in: no field stands beside an error and no value is kept. It carries the
CSRF token, which `survey.web.csrf` checks before every view, and has no class. What else reads the posted body, or
draws a control by hand, stands here with its reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.rules.test_architecture import ROOT, SOURCES, module_of, nodes_of

PUBLIC = ("survey.collect.respond", "survey.improvement.feedback")
"""Citizens' forms, without a cookie: they stay as they are (ADR 4)."""
READS_THE_BODY = {
    "survey.accounts.forms": "whether the password was asked for between a form and its view",
    "survey.accounts.pages.sign_in": "the page to go on to, in the address or carried along",
    "survey.accounts.verification": "carries every field of the form that was sent, whichever it was",
    "survey.collect.entry.again": "the paper form, whose fields are those of a questionnaire",
    "survey.collect.entry.common": "the paper form, whose fields are those of a questionnaire",
    "survey.collect.entry.first": "the paper form, whose fields are those of a questionnaire",
    "survey.collect.entry.piles": "round and counter, by which the form is made",
    "survey.collect.entry.spot": "the paper form, whose fields are those of a questionnaire",
    "survey.collect.imports.files": "round and mapping, by which the form is made",
    "survey.files.downloads.routes": "a second button, which asks for English headings too",
    "survey.printing.pages.receipts": "the same form by its address or sent",
    "survey.web.i18n": "the language in which a page answers",
}
DRAWS_CONTROLS = {
    "collect/entry/differences.html": "two buttons of a field of its form class, side by side",
    "collect/entry/entry.html": "the paper form: a key for each question, read by `form.py` beside it",
    "structure/counters.html": "the box of a row; what is ticked is a field of its form class",
    "improvement/casework/worklist.html": "the box of a row; what is ticked is a field of its form class",
}
"""Templates whose posted forms have a control that no macro of components/form.html draws, with the reason."""
POSTED = re.compile(r"<form\b[^>]*method=\"post\"[^>]*>(.*?)</form>", re.DOTALL)
CONTROL = re.compile(r"<(?:select|textarea)\b[^>]*>|<input\b(?![^>]*type=\"hidden\")[^>]*>")


def readers() -> Iterator[str]:
    for path in SOURCES:
        module = module_of(path)
        if any(
            isinstance(node, ast.Attribute)
            and node.attr in {"form", "values", "files"}
            and ast.unparse(node.value) in {"request", "flask.request"}
            for node in nodes_of(path)
        ) and not module.startswith(PUBLIC):
            yield module


def posted_forms() -> Iterator[tuple[str, str]]:
    """The template and the body of each posted form of signed-in pages."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        name = path.relative_to(ROOT / "templates").as_posix()
        if not name.startswith(("collect/respond/", "improvement/feedback/")):
            yield from ((name, body) for body in POSTED.findall(path.read_text("utf-8")))


def test_what_is_sent_is_read_by_form_classes() -> None:
    assert sorted(set(readers())) == sorted(READS_THE_BODY)


def test_controls_are_drawn_from_form_classes() -> None:
    forms = list(posted_forms())
    assert len(forms) > 60
    by_hand = {name for name, body in forms if CONTROL.search(body)}
    assert by_hand == set(DRAWS_CONTROLS)


def test_every_posted_form_carries_the_token() -> None:
    assert [name for name, body in posted_forms() if "token()" not in body] == []


def test_a_control_by_hand_is_seen() -> None:
    body = '<input type="hidden" name="csrf_token" value="x"><button name="active" value="0">Close</button>'
    assert CONTROL.search(body) is None
    assert CONTROL.search(body + '<input name="title">')
    assert CONTROL.search(body + "<textarea></textarea>")
    assert POSTED.findall(f'<form class="a" method="post" action="/b">{body}</form>') == [body]
