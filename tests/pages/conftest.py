"""What the tests of pages share."""

from __future__ import annotations

import pytest

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
