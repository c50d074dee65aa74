"""Pages where staff key in paper forms and interviews."""

from survey.collect.entry import again, first, piles, spot
from survey.collect.entry.common import blueprint

__all__ = ["again", "blueprint", "first", "piles", "spot"]
