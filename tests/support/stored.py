"""What a database holds, to tell whether anything changed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask

from survey.core.db import Base


def everything(app: Flask) -> dict[str, list[Any]]:
    """Return the rows of every table."""
    with app.extensions["database"].read() as session:
        connection = session.connection()
        return {
            name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))]
            for name, table in Base.metadata.tables.items()
        }
