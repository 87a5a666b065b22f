"""CSV files, as spreadsheets write and read them: checked on the way in, safe to open on the way out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, TextIO

from guildshop.errors import Invalid
from guildshop.i18n import _, ngettext

MAXIMUM_BYTES = 256 * 1024 * 1024
MAXIMUM_ROWS = 500_000
MAXIMUM_CELL = 64 * 1024
"""Characters."""

_DELIMITERS = (",", ";", "\t")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What tells spreadsheets that a file is UTF-8."""
_OTHER_ENCODINGS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"PK\x03\x04", "XLSX"))
_NUMBER = re.compile(r"[+-]?[\d\s().,/-]*")
_FORMULA = re.compile(r"\s*(=|[+\-@](?=.*[(|!]))", re.DOTALL)
_UNSAFE_START = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file as dictionaries of text, with the line on which each one begins (the header is line 1)."""

    rows: Sequence[Mapping[str, str]]
    lines: Sequence[int]
    problems: Sequence[tuple[int, str]]
    """Line and sentence for rows that are not even rows; they are not in `rows`."""


def read_sheet(path: Path, columns: Collection[str], required: Collection[str]) -> Sheet:
    """Read a CSV file with a header of these columns; Invalid with one sentence when it is no such file."""
    try:
        _refuse_large(path, path.stat().st_size)
        with path.open("rb") as file:
            return _read(file, path, columns, required)
    except FileNotFoundError:
        raise Invalid(_("There is no file {path}.").format(path=path)) from None
    except OSError as error:
        raise Invalid(_("{path} cannot be read: {reason}.").format(path=path, reason=error.strerror)) from None


def read_content(content: bytes, name: str, columns: Collection[str], required: Collection[str]) -> Sheet:
    """Read what such a file holds; `name` is what it is called in sentences."""
    path = Path(name)
    _refuse_large(path, len(content))
    return _read(io.BytesIO(content), path, columns, required)


def write_row(writer_target: TextIO, values: Iterable[str]) -> None:
    """Write one row that no spreadsheet takes for a formula."""
    csv.writer(writer_target, lineterminator="\r\n").writerow([safe_cell(value) for value in values])


async def write_sheet(target: TextIO, columns: Sequence[str], rows: AsyncIterator[Mapping[str, str]]) -> int:
    """Write a header and the rows; return how many."""
    count = 0
    write_row(target, columns)
    async for row in rows:
        write_row(target, [row.get(column, "") for column in columns])
        count += 1
    return count


def safe_cell(value: str) -> str:
    """Return the text with an apostrophe before it if a spreadsheet would run it as a formula."""
    if value.startswith(_UNSAFE_START) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    if value.startswith("'") and value.lstrip("'").startswith(_UNSAFE_START):
        return f"'{value}"
    return value


def plain_cell(value: str) -> str:
    """Return the text without the apostrophe that `safe_cell` puts before it."""
    return value[1:] if value.startswith("'") and value.lstrip("'").startswith(_UNSAFE_START) else value


def _refuse_large(path: Path, size: int) -> None:
    if size > MAXIMUM_BYTES:
        raise Invalid(
            _("{path} has {size} MiB, more than the {limit} MiB that one import takes. Split it.").format(
                path=path, size=size // 2**20, limit=MAXIMUM_BYTES // 2**20
            )
        )


def _read(file: BinaryIO, path: Path, columns: Collection[str], required: Collection[str]) -> Sheet:
    start = file.read(4)
    for mark, name in _OTHER_ENCODINGS:
        if start.startswith(mark):
            raise Invalid(
                _("{path} is {encoding}, not a CSV file in UTF-8. Save it as “CSV UTF-8”.").format(
                    path=path, encoding=name
                )
            )
    file.seek(len(BYTE_ORDER_MARK) if start.startswith(BYTE_ORDER_MARK) else 0)
    lines = _decoded(file, path)
    first = next(lines, "")
    if not first.strip():
        raise Invalid(_("{path} is empty. Its first line must name the columns.").format(path=path))
    delimiter = max(_DELIMITERS, key=lambda candidate: len(set(_header(first, candidate)) & set(columns)))
    header = _header(first, delimiter)
    _check_header(header, path, columns, required)
    return _rows(lines, delimiter, header, path)


def _decoded(file: BinaryIO, path: Path) -> Iterator[str]:
    """Yield the file's lines; a line feed cannot be part of another character in UTF-8."""
    while True:
        position = file.tell()
        line = file.readline()
        if not line:
            return
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Invalid(
                _("{path} is not UTF-8: see byte {position}. Save it as “CSV UTF-8” and import it again.").format(
                    path=path, position=position + error.start
                )
            ) from None


def _header(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _check_header(header: Sequence[str], path: Path, columns: Collection[str], required: Collection[str]) -> None:
    problems = []
    for name in header:
        if name not in columns:
            close = get_close_matches(name, list(columns), n=1)
            text = _("The column “{name}” is unknown.")
            if close:
                text = _("The column “{name}” is unknown: did you mean “{close}”?")
            problems.append(text.format(name=name, close=close[0] if close else ""))
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        problems.append(_("A column is there twice: {names}.").format(names=", ".join(twice)))
    missing = sorted(set(required) - set(header))
    if missing:
        text = ngettext("This column is missing: {names}.", "These columns are missing: {names}.", len(missing))
        problems.append(text.format(names=", ".join(missing)))
    if problems:
        wrong = _("The header of {path} is wrong.").format(path=path)
        allowed = _("Possible columns: {names}.").format(names=", ".join(columns))
        raise Invalid(" ".join([wrong, *problems, allowed]))


def _rows(text: Iterator[str], delimiter: str, header: Sequence[str], path: Path) -> Sheet:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    rows: list[Mapping[str, str]] = []
    lines: list[int] = []
    problems: list[tuple[int, str]] = []
    line = 2
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return Sheet(rows, lines, problems)
        except csv.Error as error:
            raise Invalid(
                _("{path} is broken at line {line}: {reason}. Look for a quotation mark that is not closed.").format(
                    path=path, line=line, reason=error
                )
            ) from None
        began, line = line, reader.line_num + 2  # the header was read apart
        if not any(cells):
            continue
        if len(rows) >= MAXIMUM_ROWS:
            raise Invalid(
                _("{path} has more than {limit} rows, the most that one import takes. Split it.").format(
                    path=path, limit=MAXIMUM_ROWS
                )
            )
        problem = _problem(cells, header)
        if problem:
            problems.append((began, problem))
        else:
            rows.append(dict(zip(header, map(plain_cell, cells), strict=False)))
            lines.append(began)


def _problem(cells: Sequence[str], header: Sequence[str]) -> str:
    if len(cells) != len(header):
        return ngettext(
            "This row has {count} cell, but the header has {expected}.",
            "This row has {count} cells, but the header has {expected}.",
            len(cells),
        ).format(count=len(cells), expected=len(header))
    for name, cell in zip(header, cells, strict=True):
        if len(cell) > MAXIMUM_CELL:
            return _("The cell of the column {column} is longer than {limit} characters.").format(
                column=name, limit=MAXIMUM_CELL
            )
        if "\0" in cell:
            return _("The cell of the column {column} contains a null character.").format(column=name)
        if cell[:1] in "=+-@ \t" and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
            shown = cell.strip()[:30]
            return _(
                "The cell of the column {column} begins with a formula (“{text}”), which is not imported. "
                "Replace it by its value, or put an apostrophe (') before it if it is meant as text."
            ).format(column=name, text=shown)
    return ""
