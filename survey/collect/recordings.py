"""Recorded voice: files in which somebody reads questions and answers aloud, in `audio/<language>/` of the storage.

A file is called by what it says: the code of a question (`cc_thai_do.ogg`), of an answer of the scale (`scale-5.ogg`)
or of an answer of one question (`gender-f.ogg`). Where the words that were read are known they lie beside it
(`cc_thai_do.txt`): a question that is worded otherwise by now is silent until it is read again.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from survey.core.errors import InputError
from survey.core.private import make_private_folder

MAX_BYTES = 24 * 1024
"""Bytes of a recording: twelve seconds of speech in Opus, some six in AAC."""
TYPES = {"ogg": "audio/ogg", "webm": "audio/webm", "m4a": "audio/mp4"}
"""Endings and media types, in the order in which a browser is to try them."""
OPUS, AAC = ("ogg", "webm"), ("m4a",)
_PICTURE = re.compile(rb"V_(VP|AV1|MPEG)")
"""Codecs of a film in WebM."""
_FILE = re.compile(r"(?P<name>[a-z0-9_]{1,64}(-[a-z0-9_]{1,64})?)\.(?P<ending>ogg|webm|m4a|txt)")


@dataclass(frozen=True)
class Recording:
    """One file."""

    ending: str
    size: int

    @property
    def mimetype(self) -> str:
        """The media type."""
        return TYPES[self.ending]


@dataclass(frozen=True)
class Spoken:
    """What there is of one question or answer."""

    recordings: tuple[Recording, ...]
    #: the words that were read; empty where nobody noted them
    words: str

    def says(self, text: str) -> bool:
        """Say whether it was read from this text, as far as is known."""
        return not self.words or self.words == text


@dataclass(frozen=True)
class Voice:
    """All recordings of a language."""

    language: str
    spoken: Mapping[str, Spoken]
    #: changes with any recording: a part of their addresses, so that a browser may keep them for a year
    version: str

    def of(self, name: str, text: str) -> tuple[Recording, ...]:
        """The recordings that say a question or answer as it is worded now, in the order to try them; none: empty."""
        found = self.spoken.get(name)
        return found.recordings if found is not None and found.says(text) else ()


def folder(storage: Path, language: str) -> Path:
    """Where the recordings of a language lie."""
    return storage / "audio" / language


def stamp(storage: Path, language: str) -> int:
    """What changes with the recordings of a language; 0 where there are none."""
    return changed(str(folder(storage, language)))


def changed(path: str) -> int:
    """When something in a folder came or went, in nanoseconds; 0 for none."""
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 (asked for at every view of the form)
    except OSError:
        return 0


def read_voice(storage: Path, language: str) -> Voice:
    """Look through the folder of a language; a name that is none of ours is passed over."""
    files: dict[str, dict[str, Path]] = {}
    version = f"{stamp(storage, language) // 1_000_000:x}"
    with contextlib.suppress(OSError):
        for path in folder(storage, language).iterdir():
            if match := _FILE.fullmatch(path.name):
                files.setdefault(match["name"], {})[match["ending"]] = path
    return Voice(language, {name: _spoken(found) for name, found in files.items() if set(found) - {"txt"}}, version)


def _spoken(found: Mapping[str, Path]) -> Spoken:
    recordings = []
    for ending in TYPES:
        with contextlib.suppress(KeyError, OSError):  # no such file, or another process was faster
            facts = found[ending].stat()
            if 0 < facts.st_size <= MAX_BYTES:
                recordings.append(Recording(ending, facts.st_size))
    words = ""
    with contextlib.suppress(KeyError, OSError, UnicodeDecodeError):
        words = found["txt"].read_text("utf-8").strip()
    return Spoken(tuple(recordings), words)


def find_recording(storage: Path, language: str, file: str) -> tuple[bytes, str] | None:
    """The bytes and media type of a recording by its file's name; None for what is none."""
    match = _FILE.fullmatch(file)
    if match is None or match["ending"] not in TYPES:
        return None
    try:
        return (folder(storage, language) / file).read_bytes()[:MAX_BYTES], TYPES[match["ending"]]
    except OSError:
        return None


def check_recording(data: bytes) -> str:
    """The ending of a recording by its content; `InputError` for what is none, is silent of sound, or too large.

    Believed are Opus in Ogg (RFC 7845) or WebM, and AAC in MP4 without a picture.
    """
    if not data:
        raise InputError("Choose a file that is not empty", field="file")
    if len(data) > MAX_BYTES:
        raise InputError(
            "The recording takes %(size)d kB; it may take %(most)d: say less, or record with 16 kbit/s",
            size=-(-len(data) // 1024),
            most=MAX_BYTES // 1024,
            field="file",
        )
    if data.startswith(b"OggS") and data[28:36] == b"OpusHead":
        return "ogg"
    head = data[:1024]
    if (
        data.startswith(b"\x1a\x45\xdf\xa3")
        and b"webm" in head[:64]
        and b"A_OPUS" in head
        and not _PICTURE.search(data)
    ):
        return "webm"
    if data[4:8] == b"ftyp" and b"mp4a" in data and b"soun" in data and b"vide" not in data:
        return "m4a"
    raise InputError("This is no recording in Opus (.ogg, .webm) or AAC (.m4a)", field="file")


def keep_recording(storage: Path, language: str, name: str, text: str, data: bytes) -> Recording:
    """Keep a recording of a text in place of the one of its kind; other words go. `InputError` as above."""
    ending = check_recording(data)
    place = folder(storage, language)
    make_private_folder(storage / "audio")
    make_private_folder(place)
    known = read_voice(storage, language).spoken.get(name)
    if known is not None and not known.says(text):
        remove_recordings(storage, language, name)
    elif ending in OPUS:
        for other in OPUS:
            if other != ending:
                (place / f"{name}.{other}").unlink(missing_ok=True)
    _write(place / f"{name}.txt", text.encode())
    _write(place / f"{name}.{ending}", data)
    return next(one for one in read_voice(storage, language).spoken[name].recordings if one.ending == ending)


def remove_recordings(storage: Path, language: str, name: str) -> bool:
    """Remove all that was recorded of a question or answer; False when there was nothing."""
    found = [path for ending in (*TYPES, "txt") if (path := folder(storage, language) / f"{name}.{ending}").exists()]
    for path in found:
        path.unlink(missing_ok=True)
    return bool(found)


def _write(path: Path, data: bytes) -> None:
    """Put a file in place at once, readable by its owner alone: who listens now hears the old one to its end."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    fresh.replace(path)
