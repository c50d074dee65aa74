"""The examples in the docstrings do what they say."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "scoring"
MODULES = sorted(
    ".".join(path.relative_to(FOLDER).with_suffix("").parts) for path in FOLDER.rglob("*.py") if path.stem != "__init__"
)
WITH_EXAMPLES = {
    "calibration", "checking.limits", "checking.numerals", "checking.shares", "compare", "control_charts",
    "detectors.hours", "funnel", "hardening",
    "importance", "intervals", "jackknife", "moments", "nonresponse",
    "planner", "quality", "ranks", "scheme", "scores", "small_area", "targets",
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    module = import_module(f"scoring.{name}")
    flags = doctest.NORMALIZE_WHITESPACE
    found = doctest.testmod(module, optionflags=flags)
    assert found.failed == 0
    assert (found.attempted > 0) == (name in WITH_EXAMPLES)
