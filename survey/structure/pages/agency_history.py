"""What happens to agencies: a new name, a merger, a split, an end, each from a day on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import flask
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug import Response

from survey.accounts.auth import role_required
from survey.core.errors import InputError
from survey.models import Agency
from survey.structure.operations.change_agency import AgencyFacts, add_agency, cancel_end, end_agency
from survey.structure.operations.merge_agencies import Moved, merge_agencies, split_agency
from survey.structure.operations.rename import rename_agency
from survey.structure.pages.common import (
    STRUCTURE_EDITORS,
    agency_of,
    blueprint,
    chosen_agencies,
    dated_change,
    go,
    options,
    submit,
)
from survey.structure.pages.forms import EndForm, MergeForm, RenameForm, ReorganisationForm, SplitForm
from survey.structure.queries import structure
from survey.structure.queries.reorganisation import counters_with_old_names, rounds_with_transactions
from survey.web.context import actor, database, error_message, today
from survey.web.fields import Text
from survey.web.forms import EditForm
from survey.web.i18n import local_name


@blueprint.get("/co-quan/<agency>/doi-ten")
@role_required(*STRUCTURE_EDITORS)
def rename(agency: str) -> str:
    """Show the form for a new name."""
    return _page("rename", agency, RenameForm(), opening=True)


@blueprint.post("/co-quan/<agency>/doi-ten")
@role_required(*STRUCTURE_EDITORS)
def apply_rename(agency: str) -> Response | tuple[str, int]:
    """Give an agency a new name from a day on."""
    form = RenameForm()

    def change(session: orm.Session, renamed: Agency) -> tuple[str, str]:
        rename_agency(session, renamed, form.name.data, form.name_en.data, dated_change(form.since.data))
        message = _("It is called %(name)s now. Rounds that began before keep the old name.", name=renamed.name)
        return renamed.code, message

    return _apply("rename", agency, form, change)


@blueprint.get("/co-quan/<agency>/ket-thuc")
@role_required(*STRUCTURE_EDITORS)
def end(agency: str) -> str:
    """Show the form for an end."""
    return _page("end", agency, EndForm(), opening=True)


@blueprint.post("/co-quan/<agency>/ket-thuc")
@role_required(*STRUCTURE_EDITORS)
def apply_end(agency: str) -> Response | tuple[str, int]:
    """End an agency from whom nobody takes over."""
    form = EndForm()

    def change(session: orm.Session, ended: Agency) -> tuple[str, str]:
        end_agency(session, ended, dated_change(form.since.data))
        return ended.code, _("%(name)s has ended. Its results stay.", name=ended.name)

    return _apply("end", agency, form, change)


@blueprint.post("/co-quan/<agency>/bo-ket-thuc")
@role_required(*STRUCTURE_EDITORS)
def keep_agency(agency: str) -> Response:
    """Take an end, merger or split back whose day has not come."""
    try:
        with database().write() as session:
            cancel_end(session, agency_of(session, agency), dated_change(today()))
    except InputError as error:
        flask.flash(error_message(error), "error")
        return go("structure.agency", agency=agency)
    return go("structure.agency", _("It goes on existing; what was planned is taken back."), agency=agency)


@blueprint.get("/co-quan/<agency>/sap-nhap")
@role_required(*STRUCTURE_EDITORS)
def merge(agency: str) -> str:
    """Show the form for a merger."""
    return _page("merge", agency, _merge_form(agency), opening=True)


@blueprint.post("/co-quan/<agency>/sap-nhap")
@role_required(*STRUCTURE_EDITORS)
def apply_merge(agency: str) -> Response | tuple[str, int]:
    """Merge an agency, alone or with others, into one that exists or into a new one."""
    form = _merge_form(agency)

    def change(session: orm.Session, first: Agency) -> tuple[str, str]:
        since = form.since.data
        merged = [first, *chosen_agencies(session, [code for code in form.merged.data if code != agency])]
        if form.into.data:
            successor = chosen_agencies(session, [form.into.data])[0]
        else:
            successor = _new(session, first, form.new_name, form.new_code, since)
        follow = _check_follow(form.follow.data, since)
        moved = merge_agencies(session, merged, successor, dated_change(since), follow=follow)
        _show_first(session, form, merged, [successor], moved)
        return successor.code, _done(_("%(name)s takes over.", name=successor.name), moved)

    return _apply("merge", agency, form, change)


@blueprint.get("/co-quan/<agency>/chia-tach")
@role_required(*STRUCTURE_EDITORS)
def split(agency: str) -> str:
    """Show the form for a split."""
    return _page("split", agency, _split_form(agency), opening=True)


@blueprint.post("/co-quan/<agency>/chia-tach")
@role_required(*STRUCTURE_EDITORS)
def apply_split(agency: str) -> Response | tuple[str, int]:
    """Split an agency into several: existing ones, new ones, or both."""
    form = _split_form(agency)

    def change(session: orm.Session, ended: Agency) -> tuple[str, str]:
        since = form.since.data
        filled = [(name, code) for name, code in form.new_agencies if name.data or code.data]
        parts = [_new(session, ended, name, code, since) for name, code in filled]
        parts += chosen_agencies(session, form.into.data)
        follow = _check_follow(form.follow.data, since)
        moved = split_agency(session, ended, parts, dated_change(since), follow=follow)
        _show_first(session, form, [ended], parts, moved)
        names = ", ".join(part.name for part in parts)
        return ended.code, _done(_("%(names)s take over from %(name)s.", names=names, name=ended.name), moved)

    return _apply("split", agency, form, change)


def _apply(
    what: str, code: str, form: EditForm, change: Callable[[orm.Session, Agency], tuple[str, str]]
) -> Response | tuple[str, int]:
    """Carry out a change of an agency; `change` returns the code of the agency to show next, and what was done."""
    try:
        done = submit(form, lambda session: change(session, form.current(agency_of(session, code), f"agency:{code}")))
    except _NotSeen as summary:
        return _page(what, code, form, summary=summary), 200
    if done is None:
        return _page(what, code, form, opening=form.stale), form.status
    return go("structure.agency", done[1], agency=done[0])


class _NotSeen(Exception):  # noqa: N818 - not an error: it takes back what was tried for the sake of its summary
    """What a merger or split would do, in the words of its page; raised within the write, so that nothing is stored."""

    def __init__(self, session: orm.Session, ending: Sequence[Agency], parts: Sequence[Agency], moved: Moved) -> None:
        super().__init__()
        self.ending = [local_name(agency) for agency in ending]
        self.taking_over = [local_name(agency) for agency in parts]
        self.moved = moved
        self.rounds = [
            (local_name(one.round), one.transactions)
            for one in rounds_with_transactions(session, [agency.id for agency in ending])
        ]
        self.old_names = [counter.name for part in parts for counter in counters_with_old_names(session, part)]


def _show_first(
    session: orm.Session,
    form: ReorganisationForm,
    ending: Sequence[Agency],
    parts: Sequence[Agency],
    moved: Moved,
) -> None:
    """Raise `_NotSeen` unless the summary of these very entries was shown before."""
    if not form.was_seen:
        summary = _NotSeen(session, ending, parts, moved)
        form.seen.data = form.entries()
        raise summary


def _check_follow(follow: bool, since: date) -> bool:
    """Whether counters and accounts follow; `InputError` for a day to come, since they would do so at once."""
    if follow and since > today():
        raise InputError(
            "Counters and accounts follow at once, so not before %(day)s: do it on that day, or leave the box empty",
            field="follow",
            day=f"{since:%d/%m/%Y}",
        )
    return follow


def _new(session: orm.Session, like: Agency, name: Text, code: Text, since: date) -> Agency:
    """Add the agency that takes over: of the same kind, tier and place as the one that ends."""
    if not code.data and not name.data:
        raise InputError("Choose the agency that takes over, or give the code and name of a new one", field="into")
    facts = AgencyFacts(name.data, like.kind, like.level, like.parent.code if like.parent else "", valid_from=since)
    try:
        return add_agency(session, code.data, facts, actor=actor())
    except InputError as error:
        error.field = {"name": name.name, "code": code.name}.get(error.field, "")  # as this form calls them
        raise


def _done(first: str, moved: Moved) -> str:
    """What was done, and what followed."""
    if not any((moved.counters, moved.deciding, moved.accounts, moved.below)):
        return first
    return f"{first} " + str(
        _(
            "Followed: counters %(counters)d, places where it decides %(deciding)d, accounts %(accounts)d, "
            "agencies below %(below)d.",
            counters=moved.counters,
            deciding=moved.deciding,
            accounts=moved.accounts,
            below=moved.below,
        )
    )


def _merge_form(code: str) -> MergeForm:
    form = MergeForm()
    with database().read() as session:
        others, siblings = _neighbours(session, agency_of(session, code))
        form.into.options, form.merged.options = options(others), options(siblings)
    return form


def _split_form(code: str) -> SplitForm:
    form = SplitForm()
    with database().read() as session:
        form.into.options = options(_neighbours(session, agency_of(session, code))[1])
    return form


def _neighbours(session: orm.Session, agency: Agency) -> tuple[list[Agency], list[Agency]]:
    """The other agencies in force, and those of them of the same tier under the same agency."""
    others = [one for one in structure.in_force(session, today()) if one.id != agency.id]
    return others, [one for one in others if one.parent_id == agency.parent_id and one.level is agency.level]


def _page(what: str, code: str, form: EditForm, *, opening: bool = False, summary: _NotSeen | None = None) -> str:
    """Show a form; `opening` ties it to the agency as it is now. Its fields ask for what is new, so all of it stays."""
    with database().read() as session:
        agency = agency_of(session, code)
        if opening:
            form.opened_for(agency)
        page: str = flask.render_template(f"structure/{what}.html", agency=agency, form=form, summary=summary)
        return page
