"""From what names a work to the work: its identifier, its address, its title, its abstract."""
