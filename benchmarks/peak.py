"""How many machines a national peak needs: `PYTHONPATH=. python benchmarks/peak.py --help`.

A queueing model with measured service times. Each kind of machine is an M/M/c queue (Erlang 1917; Gross, Shortle,
Thompson and Harris 2008, Fundamentals of Queueing Theory, section 2.3): requests come at random, a core serves one at
a time. Real service times vary less than the model's, so that it asks for a little too much. The pool of connections
follows from Little's law, disk and rows from what a response takes.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass


def erlang_c(servers: int, offered: float) -> float:
    """The share of requests that wait, of `offered` load in servers; 1 where it exceeds them."""
    if offered >= servers:
        return 1.0
    blocked = 1.0  # Erlang B by its recursion, which neither overflows nor loses digits
    for k in range(1, servers + 1):
        blocked = offered * blocked / (k + offered * blocked)
    return blocked / (1 - offered / servers * (1 - blocked))


def longer(servers: int, rate: float, service: float, wait: float) -> float:
    """The share of requests that wait longer than `wait` seconds; `rate` a second, `service` in seconds."""
    spare = servers / service - rate
    return erlang_c(servers, rate * service) * math.exp(-spare * wait) if spare > 0 else 1.0


def servers_for(rate: float, service: float, wait: float, share: float) -> int:
    """The fewest servers at which at most `share` of the requests wait longer than `wait` seconds."""
    servers = max(1, math.ceil(rate * service))
    while longer(servers, rate, service, wait) > share:
        servers += 1
    return servers


@dataclass(frozen=True)
class Load:
    """A kind of request: how many a second reach the machine, and the milliseconds of a core that each takes."""

    name: str
    rate: float
    milliseconds: float

    def cores(self, wait: float, share: float) -> int:
        """The cores that serve it."""
        return servers_for(self.rate, self.milliseconds / 1000, wait, share)


def main() -> None:
    """Print the fleet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forms", type=float, default=10_000, help="forms sent a second at the peak")
    parser.add_argument("--open-ms", type=float, default=2.0, help="of a core for a form's page (benchmarks/form.py)")
    parser.add_argument(
        "--send-ms", type=float, default=3.5, help="of a core for a form that is sent (benchmarks/form.py)"
    )
    parser.add_argument("--time-ms", type=float, default=0.6, help="of a core for the time of a shared page")
    parser.add_argument("--database-ms", type=float, default=0.5, help="of a core of PostgreSQL for one row")
    parser.add_argument(
        "--commit-ms", type=float, default=5.0, help="by the clock, for which a form holds a connection"
    )
    parser.add_argument("--cached", type=float, default=0.99, help="share of pages that the proxy answers")
    parser.add_argument("--row-bytes", type=float, default=330, help="a response with its indexes, without the log")
    given = parser.parse_args()
    wait, share = 0.05, 0.01
    forms = given.forms
    print(
        f"{forms:,.0f} forms a second; at most {share:.0%} of requests wait more than {1000 * wait:.0f} ms for a core"
    )
    for label, cached in (("each page from the application", 0.0), ("pages from a caching proxy", given.cached)):
        loads = [Load("pages", forms * (1 - cached), given.open_ms), Load("forms sent", forms, given.send_ms)]
        if cached:
            loads.append(Load("opening times", forms, given.time_ms))
        cores = [load.cores(wait, share) for load in loads]
        parts = ", ".join(f"{load.name} {count}" for load, count in zip(loads, cores, strict=True))
        print(f"{label}: {sum(cores)} cores ({parts})")
    rows = Load("rows", forms, given.database_ms)
    print(
        f"PostgreSQL: {rows.cores(wait, share)} cores; {math.ceil(forms * given.commit_ms / 1000)} connections at work"
    )
    print(
        f"its disk: {forms * given.row_bytes / 1e6:.0f} MB a second, "
        f"{forms * 3600 * given.row_bytes / 1e9:.0f} GB an hour"
    )


if __name__ == "__main__":
    main()
