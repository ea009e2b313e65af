"""What is published: the showcase, the decks, the day of the presentations."""
