"""How an index is formed, as a form with explanations, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms.validators import StopValidation

from scoring.scheme import Rules
from survey.core.errors import InputError
from survey.models.rounds import MOST_FORMS
from survey.questionnaires import Definition
from survey.structure.league_list import read_leagues, write_leagues
from survey.structure.pages.forms import PlanForm
from survey.web.fields import Block, Choice, Choices, Explained, Number, Radio, Required, Whole

CHOSEN = (
    *("composition", "interval", "rollup", "clusters", "leagues", "expected_by", "headline"),
    *("min_n", "min_n_interval"),
)
"""Rules that the form holds as they are stored."""
NO_GROUPS = ("service", "month")
"""What weights can be calibrated to, but what is no group of people."""
MIN_N = (5, 1000)
"""Below five respondents an answer can be guessed; that is not left to taste."""


def composition_words() -> Mapping[str, tuple[str, str]]:
    """The ways to form an index from items, each with a plain explanation."""
    return {
        "pooled": (
            gettext("All answers together"),
            gettext("Satisfied answers over all answers given, of every item alike. The usual way."),
        ),
        "mean_items": (
            gettext("Mean of the items"),
            gettext("The index of each item first, then their plain mean: an item that few answered weighs as much."),
        ),
        "mean_elements": (
            gettext("Mean of the elements"),
            gettext(
                "The index of each element first, then their plain mean: one of two items weighs as much as one of six."
            ),
        ),
        "custom": (
            gettext("Weights of our own"),
            gettext("The index of each element, weighted as you write below. Decide on it before the round opens."),
        ),
    }


def interval_words() -> Mapping[str, str]:
    """The ways to form intervals, in words."""
    return {
        "auto": gettext("chosen by the software for each figure (recommended)"),
        "jeffreys": "Jeffreys",
        "beta": "Korn–Graubard",
        "logit": "logit",
        "wilson": "Wilson",
        "t": gettext("normal approximation (t)"),
    }


def rollup_words() -> Mapping[str, str]:
    """How the province's index comes from the agencies'."""
    return {
        "transactions": gettext("every agency by its number of transactions (recommended)"),
        "equal": gettext("every agency alike"),
        "given": gettext("weights of our own, written below"),
    }


def confidence_words(stored: float) -> Mapping[str, str]:
    """The degrees of confidence to choose from, the stored one among them, in percent."""
    degrees = sorted({0.9, 0.95, 0.99, stored})
    return {shown_number(100 * degree): gettext("%(n)s in 100", n=shown_number(100 * degree)) for degree in degrees}


def fpc_words() -> Mapping[str, str]:
    """What the index may be a statement about."""
    return {
        "1": gettext("the transactions of this period (recommended)"),
        "0": gettext("the way the agencies work, this period being one example"),
    }


def cluster_words() -> Mapping[str, str]:
    """What the sampling units may be."""
    return {
        "counter_day": gettext("people of one counter and day, or of one pile of paper forms (recommended)"),
        "none": gettext("each respondent by himself or herself"),
    }


def league_words() -> Mapping[str, str]:
    """Among whom agencies may be ranked."""
    return {
        "kind": gettext("among agencies of their kind: departments, communes (recommended)"),
        "list": gettext("in the groups written below, for example by region; others by kind"),
        "none": gettext("among all agencies"),
    }


def calibration_words() -> Mapping[str, str]:
    """Whether there is a second index, calibrated to margins of all transactions."""
    return {
        "none": gettext("no"),
        "rake": gettext("raking: any number of margins, the transactions of each field kept"),
        "poststratify": gettext("post-stratification: one margin alone"),
    }


def expected_words() -> Mapping[str, str]:
    """What the expected range of an agency may depend on."""
    return {
        "services": gettext("what its services reach elsewhere (recommended)"),
        "none": gettext("the same for all agencies ranked together"),
    }


def headline_words() -> Mapping[str, str]:
    """The index that a round may name as its headline."""
    return {
        "plain": gettext("the plain index (recommended)"),
        "hardened": gettext("the hardened index, with the plain one beside it"),
        "calibrated": gettext("the calibrated index, with the plain one beside it"),
    }


def overall_words() -> Mapping[str, str]:
    """Whether the overall question counts in the index."""
    return {
        "0": gettext("outside of the index (recommended)"),
        "1": gettext("in the index, as one more item, an element by itself"),
    }


class Decimal(Number):
    """A number that is shown with a decimal comma."""

    def shown(self) -> str:
        """The number as people here write it."""
        return shown_number(self.data)


class WeightField(Decimal):
    """A weight: any number, since only proportions count; an empty one is None."""

    def __init__(self, *options: Any, **more: Any) -> None:
        super().__init__(*options, least=-math.inf, most=math.inf, **more)

    def parse(self, typed: str) -> float:
        """The number; the message repeats what was typed."""
        self.message = gettext("The weight %(typed)r is no number", typed=typed)
        return super().parse(typed)


class Confidence(Choice):
    """The degree of confidence in percent: one of the list, or one that was stored before."""

    def pre_validate(self, _form: object) -> None:
        """Refuse what is no degree of confidence."""
        if not 50 <= _number(self.data) <= 99.9:
            raise StopValidation(self.message)


def _whole(label: Any, title: Any, hint: Any, least: int, most: int) -> Whole:
    """A field for a whole number that must be given; `title` names it in the message."""
    message = _("%(what)s: write a whole number from %(least)d to %(most)d", what=title, least=least, most=most)
    return Whole(label, [Required(message)], hint=hint, least=least, most=most, message=message)


class RulesForm(PlanForm):
    """A round with the rule of its index; `weights_form` adds the weights."""

    composition = Radio(_("How items make an index"))
    rollup = Choice(_("The province's index"), hint=_("How much each agency weighs in it."))
    interval = Choice(
        _("Interval"),
        hint=_("How the range is formed in which the true index lies with the confidence chosen below."),
    )
    confidence = Confidence(
        _("Confidence"),
        hint=_(
            "In how many of 100 such surveys the range would hold the true index. 95 is usual; more makes every "
            "range wider."
        ),
        message=_("%(what)s: write a number from %(least)s to %(most)s", what=_("Confidence"), least=50, most=99.9),
    )
    fpc = Choice(
        _("What the index speaks of"),
        hint=_(
            "For the transactions of this period the ranges shrink as more of all citizens answer (finite population "
            "correction)."
        ),
    )
    clusters = Choice(
        _("Sampling units"),
        hint=_(
            "Who meets the same clerk on the same day answers alike. Intervals and tests that take each respondent by "
            "himself are then too sure. Where no counter is known, each respondent is a unit in any case."
        ),
    )
    leagues = Choice(
        _("Agencies are ranked"),
        hint=_("Departments and communes do other work for other people: only within a kind are ranks and bands fair."),
    )
    overall_in_index = Choice(
        _("Overall question"),
        hint=_("An index with the overall question does not compare with one without it."),
    )
    league_list = Block(
        _("Groups of agencies (where they are ranked in groups of our own)"),
        hint=_("A line for each group: its name, a colon, then its agencies by code or name with semicolons between."),
    )
    expected_by = Choice(
        _("Expected of an agency"),
        hint=_("Who must do what pleases people less everywhere is not blamed for it. Ranks are of the plain index."),
    )
    same_mix = Choices(
        _("Evaluators also see bands at the same mix of"),
        hint=_("Nobody chooses who answers. Each agency is weighted to the mix of those ranked with it (raking)."),
    )
    headline = Choice(
        _("Headline"),
        hint=_(
            "The hardened index moves less when many answers come at once or outside of opening hours; the calibrated "
            "one has the make-up of all transactions. Ranks are of the plain index; both are printed together."
        ),
    )
    calibration = Choice(
        _("Calibration"),
        hint=_(
            "The calibrated index is for evaluators: it rests on groups that no printed table has. Named as headline, "
            "everyone reads it where each of these groups has as many people as may be shown."
        ),
    )
    calibrate_by = Choices(_("Margins"), hint=_("Their transactions are given on the round's own page."))
    calibration_limit = Decimal(
        _("Largest weight (times the median; 0: no limit)"),
        hint=_("5 is usual: a limit keeps a few answers from deciding, but the margins are then met less exactly."),
        least=0,
        most=100,
        message=_("%(what)s: write a number from %(least)s to %(most)s", what=_("Largest weight"), least=0, most=100),
    )
    max_width = Decimal(
        _("Widest interval shown (percentage points)"),
        hint=_(
            "A range as wide as this says nothing and is left out, when the software chooses the interval. 30 is usual."
        ),
        least=1,
        most=100,
        message=_(
            "%(what)s: write a number from %(least)s to %(most)s", what=_("Widest interval shown"), least=1, most=100
        ),
    )
    min_n = _whole(
        _("Fewest respondents shown"),
        _("Fewest respondents shown"),
        _("Figures of fewer people are never shown, so that nobody's answer can be guessed. At least 5."),
        *MIN_N,
    )
    min_n_interval = _whole(
        _("Fewest respondents for an interval and a rank"),
        _("Fewest respondents for an interval and a rank"),
        _("With fewer people an index says too little to be ranked. 30 is usual."),
        *MIN_N,
    )
    min_answered = _whole(
        _("Share of items that must be answered (percent)"),
        _("Share of items that must be answered"),
        _("A form with fewer answers is not counted. 0 counts every form."),
        0,
        100,
    )

    second_pass = _whole(
        _("Paper forms keyed in twice: one in every"),
        _("Paper forms keyed in twice"),
        _("10 means the 10th, 20th, 30th form of each pile; 0 means none. Who keys in cannot change it."),
        0,
        MOST_FORMS,
    )
    spot_check = _whole(
        _("Paper forms keyed in again by another unit: one in every"),
        _("Paper forms keyed in again by another unit"),
        _("Drawn by chance, at least five of each pile, which counts only then. 0: where an evaluator asks for it."),
        0,
        MOST_FORMS,
    )

    def weights(self, kind: str) -> list[WeightField]:
        """The fields for the weights of `element`, `aspect` or `agency`."""
        return [field for name, field in self._fields.items() if name.startswith(f"{kind}:")]


@dataclass(frozen=True)
class Weight:
    """One weight that can be written into the form: the name of its field, of whom it is, and what is stored."""

    field: str
    title: Any
    stored: float | None


def weights(definition: Definition, rules: Rules, agencies: Mapping[str, str]) -> list[Weight]:
    """The weights of a questionnaire's elements and aspects, and of agencies, whose names come by code."""
    elements = [
        Weight(f"element:{part.code}", part.title.get("vi"), rules.element_weights.get(part.code))
        for part in definition.elements
    ]
    aspects = [
        Weight(
            f"aspect:{part.code}",
            gettext("Aspect: %(title)s", title=part.title.get("vi")),
            rules.aspect_weights.get(part.code),
        )
        for part in definition.aspects
    ]
    offices = [Weight(f"agency:{code}", name, rules.agency_weights.get(code)) for code, name in agencies.items()]
    return elements + aspects + offices


def weights_form(
    chosen: Sequence[Weight], rules: Rules, values: Mapping[str, Any] | None, variables: Mapping[str, str]
) -> RulesForm:
    """The form of a round with a field for each weight; `values` are shown when nothing was sent.

    `variables`: titles of what the weights can be calibrated to, by code.

    A choice whose weights have no fields yet is not offered.
    """
    form_class = type("WeightsForm", (RulesForm,), {one.field: WeightField(one.title) for one in chosen})
    form: RulesForm = form_class() if values is None else form_class(formdata=None, data=values)
    compositions, rollups = composition_words(), dict(rollup_words())
    has_elements = bool(form.weights("element"))
    form.composition.options = [
        (value, Explained(*words)) for value, words in compositions.items() if has_elements or value != "custom"
    ]
    if not form.weights("agency"):
        del rollups["given"]
    form.rollup.options = list(rollups.items())
    form.interval.options = list(interval_words().items())
    form.confidence.options = list(confidence_words(rules.confidence).items())
    form.fpc.options = list(fpc_words().items())
    form.clusters.options = list(cluster_words().items())
    form.leagues.options = list(league_words().items())
    form.overall_in_index.options = list(overall_words().items())
    form.expected_by.options = list(expected_words().items())
    form.same_mix.options = [
        ("channel", gettext("Channel")),
        *(one for one in variables.items() if one[0] not in NO_GROUPS),
    ]
    form.headline.options = list(headline_words().items())
    form.calibration.options = list(calibration_words().items())
    form.calibrate_by.options = list(variables.items())
    return form


def rule_values(rules: Rules, chosen: Sequence[Weight]) -> dict[str, Any]:
    """Scoring rules as the values of the form."""
    return {
        "composition": rules.composition,
        "interval": rules.interval,
        "rollup": rules.rollup,
        "confidence": shown_number(100 * rules.confidence),
        "fpc": "1" if rules.fpc else "0",
        "clusters": rules.clusters,
        "leagues": rules.leagues,
        "league_list": write_leagues(rules.league_of),
        "expected_by": rules.expected_by,
        "same_mix": list(rules.same_mix),
        "headline": rules.headline,
        "calibration": rules.calibration,
        "calibrate_by": list(rules.calibrate_by),
        "calibration_limit": rules.calibration_limit,
        "overall_in_index": "1" if rules.overall_in_index else "0",
        "max_width": rules.max_width,
        "min_n": rules.min_n,
        "min_n_interval": rules.min_n_interval,
        "min_answered": round(100 * rules.min_answered_share),
        **{one.field: one.stored for one in chosen},
    }


def rules_of(form: RulesForm, stored: Mapping[str, Any], agencies: Mapping[str, str]) -> dict[str, Any]:
    """The rules of a valid form; what the form does not speak of stays as it is stored. `agencies`: names by code."""
    rules = dict(stored)
    for name in CHOSEN:
        rules[name] = form[name].data
    listed = rules["leagues"] == "list"
    if listed or "league_of" in rules:
        rules["league_of"] = read_leagues(form.league_list.data, agencies) if listed else {}
    rules["same_mix"] = list(form.same_mix.data)
    rules["min_answered_share"] = form.min_answered.data / 100
    rules["confidence"] = _number(form.confidence.data) / 100
    rules["fpc"] = form.fpc.data == "1"
    rules["overall_in_index"] = form.overall_in_index.data == "1"
    if form.max_width.data is not None:
        rules["max_width"] = form.max_width.data
    for kind in ("element", "aspect", "agency"):
        fields = form.weights(kind)
        if fields:
            written = {field.name.removeprefix(f"{kind}:"): field.data for field in fields}
            rules[f"{kind}_weights"] = {code: weight for code, weight in written.items() if weight is not None}
    _settle_weights(form, rules)
    _settle_calibration(form, rules)
    return rules


def _settle_calibration(form: RulesForm, rules: dict[str, Any]) -> None:
    """Read the calibration; `InputError` where method and margins do not go together."""
    method, chosen = form.calibration.data, list(form.calibrate_by.data)
    if method == "none" and form.headline.data == "calibrated":
        raise InputError("Choose a calibration, or another headline", field="calibration")
    if method == "none":
        rules |= {"calibration": "none", "calibrate_by": [], "calibration_limit": 0.0}
        return
    if not chosen:
        raise InputError("Tick the margins to which the weights are calibrated", field="calibrate_by")
    if method == "poststratify" and len(chosen) > 1:
        raise InputError("Post-stratification takes one margin; take raking for several", field="calibrate_by")
    limit = form.calibration_limit.data or 0.0
    if 0 < limit < 1:
        raise InputError("The largest weight is 0 (no limit) or at least 1 median", field="calibration_limit")
    rules |= {"calibration": method, "calibrate_by": chosen, "calibration_limit": limit}


def _settle_weights(form: RulesForm, rules: dict[str, Any]) -> None:
    """Drop the weights that the rule does not use; `InputError` where those that it uses are missing."""
    if rules["rollup"] != "given":
        rules["agency_weights"] = {}
    elif not any(rules.get("agency_weights", {}).values()):
        raise InputError("Weights of our own for the agencies: write at least one weight above 0", field="rollup")
    if rules["composition"] != "custom":
        rules["element_weights"], rules["aspect_weights"] = {}, {}
        return
    if rules["overall_in_index"]:
        raise InputError(
            "Weights of our own are for elements: leave the overall question outside",
            field="overall_in_index",
        )
    elements, aspects = rules.get("element_weights", {}), rules.get("aspect_weights", {})
    every_element = len(elements) == len(form.weights("element")) > 0
    if not every_element or len(aspects) not in {0, len(form.weights("aspect"))}:
        raise InputError(
            "Weights of our own: write a weight for every element, and for every aspect or for none",
            field="composition",
        )


def _number(typed: str) -> float:
    """A number that may have a decimal comma; not a number for anything else."""
    try:
        return float(typed.replace(",", "."))
    except ValueError:
        return math.nan


def shown_number(number: float | None) -> str:
    """A number as it is written into a field, with a decimal comma; empty for none."""
    return "" if number is None else f"{number:g}".replace(".", ",")
