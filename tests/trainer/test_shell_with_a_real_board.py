"""On a real board nothing is changed without naming its port, and asking; no other port is tried."""

import pytest

from .pretend import PretendBench
from .shells import MakeShell, refused


@pytest.mark.parametrize("line", ["esptool erase-flash", "esptool --port /dev/ttyUSB1 erase-flash"])
def test_a_real_board_is_not_erased_unnamed(with_tools: MakeShell, line: str) -> None:
    def confirm(question: str) -> bool:
        pytest.fail("asked although the port was not named")

    shell = with_tools(bench=PretendBench(plugged=True, fake=False), confirm=confirm)
    assert refused(shell.run(line), "unnamed-port")


@pytest.mark.parametrize(("answer", "ran"), [(True, True), (False, False)])
def test_a_real_board_is_erased_only_when_the_learner_agrees(with_tools: MakeShell, answer: bool, ran: bool) -> None:
    questions: list[str] = []

    def confirm(question: str) -> bool:
        questions.append(question)
        return answer

    shell = with_tools(bench=PretendBench(plugged=True, fake=False), confirm=confirm)
    result = shell.run("esptool --port /dev/ttyUSB0 erase-flash")
    assert ("argv" in result.transcript) is ran
    (question,) = questions
    assert "/dev/ttyUSB0" in question
    assert "a pretended board" in question


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("esptool flash-id", ["--port", "/dev/ttyUSB0", "flash-id"]),
        ("mpremote fs ls", ["connect", "/dev/ttyUSB0", "fs", "ls"]),
        ("mpremote connect list", ["connect", "list"]),
        ("esptool version", ["version"]),
        ("mpremote fs rm main.py", ["connect", "/dev/ttyUSB0", "fs", "rm", "main.py"]),
    ],
)
def test_on_a_real_board_no_tool_tries_other_ports(with_tools: MakeShell, line: str, words: list[str]) -> None:
    shell = with_tools(bench=PretendBench(plugged=True, fake=False), confirm=lambda question: True)
    assert f"argv {words}" in shell.run(line).transcript


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("mpremote fs rm main.py", True),
        ("mpremote cp Downloads/firmware.bin :", True),
        ("mpremote cp :main.py Downloads", False),
        ("mpremote fs ls", False),
        ("mpremote exec 'print(1)'", False),
        ("mpremote mip install umqtt.simple", True),
    ],
)
def test_files_on_a_real_board_are_replaced_only_when_the_learner_agrees(
    with_tools: MakeShell, line: str, asked: bool
) -> None:
    questions: list[str] = []

    def confirm(question: str) -> bool:
        questions.append(question)
        return False

    result = with_tools(bench=PretendBench(plugged=True, fake=False), confirm=confirm).run(line)
    assert bool(questions) is asked
    assert ("argv" in result.transcript) is not asked


def test_files_on_another_real_board_are_left_alone(with_tools: MakeShell) -> None:
    shell = with_tools(bench=PretendBench(plugged=True, fake=False), confirm=lambda question: True)
    for port in ("auto", "/dev/ttyUSB5"):
        assert refused(shell.run(f"mpremote connect {port} fs rm main.py"), "unnamed-port")


def test_which_chip_a_real_port_has_is_said(with_tools: MakeShell) -> None:
    transcript = with_tools(bench=PretendBench(plugged=True, fake=False)).run("ls /dev/ttyUSB*").transcript
    assert "Silicon Labs CP210x: NodeMCU" in " ".join(transcript.split())
