"""A board as a command line describes it.

Modules that load the processor are imported when a board is made: `--help` does not need them.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from emulator import faults, plug, profiles
from emulator.bridge import UsbIdentity

if TYPE_CHECKING:
    from emulator.board import Board

Function = TypeVar("Function", bound=Callable[..., Any])

LOOPBACK = "127.0.0.1"


def _address(text: str) -> tuple[str, int]:
    """(host, port) of [HOST:]PORT; loopback when only a port is given."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError(f"'{text}' is not [HOST:]PORT. Port 0 takes a free one.")
    return host.strip("[]") or LOOPBACK, int(port)


def _firmware(text: str) -> tuple[Path, int]:
    """(file, offset) of FILE[@OFFSET]."""
    file, at, offset = text.rpartition("@")
    try:
        return (Path(file), int(offset, 0)) if at else (Path(text), 0)
    except ValueError:  # an @ in the file's name
        return Path(text), 0


def _parsed(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """A click callback that parses an option's text; the parser's ValueError is the message, with status 2."""

    def callback(ctx: click.Context, param: click.Parameter, text: str | None) -> Any:
        try:
            return None if text is None else parse(text)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from None

    return callback


def _each(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], tuple[str, ...]]:
    """The same for an option that may be given often, whose texts stay as they are."""

    def callback(ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            _parsed(parse)(ctx, param, text)
        return texts

    return callback


def _device(text: str) -> None:
    """Refuse what is no device."""
    from emulator.devices import KINDS  # they come with wasmtime, which a mere --help does not need

    KINDS.parse(text)


_BOARD_OPTIONS = [
    click.option(
        "--profile",
        callback=_parsed(profiles.load),
        default=profiles.DEFAULT,
        metavar="P",
        help=f"Which board: {', '.join(profiles.names())}.",
    ),
    click.option("--flash", type=click.Path(path_type=Path, dir_okay=False), help="Keep the flash chip in this file."),
    click.option(
        "--flash-size", callback=_parsed(profiles.parse_flash_size), metavar="4MB", help="Another flash chip."
    ),
    click.option(
        "--firmware",
        callback=_parsed(_firmware),
        metavar="FILE[@OFFSET]",
        help="Write this into flash first, as write-flash --flash-size detect would.",
    ),
    click.option("--name", metavar="PORTNAME", help="The port's name in other programs."),
    click.option("--rfc2217", callback=_parsed(_address), metavar="[HOST:]PORT", help="RFC 2217 too; 0: a free port."),
    click.option("--tcp", callback=_parsed(_address), metavar="[HOST:]PORT", help="Raw TCP too; 0: a free port."),
    click.option("--pty", is_flag=True, help="A pseudo-terminal too (not on Windows)."),
    click.option(
        "--line", type=click.Choice(["fast", "real"]), default="fast", help="Bytes at once, or at their rate."
    ),
    click.option("--clock", type=click.Choice(["real", "max"]), default="real", help="Real time, or all speed."),
    click.option(
        "--fault",
        multiple=True,
        callback=_each(faults.parse),
        metavar="NAME[=VALUE]",
        help=f"Something that is broken, once or more: {', '.join(faults.FAULTS)}.",
    ),
    click.option(
        "--attach",
        multiple=True,
        callback=_each(_device),
        metavar="DEVICE@PINS",
        help="Something on the pins, once or more: ssd1306@i2c:4,5 (SDA, SCL), dht22@13, button@14, ...",
    ),
]


def board_options(function: Function) -> Function:
    """The options that every command with a board of its own has."""
    for option in reversed(_BOARD_OPTIONS):
        function = option(function)
    return function


@contextlib.contextmanager
def running_board(
    options: Mapping[str, Any], listener: Callable[[bytes], None] | None = None
) -> Iterator[tuple["Board", dict[str, str]]]:
    """A board made from the command line's options, and the URLs of its ways in by transport. `listener` hears what the
    chip sends, from its first byte on."""
    from emulator.devices import DeviceError

    try:
        made = _make_board(options)
    except DeviceError as error:  # each is right, but not together
        raise click.UsageError(str(error)) from None
    if listener is not None:
        made.bridge.on_sent.append(listener)
    with made as board:
        _warn_of_firmware(board, options["firmware"])
        yield board, _serve(board, options)


def _make_board(options: Mapping[str, Any]) -> "Board":
    from emulator.board import Board

    return Board(
        options["profile"].name,
        flash_size=options["flash_size"],
        flash=options["flash"],
        firmware=options["firmware"],
        clock=options["clock"],
        line=options["line"],
        name=options["name"] or free_name(options["profile"].usb),
        faults=options["fault"],
        attach=options["attach"],
        watch_registers=options.get("watch_registers", False),
    )


def _warn_of_firmware(board: "Board", firmware: tuple[Path, int] | None) -> None:
    """Say so where the file that was written at offset 0 is nothing that a chip could start."""
    from emulator.rom.image import ImageError, parse

    if firmware is None or firmware[1] != 0:
        return
    try:
        parse(board.flash.read(0, board.flash.size)).check()
    except ImageError as error:
        click.echo(f"{firmware[0]} is written, but the board cannot start from it: {error}.", err=True)


def free_name(usb: UsbIdentity) -> str:
    """The name that this computer would give a board with that bridge now."""
    return plug.default_name(plug.current_system(), plug.present_ports(), usb)


def _serve(board: "Board", options: Mapping[str, Any]) -> dict[str, str]:
    """Open the ways in that were asked for; the driver is always there."""
    urls = {"driver": board.serve("driver")}
    for transport in ("rfc2217", "tcp"):
        if options[transport] is not None:
            host, port = options[transport]
            urls[transport] = board.serve(transport, host, port)
    if options["pty"]:
        urls["pty"] = board.serve("pty")
    return urls
