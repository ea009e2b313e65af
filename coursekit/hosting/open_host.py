"""Where repositories live: a folder of bare repositories, or GitHub.

The folder needs nothing else: teams reach it over a shared drive, SSH or any
Git server. With GitHub, the same folder is the staff's own copy, and each
repository is published from it.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from coursekit.course.course import Course
from coursekit.errors import HostingError
from coursekit.hosting.base import TOKEN_VARIABLES, Host


def open_host(course: Course, on_wait: Callable[[str], None] = lambda text: None) -> Host | None:
    """The host of a course, or None where its folder is all there is.

    Args:
        course: The course.
        on_wait: Told in one sentence when the host asks for a pause.

    Raises:
        HostingError: If there is no token in the environment.
    """
    if course.hosting.kind != "github":
        return None
    from coursekit.hosting.github import GitHub

    token = next((os.environ[name] for name in TOKEN_VARIABLES if os.environ.get(name)), "")
    if not token:
        raise HostingError(
            "there is no GitHub token; put one with access to the organisation's repositories "
            f"into the environment variable {TOKEN_VARIABLES[0]}"
        )
    return GitHub(course.hosting, token.strip(), on_wait)
