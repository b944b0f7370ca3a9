"""Board profiles: the data is whole, and mistakes are answered with what there is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import profiles


@pytest.mark.parametrize("name", profiles.names())
def test_every_profile_loads_and_makes_sense(name: str) -> None:
    profile = profiles.load(name)
    assert profile.name == name
    assert profile.flash_size in profiles.FLASH_SIZES.values()
    assert re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", profile.mac)
    assert 0 < profile.usb.vid < 0x10000
    assert 0 < profile.usb.pid < 0x10000
    assert set(profile.buttons) == {"flash", "reset"}
    assert 0 <= profile.led_gpio <= 16


def test_the_default_is_a_nodemcu_with_a_cp2102_and_4_mb() -> None:
    profile = profiles.load()
    assert profile.name == profiles.names()[0] == "nodemcu"
    assert (profile.usb.vid, profile.usb.pid) == (0x10C4, 0xEA60)
    assert profile.flash_size == 4 * 1024 * 1024
    assert profile.circuit == "auto-reset"


def test_no_two_boards_share_an_address() -> None:
    addresses = [profiles.load(name).mac for name in profiles.names()]
    assert len(set(addresses)) == len(addresses)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(profiles.ProfileError, match=r"'esp32'.*nodemcu.*esp-01s"):
        profiles.load("esp32")


@pytest.mark.parametrize(
    ("text", "size"),
    [("4MB", 4 << 20), ("512KB", 512 << 10), ("1m", 1 << 20), ("16MiB", 16 << 20), ("262144", 1 << 18)],
)
def test_flash_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert profiles.parse_flash_size(text) == size


@given(st.text(max_size=12).filter(lambda text: not any(character.isdigit() for character in text)))
def test_any_other_flash_size_is_refused_with_the_choice(text: str) -> None:
    with pytest.raises(profiles.ProfileError, match=r"256KB.*4MB.*16MB"):
        profiles.parse_flash_size(text)


@given(st.integers(min_value=0, max_value=1 << 40))
def test_a_number_of_bytes_is_a_size_only_if_such_a_chip_exists(size: int) -> None:
    if size in profiles.FLASH_SIZES.values():
        assert profiles.parse_flash_size(str(size)) == size
    else:
        with pytest.raises(profiles.ProfileError):
            profiles.parse_flash_size(str(size))
