"""The schema of a questionnaire file: marked YAML nodes in, plain data out, or every problem with its line.

docs/questionnaires.md describes the format for those who write one. The check goes on after a problem, so that an
author sees all of them at once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

import yaml

from survey.questionnaires.definition import LEVELS, OVERALL, SCALE_WORDS, UNDETERMINED, UNKNOWN
from survey.questionnaires.nodes import DefinitionError, DefinitionProblem, compose, is_tidy

MAX_SLOTS = 200
"""Length of the packed answers column, `Response.answers`."""

_NAME = re.compile(r"(?=.{1,64}$)[a-z0-9]+(-[a-z0-9]+)*")
_CODE = re.compile(r"[a-z0-9_]{1,64}")
_LANGUAGE = re.compile(r"(?=.{2,16}$)[a-z]{2,3}(-[a-zA-Z0-9]{2,8})*")
_OPTION = re.compile(r"[0-9a-wyz]")

_DEFAULT_UNKNOWN = {"vi": "Không trả lời", "en": "Prefer not to answer", UNDETERMINED: "Không trả lời"}


def check(content: bytes, source: str) -> dict[str, Any]:
    """A questionnaire file as plain data for `canonical.from_mapping`; DefinitionError lists the problems."""
    checker = _Checker(source)
    data = checker.questionnaire(compose(content, source))
    if checker.problems:
        raise DefinitionError(checker.problems)
    return data


class _Checker:
    """Walks the nodes of one file and gathers problems; what it returns is used only when there are none."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[DefinitionProblem] = []
        self.languages: list[str] = [UNDETERMINED]
        self.samples: list[str] = []
        #: item and question codes in order, with the line and the answers of each
        self.questions: dict[str, tuple[int, tuple[str, ...]]] = {}
        #: aspect and element codes with their lines
        self.groups: dict[str, int] = {}

    # -- kinds of node ------------------------------------------------------------------------------------------

    def problem(self, node: yaml.Node, found: str, expected: str) -> None:
        self.problems.append(DefinitionProblem(self.source, node.start_mark.line + 1, found, expected))

    def mapping(self, node: yaml.Node, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, yaml.Node]:
        """The values of a mapping by key, having reported unknown, repeated and missing keys."""
        required, optional = tuple(required), tuple(optional)
        pairs = self.pairs(node, f"a mapping with {_list(required)}" if required else "a mapping")
        if pairs is None:
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in pairs:
            if key.value in (*required, *optional):
                found[key.value] = value
            else:
                near = difflib.get_close_matches(key.value, (*required, *optional), n=1)
                hint = f"{near[0]} (is it misspelt?)" if near else f"one of {_list((*required, *optional))}"
                self.problem(key, f"the unknown key {key.value!r}", hint)
        for key_name in required:
            if key_name not in found:
                self.problem(node, f"no key {key_name!r}", f"{_list(required)} here")
        return found

    def pairs(self, node: yaml.Node, expected: str) -> list[tuple[yaml.ScalarNode, yaml.Node]] | None:
        """The (key, value) nodes of a mapping with scalar keys that differ, or None when it is none."""
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, _describe(node), expected)
            return None
        seen: dict[str, int] = {}
        pairs = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problem(key, _describe(key), "a key of plain text")
            elif key.value in seen:
                self.problem(key, f"the key {key.value!r} again", f"each key once (first on line {seen[key.value]})")
            else:
                seen[key.value] = key.start_mark.line + 1
                pairs.append((key, value))
        return pairs

    def sequence(self, node: yaml.Node, expected: str) -> list[yaml.Node]:
        """The members of a list that is not empty."""
        if isinstance(node, yaml.SequenceNode) and node.value:
            return list(node.value)
        self.problem(node, "an empty list" if isinstance(node, yaml.SequenceNode) else _describe(node), expected)
        return []

    def scalar(self, node: yaml.Node, pattern: re.Pattern[str], expected: str) -> str:
        """A scalar that matches `pattern` whole."""
        if not isinstance(node, yaml.ScalarNode):
            self.problem(node, _describe(node), expected)
            return ""
        if not pattern.fullmatch(node.value):
            self.problem(node, repr(node.value), expected)
        return str(node.value)

    # -- wording ------------------------------------------------------------------------------------------------

    def words(self, node: yaml.Node) -> str:
        """One wording: not empty, NFC, nothing invisible."""
        if not isinstance(node, yaml.ScalarNode):
            self.problem(node, _describe(node), "text")
            return ""
        if not node.value.strip():
            self.problem(node, "an empty text", "a wording")
        elif not is_tidy(node.value):
            self.problem(node, f"{node.value!r}, which is not NFC or holds invisible characters", "text in NFC")
        return " ".join(node.value.split())

    def text(self, node: yaml.Node | None, fallback: str = "") -> dict[str, str]:
        """Wording by language. Text without languages is taken where there is one language only.

        A missing node has been reported already, or stands in a questionnaire without wording: `fallback` then.
        """
        if node is None:
            return {UNDETERMINED: fallback}
        if isinstance(node, yaml.ScalarNode) and len(self.languages) == 1:
            return {self.languages[0]: self.words(node)}
        known = [*self.languages, *self.samples]
        pairs = self.pairs(node, f"a wording for each of {_list(self.languages)}")
        if pairs is None:
            return {}
        wording = {}
        for key, value in pairs:
            if key.value in known:
                wording[key.value] = self.words(value)
            else:
                self.problem(key, f"the language {key.value!r}", f"one of {_list(known)}, the languages of this file")
        for language in self.languages:
            if language not in wording:
                self.problem(node, f"no wording in {language!r}", f"a wording for each of {_list(self.languages)}")
        return wording

    @property
    def wordless(self) -> bool:
        """Whether the file names no language: wording may then be left out, and the codes stand for it."""
        return self.languages == [UNDETERMINED]

    # -- the questionnaire --------------------------------------------------------------------------------------

    def questionnaire(self, root: yaml.Node) -> dict[str, Any]:
        required = ["code", "aspects"]
        names_languages = isinstance(root, yaml.MappingNode) and any(k.value == "languages" for k, _ in root.value)
        if names_languages:
            required += ["family", "title", "languages"]
        optional = ("family", "title", "languages", "samples", "scale", "overall", "needs", "respondent")
        keys = self.mapping(root, required, optional)
        name = "lower-case letters, digits and hyphens"
        code = self.scalar(keys["code"], _NAME, name) if "code" in keys else ""
        if "languages" in keys:
            self.languages = self.language_list(keys["languages"])
        if "samples" in keys and keys["samples"].value != []:
            self.samples = [tag for tag in self.language_list(keys["samples"]) if tag not in self.languages]
        data: dict[str, Any] = {
            "code": code,
            "family": self.scalar(keys["family"], _NAME, name) if "family" in keys else code,
            "title": self.text(keys.get("title"), code),
            "languages": self.languages,
            "samples": self.samples,
            "scale": self.scale(keys.get("scale"), root),
        }
        data["aspects"] = [self.aspect(node) for node in self.sequence_of(keys, "aspects", "a list of aspects")]
        if "overall" in keys:
            self.unique(keys["overall"], OVERALL, {known: line for known, (line, _) in self.questions.items()})
            self.questions[OVERALL] = (keys["overall"].start_mark.line + 1, (*LEVELS, UNKNOWN))
            data["overall"] = self.text(keys["overall"])
        for section in ("needs", "respondent"):
            if section in keys:
                data[section] = self.section(keys[section])
        if len(self.questions) > MAX_SLOTS:
            self.problem(root, f"{len(self.questions)} items and questions", f"at most {MAX_SLOTS}")
        return data

    def sequence_of(self, keys: dict[str, yaml.Node], key: str, expected: str) -> list[yaml.Node]:
        return self.sequence(keys[key], expected) if key in keys else []

    def language_list(self, node: yaml.Node) -> list[str]:
        tags: list[str] = [
            self.scalar(tag, _LANGUAGE, "a language tag such as vi, en or vi-simple")
            for tag in self.sequence(node, "a list of language tags, the default first")
        ]
        if len(set(tags)) < len(tags):
            self.problem(node, "a language twice", "each language once")
        return list(dict.fromkeys(tags)) or [UNDETERMINED]

    def scale(self, node: yaml.Node | None, root: yaml.Node) -> dict[str, Any]:
        if node is None:
            if not set(self.languages) <= {"vi", "en", UNDETERMINED}:
                self.problem(root, "no key 'scale'", f"the labels of the scale in {_list(self.languages)}")
            return {"levels": [self.standard(level) for level in LEVELS], "unknown": self.standard(UNKNOWN)}
        keys = self.mapping(node, ("levels", "unknown"), ("question",))
        levels = self.sequence_of(keys, "levels", "five levels, from very dissatisfied to very satisfied")
        if levels and len(levels) != len(LEVELS):
            self.problem(keys["levels"], f"{len(levels)} levels", "5, from very dissatisfied to very satisfied")
        scale = {"levels": [self.text(level) for level in levels], "unknown": self.text(keys.get("unknown"))}
        return {**scale, "question": self.text(keys["question"])} if "question" in keys else scale

    def standard(self, answer: str) -> dict[str, str]:
        vietnamese, english = SCALE_WORDS[answer][:2]
        return {language: english if language == "en" else vietnamese for language in self.languages}

    def aspect(self, node: yaml.Node) -> dict[str, Any]:
        keys = self.mapping(node, self.titled("elements"), ("title",))
        code = self.group(keys)
        elements = [self.element(child) for child in self.sequence_of(keys, "elements", "a list of elements")]
        return {"code": code, "title": self.text(keys.get("title"), code), "elements": elements}

    def element(self, node: yaml.Node) -> dict[str, Any]:
        keys = self.mapping(node, self.titled("items"), ("title",))
        code = self.group(keys)
        items = [self.item(child) for child in self.sequence_of(keys, "items", "a list of items")]
        return {"code": code, "title": self.text(keys.get("title"), code), "items": items}

    def titled(self, children: str) -> tuple[str, ...]:
        return ("code", children) if self.wordless else ("code", "title", children)

    def group(self, keys: dict[str, yaml.Node]) -> str:
        """The code of an aspect or element, which must be the only group of that code."""
        if "code" not in keys:
            return ""
        code = self.scalar(keys["code"], _CODE, "a code of a-z, 0-9 and _")
        self.unique(keys["code"], code, self.groups)
        self.groups.setdefault(code, keys["code"].start_mark.line + 1)
        return code

    def unique(self, node: yaml.Node, code: str, lines: dict[str, int]) -> None:
        if code in lines:
            self.problem(node, f"the code {code!r} again", f"a code of its own (first on line {lines[code]})")

    def item(self, node: yaml.Node) -> dict[str, Any]:
        if self.wordless and isinstance(node, yaml.ScalarNode):
            code = self.question_code(node, (*LEVELS, UNKNOWN))
            return {"code": code, "text": {UNDETERMINED: code}}
        keys = self.mapping(node, ("code",) if self.wordless else ("code", "text"), ("text", "show_if"))
        return self.asked(keys, (*LEVELS, UNKNOWN))

    def asked(self, keys: dict[str, yaml.Node], answers: tuple[str, ...]) -> dict[str, Any]:
        """Code, text and condition of an item or question, which is remembered for later conditions."""
        condition = self.condition(keys["show_if"]) if "show_if" in keys else {}
        code = self.question_code(keys["code"], answers) if "code" in keys else ""
        data = {"code": code, "text": self.text(keys.get("text"), code)}
        return {**data, "show_if": condition} if condition else data

    def question_code(self, node: yaml.Node, answers: tuple[str, ...]) -> str:
        code = self.scalar(node, _CODE, "a code of a-z, 0-9 and _")
        self.unique(node, code, {known: line for known, (line, _) in self.questions.items()})
        self.questions.setdefault(code, (node.start_mark.line + 1, answers))
        return code

    def condition(self, node: yaml.Node) -> dict[str, list[str]]:
        """A condition: earlier questions, each with the answers that show this one."""
        condition = {}
        for key, value in self.pairs(node, "a mapping from an earlier question to a list of its answers") or []:
            known = self.questions.get(key.value)
            if known is None:
                near = difflib.get_close_matches(key.value, self.questions, n=1)
                hint = f" (is it {near[0]}?)" if near else ""
                self.problem(key, f"the question {key.value!r}", f"the code of a question that stands earlier{hint}")
                continue
            answers = self.sequence(value, "a list of answers, for example [l]")
            expected = f"one of {_list(known[1])}, the answers of {key.value!r}"
            pattern = re.compile("|".join(map(re.escape, known[1])))
            condition[key.value] = [self.scalar(answer, pattern, expected) for answer in answers]
        return condition

    # -- needs and respondent questions -------------------------------------------------------------------------

    def section(self, node: yaml.Node) -> dict[str, Any]:
        known_unknown = set(self.languages) <= set(_DEFAULT_UNKNOWN)
        required = ("title", "questions") if known_unknown else ("title", "unknown", "questions")
        keys = self.mapping(node, required, ("options", "unknown"))
        if "unknown" in keys or not known_unknown:
            unknown = self.text(keys.get("unknown"))
        else:
            unknown = {language: _DEFAULT_UNKNOWN[language] for language in self.languages}
        shared = self.options(keys["options"]) if "options" in keys else None
        questions = [
            self.question(child, shared) for child in self.sequence_of(keys, "questions", "a list of questions")
        ]
        return {"title": self.text(keys.get("title")), "unknown": unknown, "questions": questions}

    def question(self, node: yaml.Node, shared: list[dict[str, Any]] | None) -> dict[str, Any]:
        required = ("code", "text") if shared else ("code", "text", "options")
        keys = self.mapping(node, required, ("options", "show_if"))
        options = self.options(keys["options"]) if "options" in keys else shared or []
        answers = (*(str(option["code"]) for option in options), UNKNOWN)
        return {**self.asked(keys, answers), "options": options}

    def options(self, node: yaml.Node) -> list[dict[str, Any]]:
        options = []
        lines: dict[str, int] = {}
        nodes = self.sequence(node, "a list of answers")
        if len(nodes) == 1:
            self.problem(node, "one answer", "at least two")
        for child in nodes:
            keys = self.mapping(child, ("code", "text"))
            code = ""
            if "code" in keys:
                expected = f"one character of 0-9 and a-z but {UNKNOWN}, which stands for no answer"
                code = self.scalar(keys["code"], _OPTION, expected)
                self.unique(keys["code"], code, lines)
                lines.setdefault(code, keys["code"].start_mark.line + 1)
            options.append({"code": code, "text": self.text(keys.get("text"))})
        return options


def _describe(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"the text {node.value!r}" if node.value else "nothing"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)
