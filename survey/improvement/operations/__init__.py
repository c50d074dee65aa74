"""Writes only, each named by what it does. No Flask here; the caller owns the transaction."""
