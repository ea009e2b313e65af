"""The one error class that a user is shown."""


class UserError(Exception):
    """Something that the user can put right.

    The message is one sentence that says where, what, the offending value and
    the remedy. The command line prints it on stderr and exits with code 2.
    """
