"""The certificate is one safe, self-contained page."""

import re
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.subcommands.certificate import LONGEST_NAME, Certificate, page

DAY = date(2026, 11, 5)


def certificate(name: str = "Ada", lessons: int = 1, title: str = "A first flash", whole: bool = False) -> str:
    return page([Certificate(name, "MicroPython on an ESP8266", [(title, DAY)] * lessons, whole)])


class Reader(HTMLParser):
    """The page as a browser takes it: its elements, their attributes, and the text in each class."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_it_says_who_did_what_and_when() -> None:
    text = " ".join(Reader(certificate()).texts)
    assert "Ada" in text
    assert "has finished lessons of the course" in text
    assert "A first flash" in text
    assert "5 November 2026" in text
    assert "has finished the course" in certificate(whole=True)


def test_without_a_name_there_is_a_line_to_write_on() -> None:
    assert re.search(r'class="name">&nbsp;<', certificate(name="  "))


@given(name=st.text(), title=st.text())
def test_no_name_or_title_becomes_part_of_the_page(name: str, title: str) -> None:
    plain = Reader(certificate("x", title="x"))
    hostile = Reader(certificate(f"<script>alert(1)</script>{name}", title=f'"><img src=x onerror=y>{title}'))
    assert hostile.elements == plain.elements
    assert {name for name, _ in hostile.attributes} == {name for name, _ in plain.attributes}


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs() -> None:
    text = certificate()
    assert not re.search(r"https?:|//|url\(|@import|<script|<link|<iframe", text)
    assert "src" not in dict(Reader(text).attributes)


def test_control_and_direction_characters_are_left_out() -> None:
    text = certificate("A\x1b[31mda\u202egnp\x00")
    assert "Adagnp" in text


@pytest.mark.parametrize("length", [LONGEST_NAME, 10_000])
def test_a_long_name_stays_on_the_sheet(length: int) -> None:
    match = re.search(r'class="name long">(.*?)<', certificate("x" * length))
    assert match is not None
    assert len(match[1]) == LONGEST_NAME


@pytest.mark.parametrize(("lessons", "classes"), [(1, ""), (6, ""), (7, "two"), (20, "two"), (21, "two many")])
def test_many_lessons_stand_in_columns(lessons: int, classes: str) -> None:
    match = re.search(r'<ul(?: class="(.*?)")?>', certificate(lessons=lessons))
    assert match is not None
    assert (match[1] or "") == classes


def test_each_course_has_a_sheet_of_its_own() -> None:
    courses = ["Boards & <b>", ""]
    reader = Reader(page([Certificate("Ada", course, [(f"of {course}", DAY)], False) for course in courses]))
    assert reader.elements.count("main") == len(courses)
    assert "b" not in reader.elements
    assert "Boards & <b>" in reader.texts
    assert "has finished" in reader.texts
