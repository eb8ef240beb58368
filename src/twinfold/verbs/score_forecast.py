"""How far a frozen forecast was right: `twinfold score-forecast`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.behaviour.frozen import Frozen, read_frozen
from twinfold.behaviour.returning import count_returns
from twinfold.behaviour.rows import as_text, hash_names, read_outcome, read_values
from twinfold.behaviour.scoreboard import add_record, default_place, digest, first_read, mark, read_board
from twinfold.behaviour.scoring import Group, Score, score
from twinfold.behaviour.specification import Specification, make_specification
from twinfold.errors import DataError, RefusedError
from twinfold.protocols import Progress, silent
from twinfold.tables.schema import Table
from twinfold.verbs.sources import read_source

Floats = npt.NDArray[np.float64]


def score_forecast(
    forecast: str | Path,
    outcomes: Any,
    *,
    scoreboard: str | Path | None = None,
    progress: Progress = silent,
) -> Score:
    """Judge a forecast by what came, and put it on the scoreboard.

    Args:
        forecast: the file that `predict` wrote, its record beside it.
        outcomes: what came of its rows: a file, or a pandas, Polars or Arrow frame; as many rows in the same order, or
            with the column of the customer, by which they are matched. Of a lifetime: purchases, up to the horizon.
        scoreboard: the file to which the score is added; None is the user's own.
        progress: told how far the work has come.

    Raises:
        RefusedError: the forecast was made after these outcomes were read, or of them; DataError: the forecast is none,
            was changed, or doesn't fit the outcomes; OutputError: the scoreboard can't be written to.
    """
    record = read_frozen(forecast)
    asked = make_specification(dict(record.specification), "the forecast's specification")
    if record.seen:
        raise RefusedError(
            f"outcomes stood in the data that {forecast} was made of; leave {asked.outcome!r} out and predict anew"
        )
    place = Path(scoreboard) if scoreboard is not None else default_place()
    progress("scoring", 0.0)
    _, said, _ = read_source(forecast).single()
    table, came, _ = read_source(outcomes).single()
    needed = (asked.customer, asked.time) if asked.kind == "lifetime" else (asked.outcome,)
    for name in needed:
        if name not in came.columns:
            raise DataError(f"{table.name} has no column {name!r}, which was forecast; give what came of it")
    own, marked = digest(came, asked.columns), mark(came, asked.outcome, asked.customer)
    _check_order(record, own, marked, read_board(place), forecast)
    if asked.kind == "lifetime":
        said, matched = _count(said, came, table, asked, record)
    else:
        matched = _match(said, came, read_outcome(came[str(asked.outcome)], str(asked.outcome)), asked)
    add_record(place, {"event": "outcomes read", "outcomes": own, "mark": marked, "forecast": record.forecast})
    shared = set(said.columns) & set(came.columns) - {asked.outcome}
    found = replace(_judge(said, matched, asked), aligned=bool(shared), whole=_judge_mean(record, matched))
    add_record(place, _entry(Path(forecast).name, record, own, found))
    progress("scoring", 1.0)
    return found


def _check_order(record: Frozen, outcomes: str, marked: str, board: list[dict[str, Any]], forecast: str | Path) -> None:
    """Raise `RefusedError` where outcomes were known before a forecast was made."""
    if record.learned == outcomes:
        raise RefusedError(f"{forecast} was learned from these very outcomes; score it on others")
    read = first_read(board, outcomes, marked)
    if read is not None and read < record.made:
        raise RefusedError(
            f"{forecast} was made at {record.made[:19]}, after these outcomes were read at {read[:19]}; give others"
        )


def _match(said: pl.DataFrame, came: pl.DataFrame, outcome: Floats, asked: Specification) -> Floats:
    """The outcome of each row of a forecast, NaN where none is known: by the customer, or by the order of rows."""
    key = asked.customer
    if key and key in said.columns and key in came.columns:
        one, other = as_text(said[key]), as_text(came[key])
        if one.is_unique().all() and other.is_unique().all():
            known = dict(zip(other.to_list(), outcome.tolist(), strict=True))
            return np.array([known.get(who, np.nan) for who in one.to_list()])
    if said.height != came.height:
        raise DataError(
            f"the forecast has {said.height:,} rows and the outcomes {came.height:,}; give the same in the same order"
        )
    for name in sorted(set(said.columns) & set(came.columns) - {asked.outcome}):
        if not as_text(said[name]).equals(as_text(came[name]), null_equal=True):
            raise DataError(
                f"column {name!r} of the outcomes differs from the forecast's; give the rows in the same order"
            )
    return outcome


def _count(
    said: pl.DataFrame, came: pl.DataFrame, table: Table, asked: Specification, record: Frozen
) -> tuple[pl.DataFrame, Floats]:
    """One row of a forecast of lifetimes for each customer, and on how many days of its window they bought."""
    assert asked.customer
    assert asked.time
    if record.window is None or asked.customer not in said.columns:
        raise DataError(
            "the forecast says no window of time, or whose its rows are; make it again with twinfold predict"
        )
    once = said.unique(asked.customer, keep="first", maintain_order=True)
    columns = [table[asked.customer], table[asked.time]]
    values, names = read_values(came, columns), hash_names(read_values(once, columns[:1])[asked.customer])
    return once, count_returns(values, asked.customer, columns[1], names, record.window)


def _judge(said: pl.DataFrame, outcome: Floats, asked: Specification) -> Score:
    prediction, lower, upper = (
        said[name].cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)
        for name in ("prediction", "lower", "upper")
    )
    parts = {}
    for name in filter(None, (asked.treatment, *asked.strata)):
        column = said[name]
        numeric = column.dtype.is_numeric()
        parts[name] = column.fill_null(0).to_numpy() if numeric else as_text(column).fill_null("").to_numpy()
    supported = said["in_support"].cast(pl.String).str.to_lowercase().is_in(["true", "1"]).fill_null(False).to_numpy()
    try:
        return score(prediction, lower, upper, outcome, parts, supported)
    except ValueError as error:
        raise DataError(f"{error}; give the outcomes of more of its rows") from None


def _judge_mean(record: Frozen, outcome: Floats) -> Group | None:
    """All rows as one group, with the interval of their mean that was frozen; None where none was."""
    if record.average is None:
        return None
    known = outcome[np.isfinite(outcome)]
    return Group(
        "all", len(known), *record.average, float(known.mean()), float(known.std(ddof=1) / np.sqrt(len(known)))
    )


def _entry(name: str, record: Frozen, outcomes: str, found: Score) -> dict[str, Any]:
    kept = {key: value for key, value in found.json().items() if key not in ("groups", "whole")}
    return {
        "event": "scored",
        "name": name,
        "forecast": record.forecast,
        "behaviour": record.behaviour,
        "outcome": record.specification.get("outcome"),
        "made": record.made,
        "version": record.version,
        "outcomes": outcomes,
        **kept,
    }
