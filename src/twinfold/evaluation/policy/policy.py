"""A policy: for each purpose the worst that is accepted of a finding, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from twinfold.errors import OptionError, unknown_name

DEFAULT = "model-development"

BUILT_IN = "built in"
"""The source of a policy that no file changes."""


@dataclass(frozen=True)
class Limit:
    """The worst acceptable value of a finding.

    Attributes:
        finding: its name.
        worst: the limit; where `beyond_yardstick`, the yardstick is added.
        reason: why this limit and no other.
        margin: how far beyond the yardstick the whole interval must lie for a failure.
        resolution: the widest half-interval with which a pass may be said; None where any will do.
        unknown_passes: whether the purpose stands where the finding was tried and could not be told.
        required: whether the purpose is refused wherever the finding was not measured, whatever `unknown_passes` says.
    """

    finding: str
    worst: float
    reason: str
    beyond_yardstick: bool = False
    margin: float = 0.0
    resolution: float | None = None
    unknown_passes: bool = False
    required: bool = False


@dataclass(frozen=True)
class Rule:
    """A purpose and its limits; `extends` names the built-in purpose that one of the bank's own begins from."""

    name: str
    title: str
    limits: tuple[Limit, ...]
    extends: str = ""

    def limit(self, finding: str) -> Limit | None:
        """The limit of a finding, by its name; None where the purpose has none."""
        return next((limit for limit in self.limits if limit.finding == finding), None)


@dataclass(frozen=True)
class FindingKind:
    """What a policy knows of a finding.

    Attributes:
        group: the promise that it bears on.
        plain: what is so where it fails, as the end of a sentence ("it repeats real customers").
        better: which direction is good.
        linked: whether it is measured of several tables alone.
        most: the highest value that a limit on it may have.
    """

    group: Literal["faithful", "useful", "safe", "fair"]
    plain: str
    better: Literal["lower", "higher"] = "lower"
    linked: bool = False
    most: float = 1.0


@dataclass(frozen=True)
class Loosened:
    """A limit that is looser than the built-in one: by `changes`, as ("worst", 0.7, 0.55), new before old."""

    purpose: str
    limit: Limit
    safe: bool
    changes: tuple[tuple[str, Any, Any], ...]

    def text(self) -> str:
        """The change in a few words.

        >>> Loosened("model-development", Limit("dcr_share", 0.7, "bound"), True, (("worst", 0.7, 0.6),)).text()
        'dcr_share (worst 0.7 instead of 0.6: bound)'
        """
        changes = ", ".join(f"{name} {_said(new)} instead of {_said(old)}" for name, new, old in self.changes)
        return f"{self.limit.finding} ({changes}: {self.limit.reason})"


@dataclass(frozen=True)
class Policy:
    """The rules of all purposes, and the purpose whose verdict counts.

    Attributes:
        purpose: the name of the purpose that a table is released for, or refused.
        rules: of each purpose, the built-in ones first.
        kinds: by finding, what is known of it.
        source: the name of the file that it was read from; "built in".
        sha256: the digest of that file's bytes.
        loosened: the limits that are looser than the built-in ones.
    """

    purpose: str
    rules: tuple[Rule, ...]
    kinds: Mapping[str, FindingKind]
    source: str
    sha256: str
    loosened: tuple[Loosened, ...] = ()

    @property
    def rule(self) -> Rule:
        """The purpose whose verdict counts, and its limits."""
        return self.rule_of(self.purpose)

    def rule_of(self, purpose: str) -> Rule:
        """The limits of a purpose. Raises `OptionError` where none has such a name."""
        for rule in self.rules:
            if rule.name == purpose:
                return rule
        names = [rule.name for rule in self.rules]
        raise OptionError(unknown_name("policy", purpose, [*names, "FILE.toml"] if self.source == BUILT_IN else names))

    def provenance(self) -> dict[str, str]:
        """The purpose, where its limits come from, and which are looser than the built-in ones, for a report's end."""
        if self.source == BUILT_IN:
            return {"policy": self.purpose}
        told = {"policy": f"{self.purpose} of {self.source}, SHA-256 {self.sha256}"}
        if self.loosened:
            told["limits loosened"] = "; ".join(f"{each.text()}, for {each.purpose}" for each in self.loosened)
        return told

    def text(self) -> str:
        """The policy as the TOML file that it can be read from again."""
        from twinfold.evaluation.policy.policy_file import write_toml

        return write_toml(self)

    def json(self) -> dict[str, Any]:
        """The purpose whose verdict counts and its limits, as plain values."""
        limits = {limit.finding: {k: v for k, v in vars(limit).items() if k != "finding"} for limit in self.rule.limits}
        return {
            "purpose": self.purpose,
            "title": self.rule.title,
            "source": self.source,
            "sha256": self.sha256,
            "loosened": [each.text() for each in self.loosened if each.purpose == self.purpose],
            "limits": limits,
        }


def loosened(rule: Rule, base: Rule, kinds: Mapping[str, FindingKind]) -> tuple[Loosened, ...]:
    """The limits of a rule that accept what those of the rule that it begins from don't."""
    found = []
    for was in base.limits:
        limit, kind = rule.limit(was.finding), kinds[was.finding]
        assert limit is not None  # a limit is changed, never taken away
        changes = tuple(
            (name, getattr(limit, name), getattr(was, name))
            for name in ("worst", "beyond_yardstick", "margin", "resolution", "unknown_passes", "required")
            if _looser(name, getattr(limit, name), getattr(was, name), kind)
        )
        if changes:
            found.append(Loosened(rule.name, limit, kind.group == "safe", changes))
    return tuple(found)


def _looser(setting: str, new: Any, old: Any, kind: FindingKind) -> bool:
    if setting == "worst":
        return bool(new > old) if kind.better == "lower" else bool(new < old)
    if setting == "required":
        return old and not new
    if setting == "resolution":
        return old is not None and bool(new > old)
    return bool(new > old)


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"
