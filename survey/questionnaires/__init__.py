"""Questionnaires as versioned data: YAML files, the check that reads them, and the definition everything else uses."""

from survey.questionnaires.canonical import canonical, content_hash, from_canonical
from survey.questionnaires.definition import (
    BLANK,
    HIDDEN,
    LEVELS,
    UNKNOWN,
    Aspect,
    Definition,
    Element,
    Item,
    Option,
    Question,
    Scale,
    Section,
    Slot,
    Text,
)
from survey.questionnaires.loader import DEFAULT, bundled, load_file, loads
from survey.questionnaires.nodes import DefinitionError, Problem

__all__ = [
    "BLANK",
    "DEFAULT",
    "HIDDEN",
    "LEVELS",
    "UNKNOWN",
    "Aspect",
    "Definition",
    "DefinitionError",
    "Element",
    "Item",
    "Option",
    "Problem",
    "Question",
    "Scale",
    "Section",
    "Slot",
    "Text",
    "bundled",
    "canonical",
    "content_hash",
    "from_canonical",
    "load_file",
    "loads",
]
