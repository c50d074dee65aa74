"""Verification of an archive: signature, checksums, questionnaire, rows, and that nothing lies beside what is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from survey.core.errors import InputError
from survey.questionnaires import BLANK, HIDDEN
from survey.results.archive.manifest import MANIFEST
from survey.results.archive.read import Archive


def verify_archive(archive: Archive, key: str, progress: Callable[[int], object] | None = None) -> list[str]:
    """Verify every file of an archive and return what is wrong, each with the file's name; empty: all is as written.

    `key`: the backup key of the installation that made it; empty: the signature is not looked at.
    """
    wrong = [str(problem) for problem in _signature(archive, key)]
    wrong += _strangers(archive)
    try:
        rows = _rows(archive, progress)
        for name in ("agencies", "counters", "population"):
            if len(archive.table(name)) != archive.manifest.table(name).rows:
                wrong.append(f"{archive.manifest.table(name).path}: other rows than the manifest tells of")
        if rows != (archive.manifest.responses, dict(archive.manifest.excluded)):
            wrong.append(f"{MANIFEST}: the files hold other responses than it tells of")
    except InputError as error:
        wrong.append(str(error))
    return wrong


def _signature(archive: Archive, key: str) -> Iterator[str]:
    if not key or archive.manifest.is_signed_by(key):
        return
    if archive.manifest.signature:
        yield f"{MANIFEST}: was altered, or signed with another backup key"
    else:
        yield f"{MANIFEST}: is not signed"


def _strangers(archive: Archive) -> list[str]:
    """Files of the folder that the manifest does not name."""
    named = {MANIFEST, *(file.path for file in (*archive.manifest.tables, *archive.manifest.partitions))}
    there = {path.relative_to(archive.folder).as_posix() for path in archive.folder.rglob("*") if path.is_file()}
    return [f"{name}: the manifest does not name it" for name in sorted(there - named)]


def _rows(archive: Archive, progress: Callable[[int], object] | None) -> tuple[int, dict[str, int]]:
    """Count the responses, and those that do not count by reason; `InputError` names the first fault."""
    total, excluded = 0, Counter[str]()
    allowed = [
        np.isin(np.arange(256), [ord(one) for one in (*slot.options, BLANK, HIDDEN)])
        for slot in archive.definition.slots
    ]
    known = {agency["code"]: agency["province"] for agency in archive.table("agencies")}
    for part in archive.manifest.partitions:
        rows = archive.responses([part])
        months = np.unique(rows.day.astype("datetime64[D]").astype("datetime64[M]")).astype(str)
        agencies = {str(label) for label in rows.texts["agency"].labels}
        if set(months) > {part.month} or any(known.get(code) != part.province for code in agencies):
            raise InputError(
                "%(file)s holds responses of another province or month than its place says", file=part.path
            )
        for slot, column, fits in zip(archive.definition.slots, rows.answers.T, allowed, strict=True):
            if not fits[column].all():
                raise InputError(
                    "%(file)s holds an answer to %(code)s that the question does not have",
                    file=part.path,
                    code=slot.code,
                )
        reason = rows.texts["excluded"]
        counts = np.bincount(reason.codes, minlength=len(reason.labels))
        excluded.update({str(label): int(n) for label, n in zip(reason.labels, counts, strict=True) if label and n})
        total += len(rows)
        if progress:
            progress(len(rows))
    return total, dict(sorted(excluded.items()))
