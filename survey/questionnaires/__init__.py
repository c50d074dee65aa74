"""Questionnaires as versioned data: YAML files, the check that reads them, and the definition everything else uses."""

from survey.questionnaires.canonical import canonical, content_hash, from_canonical
from survey.questionnaires.definition import (
    BLANK,
    HIDDEN,
    LEVELS,
    OVERALL,
    UNKNOWN,
    Aspect,
    Definition,
    Element,
    Item,
    LocalText,
    Option,
    Question,
    Scale,
    Section,
    Slot,
)
from survey.questionnaires.loader import DEFAULT, broken_files, bundled, load_file, load_folder, loads
from survey.questionnaires.module import add_module, question_modules
from survey.questionnaires.nodes import DefinitionError, DefinitionProblem

__all__ = [
    "BLANK",
    "DEFAULT",
    "HIDDEN",
    "LEVELS",
    "OVERALL",
    "UNKNOWN",
    "Aspect",
    "Definition",
    "DefinitionError",
    "DefinitionProblem",
    "Element",
    "Item",
    "LocalText",
    "Option",
    "Question",
    "Scale",
    "Section",
    "Slot",
    "add_module",
    "broken_files",
    "bundled",
    "canonical",
    "content_hash",
    "from_canonical",
    "load_file",
    "load_folder",
    "loads",
    "question_modules",
]
