"""A module that can be called: `scoring.compare(now, before)`, while `from scoring.compare import changes` goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any


def make_callable(name: str, function: Callable[..., Any]) -> None:
    """Let the module `name` be called as `function`.

    A module's class may be replaced by a subclass of `ModuleType` (Python data model, 3.3.2.1); the import system
    sets the submodule as the package's attribute, so that a package cannot have both a module and a function of one
    name.
    """

    class CallableModule(ModuleType):
        """A module with a function of its own name."""

        @wraps(function)
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

    sys.modules[name].__class__ = CallableModule
