"""Recordings for tests: the smallest files whose heads say what they are. Nothing is heard of them."""

from __future__ import annotations

OGG = b"OggS" + bytes(24) + b"OpusHead" + bytes(60)
WEBM = b"\x1a\x45\xdf\xa3" + b"\x42\x82\x84webm" + bytes(30) + b"\x86A_OPUS" + bytes(60)
M4A = bytes(3) + b"\x18ftypM4A " + bytes(20) + b"hdlr" + bytes(8) + b"soun" + bytes(20) + b"mp4a" + bytes(60)
FILM = M4A + b"hdlr" + bytes(8) + b"vide"
