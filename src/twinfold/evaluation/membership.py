"""Who was learned? Several attacks on the customers who are most at risk, of which the most successful counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.alignment import Aligned, points
from twinfold.evaluation.boosting import LEVELS, Design, fitted_scores
from twinfold.evaluation.discrimination import LEAST
from twinfold.evaluation.finding import Exhibit, Finding, Subject, measured, unmeasured
from twinfold.evaluation.intervals import Z, beside, clopper_pearson, delong_together, simultaneous
from twinfold.privacy.attacks import Membership
from twinfold.privacy.combinations import choose_questions
from twinfold.privacy.crowding import Crowd, find_crowds
from twinfold.privacy.membership import Records, gather_records, score_nearness
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from twinfold.privacy.neighbours import Points

    Floats = npt.NDArray[np.float64]
    Booleans = npt.NDArray[np.bool_]

ROWS = 25_000
"""Rows of each table that the attacks look at, at most."""

SHARE, AT_LEAST = 0.02, 400
"""Of the real rows, those that are attacked: the share that stands farthest from all others, and how many of small
tables, though never more than a quarter."""

FALSE_POSITIVES, RARE_FALSE_POSITIVES, OTHERS_FOR_RARE = 0.01, 0.001, 1_000
"""The shares of others that may be taken for members where the attacker must be sure; for the smaller one there must be
so many others."""

GUESSED = (0.02, 0.1, 0.5)
"""Of the records under attack, the shares about which the auditor of epsilon makes a guess."""

_STAGE = "attacking unusual customers"
_AUC: Subject = ("membership_auc", "Best attack on unusual customers", "safe")
_TPR: Subject = ("membership_tpr", "Unusual customers given away by the best attack", "safe")
_EPSILON: Subject = ("epsilon_bound", "What the attacks imply of epsilon", "safe")
_CROWDING: Subject = ("crowding", "Customers drawn again and again", "safe")
_ATTACKS = (
    "Five membership attacks on the 2 % of real customers who stand farthest from all others (400 of them, at most a "
    "quarter, in small tables): distance to the nearest synthetic row, the same against other real rows, ratio of "
    "densities (van Breugel et al. 2023), of the rows with the same combinations of values (Houssiau et al. 2022), and "
    "a classifier that tells synthetic from real rows. "
)
_AUC_METHOD = (
    _ATTACKS + "The area under the ROC curve of the one that succeeds most surely; the interval holds all of them at "
    "once (DeLong's covariance, Hothorn et al. 2008). 0.5 is a guess."
)
_TPR_METHOD = (
    _ATTACKS + "The share of members found while 1 % of the others are taken for members (Carlini et al. 2022), by the "
    "one that succeeds most surely; exact interval, corrected for the number of attacks. A guess finds 1 %."
)
_EPSILON_METHOD = (
    "The attacks' surest guesses, members and others, audited (Steinke et al. 2023, theorem 1): were the release "
    "epsilon-differentially private, at most e^epsilon / (1 + e^epsilon) of them would be right. The figure is what "
    "the share of right guesses says; the interval's lower end is the bound, corrected for the number of trials."
)
_CROWDING_METHOD = (
    "Synthetic rows that come onto one train record: nearer to it than a quarter of its distance to any other real "
    "one, divided by the holdout rows that are that record, one more counted. The greatest of all train records; exact "
    "interval, corrected for their number. The yardstick is the same with train and holdout in each other's place."
)


def measure(
    aligned: Aligned, *, rng: np.random.Generator, seed: int, progress: Progress = silent
) -> tuple[list[Finding], list[Exhibit]]:
    """What the attacks find of aligned rows, one row a customer, and a table of all of them.

    Args:
        aligned: train, holdout and synthetic rows; as many of train and holdout as the smaller has are used.
        rng: draws the other people whom the attacker knows, and the combinations that are asked for.
        seed: of the classifier.
        progress: told "attacking unusual customers" from 0 to 1.
    """
    if (smallest := min(aligned.rows)) < LEAST:
        why = f"{smallest} rows are too few to tell whether an attack succeeds; it takes {LEAST} of each table."
        return [unmeasured(_AUC, sentence=why, method=_AUC_METHOD)], []
    train, holdout, released = points(aligned)
    rows = min(len(train), len(holdout), ROWS)
    released = released[:ROWS]
    progress(_STAGE, 0.0)
    records = gather_records(train[:rows], holdout[:rows])
    progress(_STAGE, 0.3)
    crowding = _crowding_finding(records, released, rows)
    progress(_STAGE, 0.4)
    targets = records.isolated(max(int(SHARE * 2 * rows), min(AT_LEAST, rows // 2)))
    member = records.learned[targets] > 0
    if min(member.sum(), (~member).sum()) < 10:
        why = f"Of the {len(targets)} most isolated records {member.sum()} were learned: too few of one side to attack."
        return [unmeasured(_AUC, sentence=why, method=_AUC_METHOD), crowding], []
    apart = rng.permutation(np.setdiff1d(np.arange(len(records.learned)), targets))[:ROWS]
    asked, reference = records.points[targets], records.points[apart]
    scores = score_nearness(asked, reference, released)
    progress(_STAGE, 0.5)
    questions = choose_questions(reference, rng=rng)
    scores["combinations"] = questions.ask(asked, released) - questions.ask(asked, reference)
    progress(_STAGE, 0.7)
    scores["classifier"] = _classify(records, targets, apart, released, seed)
    progress(_STAGE, 1.0)
    findings, exhibit = judge_attacks(scores, member)
    return [*findings, audit_epsilon(scores, member), crowding], [exhibit]


def _classify(
    records: Records, targets: npt.NDArray[np.int64], apart: npt.NDArray[np.int64], released: Points, seed: int
) -> Floats:
    """The log odds of being synthetic that a classifier of synthetic and other people's rows gives each target."""
    each = min(len(apart), len(released))
    categories = released.categories.shape[1]
    rows = np.concatenate([records.points[apart[:each]].flat(), released[:each].flat(), records.points[targets].flat()])
    rows[:, :categories] = np.minimum(rows[:, :categories], LEVELS)
    shown = Design(rows.astype(np.float64), list(range(categories)))
    return fitted_scores(shown[: 2 * each], np.repeat([False, True], each), shown[2 * each :], seed=seed)


def judge_attacks(scores: Mapping[str, Floats], member: Booleans) -> tuple[list[Finding], Exhibit]:
    """The attack that succeeds most surely by its area, and the one by the members that it is sure of; and all of them.

    Args:
        scores: of each attack, shape (targets,), higher for a record that is thought to be learned from.
        member: shape (targets,), the truth.
    """
    names = list(scores)
    areas, covariance = delong_together(np.array(list(scores.values())), member)
    half = simultaneous(covariance) * np.sqrt(np.diag(covariance))
    best = int(np.argmax(areas - half))
    sentence = (
        f"Asked which of two of the most unusual customers was learned, the best of {len(names)} attacks "
        f"({names[best]}) is right {areas[best]:.1%} of the time (a guess: 50.0%; {len(member):,} customers attacked)."
    )
    figures = (areas[best], max(0.0, areas[best] - half[best]), min(1.0, areas[best] + half[best]))
    found = [measured(_AUC, figures, yardstick=0.5, sentence=sentence, method=_AUC_METHOD)]
    sure = {name: _certain(Membership(score, member), FALSE_POSITIVES, len(names)) for name, score in scores.items()}
    hits = {name: each for name, each in sure.items() if each is not None}
    if hits:
        surest = max(hits, key=lambda name: hits[name][1])
        share, low, high, allowed = hits[surest]
        sentence = (
            f"Where the best attack ({surest}) is sure, {share:.1%} of the learned among the most unusual customers "
            f"are found (by guessing: {allowed:.1%})."
        )
        figures = (share, low, high)
        found.append(measured(_TPR, figures, yardstick=allowed, sentence=sentence, method=_TPR_METHOD))
    error = Z * np.sqrt(np.diag(covariance))
    nan = (float("nan"),) * 3
    rows: list[tuple[str | float, ...]] = []
    for k, (name, score) in enumerate(scores.items()):
        rare = _certain(Membership(score, member), RARE_FALSE_POSITIVES, 1)
        own = _certain(Membership(score, member), FALSE_POSITIVES, 1)
        area = (float(a) for a in (areas[k], areas[k] - error[k], areas[k] + error[k]))
        rows.append((name, *area, *(own or nan)[:3], (rare or nan)[0]))
    exhibit = Exhibit(
        "safe",
        "Attacks on the most unusual customers",
        f"{int(member.sum()):,} learned customers and {int((~member).sum()):,} others were attacked; 0.5 is a guess, "
        "and a guess finds as many as it takes by mistake.",
        ("Attack", "AUC", "from", "to", "Found at 1 % false positives", "from", "to", "At 0.1 %"),
        tuple(rows),
    )
    return found, exhibit


def _certain(attack: Membership, false_positives: float, attacks: int) -> tuple[float, float, float, float] | None:
    """The share of members found, its interval corrected for the number of attacks, and the share of others that were
    allowed for; None where there are too few others to say."""
    members, others = int(attack.member.sum()), int((~attack.member).sum())
    needed = OTHERS_FOR_RARE if false_positives < FALSE_POSITIVES else 80  # of a hundred or fewer, none may be mistaken
    if others < needed:
        return None
    hits, allowed = attack.hits(false_positives)
    low, high = beside(hits, members, allowed, others, error=0.05 / attacks)
    return hits / members, low, high, allowed / others


def audit_epsilon(scores: Mapping[str, Floats], member: Booleans) -> Finding:
    """The lower bound of epsilon that the attacks' surest guesses imply, the highest of all attacks and numbers of
    guesses, its interval corrected for how many were tried."""
    error = 0.05 / (len(scores) * len(GUESSED))
    most = (-np.inf, 0.0, 0.0, 0, 0)
    for score in scores.values():
        order = np.argsort(-score, kind="stable")
        for share in GUESSED:
            each = int(share * len(score) / 2)
            if not each:
                continue
            right = int(member[order[:each]].sum() + (~member[order[-each:]]).sum())
            low, high = clopper_pearson(right, 2 * each, error=error)
            most = max(most, (low, right / (2 * each), high, right, 2 * each))
    low, value, high, right, guesses = most
    figures = [float(np.log(p / max(1 - p, 1e-9))) for p in np.maximum([value, low, high], 0.5)]
    sentence = (
        f"{right} of the {guesses} surest guesses are right: epsilon is {figures[1]:.2f} at least. No bound from above "
        "follows from any attack."
    )
    return measured(
        _EPSILON, (figures[0], figures[1], figures[2]), yardstick=0.0, sentence=sentence, method=_EPSILON_METHOD
    )


def _crowding_finding(records: Records, released: Points, rows: int) -> Finding:
    learned, unseen = find_crowds(records, released)
    value, low, high = _crowding(learned, rows / len(released), rows)
    yardstick, _, _ = _crowding(unseen, rows / len(released), rows)
    sentence = (
        f"{learned.released:,} synthetic customers are as one learned customer is, as are {learned.others:,} unseen "
        f"ones: {value:.1f} times as many as could be expected (of an unseen customer, {yardstick:.1f} at most)."
    )
    return measured(_CROWDING, (value, low, high), yardstick=yardstick, sentence=sentence, method=_CROWDING_METHOD)


def _crowding(crowd: Crowd, scale: float, tried: int) -> tuple[float, float, float]:
    """How many times as many released rows as others come onto a record, one other more counted, and the interval of
    that (Garwood 1936), corrected for so many records."""
    from scipy.stats import chi2

    error, most = 0.05 / tried, crowd.released
    low = float(chi2.ppf(error / 2, 2 * most)) / 2 if most else 0.0
    high = float(chi2.ppf(1 - error / 2, 2 * most + 2)) / 2
    value, low, high = (scale * count / (crowd.others + 1) for count in (most, low, high))
    return value, low, high
