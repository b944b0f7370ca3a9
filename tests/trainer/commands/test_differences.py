"""What is wrong with a command is told by what it has in common with the right one."""

import pytest

from trainer.commands.command import Command
from trainer.commands.differences import explain_difference
from trainer.commands.meaning import parse

WRITE = "esptool --port COM4 --baud 115200 write-flash --flash-size detect 0 fw.bin"


def command(line: str) -> Command:
    read = parse(line, "windows")
    assert isinstance(read, Command), read
    return read


@pytest.mark.parametrize(
    ("typed", "wanted", "words"),
    [
        (WRITE.replace("COM4", "COM3"), WRITE, ["you wrote COM3", "your board is at COM4"]),
        (WRITE.replace(" 0 ", " 0x1000 "), WRITE, ["ESP32"]),
        (WRITE.replace(" 0 ", " 0x2000 "), WRITE, ["0x2000"]),
        (WRITE.replace("fw.bin", "wf.bin"), WRITE, ["wf.bin", "fw.bin"]),
        (WRITE.replace("--flash-size detect", ""), WRITE, ["--flash-size", "detect"]),
        (WRITE.replace("115200", "460800"), WRITE, ["460800", "115200"]),
        ("esptool --port COM4 erase-flash", WRITE, ["`esptool erase-flash`", "`esptool write-flash`"]),
        ("esptool -h", WRITE, ["`esptool -h`", "`esptool write-flash`"]),
        ("dir", WRITE, ["fine command"]),
        ("dir Downloads", "dir", ["Leave the name out"]),
        ("dir", "dir Downloads", ["Add the name: Downloads"]),
        ("type mian.py", "type main.py", ["you wrote mian.py"]),
        ("mpremote cp main.py", "mpremote cp main.py :", ["asks for `cp main.py :`"]),
        ("mpremote connect COM3 ls", "mpremote connect COM4 ls", ["you wrote COM3"]),
    ],
)
def test_the_difference_is_named(typed: str, wanted: str, words: list[str]) -> None:
    told = explain_difference(command(typed), [command(wanted)])
    assert [word for word in words if word not in told] == []


def test_of_several_right_commands_the_nearest_is_compared() -> None:
    told = explain_difference(
        command("esptool --port COM3 flash-id"), [command(WRITE), command("esptool -p COM4 flash-id")]
    )
    assert "you wrote COM3" in told


def test_one_that_has_failed_is_not_called_fine() -> None:
    assert "has failed" in explain_difference(command("dir"), [command(WRITE)], worked=False)
