"""What the tests of pages share."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.evaluation import accounts, earlier_round, scored_round
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
def rounds(app: Flask) -> Flask:
    """The application with two rounds to compare, `r0` and `r1`, and an account of each role."""
    with app.extensions["database"].write() as session:
        scored_round(session)
        accounts(session)
        earlier_round(session)
    return app
