"""Synthetic answers for the demonstration: plausible in shape, invented in every figure, the same for the same seed.

A respondent's satisfaction is a latent number: agency, service, item and person add up, noise is added for every item,
and five thresholds make an answer of it. Around it stands what real forms show: blanks, people who stop half way,
"không liên quan" wherever nobody ever complained, results that came late, and apologies that did not come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from survey.questionnaires import BLANK, HIDDEN, UNKNOWN, Definition
from survey.questionnaires.definition import OVERALL

THRESHOLDS = np.array([-2.55, -1.95, -1.0, 0.75])
PERSON_SD, NOISE_SD = 0.9, 0.75
LATE_ITEMS = ("tthc_thoi_han", "kq_dung_hen")
FEEDBACK = "feedback"

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """Who answers: for each respondent the level of agency and service, and how often results come late there."""

    level: NDArray[np.float64]
    late: NDArray[np.float64]
    #: for some items, how much more satisfied than their level each of them is
    lifts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


def draw_answers(definition: Definition, scene: Scene, random: np.random.Generator) -> list[str]:
    """Packed answers, one string a respondent, each one the questionnaire itself could have packed."""
    size, slots = len(scene.level), definition.slots
    table = np.full((size, len(slots)), ord(BLANK), dtype=np.uint8)
    at = {slot.code: k for k, slot in enumerate(slots)}
    is_late = random.random(size) < scene.late
    sorry = is_late & (random.random(size) < 0.35)
    table[:, : len(definition.items)] = _items(definition, scene, is_late, sorry, random)
    for slot in slots[len(definition.items) :]:
        if slot.code == OVERALL:
            continue
        table[:, at[slot.code]] = _about(slot.options, size, random)
    if "timeliness" in at:
        answered = table[:, at["timeliness"]] != ord(BLANK)
        table[is_late & answered, at["timeliness"]] = ord("l")
        on_time = ~is_late & (table[:, at["timeliness"]] == ord("l"))
        table[on_time, at["timeliness"]] = ord("o")
    if "apology" in at:
        asked = table[:, at["timeliness"]] == ord("l")
        table[asked, at["apology"]] = np.where(sorry[asked], ord("y"), ord("n"))
        table[~asked, at["apology"]] = ord(HIDDEN)
    if OVERALL in at:
        table[:, at[OVERALL]] = _overall(table[:, : len(definition.items)], random)
    return [row.tobytes().decode() for row in table]


def burst_answers(definition: Definition, size: int) -> list[str]:
    """What somebody sends who only wants good figures: the best answer throughout, and nothing else."""
    asked = [item.code for item in definition.items] + [OVERALL] * (definition.overall is not None)
    packed = definition.pack(dict.fromkeys(asked, "5"))
    return [packed] * size


def _items(
    definition: Definition,
    scene: Scene,
    is_late: NDArray[np.bool_],
    sorry: NDArray[np.bool_],
    random: np.random.Generator,
) -> Bytes:
    """The answers to the satisfaction items as characters, (respondents, items)."""
    codes = [item.code for item in definition.items]
    element = [item.element for item in definition.scheme().items]
    size, width = len(scene.level), len(codes)
    ease = random.normal(0.0, 0.22, width)
    latent = scene.level[:, None] + ease + random.normal(0.0, PERSON_SD, (size, 1))
    latent = latent + random.normal(0.0, NOISE_SD, (size, width))
    for code in LATE_ITEMS:
        if code in codes:
            latent[:, codes.index(code)] -= np.where(is_late, np.where(sorry, 0.9, 1.7), 0.0)
    for code, lift in scene.lifts.items():
        if code in codes:
            latent[:, codes.index(code)] += lift
    table = (np.searchsorted(THRESHOLDS, latent) + ord("1")).astype(np.uint8)
    never_complained = random.random(size) < 0.45
    feedback = np.array([name == FEEDBACK for name in element])
    table[np.ix_(never_complained, feedback)] = ord(UNKNOWN)
    table[random.random((size, width)) < 0.015] = ord(UNKNOWN)
    table[random.random((size, width)) < 0.025] = ord(BLANK)
    stopped = np.where(random.random(size) < 0.05, random.integers(3, width, size), width)
    table[np.arange(width)[None, :] >= stopped[:, None]] = ord(BLANK)
    return np.asarray(table, dtype=np.uint8)


def _overall(items: Bytes, random: np.random.Generator) -> Bytes:
    """Answers to the overall question: the mean of a person's items, a little noise; some leave it blank."""
    rated = (items >= ord("1")) & (items <= ord("5"))
    count = rated.sum(axis=1)
    total = np.where(rated, items.astype(np.int64) - ord("0"), 0).sum(axis=1)
    mean = total / np.maximum(count, 1) + random.normal(0.0, 0.4, len(items))
    answers = np.clip(np.rint(mean), 1, 5).astype(np.int64) + ord("0")
    blank = (count == 0) | (random.random(len(items)) < 0.04)
    return np.asarray(np.where(blank, ord(BLANK), answers), dtype=np.uint8)


def _about(options: tuple[str, ...], size: int, random: np.random.Generator) -> Bytes:
    """Answers to a question about the respondent or the dossier: some skip it, some decline."""
    given = [code for code in options if code != UNKNOWN]
    shares = np.arange(len(given), 0, -1, dtype=np.float64)
    letters = np.array([ord(code) for code in (*given, UNKNOWN, BLANK)], dtype=np.uint8)
    shares = np.concatenate([0.78 * shares / shares.sum(), [0.07, 0.15]])
    return np.asarray(random.choice(letters, size=size, p=shares), dtype=np.uint8)
