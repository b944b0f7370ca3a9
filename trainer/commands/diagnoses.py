"""What a tool's message means for a beginner: one table of symptoms, causes and cures.

The messages are quoted as esptool (3.1 to 5.6), pip, mpremote, MicroPython and the ESP8266's boot ROM print them; the
tests have the tools print them. The order is that of the table: the first row whose texts all occur in a transcript is
the diagnosis, so a particular row stands before a general one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["COMPUTER", "DIAGNOSES", "Diagnosis", "diagnose", "named"]


@dataclass(frozen=True)
class Diagnosis:
    """One symptom: the texts that must all be seen (letter case aside), what caused them and what to do."""

    name: str
    sees: tuple[str, ...]
    cause: str
    cure: str

    def __str__(self) -> str:
        return f"{self.cause} {self.cure}"


NOT_LISTENING = "Nothing answered on that port: the board is not in download mode, or the port is another device's."
USE_THE_BUTTONS = "Check the port. On a board with buttons, hold FLASH, tap RESET, let go, and repeat the command."
WEAK_SUPPLY = "The board fell silent in the middle: most often its supply gave in, and the chip started anew."
MORE_POWER = "Plug it straight into the computer, with a short cable and no hub; then try `--baud 115200`."
FOR_AN_ESP32 = "The firmware is made for an ESP32, another chip. An ESP8266 takes it, and cannot run it."
TAKE_AN_ESP8266_IMAGE = "Download the one for the ESP8266, and write that."
NO_IMAGE = "The file is not a firmware image: perhaps a web page was saved under its name, or the download broke off."
DOWNLOAD_AGAIN = "Download it again. A right one begins with the byte 0xE9 and is about 600 KB long."

DIAGNOSES: tuple[Diagnosis, ...] = (
    Diagnosis(
        "port-vanished-esptool",
        ("lost connection, retrying",),
        "The port went away while the command was running: the board was unplugged, or the cable is loose.",
        "Plug the board in again, look at the list of ports (the name may be another one now), and repeat the command.",
    ),
    Diagnosis(
        "port-vanished",
        ("device disconnected",),
        "The port went away while the command was running: the board was unplugged, or the cable is loose.",
        "Plug the board in again, look at the list of ports (the name may be another one now), and repeat the command.",
    ),
    Diagnosis(
        "port-vanished-linux",
        ("[errno 5] input/output error",),
        "The port went away while the command was running: the board was unplugged, or the cable is loose.",
        "Plug the board in again, look at the list of ports (the name may be another one now), and repeat the command.",
    ),
    Diagnosis(
        "port-vanished-macos",
        ("device not configured",),
        "The port went away while the command was running: the board was unplugged, or the cable is loose.",
        "Plug the board in again, look at the list of ports (the name may be another one now), and repeat the command.",
    ),
    Diagnosis(
        "port-vanished-windows",
        ("clearcommerror failed",),
        "The port went away while the command was running: the board was unplugged, or the cable is loose.",
        "Plug the board in again, look at the list of ports (the name may be another one now), and repeat the command.",
    ),
    Diagnosis(
        "no-permission",
        ("could not open", "permission denied"),
        "Your user may not open that port.",
        "On Linux, run `sudo usermod -a -G dialout $USER`, log out and in again, and repeat the command.",
    ),
    Diagnosis(
        "port-busy",
        ("could not open", "could not exclusively lock port"),
        "Another program holds the port, most often a serial terminal that is still open.",
        "Close it and repeat the command.",
    ),
    Diagnosis(
        "port-busy-windows",
        ("could not open", "access is denied"),
        "Another program holds the port, most often a PuTTY window that is still open.",
        "Close it and repeat the command.",
    ),
    Diagnosis(
        "no-such-port",
        ("could not open", "no such file or directory"),
        "There is no port of that name.",
        "List the ports and take the board's name from the list, letter by letter.",
    ),
    Diagnosis(
        "no-such-port-windows",
        ("could not open", "cannot find the file"),
        "There is no port of that name.",
        "Look in the Device Manager under Ports and take the COM number from there.",
    ),
    Diagnosis(
        "port-not-opened",
        ("the port is busy or doesn't exist",),
        "The port could not be opened: the name is wrong, or another program holds it.",
        "List the ports, compare the name letter by letter, and close any serial terminal.",
    ),
    Diagnosis(
        "network-port-slow",
        ("timeout while waiting for option",),
        "The computer at the other end of this network port did not answer in time: it is busy, or far away.",
        "Repeat the command; nothing was changed before the board answered.",
    ),
    Diagnosis(
        "mpremote-no-access",
        ("failed to access", "it may be in use by another program"),
        "mpremote could not open the port: another program holds it, you may not open it, or it is not there.",
        "Close any serial terminal; list the ports, and compare the name letter by letter. On Linux, is your user in "
        "the group dialout?",
    ),
    Diagnosis(
        "mpremote-no-device",
        ("no device found",),
        "mpremote found no board at all.",
        "Is the board plugged in, with a cable that carries data, and is the driver installed?",
    ),
    Diagnosis(
        "no-port-found",
        ("of the 0 available serial ports",),
        "There is no serial port at all: the computer has not noticed the board.",
        "Is it plugged in, with a cable that carries data and does not only charge? Is the driver installed?",
    ),
    Diagnosis(
        "no-port",
        ("no serial ports found",),
        "No serial port was found at all.",
        "Is the board plugged in, with a cable that carries data, and is the driver installed?",
    ),
    Diagnosis(
        "wrong-chip",
        ("this chip is esp8266", "chip argument"),
        "The board has an ESP8266, and the command was told to expect another chip.",
        "Leave `--chip` away, or write `--chip esp8266`.",
    ),
    Diagnosis(
        "no-answer",
        ("no serial data received",),
        NOT_LISTENING,
        USE_THE_BUTTONS,
    ),
    Diagnosis(
        "no-answer-old",
        ("timed out waiting for packet header",),
        NOT_LISTENING,
        USE_THE_BUTTONS,
    ),
    Diagnosis("supply", ("no more data to read from the serial port",), WEAK_SUPPLY, MORE_POWER),
    Diagnosis("supply-old", ("the chip stopped responding",), WEAK_SUPPLY, MORE_POWER),
    Diagnosis(
        "stream-stopped",
        ("serial data stream stopped",),
        "Something answered and broke off: the board is running its program, or the line is noisy.",
        "Put the board in download mode; if that does not help, try another cable and a lower `--baud`.",
    ),
    Diagnosis(
        "noise",
        ("invalid head of packet",),
        "What came back was not the bootloader's language: the board is running its program, or the line is noisy.",
        "Put the board in download mode; if that does not help, try another cable and a lower `--baud`.",
    ),
    Diagnosis(
        "too-large",
        ("will not fit in",),
        "The file is larger than the board's flash memory from that address on.",
        "Write at address 0, let the size be detected with `--flash-size detect`, or take a smaller image.",
    ),
    Diagnosis(
        "not-an-image",
        ("doesn't look like an image file",),
        NO_IMAGE,
        DOWNLOAD_AGAIN,
    ),
    Diagnosis("not-an-image-inside", ("this is not a valid image",), NO_IMAGE, DOWNLOAD_AGAIN),
    Diagnosis("not-an-image-old", ("invalid image magic number",), NO_IMAGE, DOWNLOAD_AGAIN),
    Diagnosis("esp32-image", ("detected image type: esp32",), FOR_AN_ESP32, TAKE_AN_ESP8266_IMAGE),
    Diagnosis("esp32-image-written", ("suspicious segment 0xee",), FOR_AN_ESP32, TAKE_AN_ESP8266_IMAGE),
    Diagnosis("esp32-image-started", ("ets jan", "load 0x000000ee"), FOR_AN_ESP32, TAKE_AN_ESP8266_IMAGE),
    Diagnosis(
        "nothing-written",
        ("the written flash region is empty",),
        "The flash chip was told to write, and holds nothing: it is broken or locked, or badly soldered.",
        "Try another supply once. If it stays so, the board's flash chip is done for.",
    ),
    Diagnosis(
        "md5-mismatch",
        ("md5 of file does not match",),
        "What stands in the flash memory is not what was sent: bad power, a worn chip, or a wrong flash size.",
        "Try another USB port and `--baud 115200`, and let the size be detected.",
    ),
    Diagnosis(
        "externally-managed",
        ("externally-managed-environment",),
        "The system's own Python does not let pip install into it, to protect the system (PEP 668).",
        "Make a virtual environment, activate it, and install there.",
    ),
    Diagnosis(
        "no-raw-repl",
        ("could not enter raw repl",),
        "Python on the board does not answer: a program there does not stop for us, or there is no MicroPython on it.",
        "Press Ctrl-C in a terminal first, or press RESET, and try again. On an empty board, write MicroPython first.",
    ),
    Diagnosis(
        "filesystem-corrupt",
        ("the filesystem starting at sector", "looks corrupt"),
        "Something other than MicroPython's file system lies in the flash memory.",
        "Erase the flash memory and write the firmware again.",
    ),
    Diagnosis(
        "crash-loop",
        ("ets jan", "fatal exception"),
        "The chip loads the program, and that crashes at once: its flash size is wrong, or its file was not whole.",
        "Check the file's size, and write it again with `--flash-size detect`.",
    ),
    Diagnosis(
        "damaged-image",
        ("ets jan", "csum err"),
        "The boot ROM found a program whose checksum is wrong: it was written only in part, or it is for another chip.",
        "Check the file, and write it again from the start.",
    ),
    Diagnosis(
        "blank-flash",
        ("ets jan", "ets_main.c"),
        "The boot ROM found no program at address 0: the flash memory is empty, or the firmware stands somewhere else.",
        "Write the firmware, to address 0.",
    ),
    Diagnosis(
        "names-of-esptool-5",
        ("argument operation: invalid choice",),
        "This esptool is older than version 5, and does not know that name: its commands have underscores.",
        "Write an underscore where you wrote a hyphen, as in `flash_id`; or `python -m pip install --upgrade esptool`.",
    ),
    Diagnosis(
        "brltty",
        ("claimed by", "brltty"),
        "brltty, a program for braille displays, has taken the board's port away.",
        "If you use no such display: `sudo apt remove brltty`, then plug the board in again.",
    ),
    Diagnosis(
        "no-such-file",
        ("no such file or directory",),
        "The file is not in the folder you are in, or its name has a typo in it.",
        "List the folder with `ls` (`dir` on Windows) and take the name from there.",
    ),
    Diagnosis(
        "no-network",
        ("no matching distribution found",),
        "pip could not find the package; often that means no network.",
        "Check the connection and the spelling, and repeat the command.",
    ),
    Diagnosis(
        "names-before-esptool-5",
        ("deprecated:", "is deprecated. use"),
        "That is an older name. esptool 5 still understands it, and says what it is called now.",
        "Take the new name from the warning; nothing else has to change.",
    ),
)


COMPUTER: tuple[Diagnosis, ...] = (
    Diagnosis(
        "bridge-without-port",
        (),
        "The board's USB chip is plugged in, but it has no port: its driver is missing.",
        "Install the driver, then unplug the board and plug it in again.",
    ),
    Diagnosis(
        "brltty-takes-port",
        (),
        "brltty takes such USB chips for braille displays, so that their port goes again after a second.",
        "If nobody here uses a braille display: `sudo apt remove brltty`, then plug the board in again.",
    ),
    Diagnosis(
        "modem-manager",
        (),
        "ModemManager asks every new port whether it is a modem; for some seconds the port is busy or shows junk.",
        "Wait half a minute after plugging in, or stop it: `sudo systemctl stop ModemManager`.",
    ),
    Diagnosis(
        "wsl-no-usb",
        (),
        "This is Linux inside Windows (WSL), which sees no USB device by itself.",
        "Use espdojo in Windows, or share the port from there: `esp_rfc2217_server` in Windows, and `--port "
        "rfc2217://ADDRESS:PORT` here.",
    ),
    Diagnosis(
        "not-logged-in-again",
        (),
        "You were added to the port's group, but that counts from the next login on.",
        "Log out and in again, or restart the computer.",
    ),
    Diagnosis(
        "no-venv",
        (),
        "This Python lacks what makes virtual environments.",
        "On Debian and Ubuntu: `sudo apt install python3-venv`.",
    ),
    Diagnosis(
        "old-esptool",
        (),
        "Before version 5 esptool knew only the spelling with underscores: erase_flash, write_flash, --flash_size.",
        "Type it so, or renew it in your environment: `python -m pip install --upgrade esptool`.",
    ),
    Diagnosis(
        "no-wasmtime",
        (),
        "wasmtime, which runs the fake board's processor, exists only for 64-bit systems.",
        "Install a 64-bit Python. Lessons with a real board work all the same: `espdojo learn --port auto`.",
    ),
    Diagnosis(
        "damaged-firmware",
        (),
        "It is no firmware image for the ESP8266: the download broke off, or it is another file.",
        "Delete it, then `espdojo firmware get`.",
    ),
    Diagnosis(
        "full-disk",
        (),
        "The disk is nearly full.",
        "Free some space, or set ESPDOJO_HOME to a folder on another disk.",
    ),
    Diagnosis(
        "read-only-folder",
        (),
        "espdojo may not write there, so it cannot keep your progress or your firmware.",
        "Set ESPDOJO_HOME to a folder that you may write to.",
    ),
)
"""What no tool prints and `espdojo doctor` finds by looking; named there, so there is nothing to be seen."""


def named(name: str) -> Diagnosis:
    """The row called `name`. Raises KeyError."""
    return {row.name: row for row in (*DIAGNOSES, *COMPUTER)}[name]


def diagnose(transcript: str, table: Iterable[Diagnosis] = DIAGNOSES) -> Diagnosis | None:
    """The first row of the table whose texts all occur in `transcript`, or None."""
    seen = transcript.lower()
    return next((row for row in table if all(text in seen for text in row.sees)), None)
