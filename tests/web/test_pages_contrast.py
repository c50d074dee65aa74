"""Contrast of the tokens, computed from the stylesheet by the formula of WCAG 2.2."""

from __future__ import annotations

import re

import pytest

from survey.core.config import ROOT


def tokens():
    css = (ROOT / "static/tokens.css").read_text("utf-8")
    light, dark = css.split("@media (prefers-color-scheme:dark)")

    def read(text):
        return dict(re.findall(r"--([a-z0-9-]+):(#[0-9a-f]{3,6})", text))

    return {"light": read(light), "dark": read(light) | read(dark)}


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_formula():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "muted", "accent", "error", "ok"])
@pytest.mark.parametrize("ground", ["paper", "card", "tint"])
def test_text_has_at_least_4_5(scheme, text, ground):
    colours = tokens()[scheme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_buttons_levels_borders_and_focus(scheme):
    colours = tokens()[scheme]
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
    for level in "12345":
        assert contrast(colours[f"on-level-{level}"], colours[f"level-{level}"]) >= 4.5
    for ground in ("paper", "card"):
        assert contrast(colours["line"], colours[ground]) >= 3
        assert contrast(colours["focus"], colours[ground]) >= 3
