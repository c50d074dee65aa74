"""Files that leave the system. All numbers come from `survey.results`; nothing here computes any."""
