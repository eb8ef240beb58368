"""Variety: how alike customers speak."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from claiming.planting import open_world
from claiming.worlds import choose

NEAR = 0.8


def show_variety(customers: int, seed: int = 0) -> None:
    """Exact and near duplicates, and distinct n-grams (Li et al. 2016), of introductions and of answers to one
    question."""
    print(f"\nvariety of {customers} customers (near: Jaccard similarity of word 3-grams of {NEAR} or more)")
    print(f"{'':<60}{'alike':>7}{'near pairs':>12}{'distinct-1':>12}{'-2':>7}{'-3':>7}")
    asked = (
        *((world, "Who are you?") for world in ("bank", "adult", "berka", "loans")),
        ("bank", "What is your balance?"),
        ("bank", "What do you do for a living?"),
        ("berka", "What was your highest transaction in 1993?"),
        ("loans", "Would you take the loan at 12 %, and why?"),
    )
    for world, question in asked:
        audience = open_world(world)
        texts = [a.text for a in audience.answering.ask(question, choose(audience, world, customers, seed))]
        said = [text.lower().split() for text in texts]
        grams = [set(find_grams(words, 3)) for words in said]
        near = sum(len(a & b) >= NEAR * len(a | b) for a, b in combinations(grams, 2))
        pairs = len(texts) * (len(texts) - 1) // 2
        distinct = [count_distinct(said, n) for n in (1, 2, 3)]
        print(
            f"{f'{world}: {question}':<60}{len(texts) - len(set(texts)):>7}{near / pairs:>12.2%}{distinct[0]:>12.3f}"
            f"{distinct[1]:>7.3f}{distinct[2]:>7.3f}",
            flush=True,
        )


def find_grams(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[k : k + n]) for k in range(max(1, len(words) - n + 1))]


def count_distinct(said: Sequence[Sequence[str]], n: int) -> float:
    """Different n-grams of all texts, by how many there are."""
    grams = [gram for words in said for gram in find_grams(words, n)]
    return len(set(grams)) / len(grams)
