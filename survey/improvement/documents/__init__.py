"""Documents as offices sign them: DOCX in the form of Decree 30/2020/ND-CP."""
