"""Images to look at, a desk and a shell without a board, programs in other processes, and a small web server that can
be told to behave badly."""

import hashlib
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from operator import xor
from pathlib import Path
from typing import IO, Any

import pytest

from trainer.board.workbench import Workbench
from trainer.lesson import Lesson
from trainer.session import Session
from trainer.shell import Shell
from trainer.system import System
from trainer.workplace.desk import Desk

from .pretend import LESSON, PretendBench
from .shells import MakeShell, environment_with_tools

ImageMaker = Callable[..., bytes]


def esp8266_image(text: bytes = b"", *, segments: int = 1, entry_point: int = 0x40100000) -> bytes:
    """A bootable ESP8266 image of `segments` segments of 64 bytes, followed by `text`."""
    data = bytes(range(64))
    image = struct.pack("<BBBBI", 0xE9, segments, 0, 0x40, entry_point)
    for number in range(segments):
        image += struct.pack("<II", 0x40100000 + 64 * number, 64) + data
    checksum = reduce(xor, data * segments, 0xEF)
    return image + b"\0" * (15 - len(image) % 16) + bytes([checksum]) + text


def micropython_image(version: str = "v1.23.0 on 2024-06-02", size: int = 50_000) -> bytes:
    """An image laid out as MicroPython's ports/esp8266/makeimg.py does it, `size` bytes and an MD5 long."""
    image = esp8266_image().ljust(0x9000 - 4, b"\xff") + struct.pack("<I", size)
    image += f"MicroPython {version}; ESP module with ESP8266".encode()
    image = image.ljust(size, b"\x5a")
    return image + hashlib.md5(image[4:]).digest()


@dataclass
class Site:
    """What the server has, by path, how it behaves, and what it was asked."""

    url: str = ""
    pages: dict[str, bytes] = field(default_factory=dict)
    content_type: str = "text/html"
    etag: str = '"1"'
    breaks_after: int | None = None
    """Bytes of a body after which the connection ends."""
    says_length: bool = True
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    """Sent instead of a page's own."""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on loopback."""
    told = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.requests.append((self.path, dict(self.headers)))
            body = told.pages.get(self.path)
            if body is None:
                self.send_error(404)
                return
            start, status = self._range(len(body))
            if start >= len(body) > 0:
                self.send_error(416)
                return
            self.send_response(told.status or status)
            headers = {"Content-Type": told.content_type, "ETag": told.etag}
            if told.says_length:
                headers["Content-Length"] = str(len(body) - start)
            if status == 206:
                headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            for name, value in (headers | told.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[start:][: told.breaks_after])

        def _range(self, length: int) -> tuple[int, int]:
            wanted = self.headers.get("Range", "")
            if wanted.startswith("bytes=") and self.headers.get("If-Range") == told.etag:
                return int(wanted.removeprefix("bytes=").rstrip("-")), 206
            return 0, 200

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def make_image() -> ImageMaker:
    """`esp8266_image`, for tests."""
    return esp8266_image


@pytest.fixture(scope="session")
def make_micropython() -> ImageMaker:
    """`micropython_image`, for tests."""
    return micropython_image


@pytest.fixture(autouse=True)
def _window(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window of a known width, whatever the terminal is that the tests were started in."""
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def lesson() -> Lesson:
    return LESSON


@pytest.fixture
def bench() -> PretendBench:
    return PretendBench()


@pytest.fixture
def told() -> list[str]:
    """All that was shown to the learner."""
    return []


@pytest.fixture
def desk(tmp_path: Path, lesson: Lesson, bench: PretendBench, told: list[str]) -> Iterator[Desk]:
    image = tmp_path / "fw.bin"
    image.write_bytes(b"\xe9image")
    session = Session(lesson, "linux", {"port": "/dev/ttyUSB0", "baud": "115200"})
    desk = Desk(session, bench, tmp_path / "home", image, told.append)
    yield desk
    desk.close()


@pytest.fixture
def make_shell(tmp_path: Path) -> MakeShell:
    """Makes shells of one workspace, with a file in Downloads."""

    def make(system: System = "linux", bench: Workbench | None = None, **options: Any) -> Shell:
        workspace = tmp_path / "workspace"
        (workspace / "Downloads").mkdir(parents=True, exist_ok=True)
        (workspace / "Downloads" / "firmware.bin").write_bytes(b"\xe9" * 100)
        return Shell(workspace, system, bench or PretendBench(system, plugged=True), lambda text: None, **options)

    return make


@pytest.fixture
def with_tools(make_shell: MakeShell) -> MakeShell:
    """A shell in which the environment `esp8266` is active, with a pretended esptool and mpremote in it."""

    def make(*arguments: Any, **options: Any) -> Shell:
        shell = make_shell(*arguments, **options)
        environment_with_tools(shell.places.home / "esp8266")
        assert shell.run("conda activate esp8266").exit_status == 0
        return shell

    return make


ANSWER_S = 240
"""How long a program in another process may take to say something."""


@dataclass
class OtherProcess:
    """A child whose output is read line by line into `heard`; `say` writes to its input."""

    process: "subprocess.Popen[str]"
    heard: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()

    def _listen(self, output: IO[str]) -> None:
        for line in output:
            with self.changed:
                self.heard.append(line)
                self.changed.notify_all()

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_for(self, *texts: str, since: int = 0) -> int:
        """Wait for a line with one of `texts`, from the `since`-th on; the number of the line after it."""

        def find() -> int:
            lines = enumerate(self.heard[since:], since + 1)
            return next((number for number, line in lines if any(text in line for text in texts)), 0)

        with self.changed:
            assert self.changed.wait_for(find, ANSWER_S), f"no {texts} in {''.join(self.heard[since:])}"
            return find()


@pytest.fixture
def start_process() -> Iterator[Callable[..., OtherProcess]]:
    """A function that runs ``python -m`` with arguments, and variables, in another process until the test ends."""
    started: list[OtherProcess] = []

    def start(*arguments: str, **variables: str) -> OtherProcess:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            encoding="utf-8",
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", **variables},
        )
        started.append(OtherProcess(process))
        return started[-1]

    yield start
    for other in started:
        other.process.terminate()
        other.process.wait(60)
