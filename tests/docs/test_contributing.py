"""CONTRIBUTING.md's table of `trainer` has all that is there, in the order in which imports run."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TRAINER = ROOT / "trainer"


def rows() -> dict[str, int]:
    """Module or folder of `trainer` -> its row in the table."""
    _, _, text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| `trainer/` | what |\n|---|---|\n")
    table = text.partition("\n\n")[0].splitlines()
    return {name: row for row, line in enumerate(table) for name in re.findall(r"`(\w+)/?`", line.split("|")[1])}


def imported(file: Path) -> Iterator[str]:
    """Of what in `trainer` a file imports from, at its top or later."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "trainer":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("trainer."):
            yield str(node.module).split(".")[1]


def test_the_table_has_all_that_is_there() -> None:
    there = {path.stem for path in TRAINER.iterdir() if not path.name.startswith(("__", "."))}
    assert set(rows()) == there


def test_imports_run_downwards() -> None:
    row_of = rows()
    upwards = [
        f"{file.relative_to(ROOT).as_posix()} imports from trainer.{name}"
        for here, row in row_of.items()
        for file in [*TRAINER.glob(f"{here}.py"), *(TRAINER / here).rglob("*.py")]
        for name in imported(file)
        if row_of[name] < row
    ]
    assert upwards == []
