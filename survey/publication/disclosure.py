"""What of a round may be shown to everyone without telling how a handful of people answered."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.disclosure import DisclosureRule, protect_groups

#: figures open to the public: agencies (and the province) as wholes, overall and by element
LEVELS = ("overall", "element")


def hidden_agencies(respondents: Mapping[str, int], rule: DisclosureRule) -> frozenset[str]:
    """The agencies whose figures stay hidden, `respondents` being n of each agency.

    Those too small for an interval and a rank, the next smallest as far as subtraction from the province would else
    give these away (`scoring.disclosure.protect_groups`), and those nobody answered for: there is nothing to show.
    """
    names = sorted(respondents, key=lambda agency: (respondents[agency], agency))
    n = [respondents[agency] for agency in names]
    hidden = protect_groups(n, rule, least=rule.min_n_quality)
    return frozenset(name for name, size, gone in zip(names, n, hidden, strict=True) if gone or not size)
