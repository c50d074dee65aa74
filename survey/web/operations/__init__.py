"""Writes that pages of several rooms share."""
