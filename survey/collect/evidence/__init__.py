"""Pages on which evaluators decide whether what units brought, or took back, counts."""

from survey.collect.evidence import batches, withdrawals
from survey.collect.evidence.common import blueprint

__all__ = ["batches", "blueprint", "withdrawals"]
