"""Forms of questionnaires: a file, and the words, places and choice of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _

from survey.questionnaires import Definition, question_modules
from survey.web.fields import Block, Choice, CodeChoices, File, Length, Required, Text, Tick, Whole
from survey.web.forms import Form

CODE_LENGTH = 64
LONGEST = 500


class FileForm(Form):
    """A questionnaire's file: YAML or XLSForm."""

    file = File(
        _("File"),
        [Required(_("Choose a file that is not empty"))],
        hint=_("YAML (UTF-8) or XLSForm (.xlsx)."),
        accept=".yaml,.yml,.xlsx",
    )


class ModuleForm(Form):
    """Questions that come with the software and are added whole."""

    module = Choice(
        _("Questions to add"),
        hint=_("Asked at the end, all optional, outside of the index; their shares stand among the rates."),
    )


def module_form(language: str, definition: Definition | None = None) -> ModuleForm:
    """The form that adds a module; of a questionnaire, with those that it does not ask yet."""
    form = ModuleForm()
    form.module.options = [
        (module.code, module.title.get(language, module.title["vi"]))
        for module in question_modules().values()
        if definition is None or not module.is_in(definition)
    ]
    return form


class QuestionnaireChangeForm(Form):
    """What a questionnaire is changed into; fields for each item's words, place and stay are added to it."""

    code = Text(
        _("Code"),
        [Required(), Length(CODE_LENGTH)],
        hint=_("The same code: a new version of it. Another code: a copy."),
    )
    family = Text(
        _("Family"),
        [Required(), Length(CODE_LENGTH)],
        hint=_("Results are compared within a family. A copy whose items differ much needs a family of its own."),
    )
    added = CodeChoices(_("Questions to add, from the questionnaires that come with the software"))

    def words(self, code: str, language: str) -> str:
        """The words of an item, or of `title`, in a language."""
        return str(self[f"w-{code}-{language}"].data)

    def place(self, code: str) -> int | None:
        """The place of an item within its element."""
        number: int | None = self[f"p-{code}"].data
        return number

    def keeps(self, code: str) -> bool:
        """Whether an item stays."""
        return bool(self[f"k-{code}"].data)


def change_form(
    definition: Definition, bank: Sequence[Definition], values: Mapping[str, Any] | None = None
) -> QuestionnaireChangeForm:
    """The form of a questionnaire; `values` are shown when nothing was sent."""
    fields: dict[str, Any] = {}
    for code in ("title", *(item.code for item in definition.items)):
        for name in definition.languages:
            fields[f"w-{code}-{name}"] = Block(_("Words"), [Required(), Length(LONGEST)])
    for item in definition.items:
        fields[f"p-{item.code}"] = Whole(_("Place"), least=1, most=200)
        fields[f"k-{item.code}"] = Tick(_("is asked"))
    form_class = type("QuestionnaireForm", (QuestionnaireChangeForm,), fields)
    form: QuestionnaireChangeForm = form_class() if values is None else form_class(formdata=None, data=values)
    own = {item.code for item in definition.items}
    offered: dict[str, str] = {}
    for other in bank:
        offered |= {
            item.code: item.text.get("vi") for item in other.items if item.code not in own and item.code not in offered
        }
    form.added.options = list(offered.items())
    return form


def change_values(definition: Definition) -> dict[str, Any]:
    """A questionnaire as the values of its form."""
    values: dict[str, Any] = {"code": definition.code, "family": definition.family}
    for name in definition.languages:
        values[f"w-title-{name}"] = definition.title.get(name)
    for element in definition.elements:
        for place, item in enumerate(element.items, 1):
            values |= {f"p-{item.code}": place, f"k-{item.code}": True}
            values |= {f"w-{item.code}-{name}": item.text.get(name) for name in definition.languages}
    return values
