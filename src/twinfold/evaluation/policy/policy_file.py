"""Policies as files that a risk officer reads, changes, signs and versions: `policy.toml`."""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from twinfold.errors import PolicyError, unknown_name
from twinfold.evaluation.policy.policy import (
    BUILT_IN,
    DEFAULT,
    FindingKind,
    Limit,
    Loosened,
    Policy,
    Rule,
    loosened,
)
from twinfold.tables.text_file import save_text

_HEADER = """\
# What a synthetic table may be used for: for each purpose the worst that is accepted, and why. Change what your bank
# sees differently, give a reason for each change, and hand this file to `twinfold evaluate --policy`. It need only hold
# what differs: whatever is not here is as in `twinfold policy`. Limits that it loosens are said in every report.
#
# purpose           the purpose whose verdict counts: for the exit status of `evaluate`, and for a model to be sampled
# [NAME]            a purpose: a built-in one, or one of your own, which says its title and the built-in one that it
#                   begins from: title = "scoring vendors" and extends = "sharing-with-a-partner"
# [NAME.limits]     its limits, by finding
#
# Of a limit:
# worst             the worst value that is accepted: most often from 0 to 1
# beyond_yardstick  true where that is counted from what real customers get, who were kept from learning
# margin            how far beyond what real customers get the whole 95 % interval must lie for a failure
# resolution        the widest half of a 95 % interval with which a pass may be said; wider, and it can't be told
# unknown_passes    true where the purpose stands though the finding can't be told
# required          true where the purpose is refused unless the finding was measured
# reason            why this limit and no other
#
# Of findings, what is so where one fails:
"""

LARGEST, LONGEST_LINE, MOST_OWN = 2**18, 1_000, 20
"""Bytes that a policy file may have, characters of a line, and purposes that it may add: more was not written by
people, and takes a reader of TOML minutes."""

_LONGEST = 300
"""Characters of a reason or a title."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FILE = re.compile(r"(?P<path>.+\.toml)(:(?P<purpose>.*))?", re.DOTALL | re.IGNORECASE)
_NUMBERS = ("worst", "margin", "resolution")
_FLAGS = ("beyond_yardstick", "unknown_passes", "required")
_SETTINGS = ("worst", "beyond_yardstick", "margin", "resolution", "unknown_passes", "required", "reason")


@cache
def built_in() -> Policy:
    """The policy that holds where no file changes it: `default.toml`."""
    data = resources.files("twinfold.evaluation.policy").joinpath("default.toml").read_bytes()
    record = tomllib.loads(data.decode())
    kinds = {name: FindingKind(**kind) for name, kind in record.pop("findings").items()}
    rules = tuple(
        Rule(name, entry["title"], tuple(Limit(finding, **limit) for finding, limit in entry["limits"].items()))
        for name, entry in record.items()
    )
    return Policy(DEFAULT, rules, kinds, BUILT_IN, hashlib.sha256(data).hexdigest())


def read_policy(asked: Policy | str | Path) -> Policy:
    """The policy that was asked for.

    Args:
        asked: the name of a built-in purpose ("publication"); a file ("policy.toml"); or a file and a purpose in it,
            where that is not the one which the file names itself ("policy.toml:publication").

    Raises:
        OptionError: no purpose of such a name; PolicyError: a file that can't be read, is no TOML, or holds what is not
            accepted.
    """
    if isinstance(asked, Policy):
        return asked
    file = _FILE.fullmatch(str(asked))
    policy = built_in() if file is None else load_policy(file["path"])
    purpose = str(asked) if file is None else file["purpose"]
    return policy if purpose is None else replace(policy, purpose=policy.rule_of(purpose).name)


def load_policy(path: str | Path) -> Policy:
    """Read a policy from a TOML file, over the built-in one.

    Raises `PolicyError` where there is no such file, where it is no TOML, and for a key or a value that is not known.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise PolicyError(
            f"policy {str(path)!r} can't be read: {error.strerror}; make one with twinfold policy --save {path}"
        ) from error
    try:
        if len(data) > LARGEST:
            raise PolicyError(f"more than {LARGEST:,} bytes, where a policy has some thousand; give another file")
        policy = read_toml(_decode(data))
    except PolicyError as error:
        raise PolicyError(f"{path.name}: {error}") from error.__cause__
    return replace(policy, source=path.name, sha256=hashlib.sha256(data).hexdigest())


def save_policy(policy: Policy, path: str | Path, *, force: bool = False) -> None:
    """Write a policy as a TOML file, whole or not at all.

    Raises `OutputError` where `path` exists and `force` is not set, or where it can't be written.
    """
    save_text(write_toml(policy), path, force=force)


def write_toml(policy: Policy) -> str:
    """A policy as TOML: one line a limit, and what every setting and finding means above."""
    limited = {limit.finding for rule in policy.rules for limit in rule.limits}
    named = {name: kind for name, kind in policy.kinds.items() if name in limited}
    width = max(map(len, named), default=0)
    lines = [_HEADER.rstrip("\n"), *(f"# {name:<{width}}  {kind.plain}" for name, kind in named.items())]
    lines += ["", *(f"# Loosened for {each.purpose}: {each.text()}" for each in policy.loosened)]
    lines += [f"purpose = {_quote(policy.purpose)}"]
    for rule in policy.rules:
        if rule.extends:
            lines += ["", f"[{rule.name}]", f"title = {_quote(rule.title)}", f"extends = {_quote(rule.extends)}"]
        lines += ["", f"[{rule.name}.limits]"]
        width = max((len(limit.finding) for limit in rule.limits), default=0)
        base = built_in().rule_of(rule.extends or rule.name)
        lines += [f"{limit.finding:<{width}} = {_inline(limit, base.limit(limit.finding))}" for limit in rule.limits]
    return "\n".join(lines) + "\n"


def read_toml(text: str) -> Policy:
    """The policy that a TOML text holds, over the built-in one. Raises `PolicyError` with one line that says what is
    wrong."""
    base = built_in()
    try:
        record = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise PolicyError(f"no TOML ({error}); mend it, or make it anew with twinfold policy --save") from error
    purpose = record.pop("purpose", None)
    known = {rule.name: rule for rule in base.rules}
    for name, entry in record.items():
        if not isinstance(entry, dict):
            raise PolicyError(unknown_name("setting", name, ("purpose", *(f"[{each}]" for each in known))))
    rules, changes = _read_rules(record, known, base.kinds)
    if not isinstance(purpose, str) or purpose not in rules:
        said = "there is no purpose" if purpose is None else f"purpose is {_shown(purpose)}"
        raise PolicyError(f'{said}; one of {", ".join(rules)} is accepted, as in purpose = "{DEFAULT}" on top')
    return replace(base, purpose=purpose, rules=tuple(rules.values()), loosened=changes)


def _read_rules(
    record: Mapping[str, Any], known: Mapping[str, Rule], kinds: Mapping[str, FindingKind]
) -> tuple[dict[str, Rule], tuple[Loosened, ...]]:
    """The rules of all purposes, and what is looser in them than in the built-in ones that they begin from."""
    own = [name for name in record if name not in known]
    if len(own) > MOST_OWN:
        raise PolicyError(f"{len(own)} purposes of its own; at most {MOST_OWN} are accepted")
    rules = {n: _change(rule, record[n], kinds) if n in record else rule for n, rule in known.items()}
    changes = [each for name, rule in known.items() for each in loosened(rules[name], rule, kinds)]
    for name in own:
        entry = record[name]
        _check_own(name, entry, known, [rule.title for rule in rules.values()])
        begun = replace(rules[entry["extends"]], name=name, title=entry["title"], extends=entry["extends"])
        rules[name] = _change(begun, entry, kinds)
        changes += loosened(rules[name], known[entry["extends"]], kinds)
    return rules, tuple(changes)


def _check_own(name: str, entry: Mapping[str, Any], known: Mapping[str, Rule], titles: Iterable[str]) -> None:
    """A purpose of the bank's own begins from a built-in one, so that it can't lack a limit that nobody thought of."""
    if not _NAME.fullmatch(name) or len(name) > 60:
        raise PolicyError(
            f"purpose {_shown(name)} is no name; small letters, digits and hyphens between them are accepted, at most "
            'sixty, as in "scoring-vendors"'
        )
    extends = entry.get("extends")
    if not isinstance(extends, str) or extends not in known:
        said = "it does not say what it begins from" if extends is None else f"extends is {_shown(extends)}"
        raise PolicyError(f'{unknown_name("purpose", name, known)}, and {said}; add extends = "{DEFAULT}" or another')
    title = _text(entry.get("title"), f"title of {name!r}")
    if title.strip().casefold() in map(str.casefold, titles):
        raise PolicyError(f"title of {name!r} is {entry['title']!r}, which another purpose has; give one of its own")


def _change(rule: Rule, entry: Mapping[str, Any], kinds: Mapping[str, FindingKind]) -> Rule:
    """A rule with the limits of an entry in the place of its own, or after them."""
    accepted = ("limits", "title", "extends") if rule.extends else ("limits",)
    _check_keys(entry, accepted, repr(rule.name))
    limits = {limit.finding: limit for limit in rule.limits}
    for finding, settings in _dictionary(entry.get("limits", {}), f"limits of {rule.name!r}").items():
        if finding not in kinds:
            raise PolicyError(unknown_name("finding", finding, kinds, among=f"the limits of {rule.name!r}"))
        where = f"{finding} of {rule.name!r}"
        limits[finding] = _limit(limits.get(finding), finding, kinds[finding].most, _dictionary(settings, where), where)
    return replace(rule, limits=tuple(limits.values()))


def _limit(was: Limit | None, finding: str, most: float, settings: Mapping[str, Any], where: str) -> Limit:
    """A limit with some settings changed, numbers `most` at most; without one before, a new one."""
    _check_keys(settings, _SETTINGS, where)
    changed: dict[str, Any] = {"reason": _text(settings.get("reason"), f"reason of {where}")}
    for key in _NUMBERS:
        if key in settings:
            changed[key] = _number(settings[key], most, f"{key} of {where}")
    for key in _FLAGS:
        if key in settings:
            if type(settings[key]) is not bool:
                raise PolicyError(f"{key} of {where} is {_shown(settings[key])}; true or false is accepted")
            changed[key] = settings[key]
    if was is not None:
        return replace(was, **changed)
    if "worst" not in changed:
        raise PolicyError(f"{where} has no worst; add the worst value that is accepted, as in worst = 0.05")
    return Limit(finding, **changed)


def _number(value: Any, most: float, where: str) -> float:
    if type(value) not in (int, float) or not 0 <= value <= most:
        raise PolicyError(f"{where} is {_shown(value)}; a number from 0 to {most:g} is accepted")
    return float(value)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST or not value.isprintable():
        said = "missing" if value is None else _shown(value)
        raise PolicyError(f"{where} is {said}; one line of text is accepted, of at most {_LONGEST} characters")
    return value


def _check_keys(entry: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in entry:
        if key not in known:
            raise PolicyError(unknown_name("setting", key, known, among=where))


def _dictionary(entry: Any, where: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise PolicyError(f"{where} is {_shown(entry)}; settings are accepted, as twinfold policy --save writes them")
    return entry


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PolicyError(f"no UTF-8 text (byte {error.start}); save it as UTF-8") from error
    longest = max(map(len, text.split("\n")))
    if longest > LONGEST_LINE:
        raise PolicyError(f"a line of {longest:,} characters; at most {LONGEST_LINE:,} are accepted")
    return text


def _inline(limit: Limit, base: Limit | None) -> str:
    """A limit's settings, but for those that are as in no limit's and in the one that it begins from."""
    empty = Limit(limit.finding, limit.worst, limit.reason)
    others = (empty, empty if base is None else base)
    said = [
        key
        for key in _SETTINGS
        if key in ("worst", "reason") or any(getattr(limit, key) != getattr(other, key) for other in others)
    ]
    return "{ " + ", ".join(f"{key} = {_quote(getattr(limit, key))}" for key in said) + " }"


def _quote(value: Any) -> str:
    """A text, number or flag as TOML: of what is printable, as JSON has it."""
    return json.dumps(value, ensure_ascii=False)


def _shown(value: Any) -> str:
    """A value of a file as it can stand in an error."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
