"""Which interface leads the learner: the whole screen where the terminal can, plain lines everywhere else."""

import os
from collections.abc import Mapping

from trainer import console
from trainer.ui.opening import Request

__all__ = ["learn", "wants_screen"]


def learn(request: Request, *, plain: bool = False) -> int:
    """Lead a learner; the exit status. Raises EspdojoError for what cannot be loaded or had."""
    from trainer.ui import plain as lines

    if not plain and wants_screen():
        from trainer.ui import app

        status = app.learn(request)
        if status is not None:
            return status
    return lines.learn(request, plain=plain)


def wants_screen(environment: Mapping[str, str] = os.environ) -> bool:
    """Can this terminal show more than lines? On POSIX it says what it is in TERM; a Windows console needs not."""
    if not console.is_interactive():
        return False
    return environment.get("TERM", "" if os.name == "posix" else "console").lower() not in ("", "dumb", "unknown")
