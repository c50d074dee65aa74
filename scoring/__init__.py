"""The statistics of SIPAS indices: pure functions of arrays and tables.

Nothing here reads a file, a clock, a database or a request; randomness comes from seeds that are arguments. The
package works from a notebook as it does from the web application. docs/methodology.md gives the formulas.
"""
