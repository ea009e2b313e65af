"""The commands about people: their data, their marks, their certificates, letters to them."""
