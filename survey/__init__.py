"""Everything that knows Flask or SQLAlchemy. The statistics live in `scoring`, which knows neither."""

__version__ = "0.2.0"
