"""How far a result was checked: the words for it, the same in terminal, JSON and pages."""

from __future__ import annotations

from collections.abc import Iterable

# Run again from its commit, within the spread of its seeds.
REPRODUCED = "reproduced"
# Run again, and something else came out.
DIFFERS = "differs"
# Has its run, which was not run again.
MEASURED = "measured"
# A person wrote it into a README.
REPORTED = "reported"
# What most was done for stands first.
TIERS = (REPRODUCED, DIFFERS, MEASURED, REPORTED)


def tier_of_mean(tiers: Iterable[str]) -> str:
    """The tier of a mean over seeds: one that differs outweighs, one reproduced stands for all.

    Args:
        tiers: Those of the results that it is the mean of.
    """
    found = set(tiers)
    return next((one for one in (DIFFERS, REPRODUCED, MEASURED) if one in found), REPORTED)
