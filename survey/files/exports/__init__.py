"""Files that leave the system. All numbers come from `survey.results.compute`; nothing here computes any."""
