"""Presentation day on the showcase: the programme, the presenter's timer, the feedback form."""
