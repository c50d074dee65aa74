"""The kinds of files of a round, known without loading what writes them."""

KINDS = ("xlsx", "csv", "json", "parquet", "sav", "microdata", "scripts")
"""What `export --what` takes, beside `all`."""
