"""A board as a command line describes it: what is no description of one is answered with what there is."""

from typing import Any

import click
import pytest
from click.testing import CliRunner

from emulator.board_options import board_options, running_board


@click.command()
@board_options
def make(**options: Any) -> None:
    """Any command with a board of its own."""
    with running_board(options) as (_, urls):
        click.echo(", ".join(urls))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--profile", "esp32"], "nodemcu, feather-huzzah"),
        (["--flash-size", "3MB"], "256KB"),
        (["--tcp", "localhost"], "[HOST:]PORT"),
        (["--tcp", "70000"], "[HOST:]PORT"),
        (["--clock", "slow"], "real"),
        (["--attach", "lamp@5"], "There is no device 'lamp'"),
        (["--attach", "led@7"], "there is no pin 7"),
        (["--attach", "ssd1306@i2c:4,5", "--attach", "ssd1306@i2c:4,5,0x3c"], "0x3c"),
    ],
)
def test_wrong_options_are_wrong_usage(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(make, arguments)
    assert result.exit_code == 2
    assert complaint in result.output


def test_an_unknown_fault_is_wrong_usage_and_answered_with_all_there_are() -> None:
    result = CliRunner().invoke(make, ["--fault", "noise=0.1", "--fault", "gremlins"])
    assert result.exit_code == 2
    assert "'gremlins'" in result.output
    assert "charge-only-cable" in result.output


def test_the_driver_is_always_there_and_other_ways_in_if_they_are_asked_for() -> None:
    result = CliRunner().invoke(make, ["--tcp", "0", "--clock", "max"])
    assert (result.exit_code, result.output) == (0, "driver, tcp\n")
