"""Signing in, one's own password and second factor, invitations; accounts and the audit log, for administrators."""

from survey.accounts.pages import audit_log, password, sign_in, users
from survey.accounts.pages.common import blueprint

__all__ = ["audit_log", "blueprint", "password", "sign_in", "users"]
