"""Shadow models: what the way of learning gives away of these very customers, measured by learning them again.

The strongest attack known on a single record compares models that were made with it and without it (Carlini et al.
2022, "Membership inference attacks from first principles"). Engines that fit in seconds can be attacked so: models of
random halves of all real rows are fitted as the released one was, and each of them, as the released one, is attacked
with what the others say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.errors import OptionError
from twinfold.evaluation.finding import Exhibit, Finding, unmeasured
from twinfold.evaluation.likelihood_ratio import Attacked, Shadows, describe_attack, judge
from twinfold.privacy.combinations import choose_questions
from twinfold.privacy.membership import gather_records
from twinfold.privacy.neighbours import Points, nearest
from twinfold.protocols import Codes, Progress, silent
from twinfold.synthesis.calibration import uncalibrated
from twinfold.synthesis.engines.trees import TreesModel
from twinfold.synthesis.guard import code_points
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.observation import observe
from twinfold.synthesis.synthesizer import Synthesizer, learn
from twinfold.tables.dataset import Dataset

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Booleans = npt.NDArray[np.bool_]
    _Said = tuple[Booleans, dict[str, Floats]]

LEAST, DEFAULT, MOST = 8, 20, 2_000
"""Shadow models that say anything, that are fitted where nobody says how many, and that are accepted."""

TARGETS = 1_000
"""Records under attack, at most: half of them the most isolated, half those in the smallest leaves."""

LEAST_TARGETS = 20
"""Records under attack with which it can be said whether an attack succeeds."""

LEAST_ROWS = 200
"""Real rows of either table with which shadow models can be fitted."""

PARALLEL = 2
"""Models fitted at a time: their compiled parts run beside each other."""

LIKELIHOOD, DISTANCE, COMBINATIONS = "likelihood of the model", "distance to its rows", "combinations in its rows"
"""What is asked of a model and of its rows."""

_STAGE = "fitting shadow models"
_ROWS = "the nearest synthetic row, and of how many synthetic rows have the same combinations of two to four values"
_FILE = "the likelihood that the model itself gives to the customer, as whoever holds the model file can ask for it"
BY_ROWS = Attacked(
    "its rows",
    ("shadow_auc", "Attack by shadow models", "safe"),
    ("shadow_tpr", "Customers given away to shadow models", "safe"),
    _ROWS,
    "Attacks on the rows by shadow models",
)
BY_FILE = Attacked(
    "the model file",
    ("model_auc", "Attack on the model file", "safe"),
    ("model_tpr", "Customers given away by the model file", "safe"),
    _FILE,
    "Attacks on the model file by shadow models",
    " The file is no release: hand out rows, and keep the model where the real customers may be.",
)


def choose_count(asked: int | None, model: object, train: Dataset, holdout: Dataset) -> int:
    """How many shadow models to fit: as many as are asked for, or, where nobody says, `DEFAULT` of a model of a single
    table of 200 rows or more, and none of several tables, of which each takes longer, or of one that began with an
    older model, which shadow models would not.

    Raises `OptionError` where more is asked for than can be done.
    """
    single = isinstance(model, Synthesizer)
    name = model.parts[0].table.name if isinstance(model, LinkedSynthesizer) else next(iter(train.tables))
    rows = min(dataset.tables[name].height for dataset in (train, holdout))
    begun = isinstance(model, Synthesizer) and model.begun
    if asked is None:
        return DEFAULT if single and not begun and rows >= LEAST_ROWS else 0
    if asked != 0 and not LEAST <= asked <= MOST:
        raise OptionError(f"{asked} shadow models: {LEAST} to {MOST:,} are accepted, or 0 for none")
    if asked and model is None:
        raise OptionError("shadow models are fitted as a model was: give it with --model, or leave out --shadows")
    if asked and begun:
        raise OptionError("the model began with an older one, and shadow models would not; give --shadows 0")
    if asked and rows < LEAST_ROWS:
        raise OptionError(
            f"{rows} rows of {name} are too few to fit shadow models of; give {LEAST_ROWS} of train and holdout, or "
            "--shadows 0"
        )
    return asked


def attack(
    synthesizer: Synthesizer,
    train: Dataset,
    holdout: Dataset,
    synthetic: Dataset,
    *,
    shadows: int = DEFAULT,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[list[Finding], list[Exhibit]]:
    """Attack a model, and the rows that it made, with shadow models.

    Args:
        synthesizer: the model that was made of `train`; its engine and budget make the shadows.
        train, holdout: the rows that it learned, and others; one table each.
        synthetic: rows that it drew.
        shadows: how many models to fit: more are a sharper attack, and take as many fits.
        seed: of the halves and the fits.
        progress: told "fitting shadow models" from 0 to 1.
    """
    real = [dataset.single()[1] for dataset in (train, holdout)]
    names = [name for name in real[0].columns if name in real[1].columns]
    rows = pl.concat([frame.select(names) for frame in real])
    targets, record = _choose_targets(synthesizer, rows, real[0].height)
    if len(targets) < LEAST_TARGETS:
        why = f"Only {len(targets)} customers stand apart from all others: too few of them to attack."
        return [unmeasured(a.area, sentence=why, method=describe_attack(a.asked)) for a in (BY_ROWS, BY_FILE)], []
    view = _View(synthesizer, rows[targets], rows)
    drawn_rows = synthetic.single()[1].height

    def fit(number: int, check: Progress) -> _Said:
        chosen = np.random.default_rng([seed, number]).permutation(rows.height)[: rows.height // 2]
        half = Dataset({train.single()[0].name: rows[np.sort(chosen)]}, *_about(train))
        budget = budget_of(synthesizer.history)
        made = learn(half, engine=synthesizer.engine, budget=budget, seed=seed + 1 + number, progress=check)
        check(_STAGE, 0.0)
        drawn = made.sample(drawn_rows, seed=seed + 1 + number)
        held = np.zeros(len(record), np.bool_)
        held[np.unique(record[chosen])] = True
        return held[record[targets]], view.ask(made, drawn)

    said = fit_all(fit, shadows, progress)
    learned = np.zeros(len(record), np.bool_)
    learned[np.unique(record[: real[0].height])] = True
    said.append((learned[record[targets]], view.ask(synthesizer, synthetic.single()[1])))
    return judge_both(said)


def _about(dataset: Dataset) -> tuple[Any, Any, Any]:
    return dataset.schema, dataset.layouts, dataset.notes


def judge_both(said: Sequence[_Said]) -> tuple[list[Finding], list[Exhibit]]:
    """What comes of attacks on the rows and on the model file, of what each model says; the attacked one's last."""
    statistics = {name: np.array([each[name] for _, each in said]) for name in said[0][1]}
    inside = np.array([held for held, _ in said])
    likelihood = {LIKELIHOOD: statistics.pop(LIKELIHOOD)}
    by_rows, by_file = judge(Shadows(statistics, inside), BY_ROWS), judge(Shadows(likelihood, inside), BY_FILE)
    return [*by_rows[0], *by_file[0]], [by_rows[1], by_file[1]]


def budget_of(history: Iterable[Mapping[str, Any]]) -> str | None:
    """The budget that a model was fitted with, by its history; None where it had none."""
    budget = next((str(r["budget"]) for r in history if r.get("event") == "fit" and "budget" in r), "none")
    return None if budget == "none" else budget


def fit_all(fit: Callable[[int, Progress], _Said], count: int, progress: Progress) -> list[_Said]:
    """What each model says; where one fails, or the user ends it, those under way are ended as well."""
    stopped = Event()

    def check(stage: str, done: float) -> None:  # noqa: ARG001  # several fits at a time: one by one they say nothing
        if stopped.is_set():
            raise KeyboardInterrupt

    progress(_STAGE, 0.0)
    with ThreadPoolExecutor(PARALLEL) as pool:
        tasks = [pool.submit(fit, number, check) for number in range(count)]
        try:
            for done, task in enumerate(as_completed(tasks)):
                task.result()
                progress(_STAGE, (done + 1) / count)
        except BaseException:
            stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
    return [task.result() for task in tasks]


def _choose_targets(
    synthesizer: Synthesizer, rows: pl.DataFrame, learned: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The rows of the records under attack, and for each row which distinct record it is."""
    codes = observe(synthesizer.codebook, rows).codes
    points = code_points(synthesizer.codebook.code_columns, codes)
    records = gather_records(points[:learned], points[learned:])
    own = np.flatnonzero((records.learned == 0) != (records.unseen == 0))
    most = min(TARGETS, len(own) // 4)
    isolated = records.isolated(most // 2)
    sizes = _leaf_sizes(synthesizer, codes[:, records.first])
    if sizes is None:
        return records.first[records.isolated(most)], records.record
    rest = np.setdiff1d(own, isolated)
    smallest = rest[np.argsort(sizes[rest], kind="stable")[: most - len(isolated)]]
    return records.first[np.concatenate([isolated, smallest])], records.record


def _leaf_sizes(synthesizer: Synthesizer, codes: Codes) -> Floats | None:
    """How small the leaves are in which records fall; None of an engine without leaves."""
    model = synthesizer.model
    base = uncalibrated(model)
    return base.leaf_sizes(codes) if isinstance(base, TreesModel) else None


class _View:
    """The records under attack, and what a model and its rows say of them."""

    def __init__(self, synthesizer: Synthesizer, targets: pl.DataFrame, reference: pl.DataFrame) -> None:
        self.codebook, self.targets = synthesizer.codebook, targets
        self.points = self._points(targets)
        self.questions = choose_questions(self._points(reference), rng=np.random.default_rng(0))

    def _points(self, frame: pl.DataFrame) -> Points:
        return code_points(self.codebook.code_columns, observe(self.codebook, frame).codes)

    def ask(self, synthesizer: Synthesizer, drawn: pl.DataFrame) -> dict[str, Floats]:
        """Statistics of shape (targets,): higher where the model, or what it drew, is nearer to the record."""
        seen = observe(synthesizer.codebook, self.targets)
        never = (~seen.known | seen.beyond).sum(0) * np.log(synthesizer.rows + 1)
        released = self._points(drawn)
        return {
            LIKELIHOOD: synthesizer.model.log_prob(seen.codes) - never,
            DISTANCE: -nearest(self.points, released)[0].astype(np.float64),
            COMBINATIONS: self.questions.ask(self.points, released),
        }
