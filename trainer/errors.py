"""Errors that a person can act on: what happened, the likely cause, the next step.

Whatever can go wrong with a user, their computer or their network is raised as an `EspdojoError` and shown as
such. Anything else that reaches the top is a mistake in espdojo and keeps its traceback. `emulator` knows
nothing of this module: an exception class that it defines is shown in the same way, with `cause` and
`next_step` where it has them.
"""

import errno
import os

__all__ = ["EspdojoError", "describe", "not_written"]

FAMILIES = frozenset({"emulator", "trainer"})
"""Packages whose own exception classes are meant for people."""

OS_NEXT_STEPS = {
    errno.ENOSPC: "Free some disk space, then try again.",
    errno.EDQUOT: "Free some disk space, then try again.",
    errno.EACCES: "Check who may read and write there, or choose another place.",
    errno.EPERM: "Check who may read and write there, or choose another place.",
    errno.EROFS: "That disk is read-only; choose another place. ESPDOJO_HOME moves all that espdojo keeps.",
    errno.ENOENT: "Check the name; `ls` (Windows: `dir`) shows what is there.",
    errno.EADDRINUSE: "Another program uses that network port. Use port 0 to get a free one.",
}


class EspdojoError(Exception):
    """Something went wrong that is no mistake in espdojo.

    `what` is one sentence and is what ``str()`` gives. `cause` says why it probably happened, `next_step`
    what to do now; each may be empty.
    """

    def __init__(self, what: str, *, cause: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.cause = cause
        self.next_step = next_step


def not_written(file: os.PathLike[str] | str, error: OSError) -> EspdojoError:
    """The error to raise when `file` cannot be written: the system's own often does not say which file."""
    return EspdojoError(
        f"{os.fspath(file)} could not be written: {error.strerror or error}.",
        next_step=OS_NEXT_STEPS.get(error.errno or 0, "Choose another place, or free some disk space."),
    )


def describe(error: BaseException) -> str | None:
    """What happened, likely cause and next step, a line each; None if `error` is a mistake in espdojo."""
    cause, next_step = (str(getattr(error, name, None) or "") for name in ("cause", "next_step"))
    if isinstance(error, OSError):
        what = _describe_os_error(error)
        next_step = next_step or OS_NEXT_STEPS.get(error.errno or 0, "")
    elif type(error).__module__.partition(".")[0] in FAMILIES:
        what = str(error)
    else:
        return None
    lines = (what, cause and f"Likely cause: {cause}", next_step and f"Next: {next_step}")
    return "\n".join(line for line in lines if line)


def _describe_os_error(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{os.fsdecode(error.filename)}: {reason}" if isinstance(error.filename, str | bytes) else reason
