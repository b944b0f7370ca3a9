"""What is known of a firmware file, in lines for people, as `espdojo firmware info` shows them."""

import click

from trainer.images.identify import FirmwareInfo

__all__ = ["facts", "problem"]


def facts(found: FirmwareInfo, name: str | None = None) -> str:
    """What is known of an image, a line each; `name` stands for its path."""
    return "".join(f"{title + ':':<13} {value}\n" for title, value in _facts(found, name).items())


def problem(found: FirmwareInfo) -> str:
    """Why an ESP8266 would not boot it, and what to do."""
    return f"{found.problem}\nNext: {found.next_step}"


def _facts(found: FirmwareInfo, name: str | None) -> dict[str, str]:
    facts = {
        "File": name or click.format_filename(found.path),
        "Size": f"{found.size:,} bytes",
        "SHA-256": found.sha256,
        "What it is": found.description,
        "Firmware": f"{found.family} {found.version}".strip() or "unknown",
    }
    if header := found.header:
        size = f"{header.flash_size // 1024:,} KiB" if header.flash_size else "unknown"
        facts |= {
            "Flash mode": (header.flash_mode or "unknown").upper(),
            "Flash size": f"{size} (what the header says; write with --flash-size detect)",
            "Flash clock": f"{header.flash_frequency_mhz} MHz" if header.flash_frequency_mhz else "unknown",
            "Entry point": f"0x{header.entry_point:08x}",
        }
    return facts
