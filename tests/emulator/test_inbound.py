"""Bytes on their way to a running program."""

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
