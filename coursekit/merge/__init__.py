"""Three-way merges that keep every word of the team: of text, of notebooks, of whole trees."""
