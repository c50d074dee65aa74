"""Pages on which evaluators decide whether what units brought counts."""

from survey.collect.evidence import batches
from survey.collect.evidence.common import blueprint

__all__ = ["batches", "blueprint"]
