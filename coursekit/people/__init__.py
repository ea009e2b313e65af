"""People and time: who is where since when, what they are told, review, pass, and may forget."""
