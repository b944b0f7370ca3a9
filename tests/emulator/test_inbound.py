"""Bytes on their way to a running program."""

import time
from typing import Any

import pytest

from emulator.inbound import Inbound
from emulator.pace import Pace


@pytest.fixture
def inbound(rig: Any) -> Inbound:
    return Inbound(rig.chip, Pace(rig.chip), "fast", lambda: 115200)


def test_what_is_dropped_is_what_came_last(inbound: Inbound) -> None:
    inbound.expect(0.0, b"in the backlog", 115200)
    inbound.let_arrive(waits=True)
    inbound.expect(1.0, b"later", 115200)
    inbound.expect(2.0, b"much later", 115200)
    inbound.drop(12)
    assert inbound.waiting == len(b"in the backloglat")
    inbound.drop(5)
    inbound.let_arrive(waits=True)
    assert inbound.take() == b"in the backl"
    inbound.drop(100)
    assert inbound.waiting == 0


def test_who_waits_for_a_processor_loses_no_patience(inbound: Inbound) -> None:
    """Bytes wait until the chip has caught up, for twice as long as it was behind. That is work, not waiting."""
    inbound.expect(0.01, b"hello", 115200)
    time.sleep(0.03)
    inbound.let_arrive(waits=False)
    assert not inbound.backlog
    while not inbound.backlog:
        inbound.let_arrive(waits=False)
