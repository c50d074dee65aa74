"""How the pages' stylesheet draws a chart: its rules for SVG, in the light colours, read from the files that pages use.

Only what a drawing needs is understood: selectors of elements and classes, one inside another, and properties of
lines, areas and type. Rules inside of `@media` are for other readers and left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from survey.core.config import ROOT

INHERITED = ("fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "paint-order")
KNOWN = (*INHERITED, "opacity")
_SELECTOR = re.compile(r"[a-z]*(\.[\w-]+)*$")

Element = tuple[str, frozenset[str]]
"""The name and the classes of an element."""


@dataclass(frozen=True)
class StyleRule:
    """One selector, outermost part first, with its properties."""

    parts: tuple[Element, ...]
    properties: Mapping[str, str]

    @property
    def weight(self) -> tuple[int, int]:
        """How specific it is: classes, then names."""
        return sum(len(classes) for _, classes in self.parts), sum(bool(name) for name, _ in self.parts)

    def matches(self, path: Sequence[Element]) -> bool:
        """Whether it is for the last element of a path from the outermost one."""
        *outer, own = self.parts
        if not _is(path[-1], own):
            return False
        above = iter(path[:-1])
        return all(any(_is(element, part) for element in above) for part in outer)


def _is(element: Element, part: Element) -> bool:
    return part[0] in ("", element[0]) and part[1] <= element[1]


@cache
def rules() -> tuple[StyleRule, ...]:
    """The rules of the pages that draw something, those that decide last."""
    tokens = (ROOT / "static" / "tokens.css").read_text("utf-8")
    values = dict(re.findall(r"(--[\w-]+):([^;}]+)", _without_media(tokens)))
    return read(_without_media((ROOT / "static" / "app.css").read_text("utf-8")), values)


def read(css: str, values: Mapping[str, str]) -> tuple[StyleRule, ...]:
    """The rules of a stylesheet without blocks inside of blocks; `values`: those of `var(--…)`."""
    found = []
    for selectors, block in re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)):
        properties = _properties(block, values)
        for selector in selectors.split(",") if properties else ():
            parts = selector.split()
            if all(_SELECTOR.match(part) for part in parts):
                found.append(StyleRule(tuple(map(_part, parts)), properties))
    return tuple(sorted(found, key=lambda rule: rule.weight))  # a stable sort: of equal ones the later decides


def style(path: Sequence[Element], given: Mapping[str, str]) -> dict[str, str]:
    """The properties of the last element of a path; `given`: those of the element around it."""
    found = {name: value for name, value in given.items() if name in INHERITED}
    for rule in rules():
        if rule.matches(path):
            found.update(rule.properties)
    return found


def _part(text: str) -> Element:
    name, *classes = text.split(".")
    return name, frozenset(classes)


def _properties(block: str, values: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for declaration in block.split(";"):
        name, _, value = declaration.partition(":")
        value = re.sub(r"var\((--[\w-]+)\)", lambda m: values.get(m[1], ""), value.strip())
        if name.strip() == "font":
            name, value = "font-size", value.split()[0]
        value = re.sub(r"^#(.)(.)(.)$", r"#\1\1\2\2\3\3", value)
        if name.strip() in KNOWN and value:
            found[name.strip()] = value
    return found


def _without_media(css: str) -> str:
    """The stylesheet without its `@` blocks that hold others."""
    kept, at = [], 0
    while (start := css.find("@media", at)) >= 0:
        kept.append(css[at:start])
        at, depth = css.index("{", start) + 1, 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[at], 0)
            at += 1
    return "".join([*kept, css[at:]])
