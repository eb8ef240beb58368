"""National identifiers: their forms, and which values have them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from twinfold.tables.personal import checksums
from twinfold.tables.personal.checksums import Complete, characters

_LONGEST = 24
_SEPARATORS = re.compile(r"[^A-Z0-9]")
_DATE_YMD = r"\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"


@dataclass(frozen=True)
class Scheme:
    """One country's identifier.

    Attributes:
        name: country and identifier ("es-dni").
        form: what it looks like with its separators taken out.
        layouts: how it is written, a "#" for each character; the first is the usual one.
        complete: gives the check characters; None where there are none.
        distinctive: whether its form is telling by itself. Digits alone are not: they need a check on nearly all values
            and values that hardly repeat.
    """

    name: str
    form: re.Pattern[str]
    layouts: tuple[str, ...]
    complete: Complete | None
    distinctive: bool

    @property
    def length(self) -> int:
        """Characters without separators."""
        return self.layouts[0].count("#")


def _scheme(
    name: str, form: str, layouts: Sequence[str], complete: Complete | None = None, distinctive: bool = False
) -> Scheme:
    return Scheme(name, re.compile(form), tuple(layouts), complete, distinctive)


SCHEMES = (
    _scheme("us-ssn", r"(?!000|666)\d{3}(?!00)\d\d(?!0000)\d{4}", ("###-##-####", "### ## ####", "#" * 9)),
    _scheme(
        "gb-nino",
        r"(QQ|(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])\d{6}[A-D]",
        ("#" * 9, "## ## ## ## #", "## ###### #"),
        distinctive=True,
    ),
    _scheme("es-dni", r"\d{8}[A-Z]", ("#" * 9, "########-#"), checksums.complete_spanish, distinctive=True),
    _scheme("es-nie", r"[XYZ]\d{7}[A-Z]", ("#" * 9, "#-#######-#"), checksums.complete_spanish, distinctive=True),
    _scheme(
        "it-cf",
        r"[A-Z]{6}\d\d[A-EHLMPRST](0[1-9]|[1256]\d|[37][01]|4[1-9])[A-Z]\d{3}[A-Z]",
        ("#" * 16, "### ### ##### #####"),
        checksums.complete_italian,
        distinctive=True,
    ),
    _scheme("fi-hetu", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]", ("#" * 11,), checksums.complete_finnish, distinctive=True),
    _scheme(
        "fr-nir",
        r"[12]\d\d(0[1-9]|1[0-2]|[2-9]\d)\d{10}",
        ("#" * 15, "# ## ## ## ### ### ##"),
        checksums.complete_french,
    ),
    _scheme(
        "cz-rc",
        r"\d\d([0257][1-9]|[1368][0-2])(0[1-9]|[12]\d|3[01])\d{4}",
        ("######/####", "#" * 10),
        checksums.complete_czech,
    ),
    _scheme("se-pn", _DATE_YMD + r"\d{4}", ("######-####", "#" * 10), checksums.complete_luhn),
    _scheme(
        "no-fnr",
        r"([04][1-9]|[1256]\d|[37][01])([048][1-9]|[159][0-2])\d{7}",
        ("#" * 11, "###### #####"),
        checksums.complete_norwegian,
    ),
    _scheme("pl-pesel", r"\d\d([02468][1-9]|[13579][0-2])[0-3]\d{6}", ("#" * 11,), checksums.complete_polish),
    _scheme("de-idnr", r"[1-9]\d{10}", ("#" * 11, "## ### ### ###"), checksums.complete_german),
    _scheme("br-cpf", r"\d{11}", ("###.###.###-##", "#" * 11), checksums.complete_brazilian),
    _scheme("za-id", _DATE_YMD + r"\d{4}[012]\d\d", ("#" * 13, "###### #### ###"), checksums.complete_luhn),
    _scheme("au-tfn", r"[1-9]\d{8}", ("### ### ###", "#" * 9), checksums.complete_australian),
    _scheme("nl-bsn", r"(?!0{4})\d{9}", ("#" * 9, "####.##.###"), checksums.complete_dutch),
)


def share_valid(values: Sequence[str], scheme: Scheme, *, pad: bool = False) -> float:
    """Share of `values` that are written as the scheme writes its numbers and pass its check.

    `pad`: values come from integers, whose leading zeros (up to two) are lost.
    """
    return _count_valid(_by_layout(values), scheme, pad) / max(len(values), 1)


def recognise(values: Sequence[str], *, pad: bool = False) -> tuple[Scheme, float]:
    """The scheme that most of `values` follow, and their share."""
    groups = _by_layout(values)
    counts = [_count_valid(groups, scheme, pad) for scheme in SCHEMES]
    # Without a check, nine digits may be anything; a scheme that checks them says more.
    best = max(range(len(SCHEMES)), key=lambda i: (counts[i] * (1.0 if SCHEMES[i].complete else 0.5), -i))
    return SCHEMES[best], counts[best] / max(len(values), 1)


def layout_of(value: str) -> str:
    """How a value is written: "#" for each letter or digit.

    >>> layout_of("120-45-6789")
    '###-##-####'
    """
    return re.sub(r"[^\W_]", "#", value)


def _by_layout(values: Sequence[str]) -> dict[str, list[str]]:
    """Texts in capitals without separators, by how they were written."""
    groups: dict[str, list[str]] = {}
    for value in values:
        if len(value) <= _LONGEST and value.isascii():
            text = value.upper()
            groups.setdefault(layout_of(text), []).append(text)
    return groups


def _count_valid(groups: dict[str, list[str]], scheme: Scheme, pad: bool) -> int:
    if pad:
        short = range(scheme.length - 2, scheme.length + 1)
        compact = [text.zfill(scheme.length) for size in short for text in groups.get("#" * size, ())]
    elif scheme.name == "fi-hetu":  # its sign of the century belongs to it
        compact = [text for text in chain(*groups.values()) if len(text) == scheme.length]
    else:
        compact = [_SEPARATORS.sub("", text) for layout in scheme.layouts for text in groups.get(layout, ())]
    formed = [text for text in compact if scheme.form.fullmatch(text)]
    if not formed or scheme.complete is None:
        return len(formed)
    return int(np.sum(checksums.valid(characters(formed), scheme.complete)))
