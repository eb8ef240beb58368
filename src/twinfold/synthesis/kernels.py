"""Compiled passes over numbers: which bin each lies in; and, of moments, what the calendar says."""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

ERA, YEAR_FROM_MARCH, BEFORE_1970 = 146_097, 365, 719_468
"""Days of four hundred years, of a common year, and from 1 March of the year 0 to 1 January 1970."""


@numba.njit(cache=True, nogil=True)
def find_bins(edges: Array, values: Array, missing: int, out: Array) -> None:
    """Into `out`, (rows,): how many of the ascending `edges` are no larger than each value; `missing` of NaN."""
    for row in range(len(values)):
        value = values[row]
        if value != value:
            out[row] = missing
            continue
        low, size = 0, len(edges)
        while size > 0:
            half = size >> 1
            if edges[low + half] <= value:
                low += half + 1
                size -= half + 1
            else:
                size = half
        out[row] = low


@numba.njit(cache=True, nogil=True)
def read_calendar(time: Array, day: float, missing: Array, out: Array) -> None:
    """Into `out`, (columns, rows): weekday from Monday, day of the month, days left of it, month, and, where there is
    room, the hour, all from 0; `missing`, (columns,), of NaN.

    `time` is in units of which `day` make a day, since 1970. The civil date of a day: Hinnant 2013, "chrono-compatible
    low-level date algorithms".
    """
    for row in range(len(time)):
        value = time[row]
        if value != value:
            for column in range(len(out)):
                out[column, row] = missing[column]
            continue
        days = int(np.floor(value / day))
        from_march = days + BEFORE_1970
        era = from_march // ERA
        of_era = from_march - era * ERA
        year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // YEAR_FROM_MARCH
        of_year = of_era - (YEAR_FROM_MARCH * year + year // 4 - year // 100)
        month = (5 * of_year + 2) // 153  # from March
        begin = (153 * month + 2) // 5
        if month == 11:  # February
            following = year + 1
            leap = following % 4 == 0 and (following % 100 != 0 or following % 400 == 0)
            length = 29 if leap else 28
        else:
            length = (153 * (month + 1) + 2) // 5 - begin
        out[0, row] = (days + 3) % 7
        out[1, row] = of_year - begin
        out[2, row] = length - 1 - (of_year - begin)
        out[3, row] = (month + 2) % 12
        if len(out) > 4:
            out[4, row] = int((value / day - days) * 24)
