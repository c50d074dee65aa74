"""Pages where staff key in paper forms and interviews."""

from survey.paper import again, first, piles
from survey.paper.common import blueprint

__all__ = ["again", "blueprint", "first", "piles"]
