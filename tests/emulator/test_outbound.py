"""The way from a chip to the bridge: at once, or as slowly as the line is."""

import time
from typing import Any

import pytest

from emulator import profiles
from emulator.bridge import Bridge
from emulator.line import Framing
from emulator.outbound import Outbound

CRYSTAL_MHZ = 26.0


@pytest.fixture
def sent() -> list[bytes]:
    return []


@pytest.fixture
def bridge(sent: list[bytes]) -> Bridge:
    bridge = Bridge(usb=profiles.load().usb)
    bridge.on_sent.append(sent.append)
    return bridge


def test_on_a_fast_line_the_bridge_has_it_at_once(rig: Any, bridge: Bridge, sent: list[bytes]) -> None:
    Outbound(rig.chip, bridge, CRYSTAL_MHZ, "fast").send(b"hello")
    assert sent == [b"hello"]


def test_on_a_real_line_every_byte_has_its_time(rig: Any, bridge: Bridge, sent: list[bytes]) -> None:
    outbound = Outbound(rig.chip, bridge, CRYSTAL_MHZ, "real")
    begin = time.monotonic()
    outbound.send(b"hello")
    assert sent == []
    assert outbound.waiting == 5
    first = outbound.next_at(0.0)
    assert first is not None
    assert first >= begin + 10 / outbound.baud()
    outbound.deliver(first)
    assert sent == [b"h"]
    outbound.clear()
    outbound.deliver(first + 1)
    assert sent == [b"h"]
    assert outbound.next_at(0.0) is None


def test_the_rate_follows_the_divider_and_is_told(rig: Any, bridge: Bridge) -> None:
    outbound = Outbound(rig.chip, bridge, CRYSTAL_MHZ, "fast")
    before = outbound.baud()
    rig.chip.uart.set_divider(rig.chip.uart.divider * 2)
    assert outbound.baud() == pytest.approx(before / 2, abs=1)
    assert rig.trace.named("uart")[-1].data["baud"] == outbound.baud()


def test_the_bridge_knows_the_chips_framing(rig: Any, bridge: Bridge) -> None:
    outbound = Outbound(rig.chip, bridge, CRYSTAL_MHZ, "fast")
    rig.chip.uart.set_conf0(2 << 2 | 1 << 1)
    assert bridge.chip_framing == Framing(7, "E")
    assert outbound.waiting == 0


def test_uart1_is_heard_in_the_trace_only(rig: Any, bridge: Bridge, sent: list[bytes]) -> None:
    outbound = Outbound(rig.chip, bridge, CRYSTAL_MHZ, "fast")
    rig.chip.uart1.is_connected = lambda: True
    rig.core.store(0x60000F00, ord("!"))
    outbound.pass_on()
    assert rig.trace.named("uart1")[0].data["data"] == "!"
    assert sent == []
