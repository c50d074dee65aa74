"""The page docs/scoring-tour.md does what it says."""

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def test_every_block_of_the_tour_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/scoring-tour.md").read_text("utf-8"), re.M | re.S)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/scoring-tour.md", "exec"), names)  # noqa: S102 our own page
    assert len(blocks) == 8
    assert len([line for line in blocks[0].splitlines() if line and not line.startswith(("import", "from"))]) <= 10
    assert "flask" not in "".join(blocks).lower()
