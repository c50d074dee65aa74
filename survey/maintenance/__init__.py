"""Keeping an installation alive: copies, backups, restores, and what to look at when something is wrong. No Flask."""
