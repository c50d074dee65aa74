"""How an index is formed, as a form with explanations, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flask
from flask_babel import gettext as _

from scoring.scheme import Rules
from survey.core.errors import InputError
from survey.questionnaires import Definition
from survey.structure.pages.common import form_text

MIN_N = (5, 1000)
"""Below five respondents an answer can be guessed; that is not left to taste."""


def composition_words() -> Mapping[str, tuple[str, str]]:
    """Return the ways to form an index from items, each with a plain explanation."""
    return {
        "pooled": (
            _("All answers together"),
            _("Satisfied answers over all answers given, of every item alike. The usual way."),
        ),
        "mean_items": (
            _("Mean of the items"),
            _("The index of each item first, then their plain mean: an item that few answered weighs as much."),
        ),
        "mean_elements": (
            _("Mean of the elements"),
            _("The index of each element first, then their plain mean: one of two items weighs as much as one of six."),
        ),
        "custom": (
            _("Weights of our own"),
            _("The index of each element, weighted as you write below. Decide on it before the round opens."),
        ),
    }


def interval_words() -> Mapping[str, str]:
    """Return the ways to form intervals, in words."""
    return {
        "auto": _("chosen by the software for each figure (recommended)"),
        "jeffreys": "Jeffreys",
        "beta": "Korn–Graubard",
        "logit": "logit",
        "wilson": "Wilson",
        "t": _("normal approximation (t)"),
    }


def rollup_words() -> Mapping[str, str]:
    """Return how the province's index comes from the agencies'."""
    return {
        "transactions": _("every agency by its number of transactions (recommended)"),
        "equal": _("every agency alike"),
        "given": _("weights of our own, written below"),
    }


def confidence_words(stored: float) -> Mapping[str, str]:
    """Return the degrees of confidence to choose from, the stored one among them, in percent."""
    degrees = sorted({0.9, 0.95, 0.99, stored})
    return {shown_number(100 * degree): _("%(n)s in 100", n=shown_number(100 * degree)) for degree in degrees}


def fpc_words() -> Mapping[str, str]:
    """Return what the index may be a statement about."""
    return {
        "1": _("the transactions of this period (recommended)"),
        "0": _("the way the agencies work, this period being one example"),
    }


@dataclass(frozen=True)
class Weight:
    """One weight that can be written into the form."""

    field: str
    title: str
    value: str


@dataclass(frozen=True)
class Weights:
    """The weights that a round's form has fields for."""

    elements: Sequence[Weight] = ()
    aspects: Sequence[Weight] = ()
    agencies: Sequence[Weight] = ()

    def __iter__(self) -> Iterator[Weight]:
        return iter((*self.elements, *self.aspects, *self.agencies))


def weights(definition: Definition, rules: Rules, agencies: Mapping[str, str]) -> Weights:
    """Return the fields for the weights of a questionnaire's parts and of agencies, the names of these by code."""
    elements = [
        Weight(f"element:{part.code}", part.title.get("vi"), shown_number(rules.element_weights.get(part.code)))
        for part in definition.elements
    ]
    aspects = [
        Weight(f"aspect:{part.code}", part.title.get("vi"), shown_number(rules.aspect_weights.get(part.code)))
        for part in definition.aspects
    ]
    offices = [
        Weight(f"agency:{code}", name, shown_number(rules.agency_weights.get(code))) for code, name in agencies.items()
    ]
    return Weights(elements, aspects, offices)


def sent_rules(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rules of the posted form; what the form does not speak of stays as it is stored."""
    rules = dict(stored)
    rules["composition"], rules["interval"] = form_text("composition") or "pooled", form_text("interval") or "auto"
    if form_text("rollup"):
        rules["rollup"] = form_text("rollup")
    rules["min_n"] = _whole("min_n", *MIN_N, _("Fewest respondents shown"))
    rules["min_n_interval"] = _whole(
        "min_n_interval", MIN_N[0], 1000, _("Fewest respondents for an interval and a rank")
    )
    rules["min_answered_share"] = _whole("min_answered", 0, 100, _("Share of items that must be answered")) / 100
    if form_text("confidence"):
        rules["confidence"] = _decimal("confidence", 50, 99.9, _("Confidence")) / 100
    if form_text("fpc"):
        rules["fpc"] = form_text("fpc") == "1"
    if form_text("max_width"):
        rules["max_width"] = _decimal("max_width", 1, 100, _("Widest interval shown"))
    for kind in ("element", "aspect", "agency"):
        found = _sent_weights(kind)
        if found is not None:
            rules[f"{kind}_weights"] = found
    if rules.get("rollup") != "given":
        rules["agency_weights"] = {}
    elif not any(rules.get("agency_weights", {}).values()):
        raise InputError("Weights of our own for the agencies: write at least one weight above 0")
    if rules["composition"] != "custom":
        rules["element_weights"], rules["aspect_weights"] = {}, {}
    elif not _complete(rules["element_weights"], "element") or not _complete(rules["aspect_weights"], "aspect"):
        raise InputError("Weights of our own: write a weight for every element, and for every aspect or for none")
    return rules


def _complete(found: Mapping[str, float], kind: str) -> bool:
    """Say whether every element has a weight, and every aspect or none."""
    fields = [name for name in flask.request.form if name.startswith(f"{kind}:")]
    return len(found) == len(fields) > 0 or (kind == "aspect" and not found)


def _sent_weights(kind: str) -> dict[str, float] | None:
    """Return the weights written for elements or aspects; None when the form had no fields for them."""
    prefix = f"{kind}:"
    fields = [name for name in flask.request.form if name.startswith(prefix)]
    if not fields:
        return None
    found = {}
    for name in fields:
        typed = form_text(name).replace(",", ".")
        if not typed:
            continue
        try:
            found[name.removeprefix(prefix)] = float(typed)
        except ValueError as error:
            raise InputError("The weight %(typed)r is no number", typed=typed) from error
    return found


def _whole(name: str, least: int, most: int, what: str) -> int:
    typed = form_text(name)
    if not typed.isdecimal() or not least <= int(typed) <= most:
        raise InputError("%(what)s: write a whole number from %(least)d to %(most)d", what=what, least=least, most=most)
    return int(typed)


def _decimal(name: str, least: float, most: float, what: str) -> float:
    typed = form_text(name).replace(",", ".")
    try:
        found = float(typed)
    except ValueError:
        found = float("nan")
    if not least <= found <= most:
        raise InputError("%(what)s: write a number from %(least)s to %(most)s", what=what, least=least, most=most)
    return found


def shown_number(number: float | None) -> str:
    """Return a number as it is written into a field, with a decimal comma; empty for none."""
    return "" if number is None else f"{number:g}".replace(".", ",")
