"""A page that many people open, equal but for a few short places: drawn once, and compressed once.

Compressing takes more of the processor than all else that opening such a page costs. Deflate (RFC 1951) is a row of
blocks over a window of what came before. Here the text between the places is compressed with a flush at each place, so
that blocks begin at a byte there; what stands in a place goes in as a stored block. Later blocks refer to earlier text
by its distance, which stays as it was because each place keeps its length, and none refers into a place: while the text
is compressed, the places hold a character that occurs nowhere else.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping

HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
"""Of a gzip file (RFC 1952) without a name and a time."""


class PreparedPage:
    """A text with places to be filled in.

    `places`: what stands in the text for each of them, and a value of the length that all of its values have.
    """

    def __init__(self, text: str, places: Mapping[str, str]) -> None:
        parts = re.split(f"({'|'.join(map(re.escape, places))})", text)
        self._lengths = {name: len(value.encode()) for name, value in places.items()}
        self._between, self._names = [part.encode() for part in parts[::2]], parts[1::2]
        filler = next(bytes([code]) for code in range(1, 32) if chr(code) not in text)
        deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._deflated = []
        for place, part in enumerate(self._between):
            last = place == len(self._names)
            self._deflated.append(deflate.compress(part) + deflate.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH))
            if not last:
                deflate.compress(filler * self._lengths[self._names[place]])
                deflate.flush(zlib.Z_SYNC_FLUSH)

    def filled(self, values: Mapping[str, str]) -> bytes:
        """The page with its places filled in."""
        return b"".join(self._row(self._between, self._values(values)))

    def gzipped(self, values: Mapping[str, str]) -> bytes:
        """The same as gzip; `ValueError` for a value of another length."""
        given = self._values(values)
        checksum, length = 0, 0
        for part in self._row(self._between, given):
            checksum, length = zlib.crc32(part, checksum), length + len(part)
        stored = [struct.pack("<BHH", 0, len(one), len(one) ^ 0xFFFF) + one for one in given]
        return b"".join([HEADER, *self._row(self._deflated, stored), struct.pack("<LL", checksum, length)])

    def _values(self, values: Mapping[str, str]) -> list[bytes]:
        """The values of the places in order."""
        encoded = {name: value.encode() for name, value in values.items()}
        for name, length in self._lengths.items():
            if len(encoded[name]) != length:
                raise ValueError(f"a value of {name!r} has {len(encoded[name])} bytes instead of {length}")
        return [encoded[name] for name in self._names]

    @staticmethod
    def _row(between: list[bytes], given: list[bytes]) -> list[bytes]:
        """The parts with what stands between them."""
        row = between[:1]
        for value, part in zip(given, between[1:], strict=True):
            row += (value, part)
        return row
