"""From reset to a program: strapping, banner, and the loading of the image at the start of the flash.

What is printed, and how segments are read in 16-byte lines ("room", "tail"), is as boot logs of real boards show
it. It leaves at 115200 baud reckoned for a 40 MHz crystal: 74880 on boards with 26 MHz, until a program sets the
PLL.
"""

from emulator.rom.image import CHECKSUM_SEED, ImageError, checksum, parse
from emulator.rom.machine import Next, ResetCause
from emulator.rom.mask_rom import MaskRom
from emulator.rom.spi import attach_flash

BOOT_UART, BOOT_FLASH = 1, 3
"""Strapping {GPIO15, GPIO0, GPIO2}: GPIO0 low asks for the download mode. Other values want an SD card or host."""
SDIO_STRAPPING = 6
"""The banner's second number: the SDIO pins, floating as on all common modules."""
LINE = 16
HEADER_SIZE, SEGMENT_HEADER_SIZE = 8, 8
FIRST_DATA = HEADER_SIZE + SEGMENT_HEADER_SIZE
COMPLAINT = b"ets_main.c \r\n"
"""What the ROM has to say of flash that holds no program."""


def strapping(gpio0: bool, gpio2: bool = True, gpio15: bool = False) -> int:
    """The boot mode that the three pins select; boards tie GPIO15 low."""
    return gpio15 << 2 | gpio0 << 1 | gpio2


def banner(cause: ResetCause, mode: int) -> bytes:
    """The first line after a reset."""
    text = f"\r\n ets Jan  8 2013,rst cause:{int(cause)}, boot mode:({mode},{SDIO_STRAPPING})\r\n\r\n"
    return (text + ("wdt reset\r\n" if cause is ResetCause.WATCHDOG else "")).encode()


def boot(rom: MaskRom, mode: int) -> Next | None:
    """Do what the ROM does after a reset; None means that the processor stands at a program's entry point."""
    rom.chip.uart.transmit(banner(rom.reset_cause, mode))
    cause = ResetCause.SOFTWARE if rom.by_software else rom.reset_cause
    rom.trace.emit("reset", cause=cause.name.lower(), mode=mode)
    if mode == BOOT_UART:
        return Next.DOWNLOAD
    if mode == BOOT_FLASH and load_program(rom):
        return None
    return Next.HANG


def load_program(rom: MaskRom) -> bool:
    """Load the image at the start of the flash and set the pc; False, with the ROM's complaint, if it is not
    whole."""
    send = rom.chip.uart.transmit
    attach_flash(rom.core.store, rom.chip.flash)
    try:
        image = parse(rom.chip.flash.read(0, rom.chip.flash.size))
    except ImageError:
        send(COMPLAINT)
        rom.trace.emit("boot-failed", reason="no image at the start of the flash")
        return False
    position, state, straddling = HEADER_SIZE, CHECKSUM_SEED, b""
    for segment in image.segments:
        position += SEGMENT_HEADER_SIZE
        length = len(segment.data)
        room = -position % LINE if position > FIRST_DATA else LINE
        state = checksum(state, segment.data)
        send(straddling + _loaded(segment.address, length, room, state))
        straddling = _straddling_header(length, room)
        position += length
        if length and not segment.is_loadable:
            rom.trace.emit("boot-failed", reason=f"segment at {segment.address:#010x} is not in RAM")
            return False
        if length:
            rom.core.write(segment.address, segment.data)
    send(f"csum {state:#04x}\r\n".encode())
    if state != image.stored_checksum:
        send(b"csum err\r\n" + COMPLAINT)
        rom.trace.emit("boot-failed", reason="wrong checksum")
        return False
    rom.core.pc = image.header.entry_point
    rom.trace.emit("boot", entry_point=image.header.entry_point, segments=len(image.segments))
    return True


def _loaded(address: int, length: int, room: int, state: int) -> bytes:
    """The ROM's lines for a segment."""
    return (
        f"load {address:#010x}, len {length}, room {room} \r\ntail {_tail(length, room)}\r\nchksum {state:#04x}\r\n"
    ).encode()


def _tail(length: int, room: int) -> int:
    return max(0, length - room) % LINE


def _straddling_header(length: int, room: int) -> bytes:
    """What the ROM says before a segment whose header does not fit into the line in which the one before ended."""
    offset = 0 if length > room else LINE - room + length
    tail = _tail(length, room)
    left = LINE - offset - tail
    return f"ho {offset} tail {tail} room {left}\r\n".encode() if 0 < left < SEGMENT_HEADER_SIZE else b""
