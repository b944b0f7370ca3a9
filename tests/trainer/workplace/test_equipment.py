"""What a lesson needs before its first step."""

from pathlib import Path

import pytest

from trainer.errors import EspdojoError, describe
from trainer.workplace.equipment import open_bench


def test_a_second_tutor_says_where_the_first_may_be(tmp_path: Path) -> None:
    file = tmp_path / "nodemcu.flash"
    with open_bench("fake", "linux", "nodemcu", file), pytest.raises(EspdojoError, match="in use") as caught:
        open_bench("fake", "linux", "nodemcu", file)
    assert "another window" in (describe(caught.value) or "")
    with open_bench("fake", "linux", "nodemcu", file) as bench:
        assert not bench.plugged


def test_a_damaged_memory_of_the_practice_board_may_be_deleted(tmp_path: Path) -> None:
    file = tmp_path / "nodemcu.flash"
    file.write_bytes(b"not a flash chip")
    with pytest.raises(EspdojoError) as caught:
        open_bench("fake", "linux", "nodemcu", file)
    assert "deleted" in caught.value.next_step
    assert file.read_bytes() == b"not a flash chip"
