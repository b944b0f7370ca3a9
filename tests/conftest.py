"""What every test starts from: espdojo's own folders are temporary ones, and real firmware is asked for by name."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile(  # how long it takes to find examples and to try them is the machine's affair
    "espdojo", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("espdojo")


@pytest.fixture(scope="session", autouse=True)
def espdojo_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """ESPDOJO_HOME for the whole run. A test that counts on an empty one sets its own."""
    home = tmp_path_factory.mktemp("espdojo-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESPDOJO_HOME", str(home))
        yield home


@pytest.fixture(scope="session")
def real_image() -> Callable[[str], Path]:
    """A function from a file name to a real firmware image in $ESPDOJO_FIRMWARE_DIR; it skips where that has none.

    `.ci/run` fails on such a skip when the image could have been had. For slow tests only.
    """

    def find(name: str) -> Path:
        path = Path(os.environ.get("ESPDOJO_FIRMWARE_DIR", ""), name)
        if not os.environ.get("ESPDOJO_FIRMWARE_DIR") or not path.is_file():
            pytest.skip(f"{name} is not in ESPDOJO_FIRMWARE_DIR")
        return path

    return find
