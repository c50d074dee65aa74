"""Reading pages as a person sees them."""

from __future__ import annotations

from bs4 import BeautifulSoup
from bs4.element import Tag
from flask.testing import FlaskClient


def soup(client: FlaskClient, address: str) -> BeautifulSoup:
    """Return a page that is there."""
    reply = client.get(address)
    assert reply.status_code == 200, address
    return BeautifulSoup(reply.get_data(as_text=True), "html.parser")


def words(tag: Tag | None) -> str:
    """Return the words of a part of a page, one space between them."""
    assert tag is not None
    return " ".join(tag.get_text(" ").split())
