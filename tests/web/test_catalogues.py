"""Message catalogues: compiled where missing or out of date, in memory where nothing may be written; merged."""

from __future__ import annotations

import ast
import logging
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from flask import Flask

from survey.core.config import ROOT
from survey.maintenance import doctor
from survey.web import catalogues
from survey.web.catalogue_update import extract, literals, merge
from survey.web.catalogues import compile_catalogues, is_compiled, load
from tests.support.places import make_app
from tests.support.programs import own_folder, unprivileged

HEADER = """# Whatever the translator noted here.
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"""
TEXT = """
msgid "Send"
msgstr "Gửi"

#, fuzzy
msgid "Close"
msgstr "Mở"

msgid "%(num)d answer"
msgid_plural "%(num)d answers"
msgstr[0] "%(num)d phiếu"
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of catalogues with one language, whose text was written long ago."""
    with own_folder("catalogues") as root:
        write(root, "vi", TEXT)
        yield root


def write(root: Path, language: str, text: str, written: int = 1_000_000_000) -> Path:
    source = root / language / "LC_MESSAGES" / "messages.po"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(HEADER.format(language=language) + text, "utf-8")
    os.utime(source, (written, written))
    return source


@contextmanager
def read_only(root: Path) -> Iterator[None]:
    """Leave a tree that the user who runs this may read, not write to; root therefore becomes another user."""
    for path in (root, *root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    user = unprivileged().get("user")
    if user is not None:
        os.seteuid(user)
    try:
        yield
    finally:
        if user is not None:
            os.seteuid(0)
        for path in (root, *root.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_missing_catalogue_is_compiled_and_a_current_one_left_alone(folder: Path) -> None:
    source = folder / "vi/LC_MESSAGES/messages.po"
    target = source.with_suffix(".mo")
    assert not is_compiled(source)
    assert compile_catalogues(folder) == []
    with target.open("rb") as file:
        told = [(message.id, message.string) for message in read_mo(file) if message.id]
    # what is fuzzy was guessed by a tool and is not shown
    assert told == [(["%(num)d answer", "%(num)d answers"], ["%(num)d phiếu"]), ("Send", "Gửi")]
    os.utime(target, (1_500_000_000, 1_500_000_000))
    compile_catalogues(folder)
    assert target.stat().st_mtime == 1_500_000_000
    assert [path.name for path in sorted(source.parent.iterdir())] == ["messages.mo", "messages.po"]


def test_a_text_that_changed_is_compiled_again(folder: Path) -> None:
    compile_catalogues(folder)
    target = folder / "vi/LC_MESSAGES/messages.mo"
    os.utime(target, (1_500_000_000, 1_500_000_000))
    source = write(folder, "vi", TEXT.replace("Gửi", "Gửi đi"), written=1_600_000_000)
    assert not is_compiled(source)
    assert load("vi", folder).gettext("Send") == "Gửi đi", "the old file must not be read either"
    compile_catalogues(folder)
    assert is_compiled(source)
    assert load("vi", folder).gettext("Send") == "Gửi đi"


def test_a_read_only_installation_compiles_in_memory(folder: Path) -> None:
    source = folder / "vi/LC_MESSAGES/messages.po"
    with read_only(folder):
        assert compile_catalogues(folder) == [source]
        told = load("vi", folder)
    assert told.gettext("Send") == "Gửi"
    assert told.ngettext("%(num)d answer", "%(num)d answers", 2) == "%(num)d phiếu"
    assert not source.with_suffix(".mo").exists()


def test_a_language_without_a_catalogue_says_the_message_itself(folder: Path) -> None:
    assert load("hmn", folder).gettext("Send") == "Send"


def test_the_start_says_what_to_do_where_nothing_may_be_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(_: Path = folder) -> list[Path]:
        return [folder / "vi/LC_MESSAGES/messages.po"]

    def warnings() -> list[logging.LogRecord]:
        return [record for record in caplog.records if record.levelno >= logging.WARNING]

    make_app(tmp_path / "quiet").extensions["database"].dispose()
    assert warnings() == []
    monkeypatch.setattr(catalogues, "compile_catalogues", refused)
    make_app(tmp_path / "told").extensions["database"].dispose()
    (record,) = warnings()
    assert "read-only" in record.getMessage()
    assert "python -m survey.web.catalogues" in record.getMessage()


def test_the_doctor_advises_where_every_start_compiles(
    app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def findings() -> list[doctor.HealthFinding]:
        found = doctor.examine(app.config["SETTINGS"], app.extensions["database"], doctor.datetime.now(doctor.UTC))
        return [finding for finding in found if "compiled" in finding.what]

    assert [finding.state for finding in findings()] == [doctor.FINE]
    monkeypatch.setattr(catalogues, "sources", lambda: [folder / "vi/LC_MESSAGES/messages.po"])
    (finding,) = findings()
    assert finding.state == doctor.WARNING
    assert "vi" in finding.what
    assert "make translations" in finding.advice


def test_the_repository_holds_no_compiled_catalogue() -> None:
    told = subprocess.run(["git", "ls-files", "*.mo"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout == ""


def test_a_merge_adds_what_is_new_and_removes_what_nothing_spells(folder: Path) -> None:
    used = {"Send": "Send", "New": "New", "%(n)d new": ("%(n)d new", "%(n)d new ones")}
    source = folder / "vi/LC_MESSAGES/messages.po"
    # spelled in a table of words, not marked by gettext: stays
    done = merge(source, used, {"Close"})
    assert (done.added, done.removed) == (["New", "%(n)d new"], ["%(num)d answer"])
    assert str(done).splitlines() == ["vi: 2 added, 1 removed", "  + New", "  + %(n)d new", "  - %(num)d answer"]
    # by hand: the header and the order stay, what is new waits at the end for its translation
    assert source.read_text("utf-8") == HEADER.format(language="vi") + (
        '\nmsgid "Send"\nmsgstr "Gửi"\n'
        '\n#, fuzzy\nmsgid "Close"\nmsgstr "Mở"\n'
        '\nmsgid "New"\nmsgstr ""\n'
        '\nmsgid "%(n)d new"\nmsgid_plural "%(n)d new ones"\nmsgstr[0] ""\n'
    )
    assert load("vi", folder).gettext("New") == "New"


def test_a_merge_that_changes_nothing_writes_nothing(folder: Path) -> None:
    source = folder / "vi/LC_MESSAGES/messages.po"
    before = source.read_bytes()
    done = merge(source, {"Send": "Send"}, {"Close", "%(num)d answer"})
    assert (done.added, done.removed) == ([], [])
    assert source.read_bytes() == before
    assert source.stat().st_mtime == 1_000_000_000


def test_a_language_with_a_fallback_is_not_filled(folder: Path) -> None:
    source = write(folder, "vi_simple", '\nmsgid "Send"\nmsgstr "Gửi"\n\nmsgid "Gone"\nmsgstr "Hết"\n')
    done = merge(source, {"Send": "Send", "New": "New"}, set())
    assert (done.added, done.removed) == ([], ["Gone"])
    assert source.read_text("utf-8") == HEADER.format(language="vi_simple") + '\nmsgid "Send"\nmsgstr "Gửi"\n'


def test_every_kind_of_source_is_extracted(tmp_path: Path) -> None:
    (tmp_path / "survey").mkdir()
    (tmp_path / "scoring").mkdir()
    (tmp_path / "templates/room").mkdir(parents=True)
    (tmp_path / "survey/page.py").write_text(
        'a = _("From code")\nb = ngettext("%(num)d row", "%(num)d rows", 2)\n'
        'raise InputError("An error of " "two parts")\n'
        'check.wrong(3, "age", text, "a number")\n'
    )
    (tmp_path / "templates/room/page.html").write_text(
        "{% trans %}\n  Over two\n  lines\n{% endtrans %}{{ word('From a macro') }}"
    )
    (tmp_path / "templates/room/chart.svg").write_text('<svg>{{ _("From a picture") }}</svg>')
    assert extract(tmp_path) == {
        "From code": "From code",
        "%(num)d row": ("%(num)d row", "%(num)d rows"),
        "Over two lines": "Over two lines",
        "From a picture": "From a picture",
        "An error of two parts": "An error of two parts",
        "a number": "a number",
    }
    assert {"From a macro"} <= literals(tmp_path)


def reasons() -> list[tuple[str, ast.expr]]:
    """What importers say of wrong cells: where, and the fourth argument of `Checker.wrong` and `CellError`."""
    found = []
    for path in sorted((ROOT / "survey").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = getattr(node, "func", None)
            name = getattr(called, "attr", getattr(called, "id", ""))
            if isinstance(node, ast.Call) and name in {"wrong", "CellError"} and len(node.args) > 3:
                found.append((f"{path.relative_to(ROOT)}:{node.lineno}", node.args[3]))
    return found


def test_every_reason_of_a_wrong_cell_is_told_in_vietnamese() -> None:
    """Each is a text where it arises, so that it is found, and has a sentence of its own in Vietnamese."""
    told, found = load("vi"), reasons()
    variable = [where for where, text in found if not (isinstance(text, ast.Constant) and isinstance(text.value, str))]
    assert [where.partition(":")[0] for where in variable] == ["survey/spreadsheets/read.py"]  # `Checker.wrong` itself
    texts = {text.value for _, text in found if isinstance(text, ast.Constant)}
    assert len(texts) > 40
    catalogue = told._catalog  # type: ignore[attr-defined]
    assert sorted(text for text in texts if not catalogue.get(text) or catalogue[text] == text) == []


def test_the_catalogues_are_merged() -> None:
    """`make translations-update` would remove nothing: no catalogue carries a sentence that no source spells."""
    spelled = literals() | set(extract())
    for source in catalogues.sources():
        told = load(source.parts[-3])
        singulars = {key[0] if isinstance(key, tuple) else key for key in told._catalog} - {""}  # type: ignore[attr-defined]
        assert sorted(singulars - spelled) == []
