"""The demonstration: an invented province."""
