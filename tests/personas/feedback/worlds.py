"""Made-up customers who say what they were made to say, and do what they were made to do."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

THEMES = {
    "fees": "fee fees charge charged overdraft refund penalty hidden monthly statement",
    "app": "app login crashes password update screen phone freezes fingerprint version",
    "branch": "branch queue counter closed staff waiting opening hours clerk town",
    "card": "card declined blocked abroad pin contactless replacement terminal merchant chip",
}
"""What people speak of, and in which words."""

GRAMMAR = (
    "the",
    "and",
    "to",
    "of",
    "in",
    "it",
    "is",
    "was",
    "my",
    "they",
    "that",
    "for",
    "with",
    "not",
    "on",
    "this",
    "have",
)


@dataclass(frozen=True)
class World:
    """What is planted.

    Attributes:
        kinds: people of each of three kinds.
        speak: the chance to say something, by kind.
        about: of each theme the chance to be in a text, by kind.
        bad: the chance that a text is one of discontent, by kind.
        left: the chance to leave, by kind; more: what complaining adds to it.
    """

    kinds: tuple[int, int, int] = (1_000, 600, 400)
    speak: tuple[float, float, float] = (0.4, 0.4, 0.4)
    about: dict[str, tuple[float, float, float]] = field(default_factory=lambda: dict.fromkeys(THEMES, (0.25,) * 3))
    bad: tuple[float, float, float] = (0.5, 0.5, 0.5)
    left: tuple[float, float, float] = (0.06, 0.06, 0.06)
    more: float = 0.0


def make_world(world: World, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Customers, `customer_id`, `kind` and whether they `left`, and what they say: `text` and `rating`."""
    rng = np.random.default_rng(seed)
    kind = np.repeat([0, 1, 2], world.kinds)
    people = len(kind)
    number = np.where(rng.random(people) < np.array(world.speak)[kind], 1 + rng.poisson(0.4, people), 0)
    owner = np.repeat(np.arange(people), number)
    # Some people use many more words than others, and the same ones again
    wordy = np.exp(rng.normal(0, 0.5, people))
    common = [*GRAMMAR, *make_words(400, np.random.default_rng(1))]
    chance = 1 / (np.arange(len(common)) + 3)
    chance /= chance.sum()
    texts, bad = [], rng.random(len(owner)) < np.array(world.bad)[kind[owner]]
    for person in owner:
        words = list(rng.choice(common, 1 + rng.poisson(11 * wordy[person]), p=chance))
        for name, by_kind in world.about.items():
            if rng.random() < by_kind[kind[person]]:
                words += list(rng.choice(THEMES[name].split(), 3, replace=False))
        rng.shuffle(words)
        texts.append(" ".join(words))
    rating = np.where(bad, rng.integers(1, 3, len(owner)), rng.integers(3, 6, len(owner)))
    complains = np.zeros(people, bool)
    complains[owner[bad]] = True
    left = rng.random(people) < np.array(world.left)[kind] + world.more * complains
    customers = pl.DataFrame(
        {
            "customer_id": np.arange(people) + 7_000,
            "age": (np.array([25, 45, 70])[kind] + rng.normal(0, 3, people)).round().astype(int),
            "kind": np.array(["a", "b", "c"])[kind],
            "balance": rng.lognormal(6, 1, people).round(2),
            "left": np.where(left, "yes", "no"),
        }
    )
    said = pl.DataFrame({"customer_id": owner + 7_000, "text": texts, "rating": rating})
    return customers, said


def make_words(count: int, rng: np.random.Generator) -> list[str]:
    """Words that mean nothing."""
    starts, ends = [*"bdfgklmnprstvz"], ["a", "e", "i", "o", "u", "ai", "or", "en"]
    made: dict[str, None] = {}
    while len(made) < count:
        made["".join(rng.choice(starts) + rng.choice(ends) for _ in range(rng.integers(2, 4)))] = None
    return list(made)
