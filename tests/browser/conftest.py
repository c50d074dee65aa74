"""Chromium, phones, and a running installation."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from survey.models import Response
from tests.support.places import CODE, make_app

HEADLESS, WHOLE = Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")
CHROMIUM = HEADLESS if HEADLESS.exists() else WHOLE
"""The engine without its windows costs half the work; the whole browser serves where it alone is installed."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ARGUMENTS += ["--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def engine():
    """Playwright, of which a process can start one."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(engine):
    """One browser for all tests; without it they fail and say how to get it, instead of being skipped."""
    if not CHROMIUM.exists():
        pytest.fail("There is no Chromium: run `make test` as root, or `apt-get install chromium-headless-shell`.")
    browser = engine.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


def serve(folder, questionnaire):
    app = make_app(folder, questionnaire=questionnaire, languages=("vi", "en", "vi-simple"))
    database = app.extensions["database"]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, database


class Site:
    """A running installation and what it has stored."""

    def __init__(self, server, database):
        self.base = f"http://127.0.0.1:{server.server_port}"
        self.form = f"{self.base}/K/{CODE}"
        self.database = database

    def rows(self):
        with self.database.read() as session:
            return session.scalars(sa.select(Response).order_by(Response.id)).all()


@pytest.fixture
def site(tmp_path, request):
    server, database = serve(tmp_path, getattr(request, "param", "sipas-service-16"))
    yield Site(server, database)
    server.shutdown()
    server.server_close()
    database.dispose()


@pytest.fixture
def phone(chromium):
    """Return a function that makes a page; all contexts are closed at the end."""
    contexts = []

    def make(width=360, height=740, script=True, **options):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=script, locale="vi-VN", **options
        )
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
