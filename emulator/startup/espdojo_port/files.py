"""The port's name in the file system, for programs that look for it there before they open it (POSIX).

ESPHome asks os.access whether it may use the port, others ask os.path.exists whether there is one. There is no such
file, so what they ask of the system by way of the module os is answered here, for names of ours; all else goes to the
system.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_FOLDER = "/dev/"


def install(module: Any, status_of: Callable[[str], str | None]) -> None:
    """Make stat, lstat and access of the module os see the ports that `status_of` knows: it gives a port's status (see
    wire), or None for any other name."""
    stat, lstat, access = module.stat, module.lstat, module.access

    def status(path: Any) -> str | None:
        name = None if isinstance(path, int) else os.fsdecode(path)
        return status_of(name) if name is not None and name.startswith(_FOLDER) else None

    def stat_here(path: Any, **options: Any) -> os.stat_result:
        # A port is a character device, and so is this one.
        return stat(os.devnull if status(path) else path, **options)  # type: ignore[no-any-return]

    def lstat_here(path: Any, **options: Any) -> os.stat_result:
        return lstat(os.devnull if status(path) else path, **options)  # type: ignore[no-any-return]

    def access_here(path: Any, mode: int, **options: Any) -> bool:
        found = status(path)
        if found is None:
            return access(path, mode, **options)  # type: ignore[no-any-return]
        from . import wire  # here, because every Python start imports this module

        return not mode & (os.X_OK if found != wire.FORBIDDEN else os.R_OK | os.W_OK | os.X_OK)

    for name, system, ours in (
        ("stat", stat, stat_here),
        ("lstat", lstat, lstat_here),
        ("access", access, access_here),
    ):
        setattr(module, name, ours)
        for abilities in (
            module.supports_dir_fd,
            module.supports_fd,
            module.supports_follow_symlinks,
            module.supports_effective_ids,
        ):
            if system in abilities:  # shutil asks before it trusts them
                abilities.add(ours)
