"""What is surveyed: agencies, services, counters, rounds, transactions."""
