"""The one error class that a user is shown."""


class BaselineError(Exception):
    """Something that the user can put right.

    The message is one sentence that says where, what, the value and the remedy. The command line
    prints it and exits with code 2. Whatever reads what people wrote can raise it; docstrings name
    other errors only.
    """
