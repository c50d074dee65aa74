"""From draft to published: freezing, a second person's review, and opening results to everyone."""

from survey.publication.publishing.routes import blueprint

__all__ = ["blueprint"]
