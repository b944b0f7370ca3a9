"""esp8266://PROFILE: a new board in this process, made by opening a port."""

import pytest
import serial

import emulator  # noqa: F401  teaches pyserial esp8266://
from emulator.profiles import ProfileError

ROM_BAUD = 74880


def test_opening_makes_a_board_and_closing_ends_it() -> None:
    with serial.serial_for_url("esp8266://nodemcu", ROM_BAUD, timeout=60, do_not_open=True) as port:
        port.dtr, port.rts = False, True  # held in reset
        port.rts = False
        assert b"ets Jan  8 2013" in port.read_until(b"rst cause")
    assert not port.is_open


def test_each_port_is_a_board_of_its_own() -> None:
    with serial.serial_for_url("esp8266://nodemcu"), serial.serial_for_url("esp8266://nodemcu") as second:
        assert second.is_open


def test_it_can_be_opened_again() -> None:
    port = serial.serial_for_url("esp8266://d1-mini")
    port.close()
    port.open()
    port.close()


def test_an_unknown_board_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ProfileError, match="nodemcu"):
        serial.serial_for_url("esp8266://esp32")
