"""Class names: one name means one thing in the whole program, so that a search for it leads to one place."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
TAKEN_TWICE = {
    "Choice",
    "Difference",
    "Finding",
    "Imported",
    "Item",
    "Mistake",
    "Part",
    "Place",
    "Plan",
    "Problem",
    "Row",
    "Section",
    "Text",
    "Words",
}
"""Names that stand in two modules from before this rule; the list may only shrink."""


def modules_by_class(*folders: Path) -> dict[str, list[str]]:
    found = defaultdict(list)
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            for node in ast.parse(path.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found[node.name].append(str(path.relative_to(folder.parent)))
    return found


def test_a_public_class_name_stands_in_one_module() -> None:
    known = modules_by_class(ROOT / "survey", ROOT / "scoring")
    assert len(known) > 150
    repeated = {name: paths for name, paths in known.items() if len(paths) > 1}
    assert {name: paths for name, paths in repeated.items() if name not in TAKEN_TWICE} == {}


def test_files_and_results_repeat_no_class_name() -> None:
    known = modules_by_class(ROOT / "survey", ROOT / "scoring")
    own = ("survey/files/", "survey/results/")
    shared = {name for name, paths in known.items() if len(paths) > 1 and any(p.startswith(own) for p in paths)}
    assert {name for name in shared if not all("/pages/" in p for p in known[name] if p.startswith(own))} == set()


def test_the_rule_sees_a_repeated_name(tmp_path: Path) -> None:
    for room in ("one", "two"):
        (tmp_path / "survey" / room).mkdir(parents=True)
        (tmp_path / "survey" / room / "things.py").write_text("class Thing: ...\nclass _Own: ...\n", "utf-8")
    assert modules_by_class(tmp_path / "survey") == {"Thing": ["survey/one/things.py", "survey/two/things.py"]}
