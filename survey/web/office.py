"""Whom a person turns to: the hotline and the portal, as a number to call and a link to follow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import flask

from survey.core.config import Settings


@dataclass(frozen=True)
class Office:
    """The contact as pages show it; empty where the installation names none."""

    hotline: str
    portal: str

    @property
    def call(self) -> str:
        """The address that dials the number (RFC 3966)."""
        return "tel:" + re.sub(r"[^\d+]", "", self.hotline)

    @property
    def host(self) -> str:
        """The portal by its name, as people type it."""
        return (urlsplit(self.portal).hostname or "").removeprefix("www.")


def init_app(app: flask.Flask) -> None:
    """Give the contact to the templates."""
    known: Settings = app.config["SETTINGS"]
    app.jinja_env.globals["office"] = Office(known.hotline, known.portal_url)
