"""What everything may use and what knows neither Flask nor a subject."""
