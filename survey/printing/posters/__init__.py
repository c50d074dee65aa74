"""Printed invitations: the code of a counter on posters, table tents and stickers. Pure functions from text to PDF."""
