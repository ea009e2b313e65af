"""Services that know a thing by its name, and are not searched by words."""
