"""XLSForm: a questionnaire as the workbook that KoBo, ODK and SurveyCTO read and write, and back.

Aspects and elements are groups, items are `select_one` on one list of the answers 1 to 5 (and x); the groups `needs`
and `respondent` hold what is asked beside them. Conditions are `relevant`. What has no place in a questionnaire here is
refused with a sentence that names its row.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import xlsxwriter

from survey.core.errors import InputError
from survey.core.text import clean
from survey.questionnaires import Definition, loads
from survey.questionnaires.definition import LEVELS, OVERALL, SCALE_QUESTION, UNKNOWN, Condition, LocalText, Section
from survey.questionnaires.nodes import DefinitionError
from survey.spreadsheets.xlsx import every_sheet
from survey.web.i18n import LANGUAGES

SCALE, SCALE_NOTE = "muc_do", "thang_do"
"""Name of the list of the five levels, and of the note with the question that all items answer."""
SECTIONS = ("needs", "respondent")
SKIPPED = frozenset({"start", "end", "today", "deviceid"})
"""Rows about the device, which no questionnaire here asks."""
ONE_ASPECT = "service"
"""Code of the aspect where groups stand in no other group."""
_LABEL = re.compile(r"label(?:::(?P<name>.+?)\s*(?:\((?P<code>[A-Za-z-]+)\))?)?")
_TEST = re.compile(r"\$\{(\w+)\}\s*=\s*'([^']*)'|selected\(\s*\$\{(\w+)\}\s*,\s*'([^']*)'\s*\)")

Words = dict[str, str]


def to_xlsform(definition: Definition) -> bytes:
    """The workbook of a questionnaire."""
    languages = (*definition.languages, *definition.samples)
    survey, choices = _Out(languages), _Out(languages)
    if definition.scale.question != SCALE_QUESTION:
        survey.add(("note", SCALE_NOTE, ""), definition.scale.question)
    if definition.overall is not None:
        survey.add((f"select_one {SCALE}", OVERALL, ""), definition.overall)
    for level in definition.scale.options:
        choices.add((SCALE, level.code), level.text)
    for aspect in definition.aspects:
        survey.add(("begin_group", aspect.code, ""), aspect.title)
        for element in aspect.elements:
            survey.add(("begin_group", element.code, ""), element.title)
            for item in element.items:
                survey.add((f"select_one {SCALE}", item.code, relevant(item.show_if)), item.text)
            survey.add(("end_group", "", ""))
        survey.add(("end_group", "", ""))
    for name, section in zip(SECTIONS, (definition.needs, definition.respondent), strict=True):
        if section is not None:
            _add_section(survey, choices, name, section)
    names = [_language(code) for code in languages]
    labels = [f"label::{name}" for name in names]
    titles = [f"form_title::{name}" for name in names[1:]]
    settings = ("form_title", "form_id", "default_language", "sipas_family", *titles)
    title = _row(definition.title, languages)
    values = (title[0], definition.code, names[0], definition.family, *title[1:])
    return _workbook(
        {
            "survey": [("type", "name", "relevant", *labels), *survey.rows],
            "choices": [("list_name", "name", *labels), *choices.rows],
            "settings": [settings, values],
        }
    )


def relevant(condition: Condition) -> str:
    """A condition as XLSForm writes it.

    >>> relevant((("late", ("y",)), ("way", ("c", "p"))))
    "${late} = 'y' and (${way} = 'c' or ${way} = 'p')"
    """
    clauses = []
    for code, answers in condition:
        clause = " or ".join(f"${{{code}}} = '{answer}'" for answer in answers)
        clauses.append(f"({clause})" if len(answers) > 1 and len(condition) > 1 else clause)
    return " and ".join(clauses)


def from_xlsform(file: BinaryIO, source: str) -> Definition:
    """The questionnaire in a workbook; `InputError` in a sentence for what cannot be represented."""
    sheets = {name.strip().casefold(): rows for name, rows in every_sheet(file, source)}
    if not {"survey", "choices"} <= sheets.keys():
        raise InputError("%(source)s is no XLSForm: it needs the sheets survey and choices", source=source)
    data = _In(source, sheets).mapping()
    text = json.dumps(data, ensure_ascii=False)  # JSON is YAML
    try:
        return loads(text, source)
    except DefinitionError as error:
        first = vars(error.problems[0])
        raise InputError(
            "%(source)s cannot be taken as a questionnaire: found %(seen)s; expected %(expected)s",
            source=source,
            seen=first["found"],
            expected=first["expected"],
        ) from error


@dataclass
class _Out:
    """Rows of a sheet that is written."""

    languages: Sequence[str]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, cells: tuple[str, ...], text: LocalText | None = None) -> None:
        """Add a row with its wording in every language."""
        self.rows.append((*cells, *(_row(text, self.languages) if text is not None else ())))


def _add_section(survey: _Out, choices: _Out, name: str, section: Section) -> None:
    survey.add(("begin_group", name, ""), section.title)
    for question in section.questions:
        survey.add((f"select_one {question.code}", question.code, relevant(question.show_if)), question.text)
        for option in question.options:
            choices.add((question.code, option.code), option.text)
        choices.add((question.code, UNKNOWN), section.unknown)
    survey.add(("end_group", "", ""))


def _row(text: LocalText, languages: Iterable[str]) -> tuple[str, ...]:
    """A text in each language; empty where it has none."""
    known = dict(text.pairs)
    return tuple(known.get(language, "") for language in languages)


def _language(code: str) -> str:
    """A language as XLSForm names it."""
    name = LANGUAGES[code].name if code in LANGUAGES else code
    return f"{name} ({code})"


def _workbook(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        head = book.add_format({"bold": True, "bg_color": "#F3ECEF", "bottom": 1})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            page.set_column(0, 2, 22)
            page.set_column(3, max(map(len, rows)), 44)
            page.freeze_panes(1, 0)
            for number, row in enumerate(rows):
                for at, cell in enumerate(row):
                    if cell:
                        page.write_string(number, at, cell, wrap if number else head)
    return out.getvalue()


@dataclass
class _Node:
    """A group or a question of the sheet `survey`."""

    row: int
    type: str
    name: str
    words: Words
    relevant: str
    children: list[_Node] = field(default_factory=list)

    @property
    def is_group(self) -> bool:
        """Whether it is a group."""
        return self.type == "begin_group"

    @property
    def list_name(self) -> str:
        """The list of a question's answers."""
        return self.type.split()[-1]


class _In:
    """A workbook that is read."""

    def __init__(self, source: str, sheets: Mapping[str, Sequence[tuple[int, Sequence[str]]]]) -> None:
        self.source = source
        self.languages: list[str] = []
        self.texts: list[Words] = []
        self.choices: dict[str, dict[str, Words]] = {}
        for _row_number, cells, words in self._rows(sheets["choices"]):
            named = self.choices.setdefault(cells.get("list_name", ""), {})
            named[cells.get("name", "")] = words
        self.top = self._tree(sheets["survey"])
        settings = [cells for _number, cells, _words in self._rows(sheets.get("settings", ()), labels=False)]
        self.settings = settings[0] if settings else {}

    def mapping(self) -> dict[str, Any]:
        """The questionnaire as plain data in the shape of a YAML file."""
        code = re.sub(r"[^a-z0-9]+", "-", self.settings.get("form_id", "").casefold()).strip("-") or "xlsform"
        data: dict[str, Any] = {"code": code, "family": self.settings.get("sipas_family") or code}
        title = self._title(code)
        data["title"] = title
        aspects, sections = self._groups(title)
        data["aspects"] = aspects
        data["scale"] = self._scale()
        complete = [one for one in self.languages if all(one in words for words in self.texts)]
        data["languages"] = complete
        samples = [one for one in self.languages if one not in complete]
        if samples:
            data["samples"] = samples
        for node in self.top:
            if node.name == SCALE_NOTE:
                data["scale"]["question"] = node.words
            elif node.name == OVERALL:
                data["overall"] = node.words
        return data | sections

    def _title(self, code: str) -> Words:
        first = self.languages[0] if self.languages else "vi"
        title = {first: self.settings.get("form_title") or code}
        for heading, text in self.settings.items():
            matched = re.fullmatch(r"form_title::.+\(([A-Za-z-]+)\)", heading)
            if matched and text:
                title[matched[1]] = text
        if len(title) == 1:  # one title serves every language
            title = dict.fromkeys(self.languages or [first], title[first])
        self.texts.append(title)
        return title

    def _groups(self, title: Words) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        aspects: list[dict[str, Any]] = []
        loose: list[dict[str, Any]] = []
        sections: dict[str, Any] = {}
        for node in self.top:
            if not node.is_group:
                if node.name not in (OVERALL, SCALE_NOTE):
                    raise InputError(
                        "%(source)s, row %(row)d: the question %(what)s stands in no group",
                        **self._at(node),
                        what=node.name,
                    )
            elif node.name in SECTIONS:
                sections[node.name] = self._section(node)
            elif node.children and all(child.is_group for child in node.children):
                elements = [self._element(child) for child in node.children]
                aspects.append({"code": node.name, "title": node.words, "elements": elements})
            else:
                loose.append(self._element(node))
        if loose:
            aspects.append({"code": ONE_ASPECT, "title": title, "elements": loose})
        if not aspects:
            raise InputError("%(source)s has no group of questions to rate", source=self.source)
        return aspects, sections

    def _element(self, group: _Node) -> dict[str, Any]:
        for node in group.children:
            if node.is_group:
                raise InputError(
                    "%(source)s, row %(row)d: the group %(what)s stands too deep", **self._at(node), what=node.name
                )
            if node.type == "note":
                raise InputError(
                    "%(source)s, row %(row)d: the note %(what)s has no place", **self._at(node), what=node.name
                )
        items = [{"code": node.name, "text": node.words, **self._condition(node)} for node in group.children]
        return {"code": group.name, "title": group.words, "items": items}

    def _section(self, group: _Node) -> dict[str, Any]:
        section: dict[str, Any] = {"title": group.words, "questions": []}
        for node in group.children:
            if node.is_group or node.type == "note":
                raise InputError(
                    "%(source)s, row %(row)d: %(what)s has no place among these questions",
                    **self._at(node),
                    what=node.name,
                )
            answers = self._answers(node)
            if UNKNOWN in answers:
                section.setdefault("unknown", answers[UNKNOWN])
            options = [{"code": code, "text": words} for code, words in answers.items() if code != UNKNOWN]
            section["questions"].append(
                {"code": node.name, "text": node.words, **self._condition(node), "options": options}
            )
        return section

    def _scale(self) -> dict[str, Any]:
        """The one list that all items are rated on."""
        items = [node for group in self.top if group.is_group and group.name not in SECTIONS for node in _leaves(group)]
        overall = [node for node in self.top if node.name == OVERALL]
        lists = dict.fromkeys(node.list_name for node in (*items, *overall))
        if len(lists) > 1:
            odd = next(node for node in items if node.list_name != items[0].list_name)
            raise InputError(
                "%(source)s, row %(row)d: the question %(what)s has other answers than the first one",
                **self._at(odd),
                what=odd.name,
            )
        answers = self._answers(items[0]) if items else {}
        if [code for code in answers if code != UNKNOWN] != list(LEVELS):
            raise InputError(
                "%(source)s: questions to rate need the answers 1, 2, 3, 4, 5, from very dissatisfied to very "
                "satisfied, and may have x; found %(seen)s",
                source=self.source,
                seen=", ".join(answers) or "–",
            )
        scale: dict[str, Any] = {"levels": [answers[level] for level in LEVELS]}
        scale["unknown"] = answers.get(UNKNOWN) or {"vi": "Không biết / Không liên quan"}
        return scale

    def _answers(self, node: _Node) -> dict[str, Words]:
        if node.list_name not in self.choices:
            raise InputError(
                "%(source)s, row %(row)d: the list of answers %(what)s is not in the sheet choices",
                **self._at(node),
                what=node.list_name,
            )
        return self.choices[node.list_name]

    def _condition(self, node: _Node) -> dict[str, Any]:
        """The `relevant` of a row as `show_if`; nothing where there is none."""
        if not node.relevant:
            return {}
        condition: dict[str, list[str]] = {}
        clauses = re.split(r"\s+and\s+", node.relevant)
        for clause in clauses:
            bare = clause.strip()
            wrapped = bare.startswith("(") and bare.endswith(")")
            tests = re.split(r"\s+or\s+", bare[1:-1] if wrapped else bare)
            matched = [_TEST.fullmatch(test.strip()) for test in tests]
            codes = {one[1] or one[3] for one in matched if one}
            if None in matched or len(codes) != 1 or codes & condition.keys():
                raise self._refused_condition(node)
            if len(tests) > 1 and len(clauses) > 1 and not wrapped:
                raise self._refused_condition(node)
            condition[codes.pop()] = [one[2] or one[4] for one in matched if one]
        return {"show_if": condition}

    def _tree(self, rows: Sequence[tuple[int, Sequence[str]]]) -> list[_Node]:
        top: list[_Node] = []
        open_groups: list[_Node] = []
        for number, cells, words in self._rows(rows):
            kind = re.sub(r"^(begin|end) group$", r"\1_group", " ".join(cells.get("type", "").split()))
            node = _Node(number, kind, cells.get("name", ""), words, cells.get("relevant", ""))
            if not kind or kind in SKIPPED:
                continue
            if kind == "end_group":
                if not open_groups:
                    raise InputError("%(source)s, row %(row)d: a group ends that did not begin", **self._at(node))
                open_groups.pop()
                continue
            if kind not in ("begin_group", "note") and not re.fullmatch(r"select_one \S+", kind):
                raise InputError(
                    "%(source)s, row %(row)d: a question of the type %(what)s cannot be asked, only select_one",
                    **self._at(node),
                    what=kind,
                )
            if node.is_group and node.relevant:
                raise InputError(
                    "%(source)s, row %(row)d: a condition on the group %(what)s cannot be kept",
                    **self._at(node),
                    what=node.name,
                )
            (open_groups[-1].children if open_groups else top).append(node)
            self.texts.append(words)
            if node.is_group:
                open_groups.append(node)
        if open_groups:
            raise InputError(
                "%(source)s, row %(row)d: the group %(what)s does not end",
                **self._at(open_groups[-1]),
                what=open_groups[-1].name,
            )
        return top

    def _rows(
        self, rows: Sequence[tuple[int, Sequence[str]]], *, labels: bool = True
    ) -> list[tuple[int, dict[str, str], Words]]:
        """Each row under the headings: its number, its cells by heading, its wording by language."""
        if not rows:
            return []
        headings = [clean(cell) for cell in rows[0][1]]
        languages = {at: code for at, heading in enumerate(headings) if labels and (code := self._code_of(heading))}
        matched = []
        for number, cells in rows[1:]:
            texts = [clean(cell) for cell in cells]
            words = {code: texts[at] for at, code in languages.items() if at < len(texts) and texts[at]}
            matched.append((number, dict(zip(headings, texts, strict=False)), words))
        if labels:
            self.texts += [words for _number, cells, words in matched if "list_name" in cells]
        return matched

    def _code_of(self, heading: str) -> str:
        """The language of a column of labels; empty for another column."""
        matched = _LABEL.fullmatch(heading)
        if matched is None:
            return ""
        code = matched["code"] or ("vi" if matched["name"] is None else "")
        if not code:
            raise InputError(
                "%(source)s: the column %(heading)s needs the code of its language, as in label::English (en)",
                source=self.source,
                heading=heading,
            )
        if code not in self.languages:
            self.languages.append(code)
        return code

    def _at(self, node: _Node) -> dict[str, Any]:
        """Where a row stands."""
        return {"source": self.source, "row": node.row}

    def _refused_condition(self, node: _Node) -> InputError:
        return InputError(
            "%(source)s, row %(row)d: the condition %(condition)s cannot be kept, only ${question} = 'answer', joined "
            "by and, or by or for one question",
            **self._at(node),
            condition=node.relevant,
        )


def _leaves(group: _Node) -> list[_Node]:
    return [leaf for child in group.children for leaf in (_leaves(child) if child.is_group else [child])]
