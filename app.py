"""The composition root: `create_app` puts the parts together and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from survey import cli
from survey.accounts import auth
from survey.core.clock import system_clock
from survey.core.command_line import exit_on_bad_settings
from survey.core.config import Settings, load_settings, require_production
from survey.core.db import Database
from survey.web import chart_files, csrf, formatters, i18n, navigation, observability, office, security, uploads
from survey.web.queries.installation import read_is_production


@exit_on_bad_settings
def create_app(settings: Settings | None = None) -> Flask:
    """The application for `settings` (default: from the environment)."""
    settings = settings or load_settings()
    app = Flask(__name__, instance_path=str(settings.instance_dir))
    _configure_database(app, settings)
    settings = _as_installed(app, settings)
    app.config["SETTINGS"] = settings
    _configure_core(app, settings)
    if settings.production:
        observability.configure_logging()
    observability.init_app(app)
    i18n.init_app(app)
    formatters.init_app(app)
    chart_files.init_app(app)
    office.init_app(app)
    security.init_app(app)
    uploads.init_app(app)  # before the check of the CSRF token, which reads the form
    csrf.init_app(app)
    auth.init_app(app)
    navigation.init_app(app)
    app.extensions["register_pages"] = partial(_register_pages, app)
    if not cli.is_command_lookup():
        _register_pages(app)
    cli.init_app(app)
    return app


def _configure_core(app: Flask, settings: Settings) -> None:
    """Set what Flask itself reads, and believe exactly the proxies that were configured.

    Proxies tell the caller's address and scheme. The host is believed of nobody: every address that leaves the page is
    made of `PUBLIC_BASE_URL`, and redirects are paths.
    """
    encrypted = settings.public_base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SESSION_COOKIE_NAME="__Host-sipas" if encrypted else "sipas",  # browsers take that name from this host alone
        SESSION_COOKIE_SECURE=encrypted,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        MAX_FORM_PARTS=500,
    )
    app.extensions["clock"] = system_clock
    app.url_map.merge_slashes = False  # the redirect that tidies `//` would name the host that was asked for
    app.jinja_options["trim_blocks"] = True
    app.jinja_options["lstrip_blocks"] = True
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]


def _configure_database(app: Flask, settings: Settings) -> None:
    """Open the database; requests reach it as `current_app.extensions["database"]`."""
    app.extensions["database"] = Database(settings.database)


def _as_installed(app: Flask, settings: Settings) -> Settings:
    """The settings, held to production where the database says so, whatever the environment says.

    `InputError` for settings that are not fit for real citizens: no command and no page works with them.
    """
    if settings.production or not read_is_production(app.extensions["database"]):
        return settings
    settings = replace(settings, production=True)
    require_production(settings)
    return settings


def _register_pages(app: Flask) -> None:
    """Import and register the pages, once. Blueprints do not know one another.

    They load pandas, SciPy and ReportLab: seconds that a command without pages should not cost.
    """
    from survey.accounts import pages as admin
    from survey.accounts.pages import invitations, own_staff, passkeys, second_factor, sign_in
    from survey.collect import access, evidence, progress, respond, voices
    from survey.collect import entry as paper
    from survey.collect import imports as response_imports
    from survey.collect.privacy import notice as privacy
    from survey.files import charts, downloads, job_pages
    from survey.improvement import casework, feedback, heard
    from survey.improvement import notices as improvement_notices
    from survey.improvement import pages as improvement
    from survey.maintenance import health
    from survey.printing import pages as staff
    from survey.printing.pages import people
    from survey.publication import api, notices, publishing
    from survey.publication import public as published
    from survey.publication.api import clients as api_clients
    from survey.results import pages as evaluator
    from survey.results.intraclass import effect_before
    from survey.results.response_plan import planned_responses
    from survey.structure import pages as structure

    if app.blueprints:
        return
    parts = (
        respond,
        privacy,
        published,
        sign_in,
        second_factor,
        passkeys,
        invitations,
        admin,
        own_staff,
        evaluator,
        improvement,
        feedback,
        casework,
        heard,
        downloads,
        job_pages,
        publishing,
        api,
        api_clients,
        health,
        staff,
        people,
        structure,
        paper,
        response_imports,
        evidence,
        progress,
        voices,
        access,
    )
    for part in parts:
        app.register_blueprint(part.blueprint)
    charts.init_app(app)
    notices.init_app(app)
    improvement_notices.init_app(app)
    app.extensions["effect_before"] = effect_before  # targets ask what results know, and know nothing of results
    app.extensions["planned_responses"] = planned_responses
