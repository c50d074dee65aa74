"""Upgrades over data: every step down and up keeps it, and none takes away what the version before still reads."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import sqlalchemy as sa

import survey.migrations
from survey.core.db import Database
from survey.maintenance.operations.copy_database import digest
from survey.migrations import downgrade, upgrade
from survey.models import Agency, AuditEvent, Comment, Response, Round
from survey.publication.editions import recompute
from survey.publication.queries.editions import published
from survey.results.compute import round_results
from tests.maintenance.test_migrations import revisions
from tests.support.evaluation import NOW, accounts, publish_scored, scored_round

VERSIONS = sorted((Path(survey.migrations.__file__).parent / "versions").glob("2*.py"))
#: what takes away from a running older version what it reads or writes
TAKING = {"drop_table", "drop_column", "rename_table", "alter_column"}


@pytest.fixture
def filled(database: Database) -> Database:
    """A round with answers, comments, accounts and a published edition."""
    with database.write() as session:
        scored_round(session)
        accounts(session)
        session.flush()
        round_id = session.scalars(sa.select(Round.id)).one()
        agency_id = session.scalars(sa.select(Agency.id).where(Agency.code == "so-tu-phap")).one()
        for text in ("Cảm ơn cán bộ", "Chờ lâu quá", "Gọi 0912 345 678"):
            session.add(Comment(round_id=round_id, agency_id=agency_id, text=text, received_week=NOW.date()))
        publish_scored(session)
    return database


def figures(database: Database) -> list[tuple[object, ...]]:
    with database.read() as session:
        table = round_results(session, "r1").table.drop(columns="warnings")
    return [tuple(row) for row in table.astype(object).where(table.notna(), None).to_numpy().tolist()]


def contents(database: Database, columns: dict[str, list[str]]) -> dict[str, object]:
    """Return what the first version's columns hold, by table."""
    found = {}
    shapes = sa.MetaData()
    shapes.reflect(database.engine, only=list(columns), resolve_fks=False)
    for table, names in columns.items():
        shape = shapes.tables[table]
        kept = sa.Table(table, sa.MetaData(), *(sa.Column(n, shape.c[n].type, primary_key=n == "id") for n in names))
        with database.engine.connect() as connection:
            if "id" in names:
                found[table] = digest(kept, connection)
            else:
                found[table] = sorted(map(repr, connection.execute(sa.select(kept)).all()))
    return found


#: what later versions keep no longer, since it could join a comment to its response
NOT_KEPT = {("comment", "id"), ("comment", "language"), ("comment", "received_on")}


@pytest.mark.slow(reason="takes a filled database through every version, down and up")
def test_every_step_down_and_up_keeps_the_data(filled: Database) -> None:
    steps = revisions()
    downgrade(filled, steps[0])
    inspector = sa.inspect(filled.engine)
    tables = [name for name in inspector.get_table_names() if name != "alembic_version"]
    columns = {
        name: [c["name"] for c in inspector.get_columns(name) if (name, c["name"]) not in NOT_KEPT] for name in tables
    }
    before = contents(filled, columns)
    with filled.engine.connect() as connection:
        counts = {table: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) for table in tables}
    assert (counts["response"], counts["comment"], counts["population"]) == (107, 3, 3)
    for above in steps[1:]:
        upgrade(filled, above)
        assert contents(filled, columns) == before, above
    for below in reversed(steps[:-1]):
        downgrade(filled, below)
    assert contents(filled, columns) == before
    upgrade(filled)
    assert contents(filled, columns) == before


def test_results_are_the_same_after_the_newest_step_went_down_and_up(filled: Database) -> None:
    before = figures(filled)
    downgrade(filled, revisions()[-2])
    upgrade(filled)
    assert figures(filled) == before
    with filled.read() as session:
        edition = published(session, "r1")
        assert edition is not None
        assert recompute(session, edition).same
        assert session.scalar(sa.select(sa.func.count()).select_from(Response)) == 107


def taken_away(path: Path) -> list[str]:
    """Return what `upgrade()`, and the functions it calls, do that an older version would stumble over."""
    functions = {
        node.name: node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
    }
    found, seen, waiting = [], set(), ["upgrade"]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                waiting.append(called)
                if called.split(".")[-1] in TAKING:
                    found.append(f"{path.name}:{node.lineno} {called}")
                if called.endswith("add_column") and not adds_safely(node):
                    found.append(f"{path.name}:{node.lineno} a column the version before cannot fill")
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = " ".join(node.value.upper().split())
                if any(phrase in words for phrase in ("DROP TABLE", "DROP COLUMN", "RENAME TO", "RENAME COLUMN")):
                    found.append(f"{path.name}:{node.lineno} {words[:40]}")
    return found


def adds_safely(call: ast.Call) -> bool:
    """Say whether an added column may be left out by a version that does not know it: nullable, or with a default."""
    column = next(
        (one for one in ast.walk(call) if isinstance(one, ast.Call) and ast.unparse(one.func) == "sa.Column"), None
    )
    if column is None:
        return True
    given = {word.arg: ast.unparse(word.value) for word in column.keywords}
    return given.get("nullable", "True") == "True" or "server_default" in given


#: steps before which every server of the version before must be stopped: they take away what a promise forbids
TAKES_AWAY = {
    "20261129_2040_comments_by_week": [
        "20261129_2040_comments_by_week.py:100 op.drop_table",
        "20261129_2040_comments_by_week.py:101 op.drop_table",
    ]
}


@pytest.mark.parametrize("path", VERSIONS[1:], ids=lambda path: path.stem)
def test_a_running_older_version_loses_nothing(path: Path) -> None:
    assert taken_away(path) == TAKES_AWAY.get(path.stem, [])


def test_the_check_sees_what_it_must(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "def upgrade():\n    more()\n    op.add_column('a', sa.Column('b', sa.Integer(), nullable=False))\n"
        "def more():\n    op.drop_column('a', 'c')\n    op.execute('alter table a  rename column d to e')\n"
        "def downgrade():\n    op.drop_table('a')\n"
    )
    assert [line.split(" ", 1)[1] for line in sorted(taken_away(wrong))] == [
        "a column the version before cannot fill",
        "op.drop_column",
        "ALTER TABLE A RENAME COLUMN D TO E",
    ]


def test_rounds_without_an_edition_take_on_the_rules_of_today_and_others_keep_theirs(filled: Database) -> None:
    downgrade(filled, "20261129_2105")
    with filled.engine.begin() as connection:
        rounds = sa.Table("round", sa.MetaData(), autoload_with=connection)
        first = dict(connection.execute(sa.select(rounds)).mappings().one())
        second = {**first, "id": first["id"] + 1, "code": "r2", "state": "closed", "rules": {"min_n": 7}}
        connection.execute(sa.insert(rounds).values(second))
    upgrade(filled)
    with filled.read() as session:
        assert session.scalars(sa.select(Round.rules).where(Round.code == "r1")).one() == first["rules"]
        rules = session.scalars(sa.select(Round.rules).where(Round.code == "r2")).one()
        today = {"pooling": True, "clusters": "none", "fpc_in_tests": False, "definitions": 2}
        assert rules == {"min_n": 7, **today, "clusters": "counter_day", "leagues": "kind", "letters": "clear"}
        events = session.scalars(
            sa.select(AuditEvent).where(AuditEvent.action == "round.rules_of_today").order_by(AuditEvent.id)
        ).all()
        assert [(event.subject, event.user_id) for event in events] == [("round:r2", None)] * 4
        later = [{"clusters": "counter_day"}, {"leagues": "kind"}, {"letters": "clear"}]
        assert [event.after for event in events] == [today, *later]
        assert events[0].before == {"pooling": False, "clusters": "none", "fpc_in_tests": True, "definitions": 1}
        assert events[1].before == {"clusters": "none"}
        assert events[2].before == {"leagues": "none"}
        assert events[3].before == {"letters": "all"}
        edition = published(session, "r1")
        assert edition is not None
        assert recompute(session, edition).same
    downgrade(filled, "20261129_2105")
    with filled.read() as session:
        left = session.execute(sa.select(sa.column("rules", sa.JSON)).select_from(sa.table("round"))).scalars().all()
    assert left == [first["rules"], {"min_n": 7}]
    upgrade(filled)
