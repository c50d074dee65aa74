"""The printed report of a round, for the province and for each agency. Pure functions from facts to PDF."""
