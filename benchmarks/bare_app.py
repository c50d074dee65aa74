"""The least a Flask application can do to keep the same promise: one row, one commit that reaches the disk."""

from __future__ import annotations

import os
import sqlite3
import threading

import flask


def make() -> flask.Flask:
    """An application whose one view commits a row and redirects."""
    app = flask.Flask(__name__)
    local = threading.local()

    def connection() -> sqlite3.Connection:
        if not hasattr(local, "connection"):
            local.connection = sqlite3.connect(os.environ["BARE_DATABASE"], isolation_level=None, timeout=10)
            local.connection.execute("PRAGMA journal_mode=WAL")
            local.connection.execute("PRAGMA synchronous=FULL")
            local.connection.execute("CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, answers TEXT)")
        return local.connection

    @app.post("/K/<code>")
    def send(code: str) -> flask.Response:
        form = flask.request.form
        connection().execute("INSERT INTO answer VALUES (?, ?)", (form["key"], form["a.cc_thai_do"]))
        return flask.redirect(f"/K/{code}/thanks", 303)

    return app
