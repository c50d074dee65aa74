"""What of a round may be shown to everyone without telling how a handful of people answered."""

from __future__ import annotations

from collections.abc import Mapping

#: figures open to the public: agencies (and the province) as wholes, overall and by element
LEVELS = ("overall", "element")


def hidden_agencies(respondents: Mapping[str, int], enough: int, fewest: int) -> frozenset[str]:
    """Return the agencies whose figures stay hidden.

    `respondents`: n of each agency; agencies below `enough` are hidden. Whoever subtracts the shown agencies from the
    province finds the hidden ones together; so that this, too, tells nothing of fewer than `fewest` people or of one
    agency alone, the next smallest agencies are hidden with them until it holds.
    """
    by_size = sorted(respondents, key=lambda agency: (respondents[agency], agency))
    hidden = {agency for agency in by_size if respondents[agency] < enough}
    answered = [agency for agency in by_size if respondents[agency] > 0]
    for agency in answered:
        together = [other for other in answered if other in hidden]
        total = sum(respondents[other] for other in together)
        if not together or (len(together) > 1 and total >= fewest):
            break
        hidden.add(agency)
    return frozenset(hidden)
