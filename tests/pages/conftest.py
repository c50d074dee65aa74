"""What the tests of pages share."""

from __future__ import annotations

import pytest

from app import create_app
from survey.migrations import upgrade
from tests.places import make_app


@pytest.fixture
def place(tmp_path):
    """The application with one open round, see tests/places.py."""
    app = make_app(tmp_path)
    yield app
    app.extensions["database"].dispose()


@pytest.fixture
def citizen(place):
    """A client that keeps no cookie."""
    return place.test_client(use_cookies=False)


@pytest.fixture
def app(settings):
    """The application over an empty database at the newest migration."""
    made = create_app(settings)
    upgrade(made.extensions["database"])
    yield made
    made.extensions["database"].dispose()


@pytest.fixture
def client(app):
    """A client with a cookie jar of its own."""
    return app.test_client()
