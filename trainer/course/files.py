"""The text files of a course, none of which may be a link to somewhere else."""

from pathlib import Path

from trainer.course.block import LessonError

__all__ = ["read_text", "too_large"]


def read_text(folder: Path, file: Path, largest_bytes: int) -> str:
    """A text file, which must lie inside `folder` when every link is followed. Raises `LessonError`."""
    try:
        if not file.resolve().is_relative_to(folder.resolve()):
            raise LessonError(file, 0, "the file is a link out of its folder", "Put the file itself there.")
        if not file.is_file():
            raise LessonError(file, 0, "there is no such file", "Check the folder's name, or write the file.")
        with file.open("rb") as stream:
            data = stream.read(largest_bytes + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, on older Pythons
        raise LessonError(file, 0, f"the file cannot be read ({error})", "Check that you may read it.") from None
    if len(data) > largest_bytes:
        raise too_large(file, largest_bytes)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LessonError(file, line, "the text is not UTF-8", "Save the file with the encoding UTF-8.") from None


def too_large(file: Path, largest_bytes: int) -> LessonError:
    return LessonError(file, 0, f"the file is larger than {largest_bytes // 1024} KB", "Split it into more lessons.")
