"""What axe cannot see and the accessibility statement claims: reflow, spacing, focus, nothing that acts by itself."""

from __future__ import annotations

import pytest

from tests.support.places import CODE

pytestmark = pytest.mark.browser

FORM = f"/K/{CODE}"
PAGES = ("/", FORM, f"{FORM}/thanks", "/quyen-rieng-tu", "/phan-anh", "/ket-qua", "/da-noi-da-lam", "/tiep-can")
#: the values of WCAG 1.4.12, as a reader's own style sheet would set them
SPACING = """() => {
  const style = new CSSStyleSheet();
  style.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [style];
}"""
#: elements whose own words do not fit in them, and are not to be scrolled to
CUT_OFF = """() => Array.from(document.querySelectorAll("h1, h2, p, legend, label span, button, a, summary, td, th"))
  .filter((one) => one.offsetParent && getComputedStyle(one).overflow !== "visible" && !one.closest(".hidden-text")
    && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1))
  .map((one) => one.outerHTML.slice(0, 120))"""
#: how the element with the focus shows, and whether anything lies over the whole of it
FOCUS = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  const shown = one.matches("input[type=radio]") ? one.closest("label") : one;
  const framed = (element) => {
    const style = getComputedStyle(element);
    return parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none";
  };
  const box = shown.getBoundingClientRect();
  const seen = [.15, .5, .85].some((part) => {
    const at = document.elementFromPoint(box.left + box.width * part, box.top + box.height * part);
    return at && (shown.contains(at) || at.contains(shown));
  });
  return { what: one.outerHTML.slice(0, 100), ring: framed(one) || framed(shown), seen: Boolean(seen) };
}"""


@pytest.mark.parametrize("size", [(320, 640), (640, 320)])
def test_nothing_needs_two_ways_of_scrolling(site, phone, size):
    page = phone()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for path in PAGES:
        page.goto(site.base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path


def test_wider_spacing_cuts_nothing_off(site, phone):
    page = phone()
    for path in PAGES:
        page.goto(site.base + path)
        page.evaluate(SPACING)
        assert page.evaluate(CUT_OFF) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_the_focus_is_seen_everywhere_and_never_caught(site, phone):
    page = phone()
    for path in PAGES:
        page.goto(site.base + path)
        if path == FORM:
            page.locator(".scale input").first.check()  # so that the bar with the button is there
            page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
        stops = []
        for _ in range(200):
            page.keyboard.press("Tab")
            found = page.evaluate(FOCUS)
            if found is None:
                break
            stops.append(found)
        assert 0 < len(stops) < 200, path  # Tab left the page at its end
        assert [stop["what"] for stop in stops if not (stop["ring"] and stop["seen"])] == [], path


@pytest.mark.parametrize("script", [True, False])
def test_choosing_and_enter_send_nothing(site, phone, script):
    page = phone(script=script)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto(site.form)
    first = page.locator(".scale input").first
    first.check()
    first.press("Enter")
    if not script:  # the server shows the page again, for another language as well
        page.wait_for_url(f"{site.form}?lang=vi")
    page.locator("#comment").fill("Tốt")
    assert page.locator(".scale input").first.is_checked()
    assert page.url.partition("?")[0] == site.form
    assert (sent == []) is script
    assert site.rows() == []


def test_doubled_text_is_doubled_everywhere_and_covers_nothing(site, phone):
    """As a reader sets it in the browser: the size of the root, not a zoom."""
    page = phone()
    for path in PAGES:
        page.goto(site.base + path)
        before = page.locator("main p").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        after = page.locator("main p").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
        assert after == 2 * before, path
        assert page.locator(".skip").evaluate("one => one.getBoundingClientRect().bottom") <= 0, path


def test_no_picture_shows_text(site, phone):
    """Pictures of a page are the emblem alone; what other sites may show stands on its page in words, too."""
    page = phone()
    for path in PAGES:
        page.goto(site.base + path)
        assert page.locator("img:not([src='/bieu-trung'])").count() == 0, path
        assert page.locator("svg text").count() == 0, path
