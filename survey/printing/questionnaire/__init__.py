"""The questionnaire on paper: the same items, codes and order as on the screen. Pure functions from data to PDF."""
