"""The serial line: what another rate makes of bytes, and when they arrive."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.line import BITS_PER_BYTE, FRAMING_8N1, TOLERANCE, Framing, Pacer, reframe, resample

RATES = st.sampled_from([9600, 57600, 74880, 115200, 230400, 460800, 921600])


@given(st.binary(max_size=50), RATES, st.floats(1 - TOLERANCE + 0.001, 1 + TOLERANCE - 0.001))
def test_rates_within_tolerance_read_what_was_sent(data: bytes, baud: int, error: float) -> None:
    assert resample(data, baud, round(baud * error)) == data


@given(st.binary(max_size=50), RATES)
def test_an_unknown_rate_is_the_other_sides(data: bytes, baud: int) -> None:
    assert resample(data, None, baud) == resample(data, baud, None) == data


def test_half_rate_doubles_each_bit() -> None:
    # 0x55 on the line: 0 1010 1010 1. Each bit twice: start 0, data 0110 0110, and 0 where the stop bit should be.
    assert resample(b"\x55", 9600, 19200)[0] == 0x66


def test_the_roms_banner_is_junk_at_115200() -> None:
    junk = resample(b" ets Jan  8 2013,rst cause:2", 74880, 115200)
    assert junk
    assert b"ets" not in junk


@given(st.binary(max_size=80), RATES, RATES)
def test_a_receiver_hears_no_more_bytes_than_fit_into_the_time(data: bytes, sent: int, received: int) -> None:
    most = len(data) * max(1.0, received / sent) + 1
    assert len(resample(data, sent, received)) <= most


@given(st.lists(st.tuples(st.binary(max_size=20), RATES), min_size=1, max_size=4), st.floats(0, 1e6))
def test_paced_bytes_arrive_in_order_ten_bits_apart(bursts: list[tuple[bytes, int]], now: float) -> None:
    pacer = Pacer()
    for data, baud in bursts:
        pacer.push(data, baud, now)
    assert pacer.pop(now) == []
    arrived, last, previous = [], now, pacer.waiting
    while (at := pacer.next_at()) is not None:
        arrived += pacer.pop(at)
        assert pacer.waiting == previous - 1, "looked at when one byte has come"
        last, previous = at, pacer.waiting
    assert arrived == [(bytes((value,)), baud) for data, baud in bursts for value in data]
    assert abs(last - now - sum(len(data) * BITS_PER_BYTE / baud for data, baud in bursts)) < 1e-6


@given(st.integers(1, 300), st.floats(0, 1e6), st.floats(0.0001, 0.01))
def test_who_looks_now_and_then_misses_nothing_and_is_there_at_the_end(length: int, now: float, grain_s: float) -> None:
    pacer, baud = Pacer(), 115200
    pacer.push(bytes(length), baud, now)
    at, looks, arrived = now, 0, 0
    while (due := pacer.next_at(grain_s)) is not None:
        at, looks = due, looks + 1
        arrived += sum(len(data) for data, _ in pacer.pop(at))
    assert arrived == length
    assert looks <= length * BITS_PER_BYTE / baud / grain_s + 1
    assert abs(at - now - length * BITS_PER_BYTE / baud) < 1e-6


def test_a_cleared_line_is_idle_again() -> None:
    pacer = Pacer()
    pacer.push(b"lost", 9600, 5.0)
    pacer.clear()
    assert pacer.next_at() is None
    assert pacer.waiting == 0
    assert pacer.pop(100.0) == []


@given(st.lists(st.binary(min_size=1, max_size=5), max_size=6), st.integers(0, 30), st.integers(0, 40))
def test_what_is_dropped_from_the_line_is_what_was_sent_last(chunks: list[bytes], byte_times: int, count: int) -> None:
    pacer, sent = Pacer(), b"".join(chunks)
    for data in chunks:
        pacer.push(data, 1000, now=0.0)
    arrived = b"".join(data for data, _ in pacer.pop(byte_times * BITS_PER_BYTE / 1000))
    waiting = len(sent) - len(arrived)
    assert pacer.drop(count) == max(0, count - waiting)
    assert pacer.waiting == max(0, waiting - count)
    pacer.push(b"!", 1000, now=0.0)
    rest = b"".join(data for data, _ in pacer.pop(1000.0))
    assert arrived + rest == sent[: len(arrived) + max(0, waiting - count)] + b"!"


FRAMINGS = st.builds(Framing, st.integers(5, 8), st.sampled_from("NEOMS"))


@given(st.binary(max_size=30), st.integers(5, 8))
def test_mark_parity_is_read_as_one_more_stop_bit(data: bytes, data_bits: int) -> None:
    low = bytes(byte & ((1 << data_bits) - 1) for byte in data)
    assert reframe(data, Framing(data_bits, "M"), Framing(data_bits, "N")) == low


@pytest.mark.parametrize(
    ("sent", "received", "read"),
    [
        (Framing(7, "E"), FRAMING_8N1, b"\x41\xc3\x41"),  # the parity is read as bit 7
        (Framing(7, "O"), FRAMING_8N1, b"\xc1\x43\xc1"),
        (Framing(7, "S"), FRAMING_8N1, b"ACA"),
        (FRAMING_8N1, Framing(7, "E"), b"ACA"),  # as bit 7 is for the parity, which nobody checks
        (FRAMING_8N1, Framing(8, "N"), b"ACA"),
        (Framing(8, "M"), FRAMING_8N1, b"ACA"),  # like a second stop bit
    ],
)
def test_what_is_read_in_another_framing(sent: Framing, received: Framing, read: bytes) -> None:
    assert reframe(b"ACA", sent, received) == read


@given(st.binary(max_size=30), FRAMINGS, FRAMINGS)
def test_any_framing_is_read_in_any_other(data: bytes, sent: Framing, received: Framing) -> None:
    read = reframe(data, sent, received)
    assert len(read) <= len(data) * 2
    assert all(byte < 1 << received.data_bits for byte in read)


@pytest.mark.parametrize("framing", [{"data_bits": 4}, {"data_bits": 9}, {"parity": "X"}])
def test_what_no_uart_has_is_no_framing(framing: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Framing(**framing)
