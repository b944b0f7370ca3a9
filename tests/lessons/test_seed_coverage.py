"""The lesson of a first flash teaches the whole process of the article it grew from: every instruction has a step.

The table below is the list of that article's instructions, in its order, in our words. Its commands are there as it
prints them, with the learner's own port and file in place of COM4 and the file of 2021.
"""

import pytest

from trainer.checks import Expected, judge
from trainer.commands.command import Command
from trainer.commands.meaning import parse
from trainer.course.contents import own_course
from trainer.evidence import Evidence
from trainer.lesson import Lesson, Step, load_lesson
from trainer.prose import fill
from trainer.system import SYSTEMS, System

INSTRUCTIONS: list[tuple[str, str, tuple[str, ...]]] = [
    # what the article says to do, the step that has it, words that must stand in that step (any case, any system)
    ("have a computer with USB and internet", "what-you-need", ("usb port", "internet")),
    ("have an ESP8266 board with a USB socket, not an ESP-01", "what-you-need", ("esp8266", "esp-01", "huzzah")),
    ("have a micro-USB cable that carries data", "what-you-need", ("micro-usb", "carries data", "only charge")),
    ("have Python installed, from Anaconda or python.org", "what-you-need", ("python.org", "anaconda")),
    ("open the terminal (Anaconda Prompt) from the Start menu", "open-terminal", ("anaconda prompt", "windows key")),
    ("do not type the prompt character", "open-terminal", ("never type the prompt",)),
    ("go to micropython.org, follow Downloads", "choose-firmware", ("https://micropython.org", "downloads")),
    ("find the generic ESP8266 among the Espressif boards", "choose-firmware", ("espressif", "generic")),
    ("take the newest .bin, not the elf or map file", "choose-firmware", (".bin", ".elf", ".map", "newest")),
    ("save the file in the Downloads folder", "download", ("downloads",)),
    ("see the file in the Downloads folder", "see-the-file", ("look into the folder",)),
    ("create a virtual environment called esp8266", "make-environment", ("virtual environment", "conda create")),
    ("activate it; its name shows before the prompt", "activate", ("(esp8266)", "before")),
    ("install esptool with pip", "install-esptool", ("python -m pip install esptool",)),
    ("confirm with esptool -h; it shows the version", "esptool-help", ("esptool -h", "version")),
    ("install the SiLabs CP210x driver, as administrator", "driver", ("cp210x", "silabs.com", "administrator")),
    ("connect the board with the cable", "plug-in", ("cable", "plug")),
    ("mind which way up the plug goes", "plug-in", ("one way round",)),
    ("open the Device Manager from the Start menu", "find-port", ("open the device manager",)),
    ("look under Ports (COM & LPT) for the CP210x bridge", "find-port", ("ports (com & lpt)", "silicon labs cp210x")),
    ("note the COM number", "find-port", ("com and a number",)),
    ("take a look at the chip before changing it", "flash-id", ("flash-id",)),
    ("see that the environment is still active", "go-to-downloads", ("(esp8266)",)),
    ("go to the Downloads folder", "go-to-downloads", ("cd downloads",)),
    ("confirm it with pwd", "where-am-i", ("pwd",)),
    ("erase the flash memory", "erase", ("erase-flash",)),
    ("write the firmware: the exact file name", "write", ("exactly as it is called", "mistype")),
    ("write the firmware: the port found before", "write", ("--port",)),
    ("write the firmware: baud is the speed, 115200 works", "write", ("--baud", "{baud}", "how fast")),
    ("write the firmware: detect the flash size", "write", ("--flash-size detect",)),
    ("write the firmware: 0 is the start of the memory", "write", ("very beginning",)),
    (
        "download and install PuTTY",
        "connection-type",
        ("putty", "https://www.chiark.greenend.org.uk/~sgtatham/putty/", "screen"),
    ),
    ("select Serial under Connection type, not SSH", "connection-type", ("connection type", "serial", "ssh")),
    ("put the port into Serial line, 115200 into Speed", "connection-type", ("serial line", "speed")),
    ("open it at 115200 baud; another rate shows junk", "open-serial", ("{baud} baud", "junk", "8n1")),
    ("see >>>", "wake", (">>>",)),
    ("if not, press Enter", "wake", ("press enter",)),
    ("if not, press Ctrl-D", "wake", ("ctrl-d",)),
    ("if not, close the terminal and open it again", "wake", ("reopen",)),
    ("if not, unplug and replug the board", "wake", ("replug",)),
    ("if not, press the RESET button", "wake", ("press reset",)),
    ("print a greeting", "print", ("print('micropython for engineers!')",)),
    ("import sys", "import-sys", ("import sys",)),
    ("ask for sys.platform; it is esp8266", "sys-platform", ("sys.platform", "esp8266")),
    ("celebrate", "celebrate", ("proud",)),
]

PORTS: dict[System, str] = {"windows": "COM4", "macos": "/dev/cu.SLAB_USBtoUART", "linux": "/dev/ttyUSB0"}

COMMANDS: list[tuple[str, str]] = [
    ("make-environment", "conda create -y -n esp8266 python=3.8"),
    ("activate", "conda activate esp8266"),
    ("install-esptool", "python -m pip install esptool"),
    ("esptool-help", "esptool -h"),
    ("go-to-downloads", "cd Downloads"),
    ("where-am-i", "pwd"),
    ("erase", "esptool --port {port} erase_flash"),
    ("write", "esptool --port {port} --baud 115200 write_flash --flash_size=detect 0 {firmware}"),
]

LINES: list[tuple[str, str]] = [
    ("print", "print('Micropython for Engineers!')"),
    ("import-sys", "import sys"),
    ("sys-platform", "sys.platform"),
]


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return load_lesson(own_course() / "first-flash")


def step_called(lesson: Lesson, system: System, name: str) -> Step:
    return next(step for step in lesson.steps[system] if step.id == name)


def words_of(step: Step) -> str:
    texts = (step.title, step.prose, step.afterword, step.task, *step.options, *step.solutions, *step.hints)
    return " ".join("\n".join(texts).replace("*", "").lower().split())


@pytest.mark.parametrize(("instruction", "name", "words"), INSTRUCTIONS, ids=[row[0] for row in INSTRUCTIONS])
def test_every_instruction_has_a_step(lesson: Lesson, instruction: str, name: str, words: tuple[str, ...]) -> None:
    text = " ".join(words_of(step_called(lesson, system, name)) for system in SYSTEMS)
    for word in words:
        assert word in text


def test_the_steps_stand_in_the_articles_order(lesson: Lesson) -> None:
    order = [step.id for step in lesson.steps["windows"]]
    places = [order.index(name) for _, name, _ in INSTRUCTIONS]
    assert places == sorted(places)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(("name", "line"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_the_articles_commands_are_accepted_as_it_prints_them(
    lesson: Lesson, system: System, name: str, line: str
) -> None:
    values = {"port": PORTS[system], "firmware": "esp8266-20210202-v1.14.bin", "baud": "115200"}
    step = step_called(lesson, system, name)
    command = parse(fill(line, values), system)
    assert isinstance(command, Command), command
    solutions = tuple(fill(solution, values) for solution in step.solutions)
    evidence = Evidence(line=command.text, command=command)
    verdict = judge([("command", {})], evidence, Expected("run", system, solutions))
    assert verdict.passed, verdict.reason


@pytest.mark.parametrize(("name", "line"), LINES, ids=[name for name, _ in LINES])
def test_the_articles_lines_of_python_are_accepted(lesson: Lesson, name: str, line: str) -> None:
    step = step_called(lesson, "windows", name)
    assert judge([("line", {})], Evidence(line=line), Expected("type", "windows", step.solutions)).passed


def test_no_command_has_a_prompt_to_be_typed(lesson: Lesson) -> None:
    for system in SYSTEMS:
        for step in lesson.steps[system]:
            assert not [line for line in step.solutions if line.startswith((">", "$", "%"))]
