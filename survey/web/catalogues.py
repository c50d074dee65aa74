"""Message catalogues: compiles the text of a language (`messages.po`) into what gettext reads (`messages.mo`).

Compiled files are made, never kept in the repository: by `make`, by the Dockerfile (`python -m survey.web.catalogues`),
else by whatever starts the application first. Where the program's folder is read-only and holds none, every start
compiles into its memory, which takes a tenth of a second.
"""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path

from babel import support

TRANSLATIONS = Path(__file__).resolve().parents[1] / "translations"


def sources(folder: Path = TRANSLATIONS) -> list[Path]:
    """The text of every language's catalogue."""
    return sorted(folder.glob("*/LC_MESSAGES/messages.po"))


def is_compiled(source: Path) -> bool:
    """Say whether the compiled file beside `source` is there and not older than it."""
    try:
        return source.with_suffix(".mo").stat().st_mtime_ns >= source.stat().st_mtime_ns
    except FileNotFoundError:
        return False


def compile_catalogues(folder: Path = TRANSLATIONS) -> list[Path]:
    """Compile what is missing or out of date; return the catalogues whose folder may not be written to."""
    refused = []
    for source in sources(folder):
        if is_compiled(source):
            continue
        try:
            _replace(source.with_suffix(".mo"), compiled(source))
        except OSError:
            refused.append(source)
    return refused


def compiled(source: Path) -> bytes:
    """The binary form of a catalogue; a translation marked fuzzy (to be looked over) is left out."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as file:
        catalogue = read_po(file)
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def load(name: str, folder: Path = TRANSLATIONS) -> support.NullTranslations:
    """The catalogue in folder `name`: the compiled file, else its text compiled in memory, else an empty one."""
    source = folder / name / "LC_MESSAGES" / "messages.po"
    if not source.exists():
        return support.NullTranslations()
    data = source.with_suffix(".mo").read_bytes() if is_compiled(source) else compiled(source)
    return support.Translations(BytesIO(data))


def _replace(target: Path, data: bytes) -> None:
    """Write a file atomically: two processes that start together must not read each other's half."""
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        part.write_bytes(data)
        part.chmod(0o644)  # public text: root may compile what another account serves
        part.replace(target)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def main() -> int:
    """Compile all catalogues; return 1 when one cannot be written."""
    refused = compile_catalogues()
    for source in refused:
        sys.stderr.write(f"Error: {source.with_suffix('.mo')} cannot be written; run this as the folder's owner\n")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
