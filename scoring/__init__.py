"""The statistics of SIPAS indices: pure functions of arrays and tables.

Nothing here reads a file, a clock, a database or a request; randomness comes from seeds that are arguments. The
package works from a notebook as it does from the web application. docs/methodology.md gives the formulas.

What a notebook needs is here, and loaded when first used: `score` answers under `Rules`, `compare` two results, `ranks`
of agencies, `plan` the next round; `Item`, `Scheme`, `Scale` describe the questionnaire, `Design` and `stratified` the
sample, `DataError` is raised for what cannot be scored. `scoring.compare` and `scoring.ranks` are modules as well.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoring import compare, ranks
    from scoring.planner import Plan, plan
    from scoring.scheme import DataError, Item, Rules, Scale, Scheme
    from scoring.scores import Scores, score
    from scoring.weights import Design, stratified

__all__ = [
    "DataError",
    "Design",
    "Item",
    "Plan",
    "Rules",
    "Scale",
    "Scheme",
    "Scores",
    "compare",
    "plan",
    "ranks",
    "score",
    "stratified",
]

_HOME = {
    **dict.fromkeys(("DataError", "Item", "Rules", "Scale", "Scheme"), "scheme"),
    **dict.fromkeys(("Scores", "score"), "scores"),
    **dict.fromkeys(("Design", "stratified"), "weights"),
    **dict.fromkeys(("Plan", "plan"), "planner"),
}


def __getattr__(name: str) -> Any:
    """A public name, its module being loaded now (PEP 562)."""
    if name in _HOME:
        return getattr(import_module(f"scoring.{_HOME[name]}"), name)
    if name in ("compare", "ranks"):
        return import_module(f"scoring.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
