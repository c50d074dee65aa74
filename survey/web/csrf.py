"""CSRF protection: every form outside the public blueprints carries a token; a new blueprint is protected unasked."""

from __future__ import annotations

import flask
from flask_wtf.csrf import CSRFProtect, validate_csrf
from wtforms import ValidationError

#: blueprints whose forms citizens fill in without a cookie
PUBLIC_BLUEPRINTS = frozenset({"respond", "cases"})
#: blueprints that read no cookie: a token in a header, which no foreign page can send, says who calls
TOKEN_BLUEPRINTS = frozenset({"api"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class _Protect(CSRFProtect):  # type: ignore[misc]
    """Flask-WTF's check, which also takes what an earlier secret signed (`SECRET_KEY_FALLBACKS`)."""

    def protect(self) -> None:
        """Answer 400 unless the form carries the session's token."""
        for secret in flask.current_app.config["SECRET_KEY_FALLBACKS"]:
            try:
                validate_csrf(self._get_csrf_token(), secret_key=secret)
            except ValidationError:
                continue
            flask.g.csrf_valid = True
            return
        super().protect()


csrf = _Protect()


def init_app(app: flask.Flask) -> None:
    """Check the token before every view; `csrf_token()` makes one for the templates."""
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # `_protect` decides by blueprint
        WTF_CSRF_TIME_LIMIT=None,  # a page left open over lunch still posts; the token dies with the session
        WTF_CSRF_SSL_STRICT=False,  # our Referrer-Policy sends no referrer; the token alone decides
    )
    csrf.init_app(app)
    app.before_request(_protect)


def _protect() -> None:
    """Check the CSRF token of everything posted outside the public blueprints and those that read no cookie."""
    request = flask.request
    if request.endpoint is None:  # no such address or method: routing says so
        return
    if request.method not in SAFE_METHODS and request.blueprint not in PUBLIC_BLUEPRINTS | TOKEN_BLUEPRINTS:
        csrf.protect()
