"""Accounts and the audit log, for administrators."""

from survey.admin import audit_log, users
from survey.admin.common import blueprint

__all__ = ["audit_log", "blueprint", "users"]
