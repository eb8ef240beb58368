"""Numbers, names and dates as people read them; text that came from outside, made fit to be shown."""

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

SPACE = "\N{NO-BREAK SPACE}"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"


def shorten(text: object, limit: int) -> str:
    """`text` on one line, at most `limit` characters, cut in its middle so that both ends stay to tell it from others.

    Control characters and the marks that turn the direction of writing become a visible replacement: shown as they are
    they could make a name read as something else.

    >>> shorten("customer_segment_of_the_branch_2024", 20)
    'customer_s…anch_2024'
    >>> shorten("  two\\nlines\\x00 ", 20)
    'two lines�'
    """
    raw = str(text)
    if len(raw) > 4 * limit:  # nothing between the ends will be seen
        raw = raw[: 2 * limit] + raw[-2 * limit :]
    clean = "".join(_visible(character) for character in " ".join(raw.split()))
    if len(clean) <= limit:
        return clean
    head, tail = clean[: limit - limit // 2], clean[len(clean) - limit // 2 + 1 :]
    while tail and (unicodedata.combining(tail[0]) or tail[0] in _JOINERS):
        tail = tail[1:]
    return f"{head.rstrip(_JOINERS)}…{tail}"


def _visible(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") and character not in _JOINERS
    return "\N{REPLACEMENT CHARACTER}" if hidden else character


def listed(names: Sequence[str]) -> str:
    """Names one after the other, one at least.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def prose(text: object, limit: int) -> str:
    """A sentence, shortened as names are, in which a line never ends between a number and its per cent sign.

    >>> prose("off by 8.3 %", 40) == f"off by 8.3{SPACE}%"
    True
    """
    return re.sub(r"(?<=\d) %", f"{SPACE}%", shorten(text, limit))


def label(text: object, limit: int = 28) -> str:
    """A value of a column as a label; a value without any visible character says so.

    >>> label(" ")
    '(empty)'
    """
    return shorten(text, limit) or "(empty)"


def places(values: Sequence[float | None], exact: Sequence[float | None] = ()) -> int:
    """How many decimals show the differences between `values` to two figures, and `exact` too where they have more.

    >>> places([0.637, 0.631, 0.643, 0.498], exact=[0.6])
    3
    >>> places([0.0004, 0.0002, 0.0007], exact=[0.001])
    5
    >>> places([1.0, 0.0], exact=[0.0005])
    4
    >>> places([22605.0, 22606.0])
    0
    """
    finite = [value for value in (*values, *exact) if value is not None and math.isfinite(value)]
    if not finite:
        return 0
    if max(map(abs, finite)) >= 10 and all(value == round(value) for value in finite):
        return 0
    largest, spread = max(map(abs, finite)), max(finite) - min(finite)
    by_size = max(0, 2 - math.floor(math.log10(largest))) if largest > 0 else 3
    by_spread = 1 - math.floor(math.log10(spread)) if spread > 0 else 0
    needed = (_places_of(value) for value in exact if value is not None and math.isfinite(value))
    return min(6, max(min(by_size, 3), by_spread, *needed, 0))


def _places_of(value: float) -> int:
    """How many decimals show a number as it is, or to two figures where that is fewer."""
    if not value:
        return 0
    two_figures = max(0, 1 - math.floor(math.log10(abs(value))))
    return next((d for d in range(two_figures) if math.isclose(round(value, d), value, abs_tol=1e-9)), two_figures)


def exact_places(values: Sequence[float | None], most: int = 6) -> int:
    """The fewest decimals that show all values as they are, `most` at most.

    >>> exact_places([0.5, 0.25, 3.0]), exact_places([1 / 3], most=4), exact_places([None, 40.0])
    (2, 4, 0)
    """
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return next((d for d in range(most) if all(math.isclose(round(v, d), v, abs_tol=1e-9) for v in finite)), most)


def number(value: float | None, decimals: int) -> str:
    """`value` with that many decimals, thousands grouped, a true minus sign; a dash where there is none.

    >>> number(-12500.5, 1), number(float("nan"), 2)
    ('−12,500.5', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value and not 1e-9 < abs(value) < 1e12:
        return f"{value:.3g}".replace("-", "−")
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def percent(share: float) -> str:
    """A share as a percentage, with as many decimals as its size asks for.

    >>> percent(0.2714), percent(0.0004), percent(0.0), percent(1.0), percent(0.00001)
    ('27.1', '0.04', '0', '100', '<0.01')
    """
    value = 100 * share
    if not math.isfinite(value):
        return "–"
    if 0 < value < 0.01:
        return "<0.01"
    if value < 0.095:
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return "100" if value >= 99.995 else f"{value:.1f}"


def points(difference: float) -> str:
    """A difference of shares in percentage points, with its sign.

    >>> points(0.0132), points(-0.0004)
    ('+1.3', '−0.04')
    """
    text = percent(abs(difference))
    return text if text == "0" else f"{'−' if difference < 0 else '+'}{text}"


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most `most` round numbers from `low` to `high`, evenly spaced.

    >>> ticks(18, 95)
    [20.0, 40.0, 60.0, 80.0]
    """
    if not high > low:
        return [low]
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    for factor in (1, 2, 5, 10, 20):
        first = math.ceil(low / (step * factor) - 1e-9)
        last = math.floor(high / (step * factor) + 1e-9)
        if 0 < last - first + 1 <= most:
            return [index * step * factor for index in range(first, last + 1)]
    return [low, high]


def moment(text: str, *, span_days: float) -> str:
    """A date or date-time as people write it, as fine as the axis it stands on; other text as it is.

    >>> moment("1997-01-09", span_days=540), moment("1997-01-09T14:30:00", span_days=1), moment("930109", span_days=9)
    ('Jan 1997', '9 Jan 14:30', '930109')
    """
    when = parse_moment(text)
    if when is None:
        return label(text, 16)
    month = _MONTHS[when.month - 1]
    if span_days > 3 * 366:
        return f"{when.year}" if span_days > 12 * 366 else f"{month} {when.year}"
    if span_days > 400:
        return f"{month} {when.year}"
    if span_days > 3:
        return f"{when.day} {month} {when.year}"
    return f"{when.day} {month} {when:%H:%M}"


def parse_moment(text: str) -> datetime | None:
    """The date-time that an ISO 8601 text says, without its zone; None where it says none."""
    if "-" not in text:
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return None
