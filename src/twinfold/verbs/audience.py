"""The audience: customers made ready to answer, whichever verb asks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.behaviour_file import load_behaviour
from twinfold.errors import ConditionError, OptionError
from twinfold.personas.answering import Answering
from twinfold.personas.memory.documents import read_documents
from twinfold.personas.memory.memory import Memory, remember
from twinfold.personas.offer import Offer, read_offer
from twinfold.personas.people import read_people
from twinfold.personas.persona import Personas
from twinfold.personas.portraits import make_personas
from twinfold.personas.questions.glossary import Glossary, read_glossary
from twinfold.personas.voices.voice import Voice
from twinfold.protocols import Progress, silent
from twinfold.synthesis.conditions import parse
from twinfold.tables.dataset import Dataset
from twinfold.tables.schema import Schema
from twinfold.verbs.provenance import describe_source
from twinfold.verbs.sources import read_source

if TYPE_CHECKING:
    import numpy.typing as npt

Behaviours = Sequence[str | Path] | Mapping[str, Behaviour]
Paths = Sequence[str | Path]


@dataclass(frozen=True)
class Audience:
    """Customers who can be asked.

    Attributes:
        answering: they, with all that they know.
        personas: their kinds; None where these were not sought.
        origin: of what all this was made.
    """

    answering: Answering
    personas: Personas | None
    origin: Mapping[str, str]

    @property
    def memory(self) -> Memory:
        """What the customers know."""
        return self.answering.memory

    def choose(self, n: int | None, who: str | None, customers: Sequence[str | int] = ()) -> npt.NDArray[np.int64]:
        """The places of those who are asked: some drawn by the seed out of those whom a condition holds for, in the
        order of their table; or those that are named.

        Raises `OptionError` where n is less than one, `ConditionError` where the condition is none or holds for nobody,
        `DataError` where nobody is called so.
        """
        if customers:
            return np.array([self.memory.find(key) for key in customers], np.int64)
        if n is not None and n < 1:
            raise OptionError(f"n is {n}; ask one customer or more")
        people = self.memory.people
        places = np.arange(self.memory.count)
        if who:
            asked = parse(who, people.table)
            held = asked.holds_in(people.frame, people.table)
            places = np.flatnonzero(held)
            if not len(places):
                raise ConditionError(f"{who!r} holds for none of {self.memory.count:,} customers; ask for others")
        if n is None or n >= len(places):
            return places
        return np.sort(np.random.default_rng(self.answering.seed).choice(places, n, replace=False))


def gather_audience(
    population: Any,
    *,
    behaviours: Behaviours = (),
    offer: Offer | Mapping[str, object] | str | Path | None = None,
    words: Glossary | Mapping[str, object] | str | Path | None = None,
    documents: Paths = (),
    voice: Voice | None = None,
    opinions: bool = False,
    personas: Personas | bool = False,
    schema: Schema | str | Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Audience:
    """Make customers ready to answer.

    Args:
        population: the customers, as `find_personas` takes them.
        behaviours: what was learned of what customers do: files, or by name.
        offer: what is put to them: an `offer.toml`, or a mapping of what would stand in one.
        words: how people call what the columns hold: a TOML file with [columns], [tables] and [levels], or a mapping.
        documents: files or folders of what they may have read: Markdown, text, PDF.
        voice: whose words they use; None is the template's. opinions: whether it is asked what nothing else answers.
        personas: of them, already found; True finds them.
        schema: what the columns are, or a `schema.toml`; None finds out.
        seed: of who says yes, of who is asked, and of words.
        progress: told how far the work has come.

    Raises `TwinfoldError`: each input has its own.
    """
    if not 0 <= seed < 2**63:
        raise OptionError(f"seed {seed} is out of range; give a whole number from 0")
    if opinions and voice is None:
        raise OptionError("opinions are a language model's, and the template is none; give a voice")
    known = read_behaviours(behaviours)
    terms, glossary = read_offer(offer), read_glossary(words)
    read = read_documents(list(documents)) if documents else []
    clauses = [clause for document in read for clause in document.clauses]
    progress("reading customers", 0.0)
    dataset = read_source(population, schema=schema)
    progress("reading customers", 0.5)
    memory = remember(dataset, clauses)
    progress("reading customers", 1.0)
    found = _find(dataset, seed, progress) if personas is True else personas or None
    answering = Answering(
        memory,
        known,
        offer=terms,
        glossary=glossary,
        voice=voice,
        opinions=opinions,
        personas=_assign(found, memory) if found else (),
        portraits={persona.name: persona.portrait() for persona in found.personas} if found else {},
        seed=seed,
    )
    found_by = f"{len(clauses):,} clauses, found by {answering.knowing.by}"
    odd = [document.said for document in read if document.note]
    origin = {
        "population": str(describe_source(population, dataset)),
        **{f"behaviour {name}": f"{each.specification.kind}, {each.rows:,} rows" for name, each in known.items()},
        **({"documents": "; ".join([found_by, *odd])} if clauses else {}),
        "voice": voice.name if voice else "template",
        "seed": str(seed),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version("twinfold"),
    }
    return Audience(answering, found, origin)


def read_behaviours(behaviours: Behaviours) -> dict[str, Behaviour]:
    """Behaviours by name, those of files by the file's. Raises `ModelFileError` and `OptionError`."""
    if isinstance(behaviours, Mapping):
        return dict(behaviours)
    known: dict[str, Behaviour] = {}
    for path in behaviours:
        name = Path(path).stem
        if name in known:
            raise OptionError(f"two behaviours are called {name!r}; rename one of the files")
        known[name] = load_behaviour(path)
    return known


def _find(dataset: Dataset, seed: int, progress: Progress) -> Personas:
    return make_personas(read_people(dataset, seed=seed), rng=np.random.default_rng(seed), progress=progress)


def _assign(personas: Personas, memory: Memory) -> list[str]:
    """The persona of each customer, in the memory's order."""
    whose, names = personas.assignment.columns
    known = dict(zip(map(str, personas.assignment[whose]), personas.assignment[names], strict=True))
    keys = map(str, range(memory.count)) if whose == "row" else memory.keys
    return [known.get(key, "") for key in keys]
