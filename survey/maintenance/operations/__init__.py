"""Writes of whole databases: copying one, and one moment of it into a file. No Flask here."""
