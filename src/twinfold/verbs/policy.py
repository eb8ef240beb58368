"""Show and write the limits that tables are judged by: `twinfold policy`."""

from dataclasses import replace
from pathlib import Path

from twinfold.evaluation.policy.policy import Policy
from twinfold.evaluation.policy.policy_file import built_in, read_policy, save_policy

__all__ = ["Policy", "policy"]


def policy(name: str | Path | None = None, *, save: str | Path | None = None, force: bool = False) -> Policy:
    """The limits that tables are judged by, of one purpose or of all, to read, change and sign.

    Args:
        name: a purpose ("publication"), or a policy file, with a purpose of it where that is not the one which it names
            ("policy.toml:publication"): the limits as they result from the file, and what it loosens. None gives all
            purposes that are built in.
        save: where to write them as TOML, to change what your bank sees differently and hand it to `evaluate`.
        force: replace a policy file that exists.

    Raises:
        OptionError: no purpose of such a name; PolicyError: a policy file that can't be used; OutputError: `save`
            exists, or can't be written.
    """
    known = built_in() if name is None else _only_purpose(read_policy(name))
    if save is not None:
        save_policy(known, save, force=force)
    return known


def _only_purpose(every: Policy) -> Policy:
    loosened = tuple(each for each in every.loosened if each.purpose == every.purpose)
    return replace(every, rules=(every.rule,), loosened=loosened)
