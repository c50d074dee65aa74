"""Reads only: SQL in, plain lists and scoring inputs out. No Flask here."""
