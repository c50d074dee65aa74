"""Forms of signing in, of passwords and one-time codes, and of the administrator's accounts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flask
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms.validators import StopValidation, ValidationError

from survey.models import Agency, Role, User
from survey.web import wording
from survey.web.fields import Choice, Hidden, Length, Required, Secret, Text
from survey.web.forms import EditForm, Form
from survey.web.i18n import local_name

UNIT_ROLES = frozenset({Role.MANAGER, Role.STAFF})
"""Roles that belong to an agency."""
_NEW_HINT = _("At least 12 characters. Three or four unrelated words make a good one.")


class SignInForm(Form):
    """Name and password. What is wrong is said of the whole form: nobody learns which names exist."""

    next = Hidden()
    username = Text(_("User name"))
    password = Secret(_("Password"))


class CodeForm(Form):
    """The one-time code after the password."""

    code = Text(
        _("The six digits on your telephone"),
        [Required(), Length(40)],
        hint=_("Without the telephone: one of your recovery codes."),
    )


class CurrentPasswordForm(Form):
    """The password once more, before one-time codes change."""

    password = Secret(_("Current password"), [Required()])


class VerificationForm(Form):
    """The password once more, before a grave step; its name is that of no other form's field."""

    verification = Secret(_("Your password"), [Required()])
    own_names = frozenset({"csrf_token", "verification"})

    @property
    def is_sent(self) -> bool:
        """Whether the page that asks was sent, not the form of the step itself."""
        return "verification" in flask.request.form


class EnrolForm(CurrentPasswordForm):
    """The first code of a telephone."""

    code = Text(_("The six digits on your telephone"), [Required(), Length(10)])
    password = Secret(_("Current password"), [Required()])


class PasskeyForm(Form):
    """A passkey to be added: what its owner calls it, and what the browser brings of it."""

    name = Text(_("Name of the passkey"), [Required(), Length(100)], hint=_("For example: office computer"))
    credential = Hidden()


class PasskeySignInForm(Form):
    """What the browser brings of a passkey after the password."""

    credential = Hidden()


class _NewPassword(Form):
    """Checks that a new password was typed the same twice."""

    def validate_again(self, field: Secret) -> None:
        """Refuse a second password that differs from the first."""
        if field.data != self.new.data:
            raise ValidationError(gettext("The two new passwords differ."))


class NewPasswordForm(_NewPassword):
    """A new password, twice."""

    new = Secret(_("New password"), [Required()], hint=_NEW_HINT)
    again = Secret(_("New password once more"))


class PasswordForm(_NewPassword):
    """The current password, and a new one twice."""

    current = Secret(_("Current password"), [Required()])
    new = Secret(_("New password"), [Required()], hint=_NEW_HINT)
    again = Secret(_("New password once more"))


class _AgencyOfRole(Choice):
    """The agency of a role that belongs to one; for other roles what was chosen does not matter."""

    def pre_validate(self, form: Any) -> None:
        """Refuse a role's missing or unknown agency."""
        if form.role.data not in UNIT_ROLES:
            return
        if self.data not in {value for value, _words in self.options}:
            raise StopValidation(self.message)


class UserForm(EditForm):
    """Name, role and agency of an account."""

    display_name = Text(_("Name"), [Length(200)])
    role = Choice(_("Role"), message=_("Choose a role"), default=Role.STAFF.value)
    agency = _AgencyOfRole(
        _("Agency"),
        hint=_("Only for heads of an agency and one-stop staff."),
        empty="",
        message=_("Choose the agency that this person belongs to"),
    )

    def offer(self, agencies: Iterable[Agency]) -> None:
        """Offer the roles and these agencies."""
        self.role.options = [(role.value, wording.ROLES(role.value)) for role in Role]
        self.agency.options = [(agency.code, local_name(agency)) for agency in agencies]

    @property
    def agency_code(self) -> str:
        """The code of the role's agency; empty for a role without one."""
        return str(self.agency.data) if self.role.data in UNIT_ROLES else ""

    @classmethod
    def of(cls, user: User) -> UserForm:
        """The form of an account as it is."""
        agency = user.agency.code if user.agency else ""
        form = cls(formdata=None, display_name=user.display_name, role=user.role.value, agency=agency)
        return form.opened_for(user)


class StaffForm(Form):
    """A new account of a manager's staff."""

    username = Text(
        _("User name"), [Required(), Length(64)], hint=_("Letters a–z without marks, digits, dots or hyphens.")
    )
    display_name = Text(_("Name"), [Length(200)])
    agency = Choice(_("Agency"), message=_("Choose the agency that this person belongs to"))

    def offer(self, agencies: Iterable[Agency]) -> None:
        """Offer these agencies."""
        self.agency.options = [(agency.code, local_name(agency)) for agency in agencies]


class InviteForm(UserForm):
    """A new account."""

    username = Text(
        _("User name"), [Required(), Length(64)], hint=_("Letters a–z without marks, digits, dots or hyphens.")
    )
