"""Group commit with leader and follower: what several threads write at one time costs one wait for the disk.

On SQLite a commit that survives a power cut waits for the disk (`synchronous=FULL`), and only one process writes at a
time. While one thread waits, the others queue; the next then writes all that queued in one transaction. Each caller
returns after that transaction's commit, so nobody is thanked before the answer is on disk. Processes take turns by a
file lock, which wakes the next one at once; SQLite's own waiting sleeps longer and longer. After the commit, and before
anyone returns, the leader writes how far the database has come into a file beside it (`survey.core.stored_count`).
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import orm

ResultT = TypeVar("ResultT")


@dataclass
class _Ticket(Generic[ResultT]):
    """One thread's work and what became of it."""

    work: Callable[[orm.Session], ResultT]
    done: bool = False
    result: ResultT | None = None
    error: BaseException | None = None

    def run(self, session: orm.Session) -> None:
        self.result = self.work(session)


class GroupCommit:
    """Runs short pieces of work in shared transactions of `write`, which opens one and commits it."""

    def __init__(
        self,
        write: Callable[[], AbstractContextManager[orm.Session]],
        turns: Path | None,
        count: Callable[[orm.Session], int],
        counted: Callable[[int], object],
    ) -> None:
        self._write = write
        self._turns = turns
        self._count = count
        self._counted = counted
        self._queue: list[_Ticket[object]] = []
        self._queue_lock = Lock()
        self._leader = Lock()

    def run(self, work: Callable[[orm.Session], ResultT]) -> ResultT:
        """What `work` returns, after the commit of the transaction it ran in; raise what it or that raised.

        `work` may run twice: when any work of a shared transaction fails, all of it is rolled back and each piece is
        run again in a transaction of its own.
        """
        ticket = _Ticket(work)
        with self._queue_lock:
            self._queue.append(ticket)  # type: ignore[arg-type]
        with self._leader:
            if not ticket.done:
                self._lead()
        if ticket.error is not None:
            raise ticket.error
        return ticket.result  # type: ignore[return-value]

    def _lead(self) -> None:
        """Write all that is queued once it is this process's turn."""
        tickets: list[_Ticket[object]] = []
        with self._turn():
            try:
                with self._write() as session:
                    session.connection()  # begins
                    tickets = self._take()  # now, that the database is ours: whoever came meanwhile comes along
                    for ticket in tickets:
                        ticket.run(session)
                    number = self._count(session)
                self._counted(number)
            except BaseException as error:
                if len(tickets) > 1 and isinstance(error, Exception):
                    self._write_singly(tickets)
                else:  # alone, or nobody got a transaction
                    tickets = tickets or self._take()
                    for ticket in tickets:
                        ticket.error = error
        for ticket in tickets:
            ticket.done = True

    def _take(self) -> list[_Ticket[object]]:
        with self._queue_lock:
            taken, self._queue = self._queue, []
        return taken

    def _write_singly(self, tickets: list[_Ticket[object]]) -> None:
        """Run each piece in a transaction of its own, so that one failure is no other's."""
        for ticket in tickets:
            try:
                with self._write() as session:
                    ticket.run(session)
                    number = self._count(session)
                self._counted(number)
            except Exception as error:
                ticket.error = error

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the turn among the processes of this database. The system gives it back when a process dies."""
        try:
            file = self._turns.open("ab") if self._turns else None
        except OSError:
            file = None  # SQLite's own lock is what protects; turns only save waiting
        with file or contextlib.nullcontext():
            if file is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            yield
