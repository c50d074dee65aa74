"""The examples in docs/deploy/: they name settings and commands that exist, and keep what they promise."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import flask
import pytest

from survey.core.config import Settings
from tests.rules.test_docs import command_of, commands

FOLDER = Path(__file__).parents[2] / "docs" / "deploy"
UNITS = sorted(FOLDER.glob("*.service")) + sorted(FOLDER.glob("*.timer"))
SETTINGS = {field.name.upper() for field in fields(Settings)}
#: variables of Python, of PostgreSQL's image, and of Compose itself
FOREIGN = {"PYTHONUTF8", "PYTHONDONTWRITEBYTECODE", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}


def unit(path: Path) -> configparser.RawConfigParser:
    class Several(dict):  # type: ignore[type-arg]
        """Keeps all values of a name that stands there twice."""

        def __setitem__(self, key: str, value: object) -> None:
            if isinstance(value, list) and isinstance(self.get(key), list):
                self[key].extend(value)
            else:
                super().__setitem__(key, value)

    parser = configparser.RawConfigParser(strict=False, dict_type=Several, comment_prefixes=("#",), delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text("utf-8"))
    return parser


def test_every_example_is_told_of_in_the_guide() -> None:
    guide = (FOLDER.parent / "operations.md").read_text("utf-8")
    assert [path.name for path in FOLDER.iterdir() if f"deploy/{path.name}" not in guide] == []


def test_every_setting_in_the_examples_exists() -> None:
    for path in FOLDER.iterdir():
        text = re.sub(r"#.*", "", path.read_text("utf-8"))
        named = set(re.findall(r"\b([A-Z][A-Z]+_[A-Z_]+|HOST|PORT|ZONE|CONTACT|PRODUCTION)\s*[:=]", text))
        named |= set(re.findall(r"\$\{([A-Z_]+)", text))
        if path.suffix in {".service", ".yaml"} or path.name == "Dockerfile":
            assert named <= SETTINGS | FOREIGN | {"NET_BIND_SERVICE", "HEALTHCHECK"}, path.name
    assert {"INSTANCE_DIR", "TRUSTED_PROXIES", "SECRET_KEY_FALLBACKS"} <= SETTINGS


def test_every_command_in_the_examples_exists(app: flask.Flask) -> None:
    known = commands(app.cli)
    for path in FOLDER.glob("*.service"):
        for started in re.findall(r"^ExecStart=(.*)$", path.read_text("utf-8"), re.MULTILINE):
            if "flask --app app" in started:
                words = started.split("flask --app app ")[1].split()
                assert any(" ".join(words[:length]) in known for length in (1, 2)), path.name
                offered = {one for option in command_of(app.cli, words).params for one in option.opts}
                options = [word for word in words if word.startswith("--")]
                assert set(options) <= offered
            else:
                assert started == "/opt/sipas/.venv/bin/python -m survey.serve --production"


@pytest.mark.parametrize("path", [path for path in UNITS if path.suffix == ".service"], ids=lambda path: path.name)
def test_units_run_as_nobody_special_and_write_at_one_place(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["User"] == "sipas"
    assert service["ReadWritePaths"] == "/var/lib/sipas"
    assert (service["ProtectSystem"], service["IPAddressDeny"], service["UMask"]) == ("strict", "any", "0077")
    for name in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "ProtectKernelTunables"):
        assert service[name] == "yes"
    assert service["CapabilityBoundingSet"] == ""


def test_each_timer_has_its_service() -> None:
    timers = list(FOLDER.glob("*.timer"))
    assert len(timers) == 4
    assert all(path.with_suffix(".service").exists() for path in timers)
    assert "--keep-days" in (FOLDER / "sipas-backup.service").read_text("utf-8")


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed: the units were not checked by systemd itself")
    for path in UNITS:  # a program that exists on this machine stands in for the one of the installation
        text = re.sub(r"/opt/sipas/\.venv/bin/\S+", "/bin/true", path.read_text("utf-8"))
        (tmp_path / path.name).write_text(text.replace("WorkingDirectory=/opt/sipas", "WorkingDirectory=/"), "utf-8")
    names = [str(tmp_path / path.name) for path in UNITS]
    told = subprocess.run(
        [program, "verify", "--man=no", "--recursive-errors=no", *names], capture_output=True, text=True, check=False
    )
    if "Failed to initialize manager" in told.stderr:
        pytest.skip(f"systemd cannot check here: {told.stderr.strip()}")
    assert (told.returncode, told.stderr) == (0, "")


def test_proxies_keep_addresses_out_of_their_logs_and_headers_of_callers_out_of_the_application() -> None:
    nginx = (FOLDER / "nginx.conf").read_text("utf-8")
    assert nginx.count("{") == nginx.count("}")
    form = re.search(r"log_format without_people '([^']*)'", nginx)
    assert form is not None
    assert not {"remote_addr", "http_user_agent", "http_referer", "request", "request_uri", "args"} & set(
        re.findall(r"\$(\w+)", form[1])
    )
    public = re.search(r"location ~ \^/\(K\|k\)/ \{(.*?)\}", nginx, re.DOTALL)
    assert public is not None
    assert "access_log off;" in public[1]
    assert set(re.findall(r"access_log (.*);", nginx)) == {"off", "/var/log/nginx/sipas.log without_people"}
    assert set(re.findall(r"error_log .* (\w+);", nginx)) == {"emerg"}
    assert nginx.count("error_log ") == len(re.findall(r"^server \{", nginx, re.MULTILINE))
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    assert "$proxy_add_x_forwarded_for" not in nginx
    for name in ("X-Forwarded-Host", "X-Forwarded-Prefix", "X-Real-IP", "Forwarded"):
        assert f'proxy_set_header {name} "";' in nginx
    caddy = re.sub(r"#.*", "", (FOLDER / "Caddyfile").read_text("utf-8"))
    assert caddy.count("{") == caddy.count("}")
    assert re.findall(r"^\s*log\b.*\n(.*)", caddy, re.MULTILINE) == ["\t\texclude http"]
    assert "health_uri" not in caddy, "it would hide the page that keeps what could not be stored"
