"""docs/faults.md: it knows every fault, as it is written."""

import re
from pathlib import Path

from emulator import faults

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text("utf-8")


def test_the_page_has_a_row_for_every_fault_and_no_other() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|(.*)$", PAGE, re.MULTILINE)
    assert [usage for usage, _ in rows] == [fault.usage for fault in faults.FAULTS.values()]
    for fault, (_, row) in zip(faults.FAULTS.values(), rows, strict=True):
        assert f"({fault.default})" in row or not fault.default or fault.name in FOLLOWING, fault.name


FOLLOWING = {"unplug-while-writing"}
"""Its row refers to the one before."""
