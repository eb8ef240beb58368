"""Two columns together as heat maps: real, synthetic, and the difference between them."""

import math
from collections.abc import Sequence
from dataclasses import replace

from markupsafe import Markup

from twinfold.evaluation.finding import PairComparison
from twinfold.evaluation.report.wording import SPACE, label, percent, points

LEVELS = 8
"""Shades of a heat map."""

MARKED = 12
"""Cells of a difference that carry their sign at most."""


def heat_map(pair: PairComparison, which: str) -> Markup:
    """A grid of shares: `which` is "real", "synthetic" or "difference" (with plus and minus marks on the strongest)."""
    rows, columns = len(pair.first_labels), len(pair.second_labels)
    body, foot = rows * _row_height(pair), _foot(pair)
    cells = _difference_cells(pair) if which == "difference" else _share_cells(pair, which)
    signs = _signs(pair) if which == "difference" else Markup("")
    said = f"{label(pair.first, 48)} by {label(pair.second, 48)}, {which}"
    return Markup(
        '<svg class="heat" role="img" aria-label="{}" width="100%" height="{}"><svg viewBox="0 0 {} {}" '
        'preserveAspectRatio="none" width="100%" height="{}">{}</svg>'
        '<rect class="frame" width="100%" height="{}"/>{}{}</svg>'
    ).format(said, body + foot, columns, rows, body, cells, body, signs, _column_labels(pair.second_labels, body))


def row_labels(pair: PairComparison) -> Markup:
    """The labels that stand left of a heat map's rows."""
    row_height = _row_height(pair)
    step = 1 if row_height >= 12 else 2
    texts = Markup("").join(
        Markup('<text x="100%" y="{}" class="small end">{}</text>').format(
            round((index + 0.5) * row_height + 4), label(name, 13)
        )
        for index, name in enumerate(pair.first_labels)
        if index % step == 0
    )
    return Markup('<svg class="rows" aria-hidden="true" width="100%" height="{}">{}</svg>').format(
        len(pair.first_labels) * row_height + _foot(pair), texts
    )


def trimmed(pair: PairComparison) -> PairComparison:
    """The pair without the rows and columns that hold nobody, neither real nor synthetic."""
    grids = pair.real, pair.synthetic
    rows = [i for i in range(len(pair.first_labels)) if any(share > 0 for grid in grids for share in grid[i])]
    columns = [j for j in range(len(pair.second_labels)) if any(row[j] > 0 for grid in grids for row in grid)]
    real, synthetic = (tuple(tuple(grid[i][j] for j in columns) for i in rows) for grid in grids)
    return replace(
        pair,
        first_labels=tuple(pair.first_labels[i] for i in rows),
        second_labels=tuple(pair.second_labels[j] for j in columns),
        real=real,
        synthetic=synthetic,
    )


def pair_scale(pair: PairComparison) -> tuple[str, str]:
    """What the darkest shade of the two share maps and of the difference map stands for."""
    largest, gap = _extremes(pair)
    return f"{percent(largest)}{SPACE}%", f"{points(gap).lstrip('+')}{SPACE}points"


def pair_gap(pair: PairComparison) -> str:
    """The cell where a pair's grids differ most, in one plain sentence."""
    cells = _differences(pair)
    if not cells:
        return ""
    i, j, _ = max(cells, key=lambda cell: abs(cell[2]))
    r, s = pair.real[i][j], pair.synthetic[i][j]
    where = f"{label(pair.first_labels[i], 24)} with {label(pair.second_labels[j], 24)}"
    return f"Most apart: {where}, {percent(r)}{SPACE}% of real rows, {percent(s)}{SPACE}% of synthetic ones."


def _row_height(pair: PairComparison) -> int:
    return max(9, min(18, 180 // max(len(pair.first_labels), 1)))


def _foot(pair: PairComparison) -> int:
    """Room below a heat map for its slanted column labels."""
    longest = max((len(label(name, 14)) for name in pair.second_labels), default=0)
    return 16 + round(5.6 * longest)


def _extremes(pair: PairComparison) -> tuple[float, float]:
    """The largest share in either grid, and the largest difference between them."""
    shares = [share for grid in (pair.real, pair.synthetic) for row in grid for share in row]
    return max(shares, default=0.0), max((abs(d) for _, _, d in _differences(pair)), default=0.0)


def _differences(pair: PairComparison) -> list[tuple[int, int, float]]:
    return [
        (i, j, s - r)
        for i, (real, synthetic) in enumerate(zip(pair.real, pair.synthetic, strict=True))
        for j, (r, s) in enumerate(zip(real, synthetic, strict=True))
    ]


def _share_cells(pair: PairComparison, which: str) -> Markup:
    largest, _ = _extremes(pair)
    grid = pair.real if which == "real" else pair.synthetic
    shades: dict[int, list[str]] = {}
    for i, row in enumerate(grid):
        for j, share in enumerate(row):
            shade = round(LEVELS * math.sqrt(share / largest)) if largest > 0 else 0
            if shade:
                shades.setdefault(shade, []).append(f"M{j} {i}h1v1h-1z")
    return _shaded(shades, "q")


def _difference_cells(pair: PairComparison) -> Markup:
    """Cells shaded by synthetic minus real."""
    _, gap = _extremes(pair)
    more: dict[int, list[str]] = {}
    less: dict[int, list[str]] = {}
    for i, j, difference in _differences(pair):
        shade = round(LEVELS * abs(difference) / gap) if gap > 0 else 0
        if shade:
            (more if difference > 0 else less).setdefault(shade, []).append(f"M{j} {i}h1v1h-1z")
    return _shaded(more, "more q") + _shaded(less, "less q")


def _signs(pair: PairComparison) -> Markup:
    """A plus or a minus on the strongest differences, for those who can't tell the two colours apart."""
    _, gap = _extremes(pair)
    strongest = sorted(_differences(pair), key=lambda cell: -abs(cell[2]))[:MARKED]
    return Markup("").join(
        Markup('<text class="{}" x="{}%" y="{}">{}</text>').format(
            "sign on-strong" if round(LEVELS * abs(difference) / gap) >= LEVELS - 1 else "sign",
            round(100 * (j + 0.5) / len(pair.second_labels), 1),
            round((i + 0.5) * _row_height(pair) + 4.5, 1),
            "+" if difference > 0 else "−",
        )
        for i, j, difference in strongest
        if abs(difference) > gap / 3
    )


def _shaded(shades: dict[int, list[str]], kind: str) -> Markup:
    return Markup("").join(
        Markup('<path class="{}{}" d="{}"/>').format(kind, shade, "".join(cells))
        for shade, cells in sorted(shades.items())
    )


def _column_labels(names: Sequence[str], top: int) -> Markup:
    step = 1 if len(names) <= 14 else 2
    return Markup("").join(
        Markup(
            '<svg x="{}%" y="{}" overflow="visible"><text class="small end" transform="rotate(-60)">{}</text></svg>'
        ).format(round(100 * (index + 0.5) / len(names), 1), top + 9, label(name, 14))
        for index, name in enumerate(names)
        if index % step == 0
    )
