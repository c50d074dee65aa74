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
from survey.questionnaires.loader import DEFAULT, bundled, load_file, loads
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
    "bundled",
    "canonical",
    "content_hash",
    "from_canonical",
    "load_file",
    "loads",
]
