"""The event log: every decision that came to something, as rows of a Parquet file, written as they come."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from twinfold.errors import OutputError
from twinfold.simulation.course import Events, When
from twinfold.simulation.levels import REASONS, Level
from twinfold.simulation.scenario import Scenario

if TYPE_CHECKING:
    import numpy.typing as npt

ROWS = 1_000_000
"""Events that are gathered before they are written."""


class ParquetLog:
    """A file of events: who decided what, when, between what, how likely that was, and what moved it most.

    An event is whatever happened, every number that was decided, and whatever was asked by a contact, whether it then
    happened or not. Written beside
    its place and moved there when all is done; on an error nothing is left.

    Args:
        path: the file.
        scenario: of what; frame: the customers, as they were stored.
    """

    def __init__(self, path: Path, scenario: Scenario, frame: pl.DataFrame) -> None:
        self.path, self.scenario = path, scenario
        self._beside = path.with_name(f".{path.name}.{os.getpid()}.part")
        customers = frame[scenario.customer] if scenario.customer else pl.Series(np.arange(frame.height))
        self._customers = customers.to_arrow()
        if pa.types.is_large_string(self._customers.type):
            self._customers = self._customers.cast(pa.string())
        self._names: dict[str, list[str]] = {key: [] for key in ("arm", "decision", "option", "choice", "reason")}
        self._places: dict[tuple[str, str], int] = {}
        self._waiting: list[dict[str, npt.NDArray[Any]]] = []
        self._count = 0
        self.rows = 0

    def _place(self, kind: str, name: str) -> int:
        """The number of a name, a new one where it is new."""
        if (kind, name) not in self._places:
            self._places[kind, name] = len(self._names[kind])
            self._names[kind].append(name)
        return self._places[kind, name]

    def __enter__(self) -> Self:
        fields = [
            ("arm", pa.dictionary(pa.int32(), pa.string())),
            ("period", pa.int32()),
            *([("date", pa.date32())] if self.scenario.start else []),
            ("customer", self._customers.type),
            ("decision", pa.dictionary(pa.int32(), pa.string())),
            ("option", pa.dictionary(pa.int32(), pa.string())),
            ("probability", pa.float32()),
            ("choice", pa.dictionary(pa.int32(), pa.string())),
            ("amount", pa.float32()),
            *((f"reason_{number + 1}", pa.dictionary(pa.int32(), pa.string())) for number in range(REASONS)),
        ]
        self._schema = pa.schema(fields)
        try:
            self._writer = pq.ParquetWriter(
                self._beside, self._schema, compression="zstd", compression_level=1, use_dictionary=True
            )
        except OSError as error:
            raise OutputError(f"events {str(self.path)!r} can't be written: {error.strerror or error}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._write()
        self._writer.close()
        if kind is None:
            self._beside.replace(self.path)
        else:
            self._beside.unlink(missing_ok=True)

    def __call__(
        self,
        arm: str,
        when: When,
        decision: str,
        events: Events,
        level: Level,
        contact: str | None,
    ) -> None:
        """Note events; see `course.EventLog`."""
        options = self.scenario.decisions[decision].options
        titles = list(options) if options else ["no", "yes"]
        own = {name: self._place("choice", name) for name in titles}
        said = " / ".join(options) if options else self._offer(level, contact)
        count = len(events.agents)
        choices = np.array([own[title] for title in titles] + [-1], np.int32)[np.asarray(events.chosen, np.int64)]
        self._waiting.append(
            {
                "arm": np.full(count, self._place("arm", arm), np.int32),
                "period": np.full(count, when.period, np.int32),
                "day": np.full(count, when.day, np.int32),
                "customer": np.asarray(events.agents, np.int32),
                "decision": np.full(count, self._place("decision", decision), np.int32),
                "option": np.full(count, self._place("option", said), np.int32),
                "probability": events.chances,
                "choice": choices,
                "amount": np.full(count, np.nan, np.float32)
                if events.amounts is None
                else events.amounts.astype(np.float32),
                **self._reasons(level, events.agents),
            }
        )
        self._count += count
        if self._count >= ROWS:
            self._write()

    def _offer(self, level: Level, contact: str | None) -> str:
        return f"{contact}: {level.offer}" if contact and level.offer else contact or level.offer

    def _reasons(self, level: Level, agents: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        if level.reasons is None:
            return {f"reason_{number + 1}": np.full(len(agents), -1, np.int32) for number in range(REASONS)}
        places = np.array([self._place("reason", name) for name in level.names] + [-1], np.int32)
        own = level.reasons[:, agents]
        return {f"reason_{number + 1}": places[own[number]] for number in range(REASONS)}

    def _write(self) -> None:
        if not self._count:
            return
        every = {key: np.concatenate([part[key] for part in self._waiting]) for key in self._waiting[0]}
        self._waiting, self._count = [], 0
        columns: dict[str, pa.Array] = {
            "period": pa.array(every["period"]),
            "customer": self._customers.take(pa.array(every["customer"])),
            **{key: pa.array(every[key], mask=np.isnan(every[key])) for key in ("probability", "amount")},
        }
        if self.scenario.start:
            first = (self.scenario.start - datetime.date(1970, 1, 1)).days
            columns["date"] = pa.array((every["day"] + first).astype("datetime64[D]"))
        for key in (*("arm", "decision", "option", "choice"), *(f"reason_{n + 1}" for n in range(REASONS))):
            names = self._names["reason" if key.startswith("reason") else key]
            places = pa.array(every[key], mask=every[key] < 0)
            columns[key] = pa.DictionaryArray.from_arrays(places, pa.array(names, pa.string()))
        made = pa.table([columns[field.name] for field in self._schema], schema=self._schema)
        self._writer.write_table(made, row_group_size=ROWS)
        self.rows += made.num_rows
