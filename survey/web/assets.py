"""Static files: named by their content, compressed once, cached for a year.

`asset("form.css")` in a template is `/static/form.3f2a9c1b04d7.css`. A stylesheet's `@import "x.css";` is put in its
place and its `url(x)` is renamed likewise, so one page needs one stylesheet and no file is ever stale. Files are read
at first use and kept in memory with their gzip and brotli forms; there is no build step and no second copy on disk.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import brotli
import flask

YEAR = 365 * 24 * 3600
HASH_LENGTH = 12

_HASHED = re.compile(rf"(?P<stem>.+)\.(?P<digest>[0-9a-f]{{{HASH_LENGTH}}})(?P<suffix>\.[a-z0-9]+)")
_IMPORT = re.compile(r'@import "(?P<name>[a-z0-9._/-]+)";\n?')
_URL = re.compile(r'url\("(?P<name>[a-z0-9._/-]+)"\)')
_COMMENT = re.compile(r"/\*.*?\*/\n?", re.DOTALL)
_COMPRESSIBLE = {".css", ".js", ".svg", ".json", ".webmanifest", ".ttf", ".txt"}
_TYPES = {
    ".js": "text/javascript",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    name: str
    body: bytes

    @cached_property
    def digest(self) -> str:
        """The part of the name that changes with the content."""
        return hashlib.sha256(self.body).hexdigest()[:HASH_LENGTH]

    @property
    def hashed_name(self) -> str:
        """`form.css` as `form.3f2a9c1b04d7.css`."""
        path = PurePosixPath(self.name)
        return str(path.with_name(f"{path.stem}.{self.digest}{path.suffix}"))

    @property
    def mimetype(self) -> str:
        """The media type, without charset."""
        suffix = PurePosixPath(self.name).suffix
        return _TYPES.get(suffix) or mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @cached_property
    def gzip(self) -> bytes:
        """The body as gzip; the same bytes on every machine (no time stamp)."""
        return gzip.compress(self.body, 9, mtime=0)

    @cached_property
    def brotli(self) -> bytes:
        """The body as brotli."""
        packed: bytes = brotli.compress(self.body, quality=11)
        return packed

    def encoded(self, accepted: str) -> tuple[bytes, str]:
        """(body, Content-Encoding) in the smallest form that an Accept-Encoding header allows."""
        if PurePosixPath(self.name).suffix in _COMPRESSIBLE:
            if re.search(r"\bbr\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", accepted):
                return self.brotli, "br"
            if accepts_gzip(accepted):
                return self.gzip, "gzip"
        return self.body, ""


def accepts_gzip(accepted: str) -> bool:
    """Say whether an Accept-Encoding header allows gzip."""
    return bool(re.search(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", accepted))


class Assets:
    """The static folder as `Asset`s, read at first use. In debug mode a file is read anew each time."""

    def __init__(self, folder: Path, *, keep: bool = True) -> None:
        self.folder = folder.resolve()
        self.keep = keep
        self._known: dict[str, Asset] = {}

    def find(self, name: str) -> Asset | None:
        """The asset called `name` (without hash), or None when the folder has no such file."""
        if name in self._known:
            return self._known[name]
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder) or not path.is_file():
            return None
        body = self._stylesheet(path) if path.suffix == ".css" else path.read_bytes()
        asset = Asset(name, body)
        if self.keep:
            self._known[name] = asset
        return asset

    def address(self, name: str) -> str:
        """The address of a file by its content; raise LookupError for a file that is not there."""
        asset = self.find(name)
        if asset is None:
            raise LookupError(f"static/{name} does not exist")
        return f"/static/{asset.hashed_name}"

    def _stylesheet(self, path: Path) -> bytes:
        text = _IMPORT.sub(lambda match: (path.parent / match["name"]).read_text("utf-8"), path.read_text("utf-8"))
        text = _COMMENT.sub("", text)
        text = re.sub(r"\n\s*", "\n", text)
        return _URL.sub(lambda match: f'url("{self.address(match["name"])}")', text).encode()


def init_app(app: flask.Flask) -> None:
    """Serve `static/` through `Assets` and give templates `asset(name)`."""
    assets = Assets(Path(app.static_folder or "static"), keep=not app.debug)
    app.extensions["assets"] = assets
    app.view_functions["static"] = _serve
    app.jinja_env.globals["asset"] = assets.address


def _serve(filename: str) -> flask.Response:
    """Send a file: for a year under its hashed name, to be revalidated under its plain one."""
    assets: Assets = flask.current_app.extensions["assets"]
    match = _HASHED.fullmatch(filename)
    asset = assets.find(f"{match['stem']}{match['suffix']}") if match else assets.find(filename)
    if asset is None:
        flask.abort(404)
    body, encoding = asset.encoded(flask.request.headers.get("Accept-Encoding", ""))
    response = flask.Response(body, mimetype=asset.mimetype)
    response.headers["Vary"] = "Accept-Encoding"
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.set_etag(asset.digest + encoding)
    current = match is not None and match["digest"] == asset.digest
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if current else "no-cache"
    return response.make_conditional(flask.request)  # type: ignore[return-value]
