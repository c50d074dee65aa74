"""Commands speak Vietnamese with `LANG=vi` or `--lang vi`: help, what they say, and what is wrong."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from survey.cli import TREE
from survey.collect.operations.purge import COMMENT_MONTHS, RESPONSE_MONTHS
from survey.core.command_language import WORDS_OF_CLICK, bind_catalogues, localized, translated
from survey.core.config import ROOT
from survey.core.errors import CellError, InputError, Notice, TableError
from survey.web.messages import translate

FLASK = Path(click.__file__).parent


def every(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for one in command.commands.values():
            yield from every(one)


@pytest.fixture
def vietnamese(monkeypatch: pytest.MonkeyPatch) -> None:
    bind_catalogues()
    monkeypatch.setenv("LANGUAGE", "vi")


@pytest.mark.usefixtures("vietnamese")
def test_every_word_of_help_is_in_vietnamese() -> None:
    missing = [word for word in WORDS_OF_CLICK if translated(word) == word]
    for command in (one for top in TREE for one in every(top)):
        spoken = localized(command)
        said = [(inspect.cleandoc(command.help or ""), spoken.help)]
        for before, after in zip(command.params, spoken.params, strict=True):
            if isinstance(before, click.Option) and isinstance(after, click.Option) and before.help:
                said.append((before.help, after.help))
        missing += [before for before, after in said if before == after]
    assert missing == []


def test_click_says_the_words_that_are_translated() -> None:
    """A new version of click that words them otherwise would speak English."""
    source = "".join(path.read_text("utf-8") for path in sorted(FLASK.glob("*.py")))
    assert [word for word in WORDS_OF_CLICK if f'"{word}"' not in source] == []


def test_no_command_prints_words_that_are_not_translated() -> None:
    """What `click.echo` prints is data; sentences go through `say`."""
    untranslated = []
    for path in sorted((ROOT / "survey").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "click.echo" and node.args:
                parts = node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else [node.args[0]]
                fixed = "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
                untranslated += [f"{path.name}:{node.lineno} {fixed}"] * bool(re.search("[A-Za-z]{2}", fixed))
    assert untranslated == []


def test_the_months_of_the_help_are_those_of_the_purge() -> None:
    assert (COMMENT_MONTHS, RESPONSE_MONTHS) == (24, 60)  # as the help of `purge --months` says


def test_a_command_is_asked_for_its_language(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    runner = app.test_cli_runner()
    spoken = runner.invoke(args=["round", "open", "--lang", "vi", "--help"]).output
    assert "Mở một đợt; đợt chưa có thì lập trước." in spoken
    assert "Hiện hướng dẫn này rồi thôi." in spoken
    refused = runner.invoke(args=["round", "close", "khong-co", "--lang", "vi"])
    assert refused.exit_code == 2
    assert "Lỗi: " in refused.output
    message = translate("There is no round %(code)s; there are: %(codes)s", "vi")
    assert message.partition("%(code)s")[0] in refused.output
    assert "There is no round" in runner.invoke(args=["round", "close", "khong-co", "--lang", "en"]).output


def test_the_language_of_the_system_is_spoken(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGUAGE", "")
    runner = app.test_cli_runner()
    for language, word in (("vi_VN.UTF-8", "phiếu khảo sát:"), ("C.UTF-8", "questionnaires:")):
        monkeypatch.setenv("LANG", language)
        assert word in runner.invoke(args=["init"]).output


def test_what_programs_read_has_no_language(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    runner = app.test_cli_runner()
    english, spoken = (runner.invoke(args=["questionnaire", "list", "--lang", one]).output for one in ("en", "vi"))
    assert english == spoken != ""


@pytest.mark.usefixtures("vietnamese")
def test_wrong_cells_are_told_in_vietnamese() -> None:
    cells = [CellError(k, "name", "đất đai", "filled in", letter="B") for k in (3, 4)]
    refused = TableError("a.xlsx", cells, shown=1)
    assert str(refused).endswith("row 3, column 'name' (B3): 'đất đai' is not filled in\n… and 1 more")
    lines = refused.sentence(translated).splitlines()
    assert lines[1].startswith("dòng 3, cột 'name' (B3): 'đất đai' không hợp lệ, cần là: ")
    assert lines[2] == "… và 1 chỗ nữa"
    assert InputError("Round %(code)s", code="r1").sentence(str) == "Round r1"
    assert Notice("%(n)s rows", {"n": 2}).sentence(str) == "2 rows"
