"""What a delimited text file looks like: its encoding, its delimiter, its quotes, its line ends.

Found from the bytes at the start of the file, but the encoding, which all bytes must bear out. The marks inside numbers
are found later, from whole columns (`number_text`).
"""

import codecs
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from twinfold.errors import DataError
from twinfold.tables.layout import CsvDialect
from twinfold.tables.memory import check_memory
from twinfold.tables.number_text import NULL_TOKENS, is_number_like
from twinfold.tables.personal.masking import mask

SAMPLE_BYTES = 1 << 20
"""How much of a file is read for its dialect; its first record must be shorter."""

_LOOKED_AT = 1 << 17

_CHUNK = 1 << 20
_BOMB_BYTES, _BOMB_RATIO = 1 << 30, 100
_BYTES_A_BYTE = 3
"""What a byte of delimited text takes in memory once it is read, at least."""

_DELIMITERS = (",", ";", "\t", "|")
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before utf-16, whose mark it begins with
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NOT_TEXT = {
    b"PK\x03\x04": "a zip archive or an Excel workbook: save its sheet as CSV",
    b"%PDF": "a PDF document: export its table as CSV",
    b"PAR1": "a Parquet file: name it .parquet",
    b"ARROW1": "an Arrow (Feather) file: save it as Parquet",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save its sheet as CSV",
    b"SQLite format 3": "an SQLite database: export its table as CSV",
    b"\x89HDF": "an HDF5 file: save its table as Parquet",
    b"BZh": "compressed with bzip2: unpack it, or use gzip",
    b"\xfd7zXZ": "compressed with xz: unpack it, or use gzip",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it, or use gzip",
    b"{\\rtf": "a text document: save its table as CSV",
}
_NAMED_DELIMITER = re.compile(r'"?sep=([^\w\s"\'.]|\t)"?(?:\r\n|\n|\r|\Z)', re.IGNORECASE)
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")
_NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


@dataclass(frozen=True)
class SniffedFile:
    """A text file's dialect, its column names, and the positions of columns whose every value stands in quotes.

    The dialect's number marks are still the defaults. `text_columns` is empty unless the dialect is `quote_text`.
    `escaped`: whether a quote inside a field stands behind a backslash, as MySQL writes, not doubled.
    """

    dialect: CsvDialect
    header: tuple[str, ...]
    text_columns: frozenset[int]
    escaped: bool = False


def sniff_file(path: Path) -> SniffedFile:
    """Find the dialect of a text file. Raises `DataError` where the file is empty, no text, or has no line of names."""
    zipped, encoding, sample, whole = _scan_bytes(path)
    text = codecs.getincrementaldecoder(encoding)().decode(sample)
    if not text.strip():
        raise DataError(f"{path.name} is empty; a line of column names and rows of values are needed")
    if len(text) > _LOOKED_AT and re.search("[\r\n].*[\r\n]", text[:_LOOKED_AT]):
        text, whole = text[:_LOOKED_AT], False
    start = CsvDialect(encoding=encoding, gzip=zipped)
    if named := _NAMED_DELIMITER.match(text):
        text = text[named.end() :]
        start = start.model_copy(update={"delimiter": named[1], "names_delimiter": True})
        if not text.strip():
            raise DataError(
                f"{path.name} is empty below its line {named[0].strip()!r}; column names and rows are needed"
            )
    if _single_quotes(text):
        sniffed = _sniff_text(path.name, text, "'", whole, start)
        if sniffed.dialect.quote_all or sniffed.dialect.quote_text:
            return sniffed
    return _sniff_text(path.name, text, '"', whole, start)


@contextmanager
def open_bytes(path: Path, *, zipped: bool) -> Iterator[BinaryIO]:
    """Open a file for reading, through gzip where it is zipped. Raises `DataError` where it can't be read."""
    try:
        with gzip.open(path) if zipped else path.open("rb") as file:
            yield cast(BinaryIO, file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path.name} is a damaged gzip file ({error}); pack it again") from error
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror or error}") from error


def split_records(
    text: str, delimiter: str, quote: str, *, escaped: bool = False
) -> tuple[list[list[str]], Counter[str]]:
    """Split text into records of raw fields, quotes kept, and count the line ends between them."""
    d, q = re.escape(delimiter), re.escape(quote)
    inside = rf"[^{q}\\]*+(?:(?:{q}{q}|\\.)[^{q}\\]*+)*+" if escaped else rf"[^{q}]*+(?:{q}{q}[^{q}]*+)*+"
    field = re.compile(rf"({q}{inside}{q}[^{d}\r\n]*|[^{d}\r\n]*)({d}|\r\n|\n|\r|\Z)", re.DOTALL)
    records: list[list[str]] = []
    ends: Counter[str] = Counter()
    record: list[str] = []
    for match in field.finditer(text):
        if match.start() == len(text) and not record:
            break  # the empty match after the last line end
        record.append(match[1])
        if match[2] != delimiter:
            records.append(record)
            record = []
            if match[2]:
                ends[match[2]] += 1
    return records, ends


def _sniff_text(name: str, text: str, quote: str, whole: bool, dialect: CsvDialect) -> SniffedFile:
    """What the text at the start of a file shows, `whole` where it is all of it; the dialect gains what is found."""
    delimiter = dialect.delimiter if dialect.names_delimiter else _delimiter(text, quote)
    escaped = _escaped(text, delimiter, quote)
    records, ends = split_records(text, delimiter, quote, escaped=escaped)
    if not whole and len(records) > 1:
        records.pop()
    elif not whole:
        raise DataError(f"{name} has a first line longer than {SAMPLE_BYTES:,} bytes; is it a table?")
    blanks = {field[:1] for record in records for field in record[1:]}
    if blanks == {" "} and len(records) > 1:
        delimiter += " "
        records = [[record[0], *(field[1:] for field in record[1:])] for record in records]
    body = [record for record in records[1:] if record != [""] or len(records[0]) == 1]
    header = tuple(_unquote(field, quote) for field in records[0])
    if any(header) and all(is_number_like(field) for field in header if field):
        shapes = ", ".join(map(mask, header[:5]))  # of somebody's values
        raise DataError(f"{name} has only numbers in its first line ({shapes}): write column names above it")
    quote_all, text_columns, null = _quoting(records[0], body, delimiter, quote)
    found = {
        "delimiter": delimiter,
        "quote": quote,
        "quote_all": quote_all,
        "quote_text": bool(text_columns),
        "line_end": ends.most_common(1)[0][0] if ends else "\n",
        "null": null,
    }
    return SniffedFile(dialect.model_copy(update=found), header, text_columns, escaped)


def _scan_bytes(path: Path) -> tuple[bool, str, bytes, bool]:
    """Whether the file is zipped, its encoding, its first bytes, and whether these are all of it."""
    with open_bytes(path, zipped=False) as file:
        zipped = file.read(2) == b"\x1f\x8b"
    with open_bytes(path, zipped=zipped) as file:
        sample = file.read(SAMPLE_BYTES)
        whole = not file.read(1)
    _refuse_binary(path.name, sample)
    check_memory(_BYTES_A_BYTE * path.stat().st_size, path.name)
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if sample.startswith(mark)), None)
    if marked and marked != "utf-8-sig":
        if not _decodes(path, zipped, marked):
            raise DataError(f"{path.name} begins as {marked} and does not go on so; save it again as UTF-8")
        return zipped, marked, sample, whole
    _refuse_nul(path.name, sample)
    utf8 = _decodes(path, zipped, "utf-8")
    controls, in_cp1252 = False, True
    with open_bytes(path, zipped=zipped) as file:
        while chunk := file.read(_CHUNK):
            _refuse_nul(path.name, chunk)
            controls = controls or (not utf8 and _CONTROL.search(chunk) is not None)
            in_cp1252 = in_cp1252 and (utf8 or _NOT_IN_CP1252.search(chunk) is None)
    if controls or (marked and not utf8):
        raise DataError(f"{path.name} is not text in UTF-8, UTF-16 or Windows-1252; save it as UTF-8")
    return zipped, marked or ("utf-8" if utf8 else "cp1252" if in_cp1252 else "latin-1"), sample, whole


def _refuse_binary(name: str, sample: bytes) -> None:
    if not sample:
        raise DataError(f"{name} is empty; a line of column names and rows of values are needed")
    for magic, what in _NOT_TEXT.items():
        if sample.startswith(magic):
            raise DataError(f"{name} is {what}")
    if _PICKLE.match(sample):
        raise DataError(f"{name} is a pickle, which can run code when it is opened: save its table as Parquet")


def _refuse_nul(name: str, chunk: bytes) -> None:
    if b"\0" in chunk:
        raise DataError(f"{name} holds NUL bytes: it is not text, or UTF-16 without a mark; save it as UTF-8")


def _refuse_bomb(path: Path, unpacked: int) -> None:
    if unpacked > max(_BOMB_BYTES, _BOMB_RATIO * path.stat().st_size):
        raise DataError(
            f"{path.name} unpacks to more than {_BOMB_RATIO} times its size, as no table does; unpack it and look at it"
        )
    check_memory(_BYTES_A_BYTE * unpacked, path.name)


def _decodes(path: Path, zipped: bool, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    unpacked = 0
    with open_bytes(path, zipped=zipped) as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
                unpacked += len(chunk)
                if zipped and unpacked >= _BOMB_BYTES:
                    _refuse_bomb(path, unpacked)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def _single_quotes(text: str) -> bool:
    """Whether fields may stand in single quotes: there are no double ones, and some fields begin and end with one."""
    between = r"""(?:^|[,;\t|\r\n])'[^'\r\n]*'(?=[,;\t|\r\n]|$)"""
    return '"' not in text and len(re.findall(between, text)) > 1


def _delimiter(text: str, quote: str) -> str:
    """The delimiter that splits the most records into as many fields as the first one has, and the first into many."""
    best, best_score = ",", (0.0, False, 0)
    for delimiter in _DELIMITERS:
        records, _ = split_records(text[: 1 << 16], delimiter, quote)
        records = [record for record in records[:500] if record != [""]]
        width = len(records[0]) if records else 0
        if width < 2:
            continue
        alike = sum(len(record) == width for record in records) / len(records)
        # Commas stand inside numbers and names, too: an equal score goes to the rarer mark.
        score = (round(alike, 1), delimiter != ",", width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _escaped(text: str, delimiter: str, quote: str) -> bool:
    """Whether quotes inside fields stand behind backslashes: fewer records are broken where they are read so."""
    if "\\" + quote not in text:
        return False

    def broken(escaped: bool) -> int:
        records, _ = split_records(text, delimiter, quote, escaped=escaped)
        inner = rf"(?:[^{quote}\\]|{quote}{quote}|\\.)*" if escaped else rf"(?:[^{quote}]|{quote}{quote})*"
        closed = re.compile(rf"{quote}{inner}{quote}|[^{quote}].*|", re.DOTALL)
        width = len(records[0])
        return sum(len(record) != width or not all(map(closed.fullmatch, record)) for record in records[:-1])

    return broken(True) < broken(False)


def _quoting(header: list[str], body: list[list[str]], delimiter: str, quote: str) -> tuple[bool, frozenset[int], str]:
    """Whether all fields are quoted; else the columns of text where all text is quoted; and what stands for missing."""

    def quoted(field: str) -> bool:
        return len(field) > 1 and field[0] == field[-1] == quote

    def needless(field: str) -> bool:
        return quoted(field) and not re.search(rf"[{delimiter[0]}\r\n{quote}]", field[1:-1])

    values = [field for record in body for field in record if field]
    if all(map(quoted, values)) and any(map(needless, [*values, *header])):
        return True, frozenset(), ""
    texts: set[int] = set()
    bare_nulls: Counter[str] = Counter()
    for position in range(len(header)):
        fields = [record[position] for record in body if position < len(record)]
        bare = [field for field in fields if not quoted(field)]
        bare_nulls.update(field for field in bare if field in NULL_TOKENS)
        unquoted = [field for field in bare if field and field not in NULL_TOKENS]
        if len(bare) < len(fields):
            if unquoted:
                return False, frozenset(), ""
            texts.add(position)
        elif not all(map(is_number_like, unquoted)):
            return False, frozenset(), ""
    if not any(map(needless, (field for record in body for field in record))):
        return False, frozenset(), ""
    return False, frozenset(texts), bare_nulls.most_common(1)[0][0] if bare_nulls else ""


def _unquote(field: str, quote: str) -> str:
    if len(field) > 1 and field[0] == field[-1] == quote:
        return field[1:-1].replace(quote * 2, quote)
    return field
