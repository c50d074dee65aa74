"""Detectors of places whose answers deserve a question: how, when and where they came, never who gave them.

An agency is judged by what it collected itself. These checks look for answers that came in a way in which those of the
other agencies, or of its own other weeks, did not come. Each has an honest explanation as well (a campaign, a mobile
team, old paper that was typed in): what they find is a place to ask about, nothing that a machine may leave out.

Five subjects, each a module: `hours` (outside opening hours), `volume` (a run of weeks with more answers and another
index), `channels` (channels against each other), `unlike` (answers unlike the others'), `change` (against the last
round). `detect` runs them all. What is expected is learnt from all agencies, robustly, so that ten of 95 that are
polluted move it little. False alarms and power are measured by `benchmarks/stuffing.py`; docs/methodology.md has them.

Sources: Spiegelhalter (2005) for funnels; Schwanhäuser, Sakshaug & Kosyakova (2022), Public Opinion Quarterly, for
indicators of falsified interviews; Simmons et al. (2016, Pew Research Center) against alarms by matching answers.
"""

from scoring.detectors.change import Earlier
from scoring.detectors.checks import LIMITS, Findings, detect, judge, learn, summarise
from scoring.detectors.hours import open_days, within_hours
from scoring.detectors.rows import PlaceRows

__all__ = [
    "LIMITS",
    "Earlier",
    "Findings",
    "PlaceRows",
    "detect",
    "judge",
    "learn",
    "open_days",
    "summarise",
    "within_hours",
]
