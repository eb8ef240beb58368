"""The columns of a history's models: what each is given and what it draws, and the codes of a past."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes
from twinfold.synthesis.clock import Binning, Clock
from twinfold.synthesis.dues import WHENS, Dues
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.kinds import Kinds
from twinfold.synthesis.past import Known, Last

Array = npt.NDArray[Any]

MODELS = ("any", "begin", "first", "more", "gap", "kind", "later")
"""The models of a history: whether there is a row, when, what it holds; whether another, how much later, of what kind,
and what else it holds."""


def model_columns(
    codebook: Codebook,
    parents: Sequence[CodeColumn],
    clock: Clock | None,
    binnings: Mapping[str, Binning],
    kinds: Kinds | None,
    dues: Dues | None,
    recalled: Mapping[str, Binning],
    repeated: Sequence[str],
    follow: Sequence[str],
) -> dict[str, tuple[tuple[CodeColumn, ...], tuple[CodeColumn, ...]]]:
    """For each of `MODELS`: the columns that it is given, and those that it draws; see `History`.

    `repeated` columns may be the last row's, running numbers, `follow`, may go on from it.
    """
    columns, question = codebook.code_columns, (CodeColumn("more", 2, False),)
    coded = [c for c in columns if not isinstance(codebook.encodings[c.name], NumberEncoding)]
    past = [*parents, *(binning.column(name) for name, binning in binnings.items()), *coded]
    begin, gap, moment = list[CodeColumn](), list[CodeColumn](), list[CodeColumn]()
    if clock is not None:
        past += clock.calendar_columns
        begin, gap, moment = [clock.begin_column], [clock.gap_column], list(clock.moment_columns)
    when = gap
    if dues is not None:
        gap = _wider(gap, ["gap"])
        when, gap = [CodeColumn("when", WHENS, True), *gap], [CodeColumn("due kind", len(dues) + 1, False), *gap]
    of_kind = [c for c in columns if kinds is not None and c.name in kinds.columns]
    rest = [c for c in columns if c not in of_kind]
    now, memory = [*past, *gap, *moment], [*of_kind, *_recalled_columns(recalled, codebook, kinds)]
    given = {"any": parents, "begin": parents, "first": [*parents, *moment], "more": past, "gap": past, "kind": now}
    drawn = {"any": question, "begin": begin, "more": question, "gap": when, "kind": of_kind}
    given["later"] = [*now, *memory]
    drawn["first"] = [*flag_columns((), follow), *_wider(columns, follow)]
    drawn["later"] = [*flag_columns(repeated, follow), *_wider(rest, (*repeated, *follow))]
    return {name: (_renamed(given[name]), tuple(drawn[name])) for name in MODELS}


def _wider(columns: Iterable[CodeColumn], names: Sequence[str]) -> list[CodeColumn]:
    """Columns of which some have one code more than else."""
    return [replace(c, cardinality=c.cardinality + 1) if c.name in names else c for c in columns]


def recalled_names(numeric: Sequence[str]) -> list[str]:
    """The names of the numbers that are recalled of the last row of a kind."""
    return ["ago", *(f"its {name}" for name in numeric)]


def recalled_numbers(last: Last) -> dict[str, Array]:
    """Those numbers, NaN where there is no such row; (parents,) each."""
    out = {"ago": last.ago, **{f"its {name}": values for name, values in last.numbers.items()}}
    return {name: np.where(last.there, values, np.nan) for name, values in out.items()}


def recall_codes(recalled: Mapping[str, Binning], codebook: Codebook, kinds: Kinds, last: Last) -> Codes:
    """The codes of the last row of a kind: its numbers, and of other columns one code more where there is none."""
    numbers = recalled_numbers(last)
    own = [binning.encode(numbers[name]) for name, binning in recalled.items()]
    for column in _remembered(codebook, kinds):
        own.append(np.where(last.there, last.codes[column.name], column.cardinality).astype(np.uint16))
    return np.stack(own)


def _recalled_columns(recalled: Mapping[str, Binning], codebook: Codebook, kinds: Kinds | None) -> list[CodeColumn]:
    own = [binning.column(name) for name, binning in recalled.items()]
    remembered = _remembered(codebook, kinds) if kinds is not None else []
    return [*own, *(replace(column, cardinality=column.cardinality + 1) for column in remembered)]


def _remembered(codebook: Codebook, kinds: Kinds) -> list[CodeColumn]:
    """The columns that are no numbers and say nothing of the kind."""
    numeric = [name for name, encoding in codebook.encodings.items() if isinstance(encoding, NumberEncoding)]
    return [column for column in codebook.code_columns if column.name not in (*numeric, *kinds.columns)]


REPEATS, FOLLOWS = "repeats ", "follows "
"""How the columns begin that say of another that it repeats the row before, and that it follows from what is known."""


def flag_columns(repeated: Iterable[str], follow: Iterable[str]) -> tuple[CodeColumn, ...]:
    """The columns that say whether others repeat, or go on from, the row before."""
    names = (*(f"{REPEATS}{name}" for name in repeated), *(f"{FOLLOWS}{name}" for name in follow))
    return tuple(CodeColumn(name, 2, False) for name in names)


def flagged(flag: str) -> str | None:
    """The column that such a column says it of; None for other columns."""
    return next((flag.removeprefix(how) for how in (REPEATS, FOLLOWS) if flag.startswith(how)), None)


def known_codes(binnings: Mapping[str, Binning], clock: Clock | None, known: Known) -> Codes:
    """The codes of a past: its running numbers, the last codes of columns that are no numbers, and the calendar."""
    own = [binning.encode(known.numbers[name]) for name, binning in binnings.items()]
    own += [codes.astype(np.uint16) for name, codes in known.codes.items() if f"last {name}" not in known.numbers]
    if clock is not None and known.time is not None:
        own += list(clock.calendar(known.time))
    return np.stack(own)


def numeric_columns(codebook: Codebook) -> list[str]:
    """The columns whose codes are those of numbers."""
    return [name for name in codebook.learned if isinstance(codebook.encodings[name], NumberEncoding)]


def guide_names(numeric: Sequence[str], name: str) -> list[str]:
    """What may say where in its bin a column's number lies: the row's others, and its own of rows before."""
    return [*(other for other in numeric if other != name), f"last {name}", f"mean {name}", f"its {name}"]


def _renamed(columns: Sequence[CodeColumn]) -> tuple[CodeColumn, ...]:
    """The columns of a context: of them nothing is ever drawn, so that a code for rare levels is one like others."""
    return tuple(
        CodeColumn(f"{place} {c.name}", c.cardinality, c.ordered, c.missing) for place, c in enumerate(columns)
    )
