"""The compiled module on disk: found again, and never taken from where others can write (`emulator.cpu.kept`)."""

import os
from pathlib import Path

import pytest
import wasmtime

from emulator.cpu import kept

ANSWER = '(module (func (export "answer") (result i32) (i32.const 42)))'
ENGINE = wasmtime.Engine()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where modules are kept."""
    monkeypatch.setenv("ESPDOJO_HOME", str(tmp_path))
    return tmp_path / "cache" / kept.FOLDER


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were compiled."""
    texts: list[str] = []
    compile_text = wasmtime.wat2wasm

    def note(text: str) -> bytearray:
        texts.append(text)
        return compile_text(text)

    monkeypatch.setattr(wasmtime, "wat2wasm", note)
    return texts


def answer(text: str = ANSWER) -> int:
    """What the module says."""
    store = wasmtime.Store(ENGINE)
    function = wasmtime.Instance(store, kept.compiled(ENGINE, text), []).exports(store)["answer"]
    assert isinstance(function, wasmtime.Func)
    return int(function(store))


def test_what_was_compiled_once_is_taken_from_disk(folder: Path, compilations: list[str]) -> None:
    assert [answer(), answer()] == [42, 42]
    assert compilations == [ANSWER]
    assert answer(ANSWER.replace("42", "43")) == 43
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("content", [b"", b"x" * 20, b"x" * 4000])
def test_a_damaged_file_is_compiled_anew(folder: Path, compilations: list[str], content: bytes) -> None:
    answer()
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    for damaged in (content, whole[:-1], whole[:100] + b"!" + whole[101:]):
        file.write_bytes(damaged)
        assert answer() == 42
        assert file.read_bytes() == whole
    assert len(compilations) == 4


def test_code_of_another_wasmtime_is_compiled_anew(folder: Path, compilations: list[str]) -> None:
    answer()
    (file,) = folder.iterdir()
    config = wasmtime.Config()
    config.consume_fuel = True
    other = wasmtime.Module(wasmtime.Engine(config), bytes(wasmtime.wat2wasm(ANSWER)))
    kept._keep(file, bytes(other.serialize()))
    assert answer() == 42
    assert len(compilations) == 3


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_a_folder_where_others_can_write_is_not_trusted(folder: Path, compilations: list[str]) -> None:
    answer()
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o770)
    answer()
    assert len(compilations) == 2
    elsewhere = folder.rename(folder.with_name("elsewhere"))
    elsewhere.chmod(0o700)
    folder.symlink_to(elsewhere)
    answer()
    assert len(compilations) == 3


def test_a_place_where_nothing_can_be_kept_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("ESPDOJO_HOME", str(file))
    assert answer() == 42


def test_few_are_kept(folder: Path) -> None:
    for number in range(kept.MOST_FILES + 3):
        assert answer(ANSWER.replace("42", str(number))) == number
    assert len(list(folder.iterdir())) == kept.MOST_FILES
