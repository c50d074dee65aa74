"""Labels of files: codes of levels, statuses and rules in words. A file has both languages, whoever asks for it.

The words are gettext messages, read in Vietnamese and English; those that pages share stand in `survey.web.wording`.
"""

from __future__ import annotations

from scoring.targets import CANNOT_TELL, NO_INTERVAL, NOT_REACHED, REACHED, Judgement
from survey.results.statements import TARGET_WORDS, choose
from survey.web.messages import N_, Pair, bilingual, translate
from survey.web.wording import Wording

LEVELS = Wording(
    {
        "overall": N_("Overall"),
        "aspect": N_("Aspect"),
        "element": N_("Element"),
        "item": N_("Item"),
    }
)
RANK_STATUSES = Wording(
    {
        "ranked": N_("Ranked"),
        "too_few": N_("Not ranked: too few respondents"),
        "no_standard_error": N_("Not ranked: no standard error"),
        "alone": N_("Not ranked: alone in its league"),
    }
)
TARGET_VERDICTS = Wording(
    {code: choose(TARGET_WORDS, Judgement(code)).message for code in (REACHED, NOT_REACHED, CANNOT_TELL, NO_INTERVAL)}
)
CHANGE_STATUSES = Wording(
    {
        "ok": N_("A difference with its test"),
        "no_data": N_("One side has no figure"),
        "no_test": N_("A difference without a test"),
        "exact": N_("Both sides are complete counts"),
        "zero_variance": N_("All answers of one side agree: its error is bounded"),
        "other_items": N_("Other questions than before: neither a difference nor a test"),
    }
)
RULES = Wording(
    {
        "composition": N_("How items make an index"),
        "element_weights": N_("Weights of the elements"),
        "aspect_weights": N_("Weights of the aspects"),
        "renormalise": N_("Weigh others up when a part has no answers"),
        "statistic": N_("What is reported (top2: share of 4 and 5)"),
        "rollup": N_("How agencies make the province"),
        "agency_weights": N_("Weights of the agencies"),
        "interval": N_("Method of the intervals"),
        "confidence": N_("Confidence"),
        "fpc": N_("Finite-population correction"),
        "lonely": N_("Strata with one respondent"),
        "min_n": N_("Fewest respondents shown"),
        "min_n_interval": N_("Fewest respondents for interval and rank"),
        "max_width": N_("Widest interval shown (points)"),
        "min_answered_share": N_("Share of items a response must answer"),
        "min_coverage": N_("Coverage below which a figure warns"),
        "pooling": N_("What a total hides is one stratum of it"),
        "clusters": N_("Sampling units: counter and day, or each respondent"),
        "fpc_in_tests": N_("Finite-population correction in tests and ranks"),
        "leagues": N_("Ranked among agencies of its kind, in groups of a list, or among all"),
        "league_of": N_("Groups in which agencies are ranked"),
        "letters": N_("Letters of groups in rankings: clear ones, or all"),
        "overall_in_index": N_("Overall question counts in the index as one more item"),
        "expected_by": N_("Expected of an agency by its services, or the same of all"),
        "same_mix": N_("Bands also at the same mix of these, for evaluators"),
        "headline": N_("The index that is named first: plain, or hardened or calibrated beside it"),
        "calibration": N_("Second index calibrated to margins of all transactions, for evaluators"),
        "calibrate_by": N_("Variables of those margins"),
        "calibration_limit": N_("Calibrated weights cut above so many medians"),
        "definitions": N_("Version of what the columns mean"),
    }
)
"""Scoring rules, see `scoring.scheme.Rules`."""
LANGUAGES = Wording({"vi": N_("Vietnamese"), "en": N_("English"), "vi-simple": N_("Easy Vietnamese")})
"""Languages of the form."""

LIMITS = (
    N_("The interval covers sampling error only, not the bias of people choosing themselves whether to answer."),
    N_("Where intervals overlap widely, the order of agencies means little; use the rank ranges."),
    N_("An empty cell is a figure that does not exist or must be hidden; the status says why. It is never 0."),
)
"""What a reader of the figures must keep in mind."""


def province() -> str:
    """The Vietnamese name of all agencies together."""
    return translate(N_("The whole province"), "vi")


def all_services() -> str:
    """The Vietnamese name of all services together."""
    return translate(N_("All services"), "vi")


def not_asked() -> Pair:
    """What stands for a question that a condition left out."""
    return bilingual(N_("Not asked"))


def phrase(wording: Wording, code: str, language: str = "vi") -> str:
    """A code's words as they stand in a cell: a sentence of the pages without its full stop."""
    return wording.text(code, language).removesuffix(".")


def phrases(wording: Wording, code: str) -> Pair:
    """The phrase in both languages."""
    return phrase(wording, code, "vi"), phrase(wording, code, "en")


def phrase_list(wording: Wording, codes: str) -> str:
    """The Vietnamese phrases of codes separated by spaces, separated by semicolons."""
    return "; ".join(phrase(wording, code) for code in codes.split())
