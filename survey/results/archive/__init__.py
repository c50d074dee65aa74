"""The archive: a round's responses as Parquet files that their owner keeps, from which every figure can be read back.

A folder a round: `manifest.json`, `questionnaire.json`, three small tables, and the responses by province and month. It
is sealed for the owner: counter and local day, no time, no language, no comment, no key of a form; rows sorted by what
they hold, so that their order tells nothing; 0600, encrypted where a key is named. Passing on is microdata's job.
"""
