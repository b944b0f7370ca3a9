"""The `espdojo` command: a table of subcommands, each imported when it is called.

A command returns its exit status (None counts as 0): 0 fine, 1 the thing asked for failed, 2 wrong usage.
What goes wrong is raised; `main` turns it into a few lines on standard error.
"""

import importlib
import sys

import click

from trainer import console
from trainer.errors import describe
from trainer.stream import ControlFilter
from trainer.system import SYSTEMS, System

__all__ = ["COMMANDS", "espdojo", "main"]

COMMANDS: dict[str, tuple[str, str]] = {
    "learn": ("trainer.cli:learn", "Do one lesson."),
    "demo": ("trainer.cli:demo", "Watch a lesson play by itself on a fake board."),
    "board": ("emulator.cli:board", "Run a fake board for any serial program."),
    "run": ("emulator.cli:run", "Run one command with a fake board plugged in."),
    "shell": ("emulator.cli:shell", "Your own shell with a fake board plugged in."),
    "firmware": ("trainer.subcommands.firmware:firmware", "List, download and identify MicroPython images."),
    "monitor": ("trainer.subcommands.monitor:command", "A serial terminal."),
    "progress": ("trainer.subcommands.progress:command", "What is done of the course; a certificate."),
    "ports": ("trainer.subcommands.ports:command", "Which serial ports there are, and what is on them."),
    "doctor": ("trainer.subcommands.doctor:command", "What stands between this computer and a board."),
    "check": ("trainer.validate:command", "Check lessons: read them, and play them on fake boards."),
    "new": ("trainer.subcommands.new:command", "Make a course, or a lesson, to begin with."),
}
"""Subcommand -> where its click command is, and its line in ``--help``. Order is the order of that help."""


ELSEWHERE: dict[str, str] = {
    "certificate": "progress --html FILE",
    "course": "progress",
    "help": "--help",
    "lessons": "progress",
    "list": "progress",
    "resume": "learn",
    "start": "learn",
    "tutor": "learn",
    "version": "--version",
}
"""What people look for -> what to type for it behind `espdojo`."""


class CommandTable(click.Group):
    """A click group whose subcommands are rows of `COMMANDS`; help needs no import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]} is not a click command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"There is no command `{args[0]}`. {_meant(args[0])}".rstrip())
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _meant(word: str) -> str:
    """What may have been meant by a word that is no command."""
    from trainer.commands.words import did_you_mean
    from trainer.course.contents import load_course, own_course

    if word in ELSEWHERE:
        return f"Did you mean `espdojo {ELSEWHERE[word]}`?"
    if word in load_course(own_course()).lessons:
        return f"Did you mean `espdojo learn {word}`?"
    return did_you_mean(word, COMMANDS)


@click.group(
    cls=CommandTable,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="espdojo", prog_name="espdojo")
@click.pass_context
def espdojo(ctx: click.Context) -> int | None:
    """Learn to put MicroPython on an ESP8266, with a board or without one.

    Without a command: start the tutor, or go on where you stopped.
    """
    if not console.colour_wanted():
        ctx.color = False
    if ctx.invoked_subcommand:
        return None
    if console.is_interactive():
        return ctx.invoke(learn)  # type: ignore[no-any-return]
    click.echo("This is no terminal, so here is the demo. In a terminal, espdojo starts the tutor.", err=True)
    return ctx.invoke(demo, fast=True)  # type: ignore[no-any-return]


def _known_profile(ctx: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    from emulator import profiles

    if name is None:
        return None

    try:
        return profiles.load(name).name
    except profiles.ProfileError as error:
        raise click.BadParameter(str(error)) from error


def _find_board() -> str:
    """The port of the board on this computer; at a terminal, with the help of who sits there."""
    from trainer.board import finding

    return finding.find_board(click.echo, input if console.is_interactive() else None).device


@click.command()
@click.argument("lesson", required=False)
@click.option("--port", default="fake", metavar="fake|auto|PORT-OR-URL", help="The board.  [default: fake]")
@click.option(
    "--board", "profile", metavar="PROFILE", callback=_known_profile, help="Which fake board.  [default: the lesson's]"
)
@click.option("--system", type=click.Choice(SYSTEMS), help="Whose commands to show.  [default: yours]")
@click.option("--plain", is_flag=True, help="Plain lines, for screen readers, scripts and pipes.")
def learn(lesson: str | None, port: str, profile: str | None, system: System | None, plain: bool) -> int:
    """Do LESSON, or go on where you stopped."""
    from trainer.ui import choice
    from trainer.ui.opening import Request

    if port == "auto":
        port = _find_board()
    return choice.learn(Request(lesson, port, profile, system), plain=plain)


@click.command()
@click.argument("lesson", required=False)
@click.option("--fast", is_flag=True, help="Without the pauses for reading.")
@click.option("--system", type=click.Choice(SYSTEMS), help="Whose commands to show.  [default: yours]")
def demo(lesson: str | None, fast: bool, system: System | None) -> int:
    """Watch LESSON play by itself: real tools, a fake board. Needs no terminal."""
    from trainer.subcommands import demo as player

    return player.play(lesson, fast=fast, system=system)


def main(arguments: list[str] | None = None) -> int:
    """Run `espdojo` with `arguments` (default: the command line's); returns the exit status."""
    console.prepare()
    try:
        status = espdojo.main(arguments, prog_name="espdojo", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nStopped.", err=True)
        return 1
    except BrokenPipeError:
        sys.stdout = None  # nobody reads; Python must not try to flush it at exit
        return 1
    except Exception as error:
        message = describe(error)
        if message is None:
            click.echo("This is a mistake in espdojo; please report it with the lines below.", err=True)
            raise
        message = ControlFilter(keep="\n").feed(message)  # it may quote a server or a file
        click.echo(_wrapped(message) if sys.stderr.isatty() else message, err=True)
        return 1
    return status if isinstance(status, int) else 0


def _wrapped(message: str) -> str:
    """A message whose lines fit the terminal's window."""
    from trainer.prose import paragraph

    width = console.text_width()
    return "\n".join(paragraph(line, width) if len(line) > width else line for line in message.split("\n"))


if __name__ == "__main__":
    sys.exit(main())
