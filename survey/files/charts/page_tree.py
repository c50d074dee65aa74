"""The chart of a page that was made: its drawing with the words around it, as nested elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


@dataclass(eq=False)
class Node:
    """An element with its attributes and what it holds."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)
    parent: Node | None = None

    @property
    def classes(self) -> frozenset[str]:
        """Its classes."""
        return frozenset(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        """All text in it, spaces joined."""
        return " ".join("".join(self._texts()).split())

    def walk(self) -> Iterator[Node]:
        """Yield it and all elements in it, in their order."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._texts()


class _Reader(HTMLParser):
    """Builds the tree of a page. An element that is left open ends with the one around it."""

    def __init__(self) -> None:
        super().__init__()
        self.root = self.open = Node("")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, parent=self.open)
        self.open.children.append(node)
        if tag not in VOID:
            self.open = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open = self.open.parent or self.root

    def handle_endtag(self, tag: str) -> None:
        node: Node | None = self.open
        while node is not None and node.tag != tag:
            node = node.parent
        if node is not None and node.parent is not None:
            self.open = node.parent

    def handle_data(self, data: str) -> None:
        self.open.children.append(data)


@dataclass(frozen=True)
class ChartOnPage:
    """A drawing and what stands around it."""

    drawing: Node
    title: str
    #: what the page shows, as its window is called
    page: str
    #: the sentences beneath it, and names of marks that have a number
    legends: tuple[str, ...]


@dataclass(frozen=True)
class PartOnPage:
    """One of several drawings: what stands above it, and beneath it where anything does."""

    drawing: Node
    label: str
    note: str


@dataclass(frozen=True)
class GroupOnPage:
    """Drawings of one kind and what stands around them."""

    parts: tuple[PartOnPage, ...]
    title: str
    page: str
    legends: tuple[str, ...]
    #: how many stand beside each other on a sheet
    columns: int


def find_group(html: str, name: str) -> GroupOnPage | None:
    """The charts in the element of a page with `data-charts="<name>"`, one in each of its list items.

    Such an element has its title in `data-title` and how many stand in a row in `data-columns`.
    """
    root = _tree(html)
    around = next((n for n in root.walk() if n.attributes.get("data-charts") == name), None)
    if around is None:
        return None
    parts = []
    for item in (n for n in around.walk() if n.tag == "li"):
        drawing = next((n for n in item.children if isinstance(n, Node) and n.tag == "svg"), None)
        if drawing is not None:
            label = next((n.text for n in item.walk() if n.tag in ("h3", "a")), "")
            note = next((n.text for n in item.walk() if "range" in n.classes and n.parent is item), "")
            parts.append(PartOnPage(drawing, label, note))
    at = around.attributes
    said = (n for n in around.children if isinstance(n, Node) and n.tag == "p" and "legend" in n.classes)
    legends = tuple(n.text for n in said if "chart-files" not in n.classes)
    return GroupOnPage(tuple(parts), at["data-title"], _window(root), legends, int(at["data-columns"]))


def find_chart(html: str, name: str) -> ChartOnPage | None:
    """The chart of a page whose drawing is labelled by `<name>-title`; None where the page has none of it."""
    root, label = _tree(html), f"{name}-title"
    drawing = next((n for n in root.walk() if n.tag == "svg" and _labelled(n, label)), None)
    if drawing is None:
        return None
    own = next((n.text for n in drawing.walk() if n.attributes.get("id") == label), "")
    around = drawing.parent
    words = [n for n in around.walk() if n.tag == "figcaption"] if around is not None else []
    return ChartOnPage(drawing, words[0].text if words else own, _window(root), tuple(_legends(around)))


def _tree(html: str) -> Node:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root


def _window(root: Node) -> str:
    """What a page's window is called."""
    return next((n.text for n in root.walk() if n.tag == "title" and n.parent and n.parent.tag == "head"), "")


def _labelled(node: Node, label: str) -> bool:
    return label in node.attributes.get("aria-labelledby", "").split()


def _legends(around: Node | None) -> Iterator[str]:
    """Yield what is written around a drawing to read it by, without what is there to be clicked alone."""
    for node in around.walk() if around is not None else ():
        parent = node.parent
        if "chart-files" in node.classes or node.text == " ".join(n.text for n in node.walk() if n.tag == "a"):
            continue
        listed = node.tag == "li" and parent is not None and parent.classes & {"outside", "legend"}
        if listed or (node.tag == "p" and "legend" in node.classes and parent is around):
            yield node.text
