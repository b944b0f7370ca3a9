"""Where pip gets its packages on this computer, and where a source distribution lies there.

We ask pip itself for its configuration, so that whatever makes ``pip install`` work here (a mirror, a company's
certificate, a proxy, a folder of files) makes this work too. No index is named in our code: the default is
pypi-simple's. Nothing that is found is executed.
"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import url2pathname

import requests
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import Version
from pypi_simple import (
    ACCEPT_ANY,
    PYPI_SIMPLE_ENDPOINT,
    ProjectPage,
    UnsupportedRepoVersionError,
)

from trainer.images.download import Page, fetch_page, new_session
from trainer.images.transfer import DownloadError

__all__ = ["PipSettings", "index_session", "links_on", "parse_settings", "read_settings", "source_distributions"]

JSON_TYPE: Final = "application/vnd.pypi.simple.v1+json"
PIP_TIMEOUT_S: Final = 30
TRUE_WORDS: Final = frozenset({"1", "true", "yes", "on", "t", "y"})


@dataclass(frozen=True, slots=True)
class PipSettings:
    """The part of pip's configuration that says where packages are, and how to get there."""

    index_urls: tuple[str, ...] = (PYPI_SIMPLE_ENDPOINT,)
    find_links: tuple[str, ...] = ()
    trusted_hosts: frozenset[str] = frozenset()
    certificates: str = ""
    client_certificate: str = ""
    proxy: str = ""


def read_settings() -> PipSettings:
    """The settings of the pip that belongs to this Python; its environment variables alone where there is no pip."""
    command = [sys.executable, "-X", "utf8", "-m", "pip", "--disable-pip-version-check", "config", "list"]
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=PIP_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return _settings(_from_environment(os.environ))
    if answer.returncode != 0:
        return _settings(_from_environment(os.environ))
    return parse_settings(answer.stdout)


def parse_settings(listing: str) -> PipSettings:
    """Read what ``pip config list`` prints: a line ``section.name='value'`` for each setting.

    For ``pip download``, whose work this is, pip lets the section ``download`` override ``global``, and the environment
    (``:env:``) both. Lines of another shape are passed over.
    """
    found: dict[str, dict[str, str]] = {"global": {}, "download": {}, ":env:": {}}
    for line in listing.splitlines():
        key, separator, value = line.partition("=")
        section, _, name = key.strip().partition(".")
        if not separator or section not in found:
            continue
        try:
            text = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(text, str):
            found[section][name.replace("_", "-")] = text
    return _settings(found["global"] | found["download"] | found[":env:"])


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in environment.items()
        if name.startswith("PIP_") and value
    }


def _settings(values: Mapping[str, str]) -> PipSettings:
    indexes = (values.get("index-url") or PYPI_SIMPLE_ENDPOINT, *values.get("extra-index-url", "").split())
    has_no_index = values.get("no-index", "").lower() in TRUE_WORDS
    return PipSettings(
        index_urls=() if has_no_index else indexes,
        find_links=tuple(values.get("find-links", "").split()),
        trusted_hosts=frozenset(values.get("trusted-host", "").split()),
        certificates=values.get("cert", ""),
        client_certificate=values.get("client-cert", ""),
        proxy=values.get("proxy", ""),
    )


class _IndexSession(requests.Session):
    """Leaves out the certificate check for the hosts that pip's ``trusted-host`` names, and only for them."""

    def __init__(self, trusted_hosts: frozenset[str]) -> None:
        super().__init__()
        self._trusted_hosts = trusted_hosts

    def merge_environment_settings(self, url: Any, *rest: Any, **named: Any) -> Any:
        settings = super().merge_environment_settings(url, *rest, **named)
        address = urlsplit(url)
        if self._trusted_hosts & {address.hostname, address.netloc.rpartition("@")[2]}:
            settings["verify"] = False
        return settings


def index_session(settings: PipSettings) -> requests.Session:
    """A session that reaches the network the way pip does."""
    session = new_session(_IndexSession(settings.trusted_hosts))
    if settings.certificates:
        session.verify = settings.certificates
    if settings.client_certificate:
        session.cert = settings.client_certificate
    if settings.proxy:
        session.proxies = {"http": settings.proxy, "https": settings.proxy}
    return session


def source_distributions(
    project: str, wanted: Version, settings: PipSettings, session: requests.Session
) -> Iterator[str]:
    """The URLs of the ``.tar.gz`` of `project` in version `wanted`, in the order in which to try them.

    A place that cannot be asked is passed over. Where nothing is found, that trouble is raised as DownloadError.
    """
    trouble: DownloadError | None = None
    is_found = False
    project_pages = [_project_page(url, project) for url in settings.index_urls]
    for place in (*project_pages, *map(_as_url, settings.find_links)):
        try:
            urls = _links_at(place, project, session)
        except DownloadError as error:
            trouble = error
            continue
        for url in urls:
            if _is_archive_of(url, project, wanted) and _may_point_to(place, url):
                is_found = True
                yield url
    if trouble and not is_found:
        raise trouble


def _project_page(index_url: str, project: str) -> str:
    page = urljoin(index_url.rstrip("/") + "/", canonicalize_name(project) + "/")
    return urljoin(page, "index.html") if urlsplit(page).scheme == "file" else page


def _as_url(place: str) -> str:
    """pip takes a path as well as a URL; a drive letter is no scheme."""
    if len(urlsplit(place).scheme) > 1:
        return place
    return Path(place).expanduser().absolute().as_uri()


def _links_at(place: str, project: str, session: requests.Session) -> list[str]:
    address = urlsplit(place)
    if address.scheme == "file":
        folder = Path(url2pathname(address.path))
        if folder.is_dir():
            return [path.as_uri() for path in sorted(folder.iterdir())]
    return links_on(fetch_page(place, session, accept=ACCEPT_ANY), project)


def links_on(page: Page, project: str) -> list[str]:
    """The URLs of all files of `project` on a page of an index, HTML or JSON. Raises DownloadError if it is none."""
    try:
        if page.content_type == JSON_TYPE:
            packages = ProjectPage.from_json_data(json.loads(page.text), page.url).packages
        else:
            packages = ProjectPage.from_html(project, page.text, page.url).packages
    except (ValueError, RecursionError, AssertionError, UnsupportedRepoVersionError) as error:
        raise DownloadError(f"The page {page.url} is no page of a package index: {error}") from error
    return [package.url for package in packages]


def _is_archive_of(url: str, project: str, wanted: Version) -> bool:
    filename = unquote(urlsplit(url).path).rpartition("/")[2]
    try:
        name, version = parse_sdist_filename(filename)
    except InvalidSdistFilename:
        return False
    return filename.endswith(".tar.gz") and (name, version) == (canonicalize_name(project), wanted)


def _may_point_to(place: str, url: str) -> bool:
    """A page from the network names files on the network, not files on this computer."""
    return urlsplit(url).scheme in ("http", "https") or urlsplit(place).scheme == "file"
