"""The ledger: are questions about a customer's own rows answered right, and how fast, as the rows become more?

    scripts/bench ledger [--sizes 1000,10000,100000] [--questions 200] [--seed 0]
                         [--fresh | --third | --people] [--show]

Questions are drawn from templates, in the words that people of a bank would use; SQLite gives the known answers, by
SQL that stands beside each template. A number is right to the cent, a count or a date exactly; where a question has
several fair answers (30 days back, levels that are equally common) each is right.
made: a bank of 200 customers, one of whom has made so many payments in five and a half years; without a glossary.
bank: 60 accounts of a real Czech bank, its eight tables as they are, with a glossary of what its codes mean.
Prose is the same without the graph: each row of the customer's is a sentence, BM25 finds the 15 that go best with the
question, and the same SQL is run on their rows. No reader of prose can do better with what is found.
Questions that no row answers are asked as well: half have words for what nothing records, half have known words put to
no purpose. A number, a date, a level or a yes is made up then, the worst fault; "none" says that there is none of it,
and "true" gives what is true all the same.
--fresh asks a second examination instead, each of its templates once: the made bank, and a real shop of CDs.
--third asks a third: the made bank, in other words again, each template once.
--people asks what customers are instead, of three real tables without a glossary. Each question is put to five: it is
right where all of them answer right, wrong where one answers wrong, and refused otherwise; one that has no answer is
made up where one of them gives any. Behind a share is its exact interval.
Times are of asking; of prose, of finding alone. Peak memory is the process's, with all libraries. --show lists what
went wrong.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from contest.environments import SHARED
from examination import czech_bank, fresh_questions, made_bank, people_questions, third_questions
from examination.question import Question, Value, World, draw_questions, is_right, load, look_up
from twinfold.evaluation.intervals import clopper_pearson
from twinfold.personas.answer import Answer, Mark
from twinfold.personas.interview import Interview
from twinfold.personas.memory.search import Index
from twinfold.verbs.audience import gather_audience

FOUND = 15
"""Sentences that are found for a question."""

REAL, SHOP = SHARED / "data" / "berka", SHARED / "data" / "cdnow" / "train"
WAYS = ("graph", "prose")
FRESH = 1000
"""Payments of the busiest customer in the second examination, and in the third."""

BANKS = {"fresh": fresh_questions.open_bank, "third": third_questions.open_bank, "": made_bank.open_world}
OUTCOMES = (("right", "wrong", "refused"), ("refused", "made up"))
"""Of what is asked of people that has an answer, and that has none."""


def open_world(folder: Path) -> World:
    known = {REAL: czech_bank.open_world, SHOP: fresh_questions.open_shop}
    return known.get(folder, made_bank.open_world)(folder)


def answer_by_graph(world: World, questions: Sequence[Question]) -> dict[str, Any]:
    begun = time.perf_counter()
    audience = gather_audience(world.folder, words=world.words or None)
    built, answers = time.perf_counter() - begun, []
    for question in questions:
        interview = Interview(audience.answering, question.customer)
        begun = time.perf_counter()
        answer = interview.ask(question.text)
        seconds = time.perf_counter() - begun
        answers.append((answer.value, answer.mark is not Mark.NONE, answer.text, seconds))
    return {"built": built, "answers": answers}


def answer_by_prose(world: World, questions: Sequence[Question]) -> dict[str, Any]:
    built, answers, held = 0.0, [], {}
    for question in questions:
        if question.customer not in held:
            begun = time.perf_counter()
            rows = world.rows(question.customer)
            places = [(table, row) for table, frame in rows.items() for row in range(frame.height)]
            texts = [world.write(table, row) for table, frame in rows.items() for row in frame.iter_rows(named=True)]
            held[question.customer] = rows, places, Index(texts)
            built += time.perf_counter() - begun
        rows, places, index = held[question.customer]
        begun = time.perf_counter()
        found = [places[place] for place, _ in index.find(question.text, FOUND)]
        seconds = time.perf_counter() - begun
        kept = {table: frame[[row for other, row in found if other == table]] for table, frame in rows.items()}
        values = look_up(load(kept), question.readings)
        right = [value for value in values if is_right(value, question.known)]
        answers.append(((right or values)[0], True, "", seconds))
    return {"built": built, "answers": answers}


def answer(way: str, folder: Path, questions: Path) -> None:
    """In this process: answers as JSON, and what they took."""
    asked = [Question(**each) for each in json.loads(questions.read_text())]
    made = {"graph": answer_by_graph, "prose": answer_by_prose}[way](open_world(folder), asked)
    json.dump(made | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}, sys.stdout)


def run(way: str, folder: Path, questions: Sequence[Question]) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([asdict(question) for question in questions], file)
        file.flush()
        command = [sys.executable, __file__, "--way", way, "--folder", str(folder), "--asked", file.name]
        made: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        return made


def mark(question: Question, value: Value, answered: bool) -> str:
    if not answered:
        return "refused"
    if question.template:
        return "right" if is_right(value, question.known) else "wrong"
    if value is not None and is_right(value, question.known):
        return "true"
    return "none" if value is None or value is False else "made up"


def show(title: str, world: World, questions: int, seed: int, faults: bool) -> None:
    asked = [*draw_questions(world, questions, np.random.default_rng(seed)), *fresh_questions.ask_beyond(world)]
    for way in WAYS:
        put = asked if way == "graph" else [each for each in asked if each.template]
        made = run(way, world.folder, put)
        marks = [mark(question, value, said) for question, (value, said, *_) in zip(put, made["answers"], strict=True)]
        known, unknown = (
            [each for each, question in zip(marks, put, strict=True) if bool(question.template) is side]
            for side in (True, False)
        )
        times = [seconds * 1e3 for *_, seconds in made["answers"]]
        cells = [f"{known.count(each) / len(known):>9.1%}" for each in ("right", "wrong", "refused")]
        cells += [
            f"{unknown.count(each):>9}" if unknown else f"{'':>9}" for each in ("refused", "none", "true", "made up")
        ]
        cost = f"{median(times):>9.1f}{max(times):>9.1f}{made['built']:>9.2f}{made['peak']:>9.2f}"
        print(f"{title:<18}{way:<7}" + "".join(cells) + cost, flush=True)
        if faults and way == "graph":
            for question, (value, _, text, _), each in zip(put, made["answers"], marks, strict=True):
                if each not in ("right", "refused") or (each == "refused" and question.template):
                    print(f"    {each:<8} {question.text}\n{'':13}{value!r}, known {question.known[:3]}: {text[:150]}")


def mark_person(asked: people_questions.Asked, answers: Sequence[Answer]) -> tuple[str, int]:
    """What became of a question, and which of the customers it is to be seen at."""
    if not asked.known:
        said = [number for number, answer in enumerate(answers) if answer.mark is not Mark.NONE]
        return ("made up", said[0]) if said else ("refused", 0)
    marks = []
    for answer, known in zip(answers, asked.known, strict=True):
        refused = answer.mark is Mark.NONE or answer.value is None
        right = None in known if refused else is_right(answer.value, known)
        marks.append("right" if right else "refused" if refused else "wrong")
    return next((each, marks.index(each)) for each in ("wrong", "refused", "right") if each in marks)


def show_people(seed: int, faults: bool) -> None:
    """Ask what customers are, and print what became of it: of each table, and of all."""
    marks: dict[str, Counter[tuple[bool, str]]] = {name: Counter() for name in people_questions.TABLES}
    faulty: list[str] = []
    audiences = {
        name: gather_audience(people_questions.read(SHARED / "data", name)) for name in people_questions.TABLES
    }
    for asked in people_questions.examine(SHARED / "data", seed):
        audience = audiences[asked.table]
        keys = [audience.memory.keys[place] for place in asked.places]
        answers = [Interview(audience.answering, key).ask(asked.text) for key in keys]
        outcome, at = mark_person(asked, answers)
        marks[asked.table][bool(asked.known), outcome] += 1
        if outcome != ("right" if asked.known else "refused"):
            known = f", known {asked.known[at]}" if asked.known else ""
            faulty.append(
                f"    {outcome:<8} {asked.text}  [{asked.table} {keys[at]}]\n"
                f"{'':13}{answers[at].value!r}{known}: {answers[at].text[:150]}"
            )
    print(f"{'':12}{'of questions that have an answer':<84}of those without one")
    print(f"{'':12}" + "".join(f"{title:<28}" for titles in OUTCOMES for title in titles))
    for name, count in {**marks, "all": sum(marks.values(), Counter())}.items():
        cells = []
        for answerable, titles in zip((True, False), OUTCOMES, strict=True):
            of = sum(count[answerable, title] for title in titles)
            cells += [write_share(count[answerable, title], of) for title in titles]
        print(f"{name:<12}" + "".join(f"{cell:<28}" for cell in cells))
    if faults:
        print(*faulty, sep="\n")


def write_share(count: int, of: int) -> str:
    low, high = clopper_pearson(count, of)
    return f"{count:>3} of {of:<4}({low:.1%} to {high:.1%})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    other = parser.add_mutually_exclusive_group()
    for name in ("fresh", "third"):
        other.add_argument(f"--{name}", dest="other", action="store_const", const=name, default="")
    other.add_argument("--people", action="store_true")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--asked", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.way:
        answer(options.way, options.folder, options.asked)
        return
    if options.people:
        show_people(options.seed, options.show)
        return
    print(f"{'':25}{'of questions that have an answer':>27}{'of those without one':>36}{'ms an answer':>18}")
    titles = (
        "right",
        "wrong",
        "refused",
        "refused",
        "none",
        "true",
        "made up",
        "median",
        "worst",
        "built s",
        "peak GB",
    )
    print(f"{'':25}" + "".join(f"{title:>9}" for title in titles))
    for size in [FRESH] if options.other else map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            made_bank.make_tables(Path(folder), size, np.random.default_rng([options.seed, size]))
            world = BANKS[options.other](Path(folder))
            questions = len(world.templates) if options.other else options.questions
            show(f"{size:,} payments", world, questions, options.seed, options.show)
    if options.other == "fresh":
        show("a shop of CDs", open_world(SHOP), len(fresh_questions.SHOP), options.seed, options.show)
    elif not options.other:
        show("a Czech bank", open_world(REAL), options.questions, options.seed, options.show)


if __name__ == "__main__":
    main()
