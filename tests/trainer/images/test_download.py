"""Downloads over a network that breaks, stalls, lies or ends."""

import socket
from pathlib import Path

import pytest

from trainer.images.download import fetch_file, fetch_page, new_session
from trainer.images.transfer import DownloadCancelledError, DownloadError

BODY = bytes(range(256)) * 1000
CAP = 1_000_000


@pytest.fixture
def session():
    with new_session() as session:
        yield session


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "file.bin"


def left_over(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_arrives_whole_and_alone(site, session, target: Path) -> None:
    site.pages["/file"] = BODY
    steps: list[tuple[int, int | None]] = []
    fetch_file(f"{site.url}/file", target, session, max_size=CAP, progress=lambda *step: steps.append(step))
    assert target.read_bytes() == BODY
    assert left_over(target) == ["file.bin"]
    assert steps[-1] == (len(BODY), len(BODY))
    assert steps == sorted(steps)


def test_it_goes_on_where_the_line_broke(site, session, target: Path) -> None:
    site.pages["/file"] = BODY
    site.breaks_after = 100_000
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1"):
        fetch_file(f"{site.url}/file", target, session, max_size=CAP)
    assert not target.exists()
    site.breaks_after = None
    fetch_file(f"{site.url}/file", target, session, max_size=CAP)
    assert target.read_bytes() == BODY
    first_byte = int(site.requests[-1][1]["Range"].removeprefix("bytes=").rstrip("-"))
    assert 0 < first_byte <= 100_000


def test_a_file_that_changed_meanwhile_starts_again(site, session, target: Path) -> None:
    site.pages["/file"] = BODY
    site.breaks_after = 100_000
    with pytest.raises(DownloadError):
        fetch_file(f"{site.url}/file", target, session, max_size=CAP)
    site.breaks_after, site.etag = None, '"2"'
    site.pages["/file"] = BODY[::-1]
    fetch_file(f"{site.url}/file", target, session, max_size=CAP)
    assert target.read_bytes() == BODY[::-1]


def test_another_address_does_not_go_on_with_it(site, session, target: Path) -> None:
    site.pages |= {"/a": BODY, "/b": BODY[::-1]}
    site.breaks_after = 100_000
    with pytest.raises(DownloadError):
        fetch_file(f"{site.url}/a", target, session, max_size=CAP)
    site.breaks_after = None
    fetch_file(f"{site.url}/b", target, session, max_size=CAP)
    assert target.read_bytes() == BODY[::-1]


def test_what_is_left_may_be_longer_than_the_file(site, session, target: Path) -> None:
    site.pages["/file"] = BODY
    site.breaks_after = 100_000
    with pytest.raises(DownloadError):
        fetch_file(f"{site.url}/file", target, session, max_size=CAP)
    site.breaks_after = None
    site.pages["/file"] = b"short"
    fetch_file(f"{site.url}/file", target, session, max_size=CAP)
    assert target.read_bytes() == b"short"


def test_a_server_that_sends_the_wrong_part_is_refused(site, session, target: Path) -> None:
    site.pages["/file"] = BODY
    site.breaks_after = 100_000
    with pytest.raises(DownloadError):
        fetch_file(f"{site.url}/file", target, session, max_size=CAP)
    site.breaks_after = None
    for wrong in ("bytes 5-10/20", "nonsense", "bytes x-y/z", ""):
        site.headers = {"Content-Range": wrong}
        site.status = 206
        with pytest.raises(DownloadError, match="part"):
            fetch_file(f"{site.url}/file", target, session, max_size=CAP)
        assert not target.exists()


@pytest.mark.parametrize("says_length", [True, False])
def test_nothing_grows_over_its_cap(says_length: bool, site, session, target: Path) -> None:
    site.pages["/file"] = BODY
    site.says_length = says_length
    with pytest.raises(DownloadError, match="more than the 1,000 bytes"):
        fetch_file(f"{site.url}/file", target, session, max_size=1000)
    assert left_over(target) == []


def test_it_can_be_stopped_and_goes_on(site, session, target: Path) -> None:
    site.pages["/file"] = BODY
    seen: list[int] = []
    with pytest.raises(DownloadCancelledError):
        fetch_file(
            f"{site.url}/file",
            target,
            session,
            max_size=CAP,
            progress=lambda done, total: seen.append(done),
            is_cancelled=lambda: bool(seen),
        )
    assert not target.exists()
    fetch_file(f"{site.url}/file", target, session, max_size=CAP)
    assert target.read_bytes() == BODY
    assert "Range" in site.requests[-1][1]


def test_a_file_that_fails_its_check_is_dropped(site, session, target: Path) -> None:
    site.pages["/file"] = BODY

    def refuse(path: Path) -> None:
        assert path.read_bytes() == BODY
        raise DownloadError("no good")

    with pytest.raises(DownloadError, match="no good"):
        fetch_file(f"{site.url}/file", target, session, max_size=CAP, check=refuse)
    assert left_over(target) == []


def test_an_earlier_file_stays_until_a_better_one_is_there(site, session, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"old")
    with pytest.raises(DownloadError, match="404"):
        fetch_file(f"{site.url}/nowhere", target, session, max_size=CAP)
    assert target.read_bytes() == b"old"


def test_nobody_there_is_an_error_for_people(session, target: Path) -> None:
    with socket.socket() as nobody:  # who has the port, so that no other test gets it, and does not listen
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        with pytest.raises(DownloadError, match="no connection") as caught:
            fetch_file(f"http://127.0.0.1:{port}/secret?token=x", target, session, max_size=CAP)
    assert "token" not in str(caught.value)
    assert caught.value.next_step


def test_file_urls_are_read_and_capped(tmp_path: Path, session, target: Path) -> None:
    source = tmp_path / "with space.bin"
    source.write_bytes(BODY)
    fetch_file(source.as_uri(), target, session, max_size=CAP)
    assert target.read_bytes() == BODY
    with pytest.raises(DownloadError, match="more than"):
        fetch_file(source.as_uri(), target, session, max_size=10)
    with pytest.raises(DownloadError):
        fetch_file((tmp_path / "nowhere").as_uri(), target, session, max_size=CAP)


def test_an_endless_page_is_not_read_to_its_end(site, session) -> None:
    site.pages["/"] = b"x" * (9 << 20)
    with pytest.raises(DownloadError, match="more than"):
        fetch_page(f"{site.url}/", session)


def test_a_page_tells_its_final_address_and_type(site, session) -> None:
    site.pages["/"] = "ä".encode()
    site.content_type = "Text/HTML; charset=utf-8"
    page = fetch_page(f"{site.url}/", session)
    assert (page.url, page.content_type, page.text) == (f"{site.url}/", "text/html", "ä")
