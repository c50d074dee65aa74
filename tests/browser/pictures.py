"""Pictures of pages."""

from __future__ import annotations

from playwright.sync_api import Error, Locator, Page


def picture(what: Page | Locator, tries: int = 3) -> bytes:
    """Return a PNG of a page or a part of it.

    On a machine that is busy Chromium now and then answers "Unable to capture screenshot" for a frame that was not
    drawn in time; the same call a moment later is served. Any other error, and this one after the last try, is raised.
    """
    for left in reversed(range(tries)):
        try:
            return what.screenshot()
        except Error as error:
            if "Unable to capture screenshot" not in str(error) or left == 0:
                raise
    raise ValueError("tries must be at least 1")
