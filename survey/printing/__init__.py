"""What goes onto paper for the counter: posters, slips, the questionnaire, and the pages that order it."""
