"""Pages on which administrators upload or record the voice that reads the form aloud."""

from survey.collect.voices.routes import blueprint

__all__ = ["blueprint"]
