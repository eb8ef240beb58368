"""Feedback: are planted themes and partings found, is nothing told where nothing is, and what does it cost?

    scripts/bench feedback [--parts alarms,planted,cost] [--worlds 50]

alarms: worlds of 2,000 and of 10,000 people of three kinds, who say and do the same: in how many is anything told that
is not so, of themes, keywords, tone, what is done, and partings.
planted: worlds of 4,000 people, where a kind complains of fees five times as often, or at all twice as often, and
leaves as often as others, or more often: what is said of it.
cost: CPU seconds and peak memory as texts become more.
"""

import argparse
import resource
import subprocess
import sys
import time
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path

import twinfold

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "personas" / "feedback"))

from worlds import THEMES, World, make_world

CUT = {"a": "kind = 'a'", "b": "kind = 'b'", "c": "kind = 'c'"}
BIG = (2_000, 1_200, 800)
SAME = dict.fromkeys(THEMES, (0.2, 0.2, 0.2))
FEES = SAME | {"fees": (0.08, 0.5, 0.08)}


def hear(world: World, seed: int) -> twinfold.Personas:
    customers, said = make_world(world, seed)
    return twinfold.find_personas(customers, conditions=CUT, texts=said, does="left", quotes=0)


def show_alarms(worlds: int) -> None:
    print(f"worlds where nothing is planted, {worlds} each: share of them where anything is told")
    for kinds in ((1_000, 600, 400), (5_000, 3_000, 2_000)):
        told: Counter[str] = Counter()
        for seed in range(worlds):
            found = hear(World(kinds=kinds), 1_000 + seed)
            said = [persona.said[0] for persona in found.personas]
            kinds_told = {
                "themes": any(each.speak.sign or each.complain.sign for one in said for each in one.themes),
                "saying": any(one.speak.sign or one.complain.sign for one in said),
                "tone": any(one.tone.sign for one in said),
                "doing": any(each.beside.sign for one in said for each in one.does),
                "within": any(w.beside.sign for one in (*said, found.feedback[0]) for w in one.within),
                "keywords": any(one.keywords for one in said),
                "partings": any(each.verdict == "part" for one in said for each in one.partings),
            }
            kinds_told["anything"] = any(kinds_told.values())
            kinds_told["other themes than the four"] = not planted_alone(found)
            told.update(name for name, is_told in kinds_told.items() if is_told)
        print(f"  {sum(kinds):,} people")
        for name in kinds_told:
            print(f"    {name:<28}{told[name] / worlds:>7.1%}", flush=True)


def planted_alone(found: twinfold.Personas) -> bool:
    """Whether the themes are the four that were planted."""
    planted = [{*words.split()} for words in THEMES.values()]
    themes = found.feedback[0].themes
    return len(themes) == len(planted) and all(any({*t.words} <= words for words in planted) for t in themes)


def show_planted(worlds: int) -> None:
    print(f"\nwhat is said of the kind that was made so, {worlds} worlds each")
    plans = {
        "fees five times, leaves as often": World(kinds=BIG, about=FEES),
        "fees five times, leaves thrice as often": World(kinds=BIG, about=FEES, left=(0.04, 0.12, 0.04)),
        "complains twice as often, leaves as often": World(kinds=BIG, speak=(0.3, 0.6, 0.3), left=(0.15,) * 3),
        "complains twice as often, leaves twice as often": World(
            kinds=BIG, speak=(0.3, 0.6, 0.3), left=(0.06, 0.12, 0.06)
        ),
        "complains as often, leaves thrice as often": World(kinds=BIG, left=(0.04, 0.12, 0.04)),
        "the first, of a tenth of the people": World(kinds=(200, 120, 80), about=FEES),
    }
    print(f"  {'':<50}{'theme':>8}{'keyword':>9}{'part':>8}{'agree':>8}{'untold':>8}")
    for name, world in plans.items():
        tally: Counter[str] = Counter()
        for seed in range(worlds):
            one = hear(replace(world), seed)["b"].said[0]
            fees = {*THEMES["fees"].split()}
            of_fees = [each for each in one.themes if {*each.theme.split(", ")} <= fees]
            tally["theme"] += any(each.speak.sign > 0 for each in of_fees)
            tally["keyword"] += any({*each.term.split()} & fees for each in one.keywords)
            about = {each.theme for each in of_fees} if "fees" in name or "first" in name else {""}
            verdicts = [str(each.verdict) for each in one.partings if each.about in about]
            tally[verdicts[0] if verdicts else "cannot be told"] += 1
        columns = ("theme", "keyword", "part", "agree", "cannot be told")
        print(f"  {name:<50}" + "".join(f"{tally[each] / worlds:>8.0%}" for each in columns), flush=True)


def cost(people: int) -> None:
    """In this process: what customers and their texts take."""
    customers, said = make_world(World(kinds=(people // 2, people // 4, people - people // 2 - people // 4)), 0)
    begun = time.process_time(), time.perf_counter()
    twinfold.find_personas(customers, conditions=CUT)
    alone = time.process_time(), time.perf_counter()
    twinfold.find_personas(customers, conditions=CUT, texts=said, does="left")
    ended = time.process_time(), time.perf_counter()
    cpu, wall = (end - 2 * middle + begin for begin, middle, end in zip(begun, alone, ended, strict=True))
    print(said.height, cpu, wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def show_cost() -> None:
    print(f"\nwhat texts add\n{'people':>10}{'texts':>10}{'wall s':>8}{'CPU s':>8}{'peak GB':>9}")
    for people in (2_000, 20_000, 200_000):
        command = [sys.executable, __file__, "--people", str(people)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        texts, cpu, wall, peak = map(float, said)
        print(f"{people:>10,}{texts:>10,.0f}{wall:>8.1f}{cpu:>8.1f}{peak:>9.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="alarms,planted,cost")
    parser.add_argument("--worlds", type=int, default=50)
    parser.add_argument("--people", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.people:
        cost(options.people)
        return
    parts = {
        "alarms": lambda: show_alarms(options.worlds),
        "planted": lambda: show_planted(options.worlds),
        "cost": show_cost,
    }
    for part in options.parts.split(","):
        parts[part]()


if __name__ == "__main__":
    main()
