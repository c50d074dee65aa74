"""What is said of one item of an agency or the province, apart from how it stands against others (`statements`)."""

from __future__ import annotations

from typing import Protocol

from survey.results.statements import Sentence, Statement
from survey.web.messages import N_


class PeersFound(Protocol):
    """Agencies that surely do better at an item."""

    @property
    def found(self) -> int:
        """How many are named."""

    @property
    def similar(self) -> int:
        """How many of them have similar services."""


AGAINST_OTHERS = Sentence(
    N_("Satisfied: %(index)s; other agencies: %(rest)s (%(gap)s points)."),
    "the agency's index of the item, that of all other agencies together, and the difference of the two",
)
ALONE = Sentence(N_("Satisfied: %(index)s %(interval)s."), "the index of the item with its interval")
PEOPLE = Sentence(
    N_("Dissatisfied: %(some)s of %(all)s who answered."),
    "counts of the answers 1 and 2, and of all valid answers, where results print them",
)
CHANGE = Sentence(
    N_("Since %(before)s: %(signed)s points %(interval)s, %(word)s."),
    "the change of the item's index since the round before that asked the same, with the interval of its verdict",
)
TARGET = Sentence(
    N_("Target of “%(element)s”: %(target)s, %(word)s."),
    "a target was set for the element the item belongs to; the word is that of `TARGET_WORDS` for the element's index",
)
LEARN_SENTENCES: tuple[Statement[PeersFound], ...] = (
    Statement(
        N_("Learn from agencies of the same kind with similar services that do better here:"),
        "each agency named is of the kind, one at least has half of its transactions in the same services, and its "
        "index of the item is higher by a test adjusted over all agencies of the kind (Holm 1979)",
        "similar",
        lambda one: one.similar > 0,
    ),
    Statement(
        N_("No agency with similar services is surely better here; of the same kind these are:"),
        "as before, without an agency of similar services among them",
        "kind",
        lambda one: one.found > 0 and one.similar == 0,
    ),
    Statement(
        N_("No agency of the same kind can be told to do better here."),
        "no agency of the kind with an interval has a higher index by that test",
        "none",
        lambda one: one.found == 0,
    ),
)
"""Whom to learn from; the agencies follow."""
PEER = Sentence(
    N_("%(agency)s: %(index)s satisfied, of %(n)s who answered."),
    "an agency of one of the first two of `LEARN_SENTENCES`; its index and number are those that results print",
)
PEER_ACTION = Sentence(
    N_("It did: %(what)s (round %(round)s)."), "an action of that agency about the item or its element was accepted"
)
