"""Addresses for machines that watch: is it alive, is it ready, how is it doing."""

from survey.maintenance.health.routes import blueprint

__all__ = ["blueprint"]
