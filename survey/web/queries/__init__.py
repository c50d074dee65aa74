"""Reads only: SQL in, plain values out. No Flask here."""
