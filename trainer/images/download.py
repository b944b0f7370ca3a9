"""Fetching a file or a page over a network that may break, stall, lie or end.

A file arrives under another name beside its target (``.part``), goes on from there when the line broke, never grows
over its cap, and takes its own name in one step, after the caller's check of its contents.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

import requests
import urllib3

from trainer.images.transfer import DownloadCancelledError, DownloadError, Progress

__all__ = ["Page", "fetch_file", "fetch_page", "new_session"]

CONNECT_TIMEOUT_S: Final = 3
READ_TIMEOUT_S: Final = 20
CHUNK_SIZE: Final = 64 * 1024
MAX_PAGE_SIZE: Final = 8 * 1024 * 1024
"""Bytes; the largest page of a package index is about that."""

NETWORK_TROUBLE: Final = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was received: its final address, its media type without parameters, its text."""

    url: str
    content_type: str
    text: str


def new_session(session: requests.Session | None = None) -> requests.Session:
    """A session (or the one given, made ready) that says who it is and takes bytes as they are, uncompressed."""
    session = session or requests.Session()
    session.headers["User-Agent"] = f"espdojo/{version('espdojo')}"
    session.headers["Accept-Encoding"] = "identity"
    return session


def fetch_page(url: str, session: requests.Session, *, accept: str = "text/html") -> Page:
    """Fetch the page at `url` (http, https or file). Raises DownloadError."""
    with _open(url, session, {"Accept": accept}) as answer:
        received = bytearray()
        for chunk in answer.chunks:
            received += chunk
            _check_size(len(received), MAX_PAGE_SIZE, url)
        return Page(answer.url, answer.content_type, received.decode("utf-8", "replace"))


def fetch_file(
    url: str,
    target: Path,
    session: requests.Session,
    *,
    max_size: int,
    check: Callable[[Path], None] = lambda path: None,
    progress: Progress = lambda done, total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Fetch `url` (http, https or file) into `target`, going on with what an earlier attempt left.

    `check` gets the complete file before it becomes `target`; what it raises is passed on, and the file is dropped.
    Raises DownloadError when the file cannot be had whole or is larger than `max_size` bytes, and
    DownloadCancelledError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(target.with_name(target.name + ".part"), url)
    with _open(url, session, part.range_headers()) as answer:
        done = part.begin(answer)
        total = None if answer.length is None else done + answer.length
        try:
            _check_size(total or 0, max_size, url)
            with part.path.open("ab") as file:
                for chunk in answer.chunks:
                    if is_cancelled():
                        raise DownloadCancelledError(
                            "The download was stopped.", next_step="Start it again; it goes on from there."
                        )
                    done += len(chunk)
                    _check_size(done, max_size, url)
                    file.write(chunk)
                    progress(done, total)
            if total is not None and done < total:
                raise _unreachable(url, f"the connection ended after {done:,} of {total:,} bytes")
        except DownloadError:
            if done > max_size or (total or 0) > max_size:
                part.drop()
            raise
    try:
        check(part.path)
        os.replace(part.path, target)
    finally:
        part.drop()


@dataclass(frozen=True, slots=True)
class _Answer:
    """An opened URL: `start` is the offset of its first byte, `length` counts from there, `validator` names the
    version that is sent."""

    url: str
    content_type: str
    start: int
    length: int | None
    validator: str
    chunks: Iterator[bytes]


class _Part:
    """What an interrupted download left, and a note of which version of which URL it is the beginning of."""

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self._note = path.with_name(path.name + ".json")
        self._url = url

    def range_headers(self) -> dict[str, str]:
        """Headers that ask for the rest, if the file there is still the same; none without a beginning."""
        try:
            note = json.loads(self._note.read_text("utf-8"))
            size = self.path.stat().st_size
        except (OSError, ValueError):
            return {}
        if not isinstance(note, dict) or note.get("url") != self._url or not note.get("validator") or not size:
            return {}
        return {"Range": f"bytes={size}-", "If-Range": str(note["validator"])}

    def begin(self, answer: _Answer) -> int:
        """Make ready for the bytes of `answer`; returns how many are there already."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if answer.start == 0 or answer.start != size:
            self.path.write_bytes(b"")
            if answer.start:
                self.drop()
                raise _unreachable(answer.url, "the server sent another part of the file than was asked for")
        self._note.write_text(json.dumps({"url": self._url, "validator": answer.validator}), "utf-8")
        return answer.start

    def drop(self) -> None:
        """Forget it, as far as it is there."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


@contextmanager
def _open(url: str, session: requests.Session, headers: dict[str, str]) -> Iterator[_Answer]:
    """The answer to a GET of `url`. Raises DownloadError, and so does reading its chunks."""
    if urlsplit(url).scheme == "file":
        path = Path(url2pathname(urlsplit(url).path))
        with _trouble_with(url):
            file = path.open("rb")
        with file:
            chunks = iter(lambda: file.read(CHUNK_SIZE), b"")
            yield _Answer(url, "text/html", 0, os.fstat(file.fileno()).st_size, "", chunks)
        return
    with _trouble_with(url):
        response = session.get(url, headers=headers, stream=True, timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S))
    with response:
        if response.status_code == requests.codes.requested_range_not_satisfiable and "Range" in headers:
            response.close()
            with _open(url, session, {}) as whole:
                yield whole
            return
        with _trouble_with(url):
            response.raise_for_status()
        _refuse_downgrade(url, response.url)
        yield _Answer(
            response.url,
            response.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
            _first_byte(response),
            _content_length(response),
            response.headers.get("ETag") or response.headers.get("Last-Modified") or "",
            _chunks(response, url),
        )


def _chunks(response: requests.Response, url: str) -> Iterator[bytes]:
    with _trouble_with(url):
        yield from response.iter_content(CHUNK_SIZE)


@contextmanager
def _trouble_with(url: str) -> Iterator[None]:
    try:
        yield
    except NETWORK_TROUBLE as error:
        raise _unreachable(url, _reason(error)) from error


def _first_byte(response: requests.Response) -> int:
    if response.status_code != requests.codes.partial_content:
        return 0
    unit, _, rest = response.headers.get("Content-Range", "").partition(" ")
    first = rest.partition("-")[0]
    if unit != "bytes" or not (first.isascii() and first.isdigit()):
        raise _unreachable(response.url, "the server did not say which part of the file it sent")
    return int(first)


def _content_length(response: requests.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _refuse_downgrade(asked: str, answered: str) -> None:
    if urlsplit(asked).scheme == "https" and urlsplit(answered).scheme != "https":
        raise _unreachable(asked, "the server passed on to an address without encryption")


def _check_size(size: int, max_size: int, url: str) -> None:
    if size > max_size:
        raise DownloadError(
            f"{host(url)} sends more than the {max_size:,} bytes that such a file can have.",
            cause="the file at that address was replaced, or a proxy answers instead of the site.",
        )


def host(url: str) -> str:
    """Who answers at `url`, for messages: never its path, user name or password."""
    return urlsplit(url).hostname or "this computer"


def _reason(error: BaseException) -> str:
    """A few words for people; libraries wrap the cause in many layers of their own names."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    for kind, words in (
        (requests.exceptions.SSLError, "its certificate is not trusted by this computer"),
        (requests.exceptions.ProxyError, "the proxy does not pass on to it"),
        (requests.Timeout, "no answer in time"),
        (requests.exceptions.ChunkedEncodingError, "the connection broke"),
        (requests.ConnectionError, "no connection"),
        (OSError, ""),
    ):
        if isinstance(error, kind) and words:
            return words
    return getattr(error, "strerror", None) or str(error)


def _unreachable(url: str, reason: str) -> DownloadError:
    return DownloadError(
        f"{host(url)}: {reason}.",
        cause="no network, or a firewall or proxy in between.",
        next_step="Check the connection and try again.",
    )
