"""Shells to type at: how a test makes them, pretended tools for them, and what is looked for in their answers."""

import os
import venv
from collections.abc import Callable
from pathlib import Path

from trainer.shell import Result, Shell

MakeShell = Callable[..., Shell]
"""Makes a shell for a system, at a bench, with further options of `Shell`."""

PRETEND_TOOL = """
import os, sys, time
print("argv", sys.argv[1:], flush=True)
print("plugged", os.environ.get("PLUGGED"), flush=True)
if "slow" in sys.argv[-1]:
    print("waiting", flush=True)
    time.sleep(600)
    print("never")
"""


def environment_with_tools(path: Path) -> None:
    """Make a virtual environment with a pretended esptool and mpremote in it."""
    venv.create(path, with_pip=False, symlinks=os.name != "nt")
    (site,) = [*path.glob("lib/python*/site-packages"), *path.glob("Lib/site-packages")]
    for tool in ("esptool", "mpremote"):
        (site / tool).mkdir()
        (site / tool / "__init__.py").touch()
        (site / tool / "__main__.py").write_text(PRETEND_TOOL)


def refused(result: Result, kind: str) -> bool:
    return result.refusal is not None and result.refusal.kind == kind and result.exit_status == 2
