"""From the settings to measured results, and what can be done with them."""
