"""Templates of texts: what kind of character stands at each position."""

import math
import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from twinfold.tables.filling.rows import Numbers, Rows

_UPPER, _LOWER, _DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
ALPHABETS = {
    "digit": _DIGITS,
    "nonzero": _DIGITS[1:],
    "area": _DIGITS[2:],  # the first digit of a North American area code
    "upper": _UPPER,
    "lower": _LOWER,
    "letter": _UPPER + _LOWER,
    "hex": _DIGITS + "abcdef",
    "HEX": _DIGITS + "ABCDEF",
    "upper or digit": _DIGITS + _UPPER,
    "lower or digit": _DIGITS + _LOWER,
    "any": _DIGITS + _UPPER + _LOWER,
}
_ONE_OF = re.compile(r"\[[0-9A-Za-z]{1,62}\]")
_CORE = 2**48
_LONGEST = 64
_HARDLY = 1e6
MOST_TEMPLATES = 32

Matrix = npt.NDArray[np.uint8]


def alphabet_of(slot: str) -> str:
    """The characters that may stand in a slot; none where it is no alphabet but one fixed character."""
    return slot[1:-1] if _ONE_OF.fullmatch(slot) else ALPHABETS.get(slot, "")


class Template(BaseModel):
    """A text of fixed length.

    Each slot is the name of an alphabet, letters and digits in brackets of which one stands there, or the one character
    that does.

    `weight`: how often the template is used, in thousandths.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: int = Field(ge=0, le=1000)
    slots: tuple[str, ...] = Field(max_length=4 * _LONGEST)

    @field_validator("slots")
    @classmethod
    def _known(cls, slots: tuple[str, ...]) -> tuple[str, ...]:
        for slot in slots:
            if not alphabet_of(slot) and not (len(slot) == 1 and " " <= slot <= "~"):
                raise ValueError(f"{slot[:20]!r} is no alphabet and no character of ASCII")
        return slots

    @property
    def shape(self) -> str:
        """The template with "x" for each letter or digit, by which two templates can't give the same text."""
        return "".join("x" if alphabet_of(slot) or slot.isalnum() else slot for slot in self.slots)

    @property
    def space(self) -> int:
        """How many different texts it has."""
        return math.prod(len(alphabet) for alphabet in map(alphabet_of, self.slots) if alphabet)

    @property
    def pattern(self) -> str:
        """A regular expression that fits the template's texts."""
        parts = (f"[{alphabet_of(slot)}]" if alphabet_of(slot) else re.escape(slot) for slot in self.slots)
        return f"^{''.join(parts)}$"

    def wider(self) -> Iterator["Template"]:
        """The template, and then with ever more of its fixed digits free, the last first."""
        slots = list(self.slots)
        yield self
        for position in reversed(range(len(slots))):
            if slots[position].isdigit():
                slots[position] = "digit"
                yield self.model_copy(update={"slots": tuple(slots)})

    def longer(self, by: int) -> "Template":
        """The template with more digits after its last varying slot."""
        varying = [i for i, slot in enumerate(self.slots) if alphabet_of(slot)]
        at = (varying[-1] if varying else len(self.slots) - 1) + 1
        return Template(weight=0, slots=(*self.slots[:at], *["digit"] * by, *self.slots[at:]))


def spell(template: Template, numbers: Numbers, rows: Rows) -> Matrix:
    """Texts of a template, different for different numbers below its space; shape (rows, slots).

    Where the space is larger than 2^48, the last slots spell the number and those before them are random.
    """
    texts = np.empty((len(rows), len(template.slots)), np.uint8)
    rest = numbers
    spelled = 1
    for position in range(len(template.slots) - 1, -1, -1):
        slot = template.slots[position]
        letters = alphabet_of(slot)
        if not letters:
            texts[:, position] = ord(slot)
            continue
        alphabet = np.frombuffer(letters.encode("ascii"), np.uint8)
        if spelled < _CORE:
            rest, chosen = np.divmod(rest, np.uint64(len(alphabet)))
            spelled *= len(alphabet)
        else:
            chosen = rows.below(len(alphabet), 1000 + position)
        texts[:, position] = alphabet[chosen.astype(np.intp)]
    return texts


def numbered(template: Template) -> int:
    """How many different numbers `spell` can tell apart in a template."""
    spelled = 1
    for slot in reversed(template.slots):
        if (alphabet := alphabet_of(slot)) and spelled < _CORE:
            spelled *= len(alphabet)
    return spelled


def join(texts: Matrix) -> pl.Series:
    """A matrix of ASCII codes, shape (rows, length), as a column of text."""
    import pyarrow as pa

    rows, length = texts.shape
    offsets = np.arange(rows + 1, dtype=np.int64) * length
    joined = pa.LargeStringArray.from_buffers(
        rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(texts).data if texts.size else b"")
    )
    return pl.Series("", pl.from_arrow(joined), dtype=pl.String)


def learn_templates(values: pl.Series, min_count: int) -> tuple[Template, ...]:
    """Templates of distinct texts: their shapes held by at least `min_count`, at most 32, the most frequent first.

    A character stays as it is only where nearly all texts of a shape, and at least `min_count`, have it in that place.
    Where no shape is frequent enough, one template of the usual length and class is all that is learned.
    """
    cut = values.str.slice(0, _LONGEST)
    frame = pl.DataFrame({"value": cut, "shape": cut.str.replace_all(r"[\p{L}\p{N}]", "x")})
    counts = (
        frame.group_by("shape")
        .len("count")
        .filter(pl.col("count") >= min_count)
        .sort("count", "shape", descending=[True, False])
        .head(MOST_TEMPLATES)
    )
    if counts.is_empty():
        return (_fallback(values),)
    per_mille = _per_mille(counts["count"].to_list())
    groups = {
        key[0]: part["value"].to_list() for key, part in frame.group_by("shape") if key[0] in set(counts["shape"])
    }
    found: dict[str, Template] = {}
    for shape, weight in zip(counts["shape"], per_mille, strict=True):
        template = Template(weight=weight, slots=_slots(groups[shape], min_count))
        same = found.get(template.shape)
        found[template.shape] = template if same is None else same.model_copy(update={"weight": same.weight + weight})
    return tuple(found.values())


def avoid(template: Template, values: pl.Series, min_count: int) -> Template | None:
    """The template without the texts of a column: as many others are left as it has; None where it leaves fewer.

    In one slot only characters are left that none of the texts has there, or none of those that begin alike, as at
    least `min_count` do. A template of so many texts that one drawn will hardly be real stays as it is.
    """
    taken = values.filter(values.str.contains(template.pattern))
    if template.space >= _HARDLY * len(taken) ** 2:
        return template
    varying = [i for i, slot in enumerate(template.slots) if alphabet_of(slot)]
    frame = pl.DataFrame({"begins": pl.Series([""], dtype=pl.String).new_from_index(0, len(taken)), "text": taken})
    left = template.space
    for position in varying:
        alphabet = alphabet_of(template.slots[position])
        left //= len(alphabet)
        here = pl.col("text").str.slice(position, 1)
        groups = frame.group_by("begins").agg(here.unique().alias("used"), pl.len().alias("rows"))
        groups = groups.filter(pl.col("rows") >= min_count).sort(pl.col("used").list.len(), "begins")
        if groups.is_empty() or left * len(alphabet) < len(taken):
            return None
        begins, used = groups.row(0)[:2]
        free = "".join(character for character in alphabet if character not in used)
        if free and left * len(free) >= len(taken):
            slots = list(template.slots)
            for i, character in zip(varying, begins, strict=False):
                slots[i] = character
            slots[position] = f"[{free}]"
            return Template(weight=template.weight, slots=tuple(slots))
        frame = frame.with_columns(begins=pl.col("begins") + here)
    return None


def _per_mille(counts: Sequence[int]) -> list[int]:
    total = sum(counts)
    weights = [max(1, round(1000 * count / total)) for count in counts]
    weights[0] += 1000 - sum(weights)
    return weights


def _slots(values: Sequence[str], min_count: int) -> tuple[str, ...]:
    length = len(values[0])
    codes = np.array(values, dtype=f"U{length}").view(np.uint32).reshape(len(values), length)
    return tuple(_slot(codes[:, position], min_count) for position in range(length))


def _slot(codes: npt.NDArray[np.uint32], min_count: int) -> str:
    found, counts = np.unique(codes, return_counts=True)
    usual = chr(int(found[counts.argmax()]))
    if not usual.isalnum():
        return usual if usual.isascii() and usual.isprintable() else "-"
    if usual.isascii() and counts.max() >= max(min_count, 0.995 * len(codes)):
        return usual
    frequent = "".join(chr(int(code)) for code in found[counts > 0.005 * len(codes)])
    if frequent.isdigit():
        return "nonzero" if "0" not in frequent and len(codes) >= 100 else "digit"
    if frequent.isalpha():
        return "upper" if frequent.isupper() else "lower" if frequent.islower() else "letter"
    if len(codes) >= 100 and set(frequent) <= set(ALPHABETS["hex"]):
        return "hex"
    if len(codes) >= 100 and set(frequent) <= set(ALPHABETS["HEX"]):
        return "HEX"
    return "upper or digit" if frequent.isupper() else "lower or digit" if frequent.islower() else "any"


def _fallback(values: pl.Series) -> Template:
    length = int(np.clip(values.str.len_chars().median() or 8, 4, 24))  # type: ignore[arg-type]  # a number of characters
    digits = bool(len(values)) and bool(values.str.contains(r"^[0-9]+$").all())
    return Template(weight=1000, slots=("digit" if digits else "upper or digit",) * length)
