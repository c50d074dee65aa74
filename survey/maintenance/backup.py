"""Backups: one compressed, checksummed file, taken while answers come in, restored into an empty place and verified.

A backup holds an SQLite database whatever the source is, so that one from PostgreSQL can be opened anywhere. Beside it
lies a manifest (JSON) with its checksums, the rows of each table, and the migration it stands at, signed by HMAC-SHA256
with a key that is in no backup (`instance/backup_key`): who alters a backup cannot sign it again. The secret key is not
in it either: keep `instance/secret_key` apart, or let everyone sign in anew.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from survey import __version__
from survey.accounts.operations.seal_audit import seal_audit
from survey.core.db import Database
from survey.core.errors import InputError
from survey.core.private import create_private_file, make_private_folder
from survey.maintenance.operations.copy_database import copy_database, table_rows
from survey.maintenance.operations.keep_session_key import forget_session_key
from survey.maintenance.operations.keep_storage_mark import forget_storage
from survey.maintenance.operations.snapshot import check_and_upgrade, write_snapshot
from survey.migrations import current, newest, upgrade

PREFIX = "sipas-"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """Manifest of a backup: version, checksums and row counts, by which its integrity is verified."""

    file: str
    created_at: str
    software: str
    revision: str
    encrypted: bool
    #: SHA-256 of the file as it lies there
    file_sha256: str
    #: SHA-256 of the database in it
    database_sha256: str
    rows: dict[str, int]
    #: head of the audit log's hash chain; empty in backups of version 0.1
    audit_head: str = ""
    #: HMAC-SHA256 over all of the above; empty in backups of version 0.1
    signature: str = ""

    def signed(self, key: str) -> Manifest:
        """The manifest with its signature."""
        return replace(self, signature=self._sign(key))

    def is_signed_by(self, key: str) -> bool:
        """Say whether this key signed just what the manifest says."""
        return hmac.compare_digest(self.signature, self._sign(key))

    def _sign(self, key: str) -> str:
        signed_part = {name: value for name, value in asdict(self).items() if name != "signature"}
        return hmac.new(key.encode(), json.dumps(signed_part, sort_keys=True).encode(), "sha256").hexdigest()


def create_backup(database: Database, folder: Path, *, now: datetime, key: str, recipients: Sequence[str] = ()) -> Path:
    """Atomic backup: write it into `folder` and return its manifest; it appears whole or not at all.

    `key` signs the manifest. `recipients`: age public keys (`age1…`); with them only the holder of a private key can
    read it. `InputError` for an empty database, a key that is none, or a folder that cannot be written.
    """
    revision = current(database)
    if revision is None:
        raise InputError("The database is not set up yet; there is nothing to back up")
    _make_folder(folder)
    head = _seal(database) if revision == newest() else ""
    name = f"{PREFIX}{now.astimezone(UTC):%Y%m%d-%H%M%S}.sqlite.gz{'.age' if recipients else ''}"
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=folder) as work:
        plain, packed = Path(work) / "sipas.db", Path(work) / name
        write_snapshot(database, plain)
        copy = Database(f"sqlite:///{plain}")
        try:
            rows = table_rows(copy)
        finally:
            copy.dispose()
        with plain.open("rb") as source, gzip.open(packed.with_suffix(".part"), "wb", compresslevel=6) as target:
            shutil.copyfileobj(source, target, BLOCK)
        if recipients:
            _encrypt(packed.with_suffix(".part"), packed, recipients)
        else:
            packed.with_suffix(".part").replace(packed)
        packed.chmod(0o600)
        unsigned = Manifest(
            file=name,
            created_at=now.astimezone(UTC).isoformat(timespec="seconds"),
            software=__version__,
            revision=revision,
            encrypted=bool(recipients),
            file_sha256=_sha256(packed),
            database_sha256=_sha256(plain),
            rows=rows,
            audit_head=head,
        )
        written = Path(work) / "manifest.json"
        create_private_file(written)
        written.write_text(json.dumps(asdict(unsigned.signed(key)), indent=1) + "\n", "utf-8")
        _sync(packed)
        packed.replace(folder / name)
        written.replace(manifest_path(folder / name))
    return manifest_path(folder / name)


def restore_backup(
    manifest_file: Path, target: Database, *, key: str, identity: str = "", unsigned: bool = False
) -> Manifest:
    """Restore a backup into an empty `target`: verify signature, checksums, row counts, and run the migrations since.

    `key`: what signed it; `unsigned` takes one without signature, as version 0.1 made them, never one whose signature
    is wrong. `identity`: the age private key of an encrypted backup. `InputError` when the target is not empty, the
    signature or a checksum does not match, or the key does not open it; then the target is as it was.
    """
    manifest = read_manifest(manifest_file)
    _check_signature(manifest, key, unsigned=unsigned)
    if current(target) is not None:
        raise InputError("The target database is not empty; restore into a new one")
    packed = manifest_file.with_name(manifest.file)
    if _sha256(packed) != manifest.file_sha256:
        raise InputError("%(file)s is damaged: its checksum is not that of its manifest", file=manifest.file)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=_beside(target)) as work:
        plain = Path(work) / "sipas.db"
        _unpack(packed, plain, manifest, identity)
        if _sha256(plain) != manifest.database_sha256:
            raise InputError("%(file)s is damaged: the database in it has another checksum", file=manifest.file)
        if not check_and_upgrade(plain, manifest.rows):
            raise InputError("%(file)s does not hold the rows its manifest tells of", file=manifest.file)
        if target.engine.dialect.name == "sqlite":
            plain.chmod(0o600)
            _sync(plain)
            target.dispose()  # looking whether it was empty made an empty file, which gives way now
            for end in ("-wal", "-shm"):
                Path(f"{target.engine.url.database}{end}").unlink(missing_ok=True)
            plain.replace(str(target.engine.url.database))
            target.count_responses_again()
        else:
            upgrade(target)
            copy = Database(f"sqlite:///{plain}")
            try:
                copy_database(copy, target)
            finally:
                copy.dispose()
    with target.write() as session:
        forget_session_key(session)  # secrets are in no backup: the first server that starts brings its own
        forget_storage(session)
    return manifest


def _seal(database: Database) -> str:
    with database.write() as session:
        return seal_audit(session)


def check_backup(manifest_file: Path, *, key: str) -> Manifest:
    """Check signature and checksum of a backup, which needs no private key; `InputError` where one does not match."""
    manifest = read_manifest(manifest_file)
    _check_signature(manifest, key, unsigned=False)
    if _sha256(manifest_file.with_name(manifest.file)) != manifest.file_sha256:
        raise InputError("%(file)s is damaged: its checksum is not that of its manifest", file=manifest.file)
    return manifest


def _check_signature(manifest: Manifest, key: str, *, unsigned: bool) -> None:
    """Raise `InputError` unless the manifest is as it was signed, or has no signature and none is asked for."""
    if not manifest.signature and unsigned:
        return
    if not manifest.signature:
        raise InputError(
            "%(file)s is not signed, so nobody can tell whether it was altered; a backup of version 0.1 that "
            "you trust is restored with --unsigned",
            file=manifest.file,
        )
    if not manifest.is_signed_by(key):
        raise InputError(
            "%(file)s was altered, or signed with another key: put the backup key of the installation that made it "
            "into instance/backup_key",
            file=manifest.file,
        )


def read_manifest(manifest_file: Path) -> Manifest:
    """A manifest; `InputError` when the file is none or its backup is missing."""
    try:
        manifest = Manifest(**json.loads(manifest_file.read_text("utf-8")))
    except FileNotFoundError as error:
        raise InputError("There is no file %(path)s", path=manifest_file) from error
    except (ValueError, TypeError) as error:
        raise InputError("%(path)s is not the manifest of a backup", path=manifest_file) from error
    if not manifest_file.with_name(manifest.file).exists():
        raise InputError("%(file)s is missing beside its manifest", file=manifest.file)
    return manifest


def manifests(folder: Path) -> list[Path]:
    """The manifests in a folder, the newest first."""
    return sorted(folder.glob(f"{PREFIX}*.json"), reverse=True)


def prune(folder: Path, *, now: datetime, days: int, months: int) -> list[Path]:
    """Retention: delete old backups and return their manifests.

    All of the last `days` days stay, the first of each of the last `months` months that have any, and the newest.
    """
    newest_first = manifests(folder)
    dated = [(datetime.fromisoformat(read_manifest(path).created_at), path) for path in newest_first]
    first_of_month: dict[tuple[int, int], Path] = {}
    for created_at, path in reversed(dated):
        first_of_month.setdefault((created_at.year, created_at.month), path)
    kept_months = set(sorted(first_of_month, reverse=True)[:months])
    staying = {path for month, path in first_of_month.items() if month in kept_months} | set(newest_first[:1])
    gone = [path for created_at, path in dated if path not in staying and created_at < now - timedelta(days=days)]
    for path in gone:
        path.with_name(read_manifest(path).file).unlink()
        path.unlink()
    return gone


def manifest_path(packed: Path) -> Path:
    """The path of a backup's manifest."""
    return packed.with_name(packed.name.split(".", 1)[0] + ".json")


def _unpack(packed: Path, plain: Path, manifest: Manifest, identity: str) -> None:
    clear = packed
    if manifest.encrypted:
        clear = plain.with_suffix(".gz")
        _decrypt(packed, clear, identity)
    create_private_file(plain)
    with gzip.open(clear, "rb") as source, plain.open("wb") as target:
        shutil.copyfileobj(source, target, BLOCK)


def _encrypt(clear: Path, secret: Path, recipients: Sequence[str]) -> None:
    import pyrage

    try:
        keys = [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients]
    except pyrage.RecipientError as error:
        raise InputError("A recipient is not an age public key (age1…): %(why)s", why=error) from error
    with clear.open("rb") as source, secret.open("wb") as target:
        pyrage.encrypt_io(source, target, keys)
    clear.unlink()


def _decrypt(secret: Path, clear: Path, identity: str) -> None:
    import pyrage

    if not identity:
        raise InputError("%(file)s is encrypted; name the file of the age private key", file=secret.name)
    try:
        key = pyrage.x25519.Identity.from_str(identity)
        with secret.open("rb") as source, clear.open("wb") as target:
            pyrage.decrypt_io(source, target, [key])
    except (pyrage.IdentityError, pyrage.DecryptError) as error:
        raise InputError("This key does not open %(file)s", file=secret.name) from error


def _make_folder(folder: Path) -> None:
    try:
        make_private_folder(folder)
    except OSError as error:
        raise InputError("%(path)s cannot be written: %(why)s", path=folder, why=error.strerror or error) from error


def _beside(target: Database) -> Path | None:
    """The folder of an SQLite target, so that the restored file only needs to be renamed."""
    if target.engine.dialect.name != "sqlite":
        return None
    folder = Path(str(target.engine.url.database)).parent
    make_private_folder(folder)
    return folder


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Make sure that a file is on the disk and not only on its way there."""
    with path.open("rb+") as file:
        _flush(file)


def _flush(file: IO[Any]) -> None:
    os.fsync(file.fileno())
