"""Settings: from the process environment, then `instance/sipas.env`, then defaults. docs/operations.md lists them."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from survey.core.errors import InputError
from survey.core.private import make_private_folder

ROOT = Path(__file__).resolve().parents[2]
MIN_SECRET_LENGTH = 32
BACKUP_MONTHS = 24
"""Months for which the first backup of each month is kept, unless a command says otherwise."""
CASE_MONTHS = 24
"""Months for which the words of a closed report or suggestion are kept, unless a setting says otherwise."""
ROLES = ("admin", "evaluator", "manager", "staff")
"""`survey.models.Role`, as settings write them."""
SMTP_SECURITY = ("starttls", "tls", "none")
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
"""An address of mail as HTML's `email` field takes it; nothing in it ends a line of a message's head."""
_REDIS = ("redis://", "rediss://", "redis+unix://")
_PHONE = re.compile(r"\+?\d[\d .()-]{1,22}\d")
_ADDRESSES = {
    "public_base_url": "https://danhgia.example.vn",
    "portal_url": "https://dichvucong.gov.vn",
    "data_licence": "https://creativecommons.org/licenses/by/4.0/",
}
"""Settings that are addresses, each with an example."""
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True)
class Settings:
    """One field per setting; the environment variable has the field's name in capitals."""

    #: where the embedded database, the secret key and sipas.env live
    instance_dir: Path = ROOT / "instance"
    #: an SQLAlchemy URL; empty means the embedded SQLite database in `instance_dir`
    database_url: str = ""
    #: signs sessions and page times; empty means `instance_dir/secret_key`
    secret_key: str = ""
    #: secrets of before, parted by commas: what they signed is still believed, nothing new is signed with them
    secret_key_fallbacks: tuple[str, ...] = ()
    #: where uploads and finished files wait; several servers share one; empty means `instance_dir`
    storage_dir: str = ""
    #: signs the manifests of backups; empty means `instance_dir/backup_key`
    backup_key: str = ""
    #: the address printed on posters, for example https://danhgia.example.vn; nothing else is ever encoded
    public_base_url: str = ""
    #: true under `make serve`: refuses weak settings, cookies only over TLS
    production: bool = False
    #: proxies in front of the application whose X-Forwarded-* headers are believed
    trusted_proxies: int = 0
    #: the zone of dates on screens and in exports
    zone: str = "Asia/Ho_Chi_Minh"
    #: address and port of `make run` and `make serve`
    host: str = "127.0.0.1"
    port: int = 8000
    #: opens /metrics to whoever sends it as a bearer token; empty: only this machine itself may read them
    metrics_token: str = ""
    #: where several servers count rate limits by address together, redis://…; empty: each in its own memory
    rate_limit_storage: str = ""
    #: roles that must have a second factor before they do anything else
    second_factor_roles: tuple[str, ...] = ()
    #: seconds for which proxies may answer with a form's page for everybody; 0: each person's comes from the server
    form_cache_seconds: int = 0
    #: languages offered, the first being the default
    languages: tuple[str, ...] = ("vi", "en", "vi-simple")
    #: whom the privacy notice names for questions: an office with its address, telephone or mailbox
    contact: str = ""
    #: the number people call, as it is printed; demanded for real citizens
    hotline: str = ""
    #: address of the portal where people report and ask, likewise
    portal_url: str = ""
    #: the licence of published figures, as an address
    data_licence: str = "https://creativecommons.org/licenses/by/4.0/"
    #: months after which the words of a closed report or suggestion are deleted
    case_months: int = CASE_MONTHS
    #: the server that `flask mail send` hands reminders to; empty: no mail is sent
    smtp_host: str = ""
    smtp_port: int = 587
    #: `starttls`, `tls` from the first byte, or `none` within this machine or a closed network
    smtp_security: str = "starttls"
    #: name and password at that server; empty: it asks for none
    smtp_user: str = ""
    smtp_password: str = ""
    #: the address that reminders come from
    mail_from: str = ""

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.instance_dir / 'sipas.db'}"

    @property
    def storage(self) -> Path:
        """The folder in force for uploads and finished files."""
        return Path(self.storage_dir).resolve() if self.storage_dir else self.instance_dir

    @property
    def base_url(self) -> str:
        """The public address, or where the server listens while none is set; never the Host that somebody sent."""
        host = "localhost" if self.host == "127.0.0.1" else self.host  # a name: browsers keep passkeys for names alone
        return self.public_base_url or f"http://{host}:{self.port}"

    @property
    def timezone(self) -> ZoneInfo:
        """The display zone."""
        return ZoneInfo(self.zone)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in force; raise `InputError` for a value that cannot be used.

    Reads `instance/sipas.env` and `instance/secret_key` when they exist; creates neither (see `create_secret_key`).
    """
    environ = os.environ if environ is None else environ
    instance_dir = Path(environ.get("INSTANCE_DIR") or Settings.instance_dir).resolve()
    if instance_dir.exists() and not instance_dir.is_dir():
        raise InputError("INSTANCE_DIR must be a folder; %(path)s is none", path=instance_dir)
    found = {**read_env_file(instance_dir / "sipas.env"), **environ}
    values: dict[str, object] = {"instance_dir": instance_dir}
    for field in fields(Settings):
        raw = found.get(field.name.upper(), "").strip()
        if raw and field.name != "instance_dir":
            values[field.name] = _parse(field.name, raw)
    key_file = instance_dir / "secret_key"
    if not values.get("secret_key") and key_file.exists():
        values["secret_key"] = _read_text(key_file).strip()
    settings = Settings(**values)  # type: ignore[arg-type]
    if settings.production:
        require_production(settings)
    _require_mail(settings)
    return settings


def _require_mail(settings: Settings) -> None:
    """Raise `InputError` where mail is switched on and could not be sent, or only with the password in the clear."""
    if not settings.smtp_host:
        return
    if not settings.mail_from:
        raise InputError("SMTP_HOST is set and MAIL_FROM is not; name the address that reminders come from")
    if settings.smtp_password and settings.smtp_security == "none" and not is_loopback(settings.smtp_host):
        raise InputError(
            "SMTP_SECURITY is none and SMTP_HOST another machine: the password would cross the network in the clear; "
            "set starttls or tls"
        )


def require_production(settings: Settings) -> None:
    """Raise `InputError` unless the settings are fit for real citizens."""
    if len(settings.secret_key) < MIN_SECRET_LENGTH:
        raise InputError(
            "SECRET_KEY is missing or shorter than %(n)d characters; run `make init` once", n=MIN_SECRET_LENGTH
        )
    if any(len(key) < MIN_SECRET_LENGTH for key in settings.secret_key_fallbacks):
        raise InputError("A key in SECRET_KEY_FALLBACKS is shorter than %(n)d characters", n=MIN_SECRET_LENGTH)
    if not settings.public_base_url:
        raise InputError("PUBLIC_BASE_URL is not set; put the address citizens will open into instance/sipas.env")
    if not settings.hotline:
        raise InputError("HOTLINE is not set; put the number citizens may call into instance/sipas.env")
    if not settings.portal_url:
        raise InputError(
            "PORTAL_URL is not set; put the address of the portal where citizens report and ask into instance/sipas.env"
        )


def create_secret_key(instance_dir: Path) -> None:
    """Create `instance_dir` (0700) and a random `secret_key` (0600) in it; an existing key is kept."""
    _create_key(instance_dir, "secret_key")


def create_backup_key(instance_dir: Path) -> str:
    """Create a random `backup_key` (0600) in `instance_dir` where none is; return what is there then."""
    _create_key(instance_dir, "backup_key")
    return read_backup_key(instance_dir)


def read_backup_key(instance_dir: Path) -> str:
    """The `backup_key` of an instance folder; empty where none is."""
    file = instance_dir / "backup_key"
    return _read_text(file).strip() if file.exists() else ""


def _create_key(instance_dir: Path, name: str) -> None:
    try:
        make_private_folder(instance_dir)
        handle = os.open(instance_dir / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as error:
        if instance_dir.is_dir():
            return
        raise InputError("INSTANCE_DIR must be a folder; %(path)s is none", path=instance_dir) from error
    except OSError as error:
        raise InputError("%(path)s cannot be written: %(why)s", path=instance_dir, why=error.strerror) from error
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48))


def read_env_file(path: Path) -> dict[str, str]:
    """NAME=value lines of a file (`#` comments, optional quotes); an absent file is empty."""
    if not path.exists():
        return {}
    found = {}
    for number, line in enumerate(_read_text(path).splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise InputError("%(path)s line %(line)d: expected NAME=value", path=path, line=number)
        found[name.strip()] = value.strip().strip("\"'")
    return found


def _read_text(path: Path) -> str:
    """Read a file of settings; `InputError` naming it when that cannot be done."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise InputError("%(path)s cannot be read: %(why)s", path=path, why=error.strerror or error) from error
    except UnicodeDecodeError as error:
        raise InputError("%(path)s is not a text file in UTF-8", path=path) from error


def _parse(name: str, raw: str) -> object:
    """The typed value of setting `name`."""
    if name in {"port", "smtp_port", "trusted_proxies", "case_months", "form_cache_seconds"}:
        return _whole(name, raw)
    if name == "production":
        if raw.lower() not in {*_YES, *_NO}:
            raise InputError("PRODUCTION must be true or false, not %(value)r", value=raw)
        return raw.lower() in _YES
    if name == "zone":
        return _zone(raw)
    if name in {"languages", "secret_key_fallbacks", "second_factor_roles"}:
        parts = tuple(part.strip() for part in raw.split(",") if part.strip())
        if name == "second_factor_roles" and not set(parts) <= set(ROLES):
            raise InputError(
                "SECOND_FACTOR_ROLES names roles, of %(roles)s, not %(value)r", roles=", ".join(ROLES), value=raw
            )
        return parts
    if name == "rate_limit_storage" and not raw.startswith(_REDIS):
        raise InputError("RATE_LIMIT_STORAGE must be an address like redis://localhost:6379/0, or empty")
    _check_mail(name, raw)
    if name == "hotline" and not _PHONE.fullmatch(raw):
        raise InputError("HOTLINE must be a telephone number like 1900 1000, not %(value)r", value=raw)
    if name in _ADDRESSES:
        return _address(name, raw)
    return raw


def _whole(name: str, raw: str) -> int:
    """The number of a setting that is one."""
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 6):
        raise InputError("%(name)s must be a whole number, not %(value)r", name=name.upper(), value=raw)
    if name in {"port", "smtp_port"} and not 1 <= int(raw) <= 65535:
        raise InputError("%(name)s must be a number from 1 to 65535, not %(value)r", name=name.upper(), value=raw)
    return int(raw)


def _check_mail(name: str, raw: str) -> None:
    """Raise `InputError` for a setting of mail that cannot be used."""
    if name == "smtp_security" and raw not in SMTP_SECURITY:
        raise InputError("SMTP_SECURITY must be starttls, tls or none, not %(value)r", value=raw)
    if name == "mail_from" and not MAIL_ADDRESS.fullmatch(raw):
        raise InputError("MAIL_FROM must be an address like sipas@example.vn, not %(value)r", value=raw)


def is_loopback(host: str) -> bool:
    """Say whether an address to listen at is this machine's own, which nobody else reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_base_url(raw: str) -> bool:
    """Say whether an address can be printed and stand before the path of a page."""
    try:
        parts = urlsplit(raw)
        parts.port  # noqa: B018 (raises for a port that is no number)
    except ValueError:
        return False
    whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", raw)
    return whole and not (parts.query or parts.fragment)


def _address(name: str, raw: str) -> str:
    """An address that can be printed; `InputError` for another."""
    example = _ADDRESSES[name]
    if not _is_base_url(raw):
        raise InputError(
            "%(name)s must be an address like %(example)s, not %(value)r", name=name.upper(), example=example, value=raw
        )
    return raw.rstrip("/") if name == "public_base_url" else raw


def _zone(raw: str) -> str:
    """The name of a time zone that this machine knows."""
    try:
        ZoneInfo(raw)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise InputError("ZONE must be a time zone like Asia/Ho_Chi_Minh, not %(value)r", value=raw) from error
    return raw
