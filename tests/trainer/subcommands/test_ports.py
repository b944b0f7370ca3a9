"""`espdojo ports` says what there is, and what stands in the way of using it."""

import json

import pytest

from trainer import cli, ports
from trainer.computer import facts as facts_module
from trainer.computer.facts import PortFacts
from trainer.computer.linux import Holder
from trainer.ports import Port
from trainer.subcommands import ports as subcommand

NODEMCU = Port("/dev/ttyUSB7", "CP2102 USB to UART", vid=0x10C4, pid=0xEA60)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[PortFacts]:
    """The ports that the command finds, to be filled."""
    facts: list[PortFacts] = []
    monkeypatch.setattr(ports, "available", list)
    monkeypatch.setattr(subcommand, "look_at", lambda listed: facts)
    return facts


def test_json(found: list[PortFacts], capsys: pytest.CaptureFixture[str]) -> None:
    found.append(PortFacts(NODEMCU, "cp210x", False, holders=(Holder(7, "screen"),)))
    assert cli.main(["ports", "--json"]) == 0
    (port,) = json.loads(capsys.readouterr().out)
    assert (port["device"], port["vid"], port["likely"]) == (NODEMCU.device, 0x10C4, True)
    assert "NodeMCU" in port["boards"]
    assert (port["kernel_driver"], port["may_open"]) == ("cp210x", False)
    assert port["held_by"] == [{"pid": 7, "name": "screen"}]


def test_text(found: list[PortFacts], capsys: pytest.CaptureFixture[str]) -> None:
    found.append(PortFacts(NODEMCU, "cp210x", False, holders=(Holder(7, "screen"),)))
    assert cli.main(["ports"]) == 0
    out = capsys.readouterr().out
    for words in ("/dev/ttyUSB7", "CP210x", "driver: cp210x", "held by screen (process 7)", "espdojo doctor"):
        assert words in out


def test_windows_gets_the_drivers_address() -> None:
    facts = PortFacts(Port("COM4", vid=0x1A86, pid=0x7523))
    assert "wch.cn" in subcommand.text(facts, "windows", 80)
    assert "wch.cn" not in subcommand.text(facts, "macos", 80)


def test_without_a_port_the_command_says_what_to_do(found: list[PortFacts], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ports"]) == 0
    assert "cable that carries data" in capsys.readouterr().err
    assert cli.main(["ports", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_on_windows_no_port_is_opened_to_look_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts_module, "current", lambda: "windows")
    (facts,) = facts_module.look_at([Port("COM4")])
    assert (facts.may_open, facts.holders) == (None, ())


def test_a_fake_boards_name_is_no_missing_right() -> None:
    (facts,) = facts_module.look_at([Port("/dev/no-such-port")])
    assert facts.may_open is None
