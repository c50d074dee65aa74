"""Evidence: which files may be kept to show that an action was done, told by their content alone.

Nothing in them is run or shown: they leave as attachments. Files with macros are refused, since whoever opens one would
run what another wrote.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass

from survey.core.errors import InputError
from survey.core.text import clean
from survey.models.followup import MAX_EVIDENCE

PDF, PNG, JPEG = b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
OFFICE = "application/vnd.openxmlformats-officedocument."
PARTS = {
    "word/document.xml": (f"{OFFICE}wordprocessingml.document", ".docx"),
    "xl/workbook.xml": (f"{OFFICE}spreadsheetml.sheet", ".xlsx"),
}
"""The part that makes an Office file a document or a workbook, with its media type and the end of its name."""
ACCEPTED = ".pdf,.png,.jpg,.jpeg,.docx,.xlsx"


@dataclass(frozen=True)
class CheckedFile:
    """A file that may be kept."""

    name: str
    media_type: str
    data: bytes

    @property
    def content_hash(self) -> str:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


def check_file(data: bytes, given_name: str) -> CheckedFile:
    """A file of evidence under a harmless name; `InputError` if it is empty, too large or of no safe type."""
    if not data:
        raise InputError("Choose a file that is not empty", field="file")
    if len(data) > MAX_EVIDENCE:
        raise InputError(
            "The file is larger than %(limit)d MB; send a smaller one", field="file", limit=MAX_EVIDENCE // 1024 // 1024
        )
    media_type, suffix = _kind(data)
    stem = clean(given_name.replace("\\", "/").rsplit("/", 1)[-1]).rpartition(".")[0] or "minh-chung"
    return CheckedFile(stem[:180].replace('"', "") + suffix, media_type, data)


def _kind(data: bytes) -> tuple[str, str]:
    if data.startswith(PDF):
        return "application/pdf", ".pdf"
    if data.startswith(PNG):
        return "image/png", ".png"
    if data.startswith(JPEG):
        return "image/jpeg", ".jpg"
    if zipfile.is_zipfile(io.BytesIO(data)):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            names = []
        if not any(name.lower().endswith("vbaproject.bin") for name in names):
            for part, kind in PARTS.items():
                if part in names and "[Content_Types].xml" in names:
                    return kind
    raise InputError(
        "Only PDF, PNG, JPEG, and Word (.docx) or Excel (.xlsx) files without macros are kept as evidence", field="file"
    )
