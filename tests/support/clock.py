"""Set the application's clock."""

from __future__ import annotations

from datetime import datetime

from flask import Flask


def set_clock(app: Flask, instant: datetime) -> None:
    """Let it be this instant for the application, and stay so."""
    app.extensions["clock"] = lambda: instant
