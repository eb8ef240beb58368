"""Draw the frontier: `python draw_frontier.py POINTS.json PICTURE.png`, with the judge's environment (matplotlib)."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, MultipleLocator, NullFormatter

TITLES = {"adult": "Adult", "bank_marketing": "Bank marketing"}
FIGURES = {
    "C2ST": "told apart from unseen real rows\n(C2ST AUC, 0.5 is best)",
    "MIA": "attack on the most isolated rows\n(AUC, 0.5 is best)",
}
COLOURS = {"trees": "#0b6e4f", "network": "#2563a8"}
PEER, LINE, INK = "#b4531a", "#8a8a8a", "#222222"
CURVE = {"markersize": 4, "linewidth": 1.6, "zorder": 3}
MARK = {"markersize": 4.5, "zorder": 3}
STYLE = {
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#999999",
    "axes.spines.top": False,
    "axes.spines.right": False,
}
PLACES = ((6, 0, "left", "center"), (0, 7, "center", "bottom"), (0, -7, "center", "top"), (-6, 0, "right", "center"))
"""Where a label may stand beside its point: offset in points, then alignment; the first that is free is taken."""


def label_points(axes: Any, wanted: list[tuple[float, float, str, str]], taken: list[Any]) -> None:
    """Write each label beside its point, where it covers neither a point nor another label."""
    renderer = axes.figure.canvas.get_renderer()
    frame = axes.get_window_extent(renderer)
    for x, y, text, colour in wanted:
        best, least = None, float("inf")
        for dx, dy, across, along in PLACES:
            note = axes.annotate(
                text, (x, y), (dx, dy), textcoords="offset points", ha=across, va=along, color=colour, fontsize=8
            )
            box = note.get_window_extent(renderer).padded(1)
            clashes = sum(box.overlaps(other) for other in taken)
            clashes += 2 * (box.x0 < frame.x0 or box.x1 > frame.x1 or box.y0 < frame.y0 or box.y1 > frame.y1 + 8)
            if clashes < least:
                if best is not None:
                    best.remove()
                best, least = note, clashes
            else:
                note.remove()
        taken.append(best.get_window_extent(renderer).padded(1))


def along(corners: np.ndarray, every: float = 6.0) -> np.ndarray:
    """Points on the way through the corners, shape (points, 2), about `every` pixels apart."""
    walked = np.append(0, np.cumsum(np.hypot(*np.diff(corners, axis=0).T)))
    stops = np.union1d(np.arange(0, walked[-1], every), walked)
    return np.column_stack([np.interp(stops, walked, corners[:, k]) for k in (0, 1)])


def panel(axes: Any, points: dict[str, Any], table: str, figure: str, limits: tuple[float, float]) -> None:
    """One table and one figure."""
    low, high = limits
    axes.set_xscale("log")
    axes.set_xlim(0.1, 1500)
    axes.set_ylim(low, high)
    wanted, marks = [], []
    for line in points["lines"]:
        if line["table"] == table and low <= line[figure] <= high:
            axes.axhline(line[figure], color=LINE, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
            put = {"ha": "right", "va": "bottom", "fontsize": 7.5, "color": "#6a6a6a"}
            note = axes.annotate(line["name"], (1400, line[figure]), (0, 1.5), textcoords="offset points", **put)
            marks.append(note)
    for engine in dict.fromkeys(point["engine"] for point in points["ours"]):
        ours = sorted(
            (point for point in points["ours"] if point["engine"] == engine and point["table"] == table),
            key=lambda point: point["cpu_s"],
        )
        if ours:
            x, y = ([point[key] for point in ours] for key in ("cpu_s", figure))
            axes.plot(x, y, "o-", color=COLOURS[engine], label=f"Twinfold, {engine}", **CURVE)
            if figure == "MIA" and all(point["MIA error"] for point in ours):
                errors = [point["MIA error"] for point in ours]
                axes.errorbar(x, y, errors, fmt="none", color=COLOURS[engine], linewidth=0.8, alpha=0.6)
    for peer in points["peers"]:
        if peer["table"] == table and peer.get(figure) is not None:
            axes.plot(peer["cpu_s"], peer[figure], "D", color=PEER, label="other systems", **MARK)
            wanted.append((peer["cpu_s"], peer[figure], peer["name"], PEER))
    axes.figure.canvas.draw()
    renderer = axes.figure.canvas.get_renderer()
    taken = [note.get_window_extent(renderer) for note in marks]
    for line in axes.get_lines():
        if line.get_marker() not in ("None", ""):
            corners = axes.transData.transform(np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float))
            taken += [mpl.transforms.Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in along(corners)]
    label_points(axes, wanted, taken)
    axes.xaxis.set_major_locator(LogLocator(10))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_locator(MultipleLocator(0.1 if high - low > 0.3 else 0.05))
    axes.grid(axis="y", color="#ececec", linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)


def main() -> None:
    with Path(sys.argv[1]).open() as file:
        points = json.load(file)
    everything = points["ours"] + points["peers"] + points["lines"]
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(2, 2, figsize=(8.6, 6.2), sharex=True, layout="constrained")
        for row, (name, label) in zip(grid, FIGURES.items(), strict=True):
            known = [point[name] for point in everything if point.get(name) is not None]
            limits = min(0.48, min(known) - 0.01), max(known) + 0.02
            for axes, table in zip(row, TITLES, strict=True):
                panel(axes, points, table, name, limits)
            row[0].set_ylabel(label)
        for axes, title in zip(grid[0], TITLES.values(), strict=True):
            axes.set_title(title, fontsize=11, loc="left", fontweight="bold")
        for axes in grid[1]:
            axes.set_xlabel("CPU seconds to fit and to draw as many rows, log scale")
        once = {line.get_label(): line for axes in grid.flat for line in axes.get_lines() if line.get_label()[0] != "_"}
        figure.legend(once.values(), once, loc="outside upper right", ncols=len(once), frameon=False)
        figure.savefig(sys.argv[2], dpi=130, pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main()
