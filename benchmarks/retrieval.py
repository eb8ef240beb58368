"""Retrieval: is the clause found that a question is about, by words and by meaning, and what does a search cost?

    scripts/bench retrieval [--parts known,headings,cost] [--questions 1000]

known: the licences and descriptions of Twinfold's own dependencies are the documents, as installed. A question is one
of their sentences of eight words or more, half of whose words are dropped: half at random, the rarer half, or the
commoner. How often is its clause the first that is found, or among the first five? Sentences of several clauses are
left out.
headings: a question is a heading; the clauses under it are right, of those of its document, whose texts alone are
searched, so that who wrote them said the same twice. Once of all headings, and once of those of which no clause under
them repeats a word. Documents have ten clauses or more.
cost: seconds and memory to index texts of 8 to 24 words, drawn from the same documents, and milliseconds to search.
"""

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np

from twinfold.evaluation.intervals import clopper_pearson
from twinfold.personas.memory.clauses import Clause
from twinfold.personas.memory.documents import Document, read_documents
from twinfold.personas.memory.meaning import Meaning
from twinfold.personas.memory.search import Index
from twinfold.personas.memory.words import split_words, stem

ROOT = Path(__file__).parents[1]
LEGAL = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)
LEAST_WORDS, LEAST_CLAUSES = 8, 10
Finder = Callable[[str, int, range], list[int]]
Question = tuple[str, set[int], range]
"""Words, the places of the clauses that are right, and of those that may be found."""


def gather(folder: Path) -> list[Document]:
    """The texts that come with what is locked, written down as a bank's documents would be, and read."""
    seen = set()
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name = line.partition("==")[0].strip()
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        kind = "md" if "markdown" in (found.metadata.get("Description-Content-Type") or "") else "txt"
        texts = [(f"{name}.{kind}", found.metadata.get_payload() or found.metadata.get("Description") or "")]
        for file in found.files or []:
            if ".dist-info" in str(file) and LEGAL.search(file.name) and file.locate().is_file():
                texts.append((f"{name}-{file.name}.txt", Path(file.locate()).read_text("utf-8", "replace")))
        for title, text in texts:
            if text.strip() and text not in seen:
                seen.add(text)
                (folder / title.replace("/", "-")).write_text(text, "utf-8")
    return read_documents([folder])


def ask(texts: list[str], questions: int, rng: np.random.Generator) -> list[tuple[int, list[str]]]:
    """Places of clauses, and the words of a sentence of each that stands in no other."""
    sentences = [
        (place, [word for word in sentence.split() if stem_of(word)])
        for place, text in enumerate(texts)
        for sentence in re.split(r"(?<=[.!?])\s+", text)
    ]
    often = Counter(" ".join(words).lower() for _, words in sentences)
    asked = [
        (place, words)
        for place, words in sentences
        if len(words) >= LEAST_WORDS and often[" ".join(words).lower()] == 1
    ]
    return [asked[at] for at in rng.permutation(len(asked))[:questions]]


def stem_of(word: str) -> str:
    return "".join(map(stem, split_words(word)))


def show_known(documents: list[Document], questions: int) -> None:
    clauses = [clause for document in documents for clause in document.clauses]
    texts = [clause.text for clause in clauses]
    held = Counter(root for text in texts for root in {stem_of(word) for word in text.split()})
    asked = ask(texts, questions, np.random.default_rng(0))
    ways = make_ways([clause.in_context for clause in clauses])
    print(f"{len(documents)} documents, {len(clauses):,} clauses; {len(asked):,} sentences with half of their words")
    for dropped in ("at random", "the rarer half", "the commoner half"):
        rng = np.random.default_rng(1)
        put = [(" ".join(keep(words, dropped, held, rng)), {place}, range(len(texts))) for place, words in asked]
        show_recall(f"dropped {dropped}", ways, put)


def show_headings(documents: list[Document]) -> None:
    put: list[Question] = []
    clauses: list[Clause] = []
    for document in documents:
        own = range(len(clauses), len(clauses) + len(document.clauses))
        clauses += document.clauses
        under: dict[str, set[int]] = {}
        for place in own:
            under.setdefault(clauses[place].heading.rpartition(" > ")[2], set()).add(place)
        if len(own) >= LEAST_CLAUSES:
            put += [(title, places, own) for title, places in under.items() if title and len(places) <= len(own) / 4]
    apart = [each for each in put if not shares_word(each[0], [clauses[at].text for at in each[1]])]
    ways = make_ways([clause.text for clause in clauses])
    print(f"\n{len(put):,} headings as questions, of which {len(apart):,} share no word with what is under them")
    show_recall("all", ways, put)
    show_recall("no word shared", ways, apart)


def shares_word(title: str, texts: list[str]) -> bool:
    own = {*map(stem, split_words(title))} - {""}
    return any(own & {*map(stem, split_words(text))} for text in texts)


def make_ways(texts: list[str]) -> dict[str, Finder]:
    """The ways of finding texts that are compared; ranks are fused as by Cormack, Clarke and Büttcher (2009)."""
    meaning = Meaning()
    words, both, vectors = Index(texts), Index(texts, meaning=meaning), meaning.embed(texts)

    def by_meaning(query: str, k: int, among: range) -> list[int]:
        cosines = vectors[among.start : among.stop] @ meaning.embed([query])[0]
        return (among.start + np.argsort(-cosines, kind="stable")[:k]).tolist()

    def by_ranks(query: str, k: int, among: range) -> list[int]:
        fused: defaultdict[int, float] = defaultdict(float)
        for places in ([place for place, _ in words.find(query, 100, among)], by_meaning(query, 100, among)):
            for rank, place in enumerate(places, 1):
                fused[place] += 1 / (60 + rank)
        return sorted(fused, key=lambda place: (-fused[place], place))[:k]

    return {
        words.by: lambda query, k, among: [place for place, _ in words.find(query, k, among)],
        both.by: lambda query, k, among: [place for place, _ in both.find(query, k, among)],
        "meaning alone": by_meaning,
        "reciprocal ranks": by_ranks,
    }


def show_recall(title: str, ways: dict[str, Finder], put: list[Question]) -> None:
    print(f"{title:<28}{'the first':>24}{'in the first five':>24}")
    for way, find in ways.items():
        found = [(find(question, 5, among), right) for question, right, among in put]
        said = []
        for k in (1, 5):
            hits = sum(bool({*places[:k]} & right) for places, right in found)
            low, high = clopper_pearson(hits, len(put))
            said.append(f"{hits / len(put):.3f} ({low:.3f} to {high:.3f})")
        print(f"  {way:<26}{said[0]:>24}{said[1]:>24}", flush=True)


def keep(words: list[str], dropped: str, held: Counter[str], rng: np.random.Generator) -> list[str]:
    """The half of a sentence's words that are left, in their order."""
    weight = rng.random(len(words))
    if dropped != "at random":
        weight += np.array([held[stem_of(word)] for word in words]) * (1 if dropped == "the commoner half" else -1)
    left = np.sort(np.argsort(weight)[: (len(words) + 1) // 2])
    return [words[at] for at in left]


def cost(path: Path, texts: int, by_meaning: bool) -> None:
    """In this process: what so many texts take, drawn from the words of a file."""
    words = path.read_text("utf-8").split()
    rng = np.random.default_rng(0)
    begins, lengths = rng.integers(0, len(words) - 24, texts), rng.integers(8, 25, texts)
    drawn = [" ".join(words[a : a + n]) for a, n in zip(begins.tolist(), lengths.tolist(), strict=True)]
    meaning = Meaning() if by_meaning else None
    before, begun = resident(), time.perf_counter()
    index = Index(drawn, meaning=meaning)
    built = time.perf_counter() - begun
    peak = resident()
    took = []
    for at in rng.integers(0, texts, 200):
        asked = " ".join(drawn[at].split()[::2])
        begun = time.perf_counter()
        index.find(asked, 15)
        took.append(1000 * (time.perf_counter() - begun))
    print(built, peak - before, np.median(took), np.quantile(took, 0.95), max(took))


def resident() -> float:
    """Memory of this process at its height so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def show_cost(words: Path) -> None:
    print(
        f"\n{'texts':>10}  {'found by':<20}{'build s':>9}{'GB more':>9}{'median ms':>11}{'95 % ms':>9}{'worst ms':>10}"
    )
    for way in ("words", "words and meaning"):
        for texts in (1_000, 10_000, 100_000, 1_000_000):
            command = [sys.executable, __file__, "--words", str(words), "--texts", str(texts)]
            command += ["--meaning"] if "meaning" in way else []
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            built, more, median, most, worst = map(float, said)
            print(
                f"{texts:>10,}  {way:<20}{built:>9.2f}{more:>9.2f}{median:>11.2f}{most:>9.2f}{worst:>10.2f}", flush=True
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="known,headings,cost")
    parser.add_argument("--questions", type=int, default=1_000)
    parser.add_argument("--words", type=Path, help="of one measurement of cost, as this script asks itself for")
    parser.add_argument("--texts", type=int)
    parser.add_argument("--meaning", action="store_true")
    options = parser.parse_args()
    if options.words:
        cost(options.words, options.texts, options.meaning)
        return
    parts = options.parts.split(",")
    with tempfile.TemporaryDirectory() as folder:
        documents = gather(Path(folder))
    if "known" in parts:
        show_known(documents, options.questions)
    if "headings" in parts:
        show_headings(documents)
    if "cost" in parts:
        with tempfile.TemporaryDirectory() as folder:
            words = Path(folder) / "words.txt"
            words.write_text(" ".join(clause.text for each in documents for clause in each.clauses), "utf-8")
            show_cost(words)


if __name__ == "__main__":
    main()
