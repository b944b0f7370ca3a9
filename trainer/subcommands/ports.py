"""`espdojo ports`: the serial ports of this computer, what makes each, and who may use it."""

import json
from typing import Any

import click

from trainer import ports
from trainer.commands.diagnoses import named
from trainer.computer.facts import PortFacts, look_at
from trainer.console import text_width
from trainer.prose import hanging
from trainer.system import System, current

__all__ = ["command"]


def text(facts: PortFacts, system: System, width: int) -> str:
    """A port for people: what it is, and what stands in the way of using it."""
    lines = [ports.describe_line(facts.port)]
    driver = facts.driver or (facts.port.bridge.driver if facts.port.bridge and system == "windows" else None)
    lines += [hanging("    driver: ", driver, width)] if driver else []
    lines += [hanging("    held by ", f"{holder}. {named('port-busy').cure}", width) for holder in facts.holders]
    if facts.may_open is False:
        lines.append("    You may not open it; `espdojo doctor` has the cure.")
    return "\n".join(lines)


def as_json(facts: PortFacts) -> dict[str, Any]:
    """The object that ``espdojo ports --json`` prints."""
    return {
        **facts.port.as_json(),
        "kernel_driver": facts.driver,
        "may_open": facts.may_open,
        "held_by": [{"pid": holder.pid, "name": holder.name} for holder in facts.holders],
    }


@click.command()
@click.option("--json", "in_json", is_flag=True, help="One JSON array on standard output.")
def command(in_json: bool) -> int:
    """Serial ports with bridge chip, driver and the likely board."""
    found = look_at(ports.available())
    if in_json:
        click.echo(json.dumps([as_json(facts) for facts in found], indent=2))
        return 0
    if not found:
        click.echo(f"There is no serial port. {ports.NONE_FOUND}", err=True)
    for facts in found:
        click.echo(text(facts, current(), text_width()))
    return 0
