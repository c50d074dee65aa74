"""Respondents of every group of a breakdown, and which of these numbers must be hidden beside the results."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.attack import Attack, Lines
from scoring.disclosure import SUPPRESSED, DisclosureRule, protect_places, protect_table, sums_of
from scoring.estimate import places
from scoring.moments import Moments
from scoring.scheme import Scheme

GROUP = "group"
KEYS = ("agency", "service", GROUP, "level", "key")
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class GroupSizes:
    """How many respondents every figure has, for each combination of keys named or all together ("")."""

    #: the keys that tell places apart, the first the agency or the service, the last the group
    by: tuple[str, ...]
    #: (places,) text: `agency`, `service` and `group`, those not in `by` the same for all
    keys: pd.DataFrame
    #: level and key of each figure
    figures: tuple[tuple[str, str], ...]
    #: (places, figures)
    n: NDArray[np.int64]
    #: (places,) whether it is of an agency that is in no wider figure, for want of transactions
    alone: Flags

    @classmethod
    def of(
        cls, moments: Moments, by: tuple[str, ...], alone: frozenset[str] = frozenset(), *, place: str = ""
    ) -> GroupSizes:
        """The sizes of moments by agency or service and group.

        Agencies `alone` are in no row of all agencies together. `place`: the agency where `by` has none.
        """
        counts = np.concatenate([moments.reached, moments.answered], axis=1)
        figures = (*moments.scheme.groups, *(("item", code) for code in moments.scheme.codes))
        apart = moments.keys["agency"].isin(alone).to_numpy()
        rows: list[dict[str, str]] = []
        parts = []
        for columns in ((), *((name,) for name in by), by):
            # A cell with "" in a column stands for what no name is known of: it is nobody's part, the total has it.
            code, names = places(moments.keys, columns)
            if "agency" in by and "agency" not in columns:
                code = np.where(apart, -1, code)
            kept = np.flatnonzero(code >= 0)
            size = np.zeros((len(names), counts.shape[1]), dtype=np.int64)
            np.add.at(size, code[kept], counts[kept])
            there = np.bincount(code[kept], minlength=len(names)) > 0
            there |= not columns
            parts.append(size[there])
            named = [dict(zip(columns, map(str, one), strict=True)) for one in names]
            rows += [one for one, some in zip(named, there.tolist(), strict=True) if some]
        fixed = {"agency": place, "service": "", GROUP: ""}
        keys = {name: [one.get(name, "" if name in by else fixed[name]) for one in rows] for name in KEYS[:3]}
        of_agency = np.array([one.get("agency", "") in alone for one in rows], dtype=np.bool_)
        return cls(by, pd.DataFrame(keys, dtype=object), figures, np.concatenate(parts), of_agency)

    def table(self) -> pd.DataFrame:
        """One row a figure and place, figure by figure: `KEYS`, `n` and `warnings`."""
        size, width = self.n.shape
        columns = {name: np.tile(self.keys[name].to_numpy(dtype=object), width) for name in self.keys}
        for name, values in zip(("level", "key"), zip(*self.figures, strict=True), strict=True):
            columns[name] = np.repeat(np.array(values, dtype=object), size)
        warnings = np.tile(np.where(self.alone, "no_population", "").astype(object), width)
        return pd.DataFrame({**columns, "n": self.n.T.ravel(), "warnings": warnings})

    def hidden(self, rule: DisclosureRule, scheme: Scheme, table: pd.DataFrame) -> Flags:
        """Which numbers (places, figures) must be hidden beside a round's results `table`.

        Groups of places whose own figure the results hide go in any case; the other totals are known from the results.
        Where it would cost groups of all places together, those of each place go: groups that are small in most
        agencies (late results without an apology, say) can then still be shown for the whole.
        """
        before = self._hidden_before(table)
        total = (self.keys[GROUP] == "").to_numpy()
        whole = (self.keys[self.by[0]] == "").to_numpy()
        gone = self._protected(rule, scheme, total[:, None] & ~before, before)
        lost = np.asarray((gone & whole[:, None]).any(axis=0))
        if not lost.any():
            return gone
        wider = self._of(whole)
        alone = np.zeros(self.n.shape, dtype=np.bool_)
        alone[whole] = wider._protected(rule, scheme, (total[:, None] & ~before)[whole], before[whole])
        each = np.where(whole[:, None], alone, self.n > 0)
        other = np.where(lost[None, :] & ~total[:, None], each, gone)
        secret = other & (before | (self.n < rule.min_n))
        return other if self._withstands(other, secret, rule.min_n) else gone

    def listed(self, rows: Flags) -> frozenset[tuple[str, ...]]:
        """The `KEYS` of chosen numbers (places, figures)."""
        names = list(self.keys.itertuples(index=False, name=None))
        at, figure = np.nonzero(rows)
        return frozenset((*names[p], *self.figures[f]) for p, f in zip(at.tolist(), figure.tolist(), strict=True))

    def _of(self, whole: Flags) -> GroupSizes:
        """The sizes of all places together, by group alone."""
        keys = self.keys[whole].reset_index(drop=True)
        return GroupSizes((GROUP,), keys, self.figures, self.n[whole], self.alone[whole])

    def _protected(self, rule: DisclosureRule, scheme: Scheme, known: Flags, gone: Flags) -> Flags:
        """What `scoring.disclosure` hides of these sizes; `known`, `gone`: (places, figures) as `protect_table`."""
        if rule.whole:
            keys = self.keys[list(self.by)]
            fixed, begun = (np.asarray(flags.any(axis=1)) for flags in (known, gone))
            found = protect_places(keys, self.n, rule, alone=self.alone, known=fixed, gone=begun)
            return np.repeat(found[:, None], len(self.figures), axis=1)
        found = protect_table(self.table(), rule, self.by, scheme, known=known.T.ravel(), gone=gone.T.ravel())
        return np.asarray(found.reshape(self.n.T.shape).T)

    def _withstands(self, hidden: Flags, secret: Flags, least: int) -> bool:
        """Say whether nothing secret can be worked out from what is shown; other hidden rows only cover for it.

        Secret is what is small, and what the results hide: there it covers for what is small.
        """
        apart = set(np.flatnonzero(self.alone).tolist())
        lines = Lines.read(
            (total, parts if total in apart else [k for k in parts if k not in apart])
            for total, parts in sums_of(self.keys[list(self.by)])
        )
        for figure in np.flatnonzero(secret.any(axis=0)).tolist():
            attack = Attack(self.n[:, figure], hidden[:, figure], lines)
            if not all(attack.wide(int(cell), least) for cell in np.flatnonzero(secret[:, figure])):
                return False
        return True

    def _hidden_before(self, table: pd.DataFrame) -> Flags:
        """The numbers (places, figures) of places whose own figure the results hide already."""
        gone = table[table["status"] == SUPPRESSED]
        column = {figure: k for k, figure in enumerate(self.figures)}
        of_place: dict[tuple[str, str], Flags] = {}
        for agency, service, level, key in zip(*(gone[name].tolist() for name in KEYS if name != GROUP), strict=True):
            if (level, key) in column:
                flags = of_place.setdefault((agency, service), np.zeros(len(self.figures), dtype=np.bool_))
                flags[column[level, key]] = True
        found = np.zeros(self.n.shape, dtype=np.bool_)
        for row, place in enumerate(zip(self.keys["agency"], self.keys["service"], strict=True)):
            if place in of_place:
                found[row] = of_place[place]
        return found & (self.n > 0)
