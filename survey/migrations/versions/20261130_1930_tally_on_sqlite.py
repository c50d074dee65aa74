"""How many responses a round has on SQLite too: added up by triggers at every 1024th response, the rest is counted.

A row more for each form would cost one more page of each commit. So the tally reaches to an edge, the newest response
it has counted of any round; what came after it is few, and found by the key. Whatever comes or goes below the edge
(a number is used again after a deletion, a copy brings rows in another order) is added or taken away at once.
"""

from __future__ import annotations

from alembic import op

revision = "20261130_1930"
down_revision = "20261130_1710"
branch_labels = None
depends_on = None

EDGE = "(SELECT coalesce(max(newest), 0) FROM response_tally)"

CAME = """
CREATE TRIGGER response_came AFTER INSERT ON response WHEN NEW.id % 1024 = 0 AND NEW.id > EDGE BEGIN
  INSERT INTO response_tally (round_id, responses, newest)
    SELECT round_id, count(*), max(id) FROM response WHERE id > EDGE AND id < NEW.id GROUP BY round_id;
  INSERT INTO response_tally (round_id, responses, newest)
    SELECT round_id, sum(responses), max(newest) FROM response_tally GROUP BY round_id HAVING count(*) > 1;
  DELETE FROM response_tally
    WHERE id < (SELECT max(other.id) FROM response_tally AS other WHERE other.round_id = response_tally.round_id);
END
"""
FILLED = """
CREATE TRIGGER response_filled AFTER INSERT ON response WHEN NEW.id <= EDGE BEGIN
  INSERT INTO response_tally (round_id, responses, newest)
    SELECT NEW.round_id, 0, 0 WHERE NEW.round_id NOT IN (SELECT round_id FROM response_tally);
  UPDATE response_tally SET responses = responses + 1, newest = max(newest, NEW.id) WHERE round_id = NEW.round_id;
END
"""
WENT = """
CREATE TRIGGER response_went AFTER DELETE ON response WHEN OLD.id <= EDGE BEGIN
  UPDATE response_tally SET responses = responses - 1 WHERE round_id = OLD.round_id;
END
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("DELETE FROM response_tally")
    op.execute(
        "INSERT INTO response_tally (round_id, responses, newest) "
        "SELECT round_id, count(*), max(id) FROM response GROUP BY round_id"
    )
    for trigger in (CAME, FILLED, WENT):
        op.execute(trigger.replace("EDGE", EDGE))


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in ("response_came", "response_filled", "response_went"):
        op.execute(f"DROP TRIGGER {name}")
    op.execute("DELETE FROM response_tally")
