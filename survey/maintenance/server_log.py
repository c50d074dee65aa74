"""What gunicorn itself has to say, as the application's own lines are: JSON, without anybody's address."""

from __future__ import annotations

import logging
import re
from typing import Any

from gunicorn.glogging import Logger

from survey.web.observability import JsonFormatter

_CALLER = re.compile(r"\bip=\S+")


class ServerLog(Logger):  # type: ignore[misc]
    """gunicorn's log; named on its command line by `survey.serve`."""

    def setup(self, cfg: Any) -> None:
        """Set the format of the error log. No access log: `survey.web.observability` writes a line a request."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())
            handler.addFilter(without_caller)


def without_caller(record: logging.LogRecord) -> bool:
    """Log filter: remove addresses and requests from a message, and let it pass."""
    if isinstance(record.msg, str):
        record.msg = _CALLER.sub("ip=-", record.msg)
        if record.msg.startswith("Error handling request"):
            record.msg, record.args = "Error handling request", ()
    return True
