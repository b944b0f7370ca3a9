"""pip's configuration, and finding a source distribution in the places that it names."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from trainer.images.download import Page
from trainer.images.package_index import (
    JSON_TYPE,
    PipSettings,
    index_session,
    links_on,
    parse_settings,
    read_settings,
    source_distributions,
)
from trainer.images.transfer import DownloadError

PROJECT = "Some.Project"
VERSION = Version("0.2.0rc12")
FILE = "some_project-0.2.0rc12.tar.gz"
PAGE = f'<a href="../../files/{FILE}#sha256=00">{FILE}</a><a href="/files/some_project-0.1.tar.gz">other</a>'.encode()


def found(settings: PipSettings) -> list[str]:
    with index_session(settings) as session:
        return list(source_distributions(PROJECT, VERSION, settings, session))


def test_without_configuration_it_is_pips_own_default() -> None:
    assert parse_settings("") == PipSettings((PYPI_SIMPLE_ENDPOINT,))


def test_the_environment_goes_before_the_commands_section_before_global() -> None:
    listing = "global.index-url='http://g/'\ndownload.index-url='http://d/'\ninstall.index-url='http://i/'\n"
    assert parse_settings(listing).index_urls == ("http://d/",)
    assert parse_settings(listing + ":env:.index-url='http://e/'").index_urls == ("http://e/",)


def test_everything_that_a_company_may_set() -> None:
    settings = parse_settings(
        "global.cert='/ca.pem'\nglobal.client-cert='/me.pem'\n:env:.proxy='http://proxy:3128'\n"
        "global.extra-index-url='http://a/simple\\nfile:///b'\nglobal.find-links='/wheels'\n"
        "global.trusted-host='mirror other:8080'\n"
    )
    assert settings.index_urls == (PYPI_SIMPLE_ENDPOINT, "http://a/simple", "file:///b")
    assert settings.find_links == ("/wheels",)
    assert settings.trusted_hosts == {"mirror", "other:8080"}
    with index_session(settings) as session:
        assert (session.verify, session.cert) == ("/ca.pem", "/me.pem")
        assert session.proxies["https"] == "http://proxy:3128"
        trusted = session.merge_environment_settings("https://user@other:8080/x", {}, None, None, None)
        assert trusted["verify"] is False
        assert session.merge_environment_settings("https://other/x", {}, None, None, None)["verify"] is not False


def test_no_index_leaves_only_the_links() -> None:
    settings = parse_settings(":env:.no-index='1'\nglobal.find-links='/wheels'")
    assert (settings.index_urls, settings.find_links) == ((), ("/wheels",))


@given(st.text())
def test_any_listing_can_be_read(listing: str) -> None:
    assert parse_settings(listing).index_urls


def test_pip_itself_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configuration = tmp_path / "pip.conf"
    configuration.write_text("[global]\nindex-url = http://mirror.example/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "http://extra.example/simple")
    assert read_settings().index_urls == ("http://mirror.example/simple", "http://extra.example/simple")


def test_without_pip_its_environment_variables_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    monkeypatch.setenv("PIP_INDEX_URL", "http://mirror.example/simple")
    assert read_settings().index_urls[0] == "http://mirror.example/simple"


def test_an_html_index(site) -> None:
    site.pages["/simple/some-project/"] = PAGE
    assert found(PipSettings((f"{site.url}/simple",))) == [f"{site.url}/files/{FILE}"]


def test_a_json_index(site) -> None:
    site.content_type = JSON_TYPE
    names = (FILE, "some_project-0.2.0rc12-py3-none-any.whl")
    files = [{"filename": name, "url": f"/f/{name}", "hashes": {}} for name in names]
    site.pages["/some-project/"] = json.dumps(
        {"meta": {"api-version": "1.1"}, "name": "some-project", "files": files, "versions": []}
    ).encode()
    assert found(PipSettings((site.url,))) == [f"{site.url}/f/{FILE}"]


def test_an_index_in_a_folder(tmp_path: Path) -> None:
    page = tmp_path / "simple" / "some-project" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_bytes(PAGE)
    assert found(PipSettings(((tmp_path / "simple").as_uri(),))) == [(tmp_path / "files" / FILE).as_uri()]


@pytest.mark.parametrize("as_url", [True, False])
def test_links_to_a_folder(as_url: bool, tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    (tmp_path / "other-1.0.tar.gz").touch()
    place = tmp_path.as_uri() if as_url else str(tmp_path)
    assert found(PipSettings((), (place,))) == [(tmp_path / FILE).as_uri()]


def test_links_to_a_page(site) -> None:
    site.pages["/links.html"] = PAGE
    assert found(PipSettings((), (f"{site.url}/links.html",)))[0].endswith(f"/files/{FILE}")


def test_a_page_from_the_network_cannot_name_local_files(site) -> None:
    site.pages["/some-project/"] = f'<a href="file:///etc/{FILE}">x</a>'.encode()
    assert found(PipSettings((site.url,))) == []


def test_a_place_that_does_not_answer_is_passed_over(site, tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    assert found(PipSettings((site.url,), (str(tmp_path),))) == [(tmp_path / FILE).as_uri()]


def test_when_nothing_is_found_the_trouble_is_told(site) -> None:
    with pytest.raises(DownloadError, match="404"):
        found(PipSettings((site.url,)))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON_TYPE, b"["),
        (JSON_TYPE, b"[" * 100_000),
        (JSON_TYPE, b"{}"),
        ("text/html", b'<meta name="pypi:repository-version" content="99.0">'),
    ],
)
def test_a_hostile_page_is_an_error_for_people(content_type: str, body: bytes, site) -> None:
    site.content_type = content_type
    site.pages["/some-project/"] = body
    with pytest.raises(DownloadError, match="no page of a package index"):
        found(PipSettings((site.url,)))


@given(st.binary(max_size=300), st.sampled_from(["text/html", JSON_TYPE]))
def test_any_page_gives_no_link_or_one_error(body: bytes, content_type: str) -> None:
    page = Page("https://index.example/some-project/", content_type, body.decode("utf-8", "replace"))
    with contextlib.suppress(DownloadError):
        assert all(isinstance(url, str) for url in links_on(page, PROJECT))
