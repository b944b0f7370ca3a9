"""MicroPython to practise with: what is on this computer, and the way to more.

In this order: the folder $ESPDOJO_FIRMWARE_DIR; the cache; the sources of `trainer.images.sources`; and, with no
network at all, the practice image that comes with the emulator.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from trainer.images.identify import FirmwareError, FirmwareInfo, identify, is_release
from trainer.images.transfer import DownloadCancelledError, DownloadError, Progress
from trainer.system import cache_folder

__all__ = [
    "DownloadCancelledError",
    "DownloadError",
    "Firmware",
    "FirmwareError",
    "FirmwareInfo",
    "available",
    "best",
    "get",
    "identify",
    "local",
    "practice",
]

FOLDER_VARIABLE: Final = "ESPDOJO_FIRMWARE_DIR"

Origin = Literal["folder", "cache", "practice"]


@dataclass(frozen=True, slots=True)
class Firmware:
    """An image on this computer that an ESP8266 can boot, and where it lies."""

    path: Path
    info: FirmwareInfo
    origin: Origin


def available() -> list[Firmware]:
    """The MicroPython images on this computer: $ESPDOJO_FIRMWARE_DIR's, then the cache's, each newest first.

    Raises FirmwareError when $ESPDOJO_FIRMWARE_DIR names no folder.
    """
    images = _images_in(_download_folder(), "cache")
    if not (named := os.environ.get(FOLDER_VARIABLE)):
        return images
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise FirmwareError(
            f"{FOLDER_VARIABLE} names {folder}, which is no folder.",
            next_step=f"Correct {FOLDER_VARIABLE}, or unset it to use espdojo's own images.",
        )
    return _images_in(folder, "folder") + images


def local(version: str | None = None) -> Firmware | None:
    """The first of `available()` that is `version` ("1.23", "v1.10"; None: any). Uses no network."""
    return next((firmware for firmware in available() if is_release(firmware.info.release, version)), None)


def get(
    version: str | None = None,
    *,
    latest: bool = False,
    progress: Progress = lambda done, total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Firmware:
    """MicroPython in `version` ("1.23", "v1.10"; None: any that lessons work with), or the `latest` release.

    What is on this computer already is not downloaded again. Raises DownloadError when the image cannot be had,
    DownloadCancelledError, and FirmwareError for a wrong $ESPDOJO_FIRMWARE_DIR.
    """
    if not latest and (firmware := local(version)):
        return firmware
    from trainer.images.package_index import index_session, read_settings
    from trainer.images.sources import SOURCES, Request

    request = Request(_download_folder(), version, latest, progress, is_cancelled)
    settings = read_settings()
    troubles: list[str] = []
    with index_session(settings) as session:
        for source in SOURCES:
            try:
                path = source(request, settings, session)
            except DownloadError as error:
                troubles.append(str(error))
            else:
                return Firmware(path, identify(path), "cache")
    wanted = "The latest MicroPython" if latest else f"MicroPython {version or ''}".strip()
    raise DownloadError(
        f"{wanted} for the ESP8266 could not be downloaded.",
        cause=" ".join(troubles),
        next_step=(
            "Check the connection and try again. Or put a .bin file into a folder and name that folder in "
            f"{FOLDER_VARIABLE}. Without either, lessons use the practice image."
        ),
    )


def practice() -> Firmware:
    """The practice image: no MicroPython, but enough of its prompt for a first lesson."""
    from emulator.practice import image_path

    path = image_path()
    return Firmware(path, identify(path), "practice")


def best(
    *, progress: Progress = lambda done, total: None, is_cancelled: Callable[[], bool] = lambda: False
) -> Firmware:
    """Real MicroPython if there is any way to it, else the practice image.

    Raises DownloadCancelledError, and FirmwareError for a wrong $ESPDOJO_FIRMWARE_DIR.
    """
    try:
        return get(progress=progress, is_cancelled=is_cancelled)
    except DownloadError:
        return practice()


def _download_folder() -> Path:
    return cache_folder() / "firmware"


def _images_in(folder: Path, origin: Origin) -> list[Firmware]:
    found = []
    for path in sorted(folder.glob("*.bin")):
        try:
            info = identify(path)
        except FirmwareError:
            continue
        if info.is_bootable and info.family == "MicroPython":
            found.append(Firmware(path, info, origin))
    return sorted(found, key=_age)


def _age(firmware: Firmware) -> list[int]:
    """A sort key: smaller is newer."""
    return [-int(number) for number in re.findall(r"\d{1,9}", firmware.info.release, re.ASCII)[:3]]
