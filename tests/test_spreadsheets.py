"""CSV files: what is read, what is refused with which sentence, and what is safe to open in a spreadsheet."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guildshop import spreadsheets
from guildshop.errors import Invalid
from guildshop.spreadsheets import Sheet, plain_cell, read_sheet, safe_cell, write_sheet

COLUMNS = ("sku", "name", "price", "phone")
REQUIRED = {"sku", "name"}


def read(tmp_path: Path, content: bytes) -> Sheet:
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    return read_sheet(file, COLUMNS, REQUIRED)


def refusal(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        read(tmp_path, content)
    assert "\n" not in caught.value.message
    return caught.value.message


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("delimiter", [b",", b";", b"\t"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, mark: bytes, delimiter: bytes, end: bytes) -> None:
    lines = [b"SKU, Name ", "A,Café".encode(), b"", b'B,"two\nlines"', b"C,last"]
    sheet = read(tmp_path, mark + end.join(lines).replace(b",", delimiter) + end)
    assert [row["name"].replace("\r", "") for row in sheet.rows] == ["Café", "two\nlines", "last"]
    assert list(sheet.lines) == [2, 4, 6]
    assert not sheet.problems


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty. Its first line must name the columns."),
        ("sku,name\nA,café".encode("latin-1"), "is not UTF-8: see byte 14."),
        ("sku,name\nA,b".encode("utf-16"), "is UTF-16, not a CSV file in UTF-8."),
        (b"PK\x03\x04rest", "is XLSX, not a CSV file"),
        (b"sku,nmae\nA,b", "The column “nmae” is unknown: did you mean “name”? This column is missing: name."),
        (b"sku,name,sku\nA,b,c", "A column is there twice: sku."),
        (b'sku,name\nA,"b\nC,d\n', "is broken at line 2"),
        (b"sku,name\rA,b\r", "These columns are missing: name, sku."),
    ],
)
def test_what_is_no_such_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    assert sentence in refusal(tmp_path, content)


def test_a_file_that_is_missing_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="There is no file"):
        read_sheet(tmp_path / "none.csv", COLUMNS, REQUIRED)
    monkeypatch.setattr(spreadsheets, "MAXIMUM_ROWS", 2)
    assert "more than 2 rows" in refusal(tmp_path, b"sku,name\n" + b"A,b\n" * 3)
    monkeypatch.setattr(spreadsheets, "MAXIMUM_BYTES", 10)
    assert "Split it." in refusal(tmp_path, b"sku,name\nA,b\n")


def test_rows_that_are_no_rows_are_reported_by_line(tmp_path: Path) -> None:
    sheet = read(
        tmp_path,
        b"sku,name,price,phone\n"
        b"A,=1+1,1,\n"
        b"B,'=meant as text,-5,+1 (555) 010-0000\n"
        b"C,short\n"
        b"D,@SUM(A1),1,\n"
        b"E,@joe - the best,1,\n"
        b"F,a\0b,1,\n",
    )
    assert [row["sku"] for row in sheet.rows] == ["B", "E"]
    assert sheet.rows[0]["name"] == "=meant as text"
    problems = dict(sheet.problems)
    assert list(problems) == [2, 4, 5, 7]
    assert problems[2].startswith("The cell of the column name begins with a formula (“=1+1”)")
    assert problems[4] == "This row has 2 cells, but the header has 4."


def test_a_hundred_thousand_rows_are_read(tmp_path: Path) -> None:
    sheet = read(tmp_path, b"sku,name\n" + b"".join(b"S%d,Name\n" % number for number in range(100_000)))
    assert len(sheet.rows) == 100_000
    assert sheet.lines[-1] == 100_001


@example("'=1+1")
@example("''=1+1")
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_safe_cell_comes_back_as_it_was(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text


async def test_written_sheets_hold_no_formula(tmp_path: Path) -> None:
    async def rows() -> AsyncIterator[Mapping[str, str]]:
        yield {"sku": "A", "name": "=HYPERLINK(1)", "price": "-5", "phone": "+15550100"}

    target = io.StringIO(newline="")
    assert await write_sheet(target, COLUMNS, rows()) == 1
    assert target.getvalue() == "sku,name,price,phone\r\nA,'=HYPERLINK(1),-5,+15550100\r\n"
    assert read(tmp_path, target.getvalue().encode()).rows[0]["name"] == "=HYPERLINK(1)"
