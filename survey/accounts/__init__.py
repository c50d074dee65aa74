"""Who may do what, and who did what: accounts, sign-in, second factor, audit log."""
