"""Claims of dates: days, months, quarters and years that are times."""

from __future__ import annotations

import re

from twinfold.personas.claims.claim import Claim, ClaimKind
from twinfold.personas.claims.figures import LEADS, find_days, is_day
from twinfold.personas.claims.ground import Ground
from twinfold.personas.claims.speech import CLAUSE, DENIED
from twinfold.personas.memory.fact import FactKind
from twinfold.personas.questions.times import Window, find_windows
from twinfold.personas.questions.words import fold

_SOONER = re.compile(r"\b(?:before|after|earlier than|later than)\s+(?:the )?$")


def find_date_claims(text: str, ground: Ground) -> tuple[list[Claim], str]:
    """Days, months, quarters, and years that are times ("in 1993"); and the text without them."""
    claims = []
    told, asked = fold(f"{ground.question} {ground.allowed}"), set(find_days(ground.question))
    for window in find_windows(text, None):
        stands = text[window.begin : window.end]
        span = LEADS.sub("", stands)
        if not re.fullmatch(r"\d{4}", stands.strip()):
            days = set(find_days(f"in {span}"))
            lead = text[: window.begin] + stands[: len(stands) - len(span)]
            known = (bool(days) and days <= ground.days) or _holds_day(window, ground)
            if (sooner := _SOONER.search(lead)) and f"{sooner[0].strip()} {span}" not in told:
                known = False  # a day before that of the record is another
            if not (ground.decided or days & asked) and DENIED.search(CLAUSE.split(text[: window.begin])[-1]):
                known = False
            claims.append(Claim(ClaimKind.DATE, span, known))
            text = text[: window.begin] + " " * len(stands) + text[window.end :]
    return claims, text


def _holds_day(window: Window, ground: Ground) -> bool:
    """Whether a month, said in the place of a day, is that of a date that answers."""
    dated = [fact.said for fact in ground.facts if fact.kind in (FactKind.ATTRIBUTE, FactKind.COUNTED)]
    days = [float(each.split("/")[0]) for said in (*dated, ground.allowed) for each in find_days(said) if is_day(each)]
    return window.high - window.low <= 31 and any(window.low <= day < window.high for day in days)
