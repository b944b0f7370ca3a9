"""What an esptool command line means, told by esptool's own click definitions, without running any of it.

Only click's parser is used: esptool's commands are never called, no file is opened and no port touched.
(Several of esptool's parameter types open files while they convert; such values stay text here.) Old
spellings are known because esptool itself maps them: ``erase_flash``, ``--flash_size``, ``default_reset``.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import click

from trainer.commands.words import LineError

OUTPUT_ONLY = frozenset({"trace", "verbose", "silent", "no_progress"})
"""Options that change what is printed, not what is done."""

OUTPUT_FILES = frozenset({"output"})
"""Parameters that name a file although their type is plain text (merge-bin, elf2image)."""

WITHOUT_BOARD = frozenset({None, "version", "image-info", "elf2image", "merge-bin"})
"""Commands that open no port. None: only help was asked for."""

CHANGES_BOARD = frozenset({"erase-flash", "erase-region", "write-flash", "write-flash-status", "write-mem", "load-ram"})
"""Commands after which the board is not what it was."""


@dataclass(frozen=True)
class EsptoolLine:
    """Meaning of a line. `options` holds every parameter by click's name, defaults filled in, plus
    ``command`` (hyphened name or None) and ``help``; addresses are numbers; ``addr_filename`` is a tuple of
    (address, name)."""

    options: Mapping[str, Any]
    manner: Mapping[str, Any]
    paths: tuple[str, ...]


def read(words: list[str]) -> EsptoolLine:
    """The meaning of esptool's arguments `words`. Raises `LineError` with esptool's own complaint."""
    if file_argument := next((word for word in words if word.startswith("@")), None):
        raise LineError("usage", f"{file_argument} would read more arguments from a file. Type them out.")
    try:
        return _read(words)
    except click.ClickException as error:
        raise LineError("usage", f"esptool would answer: Error: {error.format_message()}") from error
    except (ValueError, TypeError, OverflowError) as error:
        raise LineError("usage", "esptool would not understand that value.") from error


def command_names() -> list[str]:
    """The names of esptool's commands, with hyphens."""
    group = _group()
    return list(group.list_commands(click.Context(group)))


def _read(words: list[str]) -> EsptoolLine:
    group = _group()
    options: dict[str, Any] = {"command": None, "help": False}
    paths: list[str] = []
    context = group.context_class(group, info_name="esptool", **group.context_settings)
    with context:
        # What EsptoolGroup.parse_args and EspRichGroup.parse_args do before click's own parser.
        context._commands_list = group.list_commands(context)
        rest = _parameters(group, context, group._replace_deprecated_args(list(words)), options, paths)
        if rest and not options["help"]:
            name, command, rest = group.resolve_command(context, rest)
            assert command is not None, "click raises UsageError for an unknown command"
            options["command"] = name
            inner = command.context_class(command, info_name=name, parent=context)
            with inner:
                _parameters(command, inner, rest, options, paths)
    manner = {name: options.pop(name) for name in OUTPUT_ONLY & options.keys()}
    return EsptoolLine(options, manner, tuple(paths))


def _parameters(
    command: click.Command,
    context: click.Context,
    words: list[str],
    options: dict[str, Any],
    paths: list[str],
) -> list[str]:
    """Parse `words` by the parameters of `command` into `options` and `paths`; returns the words left
    over."""
    given, rest, _ = command.make_parser(context).parse_args(list(words))
    if given.pop("help", False):
        options["help"] = True
    for parameter in command.params:
        if parameter.name is None:
            continue
        raw = given.get(parameter.name)
        missing = raw is None or not isinstance(raw, str | int | bool | list | tuple) or raw == ()
        if missing:
            if parameter.required and not options["help"]:
                raise click.MissingParameter(ctx=context, param=parameter)
            options[parameter.name] = _default(parameter, context)
        elif isinstance(parameter.type, click.Path | click.File) or parameter.name in OUTPUT_FILES:
            options[parameter.name] = _file_value(parameter, raw, paths)
        else:
            options[parameter.name] = _hashable(parameter.type_cast_value(context, raw))
    if rest and not isinstance(command, click.Group) and not options["help"]:
        raise click.UsageError(f"Got unexpected extra argument ({' '.join(rest)})", context)
    return list(rest)


def _file_value(parameter: click.Parameter, raw: Any, paths: list[str]) -> Any:
    """A parameter that names files, as text; pairs of address and name become (number, name)."""
    if isinstance(raw, str):
        paths.append(raw)
        return raw
    names = [name for part in raw for name in (part if isinstance(part, list | tuple) else (part,))]
    from esptool.cli_util import AddrFilenamePairType  # type: ignore[import-untyped]

    if not isinstance(parameter.type, AddrFilenamePairType):
        paths.extend(names)
        return tuple(names)
    if len(names) % 2:
        raise click.BadParameter("Must be pairs of an address and the binary filename to write there.")
    pairs = []
    for address, name in zip(names[::2], names[1::2], strict=True):
        try:
            pairs.append((int(address, 0), name))
        except ValueError:
            raise click.BadParameter(f'Address "{address}" must be a number.') from None
        paths.append(name)
    return tuple(pairs)


def _default(parameter: click.Parameter, context: click.Context) -> Any:
    value = parameter.get_default(context)
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return value if isinstance(value, bool) else False
    if not isinstance(value, str | int | tuple):
        return None
    return value if value == () else _hashable(parameter.type_cast_value(context, value))


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@cache
def _group() -> Any:
    """esptool's command-line definitions. Imported late: it takes a tenth of a second that `espdojo --help`
    need not spend. It takes defaults from ESPTOOL_PORT and the like; here a line means what it says. Its
    logger is told to keep quiet, for it announces old spellings while it parses."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("ESPTOOL_")}
    try:
        import esptool  # type: ignore[import-untyped]
        from esptool.logger import log  # type: ignore[import-untyped]
    finally:
        os.environ.update(hidden)
    log.set_verbosity("silent")
    group = esptool.cli
    group._esp = None
    return group
