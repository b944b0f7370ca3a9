"""The pages on progress, the doctor and the monitor name what there is."""

import dataclasses
import sqlite3
from pathlib import Path

import click
import pytest

from trainer.computer.facts import PortFacts
from trainer.monitor import ACTIONS
from trainer.ports import Port
from trainer.progress import SCHEMA_VERSION, Progress
from trainer.subcommands.doctor import Finding
from trainer.subcommands.monitor import command as monitor
from trainer.subcommands.ports import as_json
from trainer.subcommands.progress import command as progress
from trainer.subcommands.standing import Row

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def missing(names: list[str], name: str) -> list[str]:
    text = page(name)
    return [one for one in names if f"`{one}`" not in text]


def test_every_table_and_column_of_the_progress_file_is_described(tmp_path: Path) -> None:
    with Progress(tmp_path) as kept:
        file = kept.file
    with sqlite3.connect(file) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = [row[1] for table in tables for row in database.execute(f"PRAGMA table_info({table})")]
    database.close()
    assert sorted(tables) == ["finish", "place", "step"]
    assert missing([*tables, *columns], "progress.md") == []
    assert f"`PRAGMA user_version` is {SCHEMA_VERSION}" in page("progress.md")


def test_what_programs_read_is_described() -> None:
    row = Row("x", "x", "C", "X", "new", 1, None, 0, 0, None)
    assert missing(list(row.as_json()), "progress.md") == []
    assert missing([field.name for field in dataclasses.fields(Finding)], "doctor.md") == []
    assert missing(list(as_json(PortFacts(Port("COM4")))), "doctor.md") == []


@pytest.mark.parametrize(("command", "name"), [(progress, "progress.md"), (monitor, "monitor.md")])
def test_every_option_is_described(command: click.Command, name: str) -> None:
    options = [max(option.opts, key=len) for option in command.params if isinstance(option, click.Option)]
    assert options
    assert [option for option in options if option not in page(name)] == []


def test_every_key_of_the_monitor_is_described() -> None:
    text = page("monitor.md")
    assert [key for key in ACTIONS if f"Ctrl-T {'Ctrl-T' if key < b' ' else key.decode().upper()}" not in text] == []
