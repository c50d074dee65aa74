"""What the administrator's pages share."""

from __future__ import annotations

import flask

blueprint = flask.Blueprint("admin", __name__, url_prefix="/quan-tri")
