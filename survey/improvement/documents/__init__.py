"""Documents as offices sign and hang them: DOCX in the form of Decree 30/2020/ND-CP, notices for the wall (PDF)."""
