"""A session leads through a lesson by evidence alone, and is resumed from a few plain values."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.commands.command import Command
from trainer.commands.meaning import parse
from trainer.evidence import Evidence
from trainer.lesson import Lesson, parse_lesson
from trainer.session import Place, Session
from trainer.ui import page

from .pretend import lesson_text

LESSON = parse_lesson(
    lesson_text("""\
## One

```step
id = "one"
read = "go on"
```

## Two

```step
id = "two"
run = "erase it"
solutions = ["esptool --port {port} erase-flash"]
hints = ["first at {port}", "second"]

[[mistakes]]
try = "esptool --port {port} flash-id"
answer = "That only reads {port}."

[[mistakes]]
try = "erase"
sees = "no such thing"
answer = "It is called otherwise."
```

## Three

```step
id = "three"
choose = "which?"
options = ["red", "green", "blue"]
solutions = ["green"]
hints = ["not red"]

[[mistakes]]
try = "red"
answer = "Red means stop."
```
"""),
    name="small",
)


def session(place: Place | None = None, lesson: Lesson = LESSON) -> Session:
    return Session(lesson, "linux", {"port": "/dev/ttyUSB0"}, place)


def ran(line: str, exit_status: int = 0, transcript: str = "") -> Evidence:
    command = parse(line, "linux")
    return Evidence(
        line=line,
        command=command if isinstance(command, Command) else None,
        refusal="" if isinstance(command, Command) else command.message,
        exit_status=exit_status,
        transcript=transcript,
        port="/dev/ttyUSB0",
        plugged=True,
    )


ERASED = ran("esptool.py -p /dev/ttyUSB0 erase_flash")


def test_a_lesson_done_right() -> None:
    learner = session()
    assert learner.number == 1
    for evidence in (Evidence(), ERASED, Evidence(line="2")):
        assert learner.submit(evidence).passed
    assert learner.finished
    assert learner.place == Place(None, (("one", ""), ("two", ERASED.line), ("three", "2")))
    with pytest.raises(LookupError):
        learner.submit(Evidence())


def test_the_older_spelling_passes_and_is_explained() -> None:
    learner = session(Place("two"))
    assert "`erase_flash` is now `erase-flash`" in learner.submit(ERASED).reason


def test_a_wrong_step_stays_and_says_why() -> None:
    learner = session(Place("two"))
    answer = learner.submit(ran("esptool --port /dev/ttyUSB1 erase-flash"))
    assert not answer.passed
    assert not answer.mistake
    assert "/dev/ttyUSB1" in answer.reason
    assert "/dev/ttyUSB0" in answer.reason
    assert learner.place.step == "two"


def test_a_declared_mistake_gets_its_answer_by_meaning() -> None:
    learner = session(Place("two"))
    answer = learner.submit(ran("python -m esptool -p /dev/ttyUSB0 flash_id"))
    assert (answer.passed, answer.mistake, answer.reason) == (False, True, "That only reads /dev/ttyUSB0.")


def test_a_declared_mistake_is_known_by_what_was_printed() -> None:
    answer = session(Place("two")).submit(ran("mpremote version", 1, "bash: No such thing"))
    assert answer.reason == "It is called otherwise."


def test_a_choice_is_the_same_by_number_and_by_text() -> None:
    for line in ("1", "red", "Red", "1."):
        assert session(Place("three")).submit(Evidence(line=line)).reason == "Red means stop."
    assert "blue" in session(Place("three")).submit(Evidence(line="3")).reason
    assert "1 to 3" in session(Place("three")).submit(Evidence(line="4")).reason


def test_hints_come_one_by_one_and_begin_anew_with_each_step() -> None:
    learner = session(Place("two"))
    hints = [learner.hint() for _ in range(3)]
    assert [(hint.number, hint.count, hint.text) for hint in hints if hint] == [
        (1, 2, "first at /dev/ttyUSB0"),
        (2, 2, "second"),
        (2, 2, "second"),
    ]
    learner.skip()
    assert learner.place.hints_shown == 0
    assert session().hint() is None


def test_back_and_skip_move_and_forget_nothing_done() -> None:
    learner = session()
    assert not learner.back()
    learner.submit(Evidence())
    learner.skip()
    assert learner.place.skipped == ("two",)
    learner.back()
    assert learner.place.step == "two"
    learner.submit(ERASED)
    assert learner.place.skipped == ()
    learner.skip()
    assert learner.finished
    assert not learner.skip()
    assert learner.back()
    assert learner.place.step == "three"


def test_a_session_goes_on_where_it_was_left() -> None:
    learner = session()
    learner.submit(Evidence())
    learner.hint()
    again = session(learner.place)
    assert again.place == learner.place
    hint = again.hint()
    assert hint is not None
    assert hint.number == 2


def test_a_place_in_a_lesson_that_has_changed_since() -> None:
    place = Place("gone", (("one", ""), ("gone-too", "x")), ("vanished",), 3)
    assert session(place).place == Place("two", (("one", ""),))


def test_evidence_alone_is_judged_without_looking_inside() -> None:
    step = replace(LESSON.steps["linux"][1], checks=(("command", {}), ("flash-blank", {})))
    lesson = replace(LESSON, steps={**LESSON.steps, "linux": (step,)})

    class Flash:
        size = 4

        def read(self, offset: int, length: int) -> bytes:
            return b"\xff\x00\xff\xff"[offset : offset + length]

    evidence = replace(ERASED, flash=Flash())
    assert not session(Place("two"), lesson).judge(evidence).passed
    assert session(Place("two"), lesson).judge(evidence, inside=False).passed


LINES = st.sampled_from([*(line for line in ("", "1", "2", "red", "erase")), ERASED.line, "ls"])


@pytest.mark.slow
@given(st.lists(st.one_of(LINES, st.sampled_from(["/hint", "/back", "/skip"]), st.text(max_size=20)), max_size=25))
@settings(deadline=None)
def test_any_way_through_keeps_a_place_that_can_be_gone_on_from(lines: list[str]) -> None:
    learner = session()
    for line in lines:
        if learner.finished:
            break
        match line:
            case "/hint":
                learner.hint()
            case "/back":
                learner.back()
            case "/skip":
                learner.skip()
            case _:
                learner.submit(ran(line))
        assert session(learner.place).place == learner.place
        assert learner.finished == (learner.place.step is None)
        assert not {name for name, _ in learner.place.done} & set(learner.place.skipped)


def test_a_mistakes_very_words_get_its_answer_before_their_meaning_gets_another() -> None:
    text = lesson_text("""\
## S

```step
id = "s"
run = "list the files with their sizes"
checks = ["command", { check = "output", contains = "-rw" }]
solutions = ["ls -l"]
hints = ["h"]

[[mistakes]]
try = "ls"
answer = "That shows names only."

[[mistakes]]
try = "ls -1"
answer = "That is a one."
```
""")
    session = Session(parse_lesson(text, name="wipe"), "linux")
    for line, answer in (
        ("ls -1", "That is a one."),
        ("ls", "That shows names only."),
        ("dir", "That shows names only."),
    ):
        command = parse(line, "linux")
        assert isinstance(command, Command)
        assert session.judge(Evidence(line=line, command=command, exit_status=0)).reason == answer


BLOCK = parse_lesson(
    lesson_text("""\
## Begin

```step
id = "for"
type = "begin"
checks = ["line", { check = "prompt", is = "..." }]
solutions = ["for i in range(3):"]
hints = ["a colon"]

[[mistakes]]
try = "for i in range(3)"
answer = "The colon is missing."
```

## Go on

```step
id = "body"
type = "go on"
checks = ["line", { check = "prompt", is = "..." }]
solutions = ["print(i)"]
hints = ["print"]
```
"""),
    name="block",
)


def test_a_mistake_that_leaves_a_block_open_is_told_with_the_way_back() -> None:
    session = Session(BLOCK, "linux")
    answer = session.submit(Evidence(line="for i in range(3)", transcript="for i in range(3)\n... ", unfinished=True))
    assert not answer.passed
    assert answer.reason == "The colon is missing."
    assert "ctrl-c" in answer.way_back
    assert "ctrl-c" in page.answer(answer, BLOCK.steps["linux"][0], 80)


def test_a_right_line_in_a_block_that_nobody_asked_for_does_not_pass() -> None:
    session = Session(BLOCK, "linux")
    transcript = "for i in range(3):\n...     "
    assert not session.judge(Evidence(line="for i in range(3):", transcript=transcript, astray=True)).passed
    assert session.judge(Evidence(line="for i in range(3):", transcript=transcript)).passed


def test_a_step_goes_on_with_the_block_of_the_one_before() -> None:
    session = Session(BLOCK, "linux")
    assert not session.continues_block
    session.submit(Evidence(line="for i in range(3):", transcript="for i in range(3):\n...     "))
    assert session.continues_block
    session.skip()
    assert not session.continues_block
