"""What a learner did, kept in one SQLite file in the user's data directory (ESPDOJO_HOME moves it).

The file is `progress.sqlite3`, described in docs/progress.md. Every change is one transaction on disk before the tutor
goes on, so nothing is lost at kill -9. A damaged file is kept aside, a new one is begun, and `Progress.notice` says so.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from trainer.errors import EspdojoError
from trainer.session import Place
from trainer.system import data_folder

__all__ = ["Progress", "ProgressError", "Record"]

FILE_NAME = "progress.sqlite3"
SCHEMA_VERSION = 2
BUSY_TIMEOUT_S = 5.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS place (
    lesson TEXT PRIMARY KEY,
    step TEXT,                       -- NULL: the lesson is finished
    hints_shown INTEGER NOT NULL,
    desk TEXT NOT NULL,              -- JSON: the learner's folder, environment and board
    changed_at TEXT NOT NULL         -- UTC, ISO 8601
);
CREATE TABLE IF NOT EXISTS step (
    lesson TEXT NOT NULL,
    step TEXT NOT NULL,
    position INTEGER NOT NULL,       -- in the order they were passed
    line TEXT,                       -- what passed; NULL: passed over
    passed_at TEXT NOT NULL,
    PRIMARY KEY (lesson, step)
);
CREATE TABLE IF NOT EXISTS finish (
    lesson TEXT PRIMARY KEY,
    finished_at TEXT NOT NULL        -- the first time; stays when the lesson is begun anew
);
INSERT OR IGNORE INTO finish SELECT lesson, changed_at FROM place WHERE step IS NULL;
"""
"""Also brings a file of version 1, which had no table `finish`, up to date."""


@dataclass(frozen=True)
class Record:
    """What is kept of one lesson, for people to look at.

    `step` is the current step's id; None when the lesson is finished, or was and is not begun anew. `done` and
    `skipped` count steps of the current round. Times are UTC; `finished_at` is the first time, None if never.
    """

    lesson: str
    step: str | None
    done: int
    skipped: int
    changed_at: datetime
    finished_at: datetime | None


class ProgressError(EspdojoError):
    """Progress cannot be kept: the disk is full, or the folder cannot be written."""


class Progress:
    """The learner's progress file.

    `notice` is a sentence for the learner when a damaged file was put aside, and empty otherwise.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.file = (folder or data_folder()) / FILE_NAME
        self.notice = ""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._database = _open(self.file)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                aside = self._put_aside()
                self._database = _open(self.file)
                self.notice = (
                    f"The file with your progress was damaged. It is kept as {aside.name}; a new one is begun."
                )
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from error

    def place(self, lesson: str) -> Place | None:
        """Where the learner is in a lesson; None if they never began it."""
        with self._transaction() as database:
            row = database.execute("SELECT step, hints_shown FROM place WHERE lesson = ?", (lesson,)).fetchone()
            if row is None:
                return None
            steps = database.execute(
                "SELECT step, line FROM step WHERE lesson = ? ORDER BY position", (lesson,)
            ).fetchall()
        done = tuple((step, line) for step, line in steps if line is not None)
        skipped = tuple(step for step, line in steps if line is None)
        return Place(row[0], done, skipped, row[1])

    def desk(self, lesson: str) -> dict[str, Any]:
        """How the learner left their desk in a lesson, as given to `save`; empty if they never began it."""
        with self._transaction() as database:
            row = database.execute("SELECT desk FROM place WHERE lesson = ?", (lesson,)).fetchone()
        try:
            state = json.loads(row[0]) if row else {}
        except ValueError:
            return {}
        return state if isinstance(state, dict) else {}

    def save(self, lesson: str, place: Place, desk: Mapping[str, Any] | None = None) -> None:
        """Keep where the learner is, and how their desk looks. It is on disk when this returns.

        Raises `ProgressError`.
        """
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        passed: list[tuple[str, str | None]] = [*place.done, *((step, None) for step in place.skipped)]
        with self._transaction() as database:
            database.execute(
                "INSERT INTO place VALUES (?, ?, ?, ?, ?) ON CONFLICT (lesson) DO UPDATE SET step = excluded.step,"
                " hints_shown = excluded.hints_shown, desk = excluded.desk, changed_at = excluded.changed_at",
                (lesson, place.step, place.hints_shown, json.dumps(dict(desk or {})), now),
            )
            database.executemany(
                "INSERT INTO step VALUES (?, ?, ?, ?, ?) ON CONFLICT (lesson, step) DO UPDATE SET"
                " position = excluded.position, line = excluded.line,"
                " passed_at = CASE WHEN line IS excluded.line THEN passed_at ELSE excluded.passed_at END",
                [(lesson, step, position, line, now) for position, (step, line) in enumerate(passed)],
            )
            if place.step is None:
                database.execute("INSERT OR IGNORE INTO finish VALUES (?, ?)", (lesson, now))

    def finished(self) -> frozenset[str]:
        """The lessons that were finished at least once."""
        with self._transaction() as database:
            rows = database.execute("SELECT lesson FROM finish").fetchall()
        return frozenset(row[0] for row in rows)

    def records(self) -> list[Record]:
        """Every lesson that was ever begun, the one worked on last first."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT lesson, place.step, COUNT(step.line), COUNT(step.step), changed_at, finished_at"
                " FROM (SELECT lesson FROM place UNION SELECT lesson FROM finish)"
                " LEFT JOIN place USING (lesson) LEFT JOIN finish USING (lesson) LEFT JOIN step USING (lesson)"
                " GROUP BY lesson ORDER BY COALESCE(changed_at, finished_at) DESC, lesson"
            ).fetchall()
        return [
            Record(
                lesson,
                step,
                done,
                passed - done,
                datetime.fromisoformat(changed_at or finished_at),
                datetime.fromisoformat(finished_at) if finished_at else None,
            )
            for lesson, step, done, passed, changed_at, finished_at in rows
        ]

    def forget(self, lesson: str) -> None:
        """Begin a lesson anew. That it was finished once is not forgotten."""
        with self._transaction() as database:
            database.execute("DELETE FROM place WHERE lesson = ?", (lesson,))
            database.execute("DELETE FROM step WHERE lesson = ?", (lesson,))

    def reset(self) -> None:
        """Forget everything."""
        with self._transaction() as database:
            for table in ("place", "step", "finish"):
                database.execute(f"DELETE FROM {table}")

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._database:
                yield self._database
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _put_aside(self) -> Path:
        """Give the damaged file another name, which no file has yet."""
        number = 1
        while (aside := self.file.with_name(f"{self.file.name}.damaged-{number}")).exists():
            number += 1
        self.file.rename(aside)
        for suffix in ("-wal", "-shm", "-journal"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
        return aside

    def _error(self, error: Exception) -> ProgressError:
        return ProgressError(
            f"Your progress cannot be kept in {self.file}: {error}.",
            cause="The disk is full, the folder is read-only, or another espdojo is writing.",
            next_step="Free some disk space, or set ESPDOJO_HOME to a folder that you may write to.",
        )


def _open(file: Path) -> sqlite3.Connection:
    """Open or create the file. Raises sqlite3.DatabaseError if it is damaged, OperationalError if it is busy."""
    database = sqlite3.connect(file, timeout=BUSY_TIMEOUT_S)
    try:
        database.execute("PRAGMA synchronous = FULL")
        if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("damaged")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version < SCHEMA_VERSION:
            database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"schema version {version}")
    except BaseException:
        database.close()
        raise
    return database
