"""Claims: do customers say only what is so? Planted falsehoods, other customers' facts, orders, and one fact changed.

    scripts/bench claims [--parts template,planted,blind,cross,change,variety,injection,embedded] [--customers 12]
                         [--most 300] [--examples 3] [--voice embedded] [--seconds 240]

template: 500 answers of many kinds, held against what they rest on, with the template's words and without: none may
claim what is not there. The same seed gives the same answers.
planted: true sentences as a language model would word them, of real customers, and each made false in many ways: how
many are found (Clopper-Pearson), and how many true ones are refused. Ways beyond numbers, names and levels are apart.
blind: the same, in words of others who had not seen the checker, of customers of two more files. It was asked once in
each, and mended by what it showed before the next.
cross: 10,000 answers held against another customer's evidence.
change: one fact of a customer changed, 30 questions asked before and after.
variety: how alike 200 customers speak.
injection: orders in documents, in customers' texts and in questions, and a voice that obeys them.
embedded: answers in the embedded model's words, judged once more by a stricter reader.
"""

import argparse
import warnings
from collections import Counter, defaultdict

import numpy as np

from claiming.asked import ASKED
from claiming.blind import fifth, first, fourth, second, sixth, third
from claiming.changing import show_change
from claiming.crossing import show_cross
from claiming.evasions import HARDER
from claiming.falsehoods import WAYS, Truth, Way
from claiming.injecting import show_injection
from claiming.planting import chat, come_near, gather_truths, open_world
from claiming.sayings import SAYINGS, Wordings
from claiming.variety import show_variety
from claiming.voicing import show_embedded
from claiming.worlds import ask, choose, ground_of, make_audience
from twinfold.evaluation.intervals import clopper_pearson
from twinfold.personas.claims.checking import unsupported

ANSWERS = 500
BLIND = (first, second, third, fourth, fifth, sixth)


def show_template(examples: int) -> None:
    asked = [(world, question) for world, questions in ASKED.items() for question in questions]
    each, rng = -(-ANSWERS // len(asked)), np.random.default_rng(0)
    told, bare, shown, silent = Counter[str](), Counter[str](), [], 0
    for world, question in asked:
        audience = open_world(world)
        answers, briefs = ask(audience, question, choose(audience, world, each, 1))
        for answer in answers:
            if answer.customer not in briefs:
                silent += 1
                continue
            brief = briefs[answer.customer]
            told[world] += 1
            for kind, with_draft in (("as spoken", True), ("evidence alone", False)):
                wrong = unsupported(brief.draft, ground_of(audience, answer, brief, with_draft=with_draft))
                bare[f"{world} {kind}"] += bool(wrong)
                if wrong:
                    shown.append(f"    {world} | {kind} | {question} | {brief.draft} | {wrong}")
    print(f"\ntemplate: {sum(told.values())} answers, {silent} more that say there is none; with an unsupported claim:")
    for world, count in told.items():
        print(
            f"  {world:<12}{count:>5}   as a voice's are held {bare[f'{world} as spoken']:>4}   against evidence alone "
            f"{bare[f'{world} evidence alone']:>4}"
        )
    print("\n".join(shown[k] for k in rng.permutation(len(shown))[:examples]))
    again = {world: make_audience(world) for world in ASKED}
    other = {world: make_audience(world, seed=1) for world in ASKED}
    same, numbers = 0, 0
    for world, question in asked:
        whom = choose(again[world], world, each, 1)
        one, two, three = (
            each.answering.ask(question, whom) for each in (open_world(world), again[world], other[world])
        )
        same += sum(a == b for a, b in zip(one, two, strict=True))
        numbers += sum(a.estimate is not None or a.value == b.value for a, b in zip(one, three, strict=True))
    total = sum(told.values()) + silent
    print(f"  the same seed, made anew: {same} of {total} the same; another seed: {numbers} of {total} the same value")


def show_planted(customers: int, examples: int, most: int, wordings: Wordings = SAYINGS) -> None:
    truths, rng = list(gather_truths(customers, wordings=wordings)), np.random.default_rng(0)
    sayings = {(truth.topic.world, truth.topic.question, truth.saying) for truth in truths}
    print(f"\nplanted: {len(truths):,} true sentences of {len(sayings)} sayings; made false, and found")
    print(
        "  (the second figures: where the true sentence itself is let through, so that what is found is the falsehood)"
    )
    for title, ways in (("asked for", WAYS), ("beyond", HARDER)):
        total = Counter[tuple[bool, bool]]()
        for name, way in ways.items():
            total += plant(name, way, truths, rng, examples, most)
        show_pair(f"all {title}", total)
    print("\ntrue sentences that were refused")
    refused: dict[str, list[tuple[Truth, str, tuple[str, ...]]]] = defaultdict(list)
    for truth in truths:
        refused[truth.kind].append((truth, truth.text, unsupported(truth.text, truth.ground)))
        if not refused[truth.kind][-1][2]:
            talk = chat(truth, rng)
            refused["with chat around it"].append((truth, talk, unsupported(talk, truth.ground)))
        refused["rounded, and said to be"] += [
            (truth, said, unsupported(said, truth.ground)) for said in come_near(truth)
        ]
    extra = ("with chat around it", "rounded, and said to be", "a level, loosely")
    for kind, judged in refused.items():
        show_share(kind, sum(bool(wrong) for _, _, wrong in judged), len(judged))
        show_some([(t, said, str(wrong)) for t, said, wrong in judged if wrong], examples, rng)
    own = [bool(wrong) for kind, judged in refused.items() if kind not in extra for _, _, wrong in judged]
    show_share("all", sum(own), len(own), "   without: " + ", ".join(extra))


def show_blind(customers: int, examples: int, most: int) -> None:
    for author in BLIND:
        print(author.__doc__)
        show_planted(customers, examples, most, author.WORDINGS)


def plant(
    name: str, way: Way, truths: list[Truth], rng: np.random.Generator, examples: int, most: int
) -> Counter[tuple[bool, bool]]:
    """How many falsehoods were found, each with whether the sentence that it was made of is let through."""
    false = [(truth, said) for truth in truths for said in way(truth, rng) if said != truth.text]
    false = [false[k] for k in rng.permutation(len(false))[:most]]
    judged = [(t, said, not unsupported(t.text, t.ground), bool(unsupported(said, t.ground))) for t, said in false]
    total = Counter((passes, found) for *_, passes, found in judged)
    show_pair(name, total)
    show_some([(truth, said, truth.text) for truth, said, _, found in judged if not found], examples, rng)
    return total


def show_pair(name: str, total: Counter[tuple[bool, bool]]) -> None:
    found, whole = total[True, True] + total[False, True], total.total()
    passing = total[True, True] + total[True, False]
    low, high = clopper_pearson(total[True, True], passing)
    alone = f"{total[True, True] / max(passing, 1):.1%} of {passing} [{low:.1%}, {high:.1%}]"
    show_share(name, found, whole, f"   {alone}")


def show_share(name: str, part: int, whole: int, more: str = "") -> None:
    low, high = clopper_pearson(part, whole)
    share = f"{part / max(whole, 1):.1%} [{low:.1%}, {high:.1%}]"
    print(f"  {name:<26}{part:>6} of {whole:<6}{share:<24}{more}", flush=True)


def show_some(cases: list[tuple[Truth, str, str]], examples: int, rng: np.random.Generator) -> None:
    """Some cases, of each question one."""
    seen = set[str]()
    for k in rng.permutation(len(cases)).tolist():
        truth, said, more = cases[k]
        if truth.topic.question not in seen and len(seen) < examples:
            seen.add(truth.topic.question)
            facts = "; ".join(f"{fact.name} {fact.said}" for fact in truth.ground.facts)
            short = said if len(said) < 300 else f"{said[:120]} … {said[-120:]}"
            print(f"      {truth.topic.world} | {truth.topic.question} | {short} | {more} | facts: {facts[:160]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="template,planted,blind,cross,change,variety,injection,embedded")
    parser.add_argument("--customers", type=int, default=12, help="of whom each topic's sentences are, when planted")
    parser.add_argument("--most", type=int, default=300, help="falsehoods of each way, at most")
    parser.add_argument("--examples", type=int, default=3, help="that are shown of each kind of failure")
    parser.add_argument("--voice", default="embedded", help="embedded, or the URL of a server")
    parser.add_argument("--seconds", type=float, default=240, help="after which no more answers are asked of the voice")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    parts = {
        "template": lambda: show_template(10 * options.examples),
        "planted": lambda: show_planted(options.customers, options.examples, options.most),
        "blind": lambda: show_blind(options.customers, options.examples, options.most),
        "cross": lambda: show_cross(10_000, 10 * options.examples),
        "change": lambda: show_change(10 * options.examples),
        "variety": lambda: show_variety(200),
        "injection": lambda: show_injection(60, 10 * options.examples),
        "embedded": lambda: show_embedded(options.voice, ANSWERS, options.seconds, 10 * options.examples),
    }
    for part in options.parts.split(","):
        parts[part]()


if __name__ == "__main__":
    main()
