"""Crossing: the words of one customer held against what another one knows."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from claiming.asked import ASKED
from claiming.planting import open_world
from claiming.worlds import ask, choose, ground_of
from twinfold.personas.answer import Answer
from twinfold.personas.claims.checking import unsupported
from twinfold.personas.memory.fact import FactKind

OWN = (FactKind.ATTRIBUTE, FactKind.COUNTED, FactKind.DECISION)


def show_cross(checks: int, examples: int, seed: int = 0) -> None:
    """Owners of all evidence, and words of one customer in the mouth of another who is not so."""
    print(f"\ncross-checks: answers held against others' evidence, {checks:,} pairs")
    asked = [(world, question) for world, questions in ASKED.items() for question in questions]
    rng, strange, answers_given = np.random.default_rng(seed), 0, 0
    found: dict[tuple[str, str], list[bool]] = defaultdict(list)
    shown: list[str] = []
    each = -(-checks // len(asked))
    for world, question in asked:
        audience = open_world(world)
        answers, briefs = ask(audience, question, choose(audience, world, 60, seed))
        given = [answer for answer in answers if answer.customer in briefs]
        answers_given += len(given)
        for answer in given:
            facts = (*answer.evidence, *briefs[answer.customer].facts)
            strange += any(fact.owner not in ("", answer.customer) for fact in facts)
        if len(given) < 2:
            continue
        grounds = {one.customer: ground_of(audience, one, briefs[one.customer]) for one in given}
        for _ in range(each):
            one, other = (given[k] for k in rng.choice(len(given), 2, replace=False))
            refused = bool(unsupported(one.text, grounds[other.customer]))
            differ = differs(one, other)
            found[world, "differ" if differ else "alike"].append(refused)
            if differ and not refused:
                shown.append(f"    {world} | {question} | {one.text} | accepted of {other.customer}: {other.text}")
    print(f"  answers with a fact of somebody else: {strange} of {answers_given:,}")
    for (world, kind), part in sorted(found.items()):
        said = "refused, as it must be" if kind == "differ" else "refused, though it is so of both"
        print(f"  {world:<12}{kind:<8}{len(part):>6} pairs   {said}: {np.mean(part):.1%}", flush=True)
    total = [refused for (_, kind), part in found.items() if kind == "differ" for refused in part]
    print(f"  all          differ  {len(total):>6} pairs   refused: {np.mean(total):.2%}; let through {len(shown):,}")
    print("\n".join(shown[k] for k in rng.permutation(len(shown))[:examples]))


def differs(one: Answer, other: Answer) -> bool:
    """Whether what one says is not so of the other: another value, or something in the words that is another's."""
    own = {(fact.name, fact.said) for fact in other.evidence if fact.kind in OWN}
    told = {(f.name, f.said) for f in one.evidence if f.kind in OWN and f.said.lower() in one.text.lower()}
    return one.value != other.value or not told <= own
