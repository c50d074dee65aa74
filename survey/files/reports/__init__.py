"""Printed reports of a round (province, each agency): `load` reads a `ReportContext`, the rest draws it."""
