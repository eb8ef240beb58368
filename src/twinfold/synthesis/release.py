"""Whether rows may be drawn from a model: what the evaluations in its history say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from twinfold.errors import OptionError, RefusedError

if TYPE_CHECKING:
    from twinfold.evaluation.finding import Evaluation

History = Sequence[Mapping[str, Any]]

EVALUATED, OVERRIDDEN = "evaluated", "overridden"
"""The events of a history that bear on a release."""

SHORTEST, LONGEST = 10, 500
"""Characters that the reason for an override has."""


def find_refusal(history: History) -> Mapping[str, Any] | None:
    """The last evaluation of a model, where it refused the model under its policy; an override does not undo it.

    Models that were never evaluated, or by a Twinfold that knew no policies, are not refused.
    """
    evaluations = [record for record in history if record.get("event") == EVALUATED]
    return evaluations[-1] if evaluations and evaluations[-1].get("released") is False else None


def check_released(history: History) -> None:
    """Raise `RefusedError` where a model was refused."""
    refusal = find_refusal(history)
    if refusal is not None:
        raise RefusedError(
            f"{describe_refusal(refusal)}; learn a better one, or give the reason why rows may leave this one all the "
            'same, which its file will keep: --override "REASON"'
        )


def describe_refusal(refusal: Mapping[str, Any]) -> str:
    """What refused a model, in one line; it comes from a file that anybody may have written."""
    because = " ".join(str(refusal.get("because", "no reason is given"))[:300].split())
    return f"this model was refused for {_policy(refusal)}: {because}"


def _policy(refusal: Mapping[str, Any]) -> str:
    policy = refusal.get("policy")
    named = policy if isinstance(policy, Mapping) else {}
    purpose, source = (str(named.get(key, f"no {key}"))[:60] for key in ("title", "source"))
    return f"{purpose} (policy: {source})"


def describe_verdict(evaluation: "Evaluation | None", history: History) -> list[str]:
    """The verdict of an evaluation just made, in lines: the headline, and what it means for drawing rows."""
    if evaluation is None:
        return []
    refusal = find_refusal(history)
    lines = [f"Verdict: {evaluation.headline}"]
    if refusal is not None:
        lines.append(f"Refused for {_policy(refusal)}: sample asks for --override with a reason.")
    return lines


def record_override(reason: str, refusal: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """The record of an override: why, when, and against which verdict.

    Raises `OptionError` where the reason is none, or can't be written.
    """
    said = reason.strip()
    if not SHORTEST <= len(said) <= LONGEST or not said.isprintable():
        raise OptionError(
            f"the reason for an override is {reason[:40]!r}; one line of {SHORTEST} to {LONGEST} characters is "
            "accepted, which says who decided and why"
        )
    verdict = {key: refusal[key] for key in ("because", "policy", "refused_by") if key in refusal}
    return {"event": OVERRIDDEN, "reason": said, "at": at.isoformat(timespec="seconds"), "verdict": verdict}
