"""Documents of a round that an office goes on with: report and decision (DOCX), slides (PPTX)."""
