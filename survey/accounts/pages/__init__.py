"""Accounts and the audit log, for administrators."""

from survey.accounts.pages import audit_log, users
from survey.accounts.pages.common import blueprint

__all__ = ["audit_log", "blueprint", "users"]
