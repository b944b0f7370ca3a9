"""`espdojo monitor` chooses a port, keeps a log, and finds a board again."""

import io
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from trainer import cli, console, ports
from trainer.board.terminal import TerminalError
from trainer.errors import EspdojoError
from trainer.ports import Port
from trainer.subcommands import monitor
from trainer.subcommands.monitor import Log, Reopener

NODEMCU = Port("COM4", vid=0x10C4, pid=0xEA60, serial_number="1")


def test_the_only_likely_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Port("COM1")
    monkeypatch.setattr(ports, "available", lambda: [other, NODEMCU])
    assert monitor.the_only_port() == "COM4"
    monkeypatch.setattr(ports, "available", lambda: [other, NODEMCU, Port("COM7", vid=0x1A86, pid=0x7523)])
    with pytest.raises(EspdojoError, match="COM4, COM7"):
        monitor.the_only_port()
    monkeypatch.setattr(ports, "available", list)
    with pytest.raises(EspdojoError, match="no serial port"):
        monitor.the_only_port()


def test_a_port_that_is_not_there_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["monitor", "/dev/no-such-port"]) == 1
    assert "Next:" in capsys.readouterr().err


def test_a_log_that_cannot_be_written_is_said_before_the_port_is_touched_much(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["monitor", "loop://", "--log", str(tmp_path / "nowhere" / "x.log")]) == 1
    err = capsys.readouterr().err
    assert "x.log could not be written" in err


def test_settings_can_be_left(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: "cancel")
    assert cli.main(["monitor", "--settings"]) == 1
    out, err = capsys.readouterr()
    assert "PuTTY Configuration" in out
    assert "Nothing was opened" in err


def test_the_log_is_added_to(tmp_path: Path) -> None:
    for text in ("one\n", "zwei ü\n"):
        log = Log(tmp_path / "log", lambda text: None)
        log(text)
        log.close()
    assert (tmp_path / "log").read_text(encoding="utf-8") == "one\nzwei ü\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a disk that is always full is Linux's")
def test_a_full_disk_ends_the_log_and_nothing_else() -> None:
    said: list[str] = []
    log = Log(Path("/dev/full"), said.append)
    log("one")
    log("two")
    log.close()
    (words,) = said
    assert "No space left" in words
    assert "The log ends here" in words


class Computer:
    """What a listing of ports shows, and what opening one does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *listed: Port) -> None:
        self.listed = list(listed)
        self.opened: list[tuple[str, int]] = []
        monkeypatch.setattr(monitor, "open_port", self.open)

    def listing(self) -> list[Port]:
        return self.listed

    def open(self, name: str, baud: int, system: str) -> str:
        self.opened.append((name, baud))
        return "connection"


def test_a_board_is_opened_again_under_its_old_or_a_new_name(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = Port("COM6", vid=0x10C4, pid=0xEA60, serial_number="1")
    computer = Computer(monkeypatch, NODEMCU, twin)
    reopen = Reopener("COM4", computer.listing)
    computer.listed = [twin]
    assert reopen(9600) is None, "another board of the same make was there before"
    computer.listed = [twin, NODEMCU]
    assert reopen(9600) == ("COM4", "connection")
    computer.listed = [twin, Port("COM9", vid=0x10C4, pid=0xEA60, serial_number="1")]
    assert reopen(115200) == ("COM9", "connection")
    assert computer.opened == [("COM4", 9600), ("COM9", 115200)]


def test_a_network_port_where_nobody_listens_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise TerminalError("refused")

    monkeypatch.setattr(monitor, "open_port", refuse)
    assert Reopener("socket://127.0.0.1:9", list)(115200) is None


@pytest.mark.slow
def test_junk_from_a_pipe_is_a_failure_that_names_the_usual_speed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Junk:
        """A port from which only junk comes."""

        in_waiting = 0
        dtr = rts = False
        left = 20
        taken = threading.Event()

        def read(self, size: int = 1) -> bytes:
            self.left -= 1
            if self.left == 0:
                self.taken.set()
            return b"\xfe\x00\xe0" if self.left > 0 else b""

        def write(self, data: bytes) -> int:
            return len(data)

        def close(self) -> None:
            return None

    class Pipe(io.StringIO):
        """One that ends when all the junk has come."""

        def __next__(self) -> str:
            assert Junk.taken.wait(60)
            return super().__next__()

    monkeypatch.setattr(monitor, "open_port", lambda *_: Junk())
    monkeypatch.setattr(sys, "stdin", Pipe())
    assert cli.main(["monitor", "COM4", "--baud", "9600"]) == 1
    assert "--baud 115200" in capsys.readouterr().err


@pytest.mark.parametrize(("terminal", "marked"), [("xterm", True), ("dumb", False)])
@pytest.mark.skipif(sys.platform == "win32", reason="a Windows console does not mark pastes")
def test_pastes_are_marked_where_the_terminal_can(
    terminal: str, marked: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", terminal)
    with monitor._pastes_marked():
        pass
    assert bool(capsys.readouterr().out) is marked


def test_at_a_terminal_one_of_several_boards_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def open_port(name: str, *_: object) -> None:
        opened.append(name)
        raise TerminalError("busy")

    answer: Callable[[str], str] = lambda prompt: "2"  # noqa: E731
    monkeypatch.setattr(console, "is_interactive", lambda: True)
    monkeypatch.setattr(monitor, "is_interactive", lambda: True)
    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr(monitor, "open_port", open_port)
    monkeypatch.setattr(ports, "available", lambda: [NODEMCU, Port("COM7", vid=0x1A86, pid=0x7523)])
    assert cli.main(["monitor"]) == 1
    assert opened == ["COM7"]
    assert "D1 mini" in capsys.readouterr().err
