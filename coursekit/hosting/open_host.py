"""Where repositories live: a folder of bare repositories, or a forge.

The folder needs nothing else: teams reach it over a shared drive, SSH or any
Git server. With a forge, the same folder is the staff's own copy, and each
repository is published from it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from coursekit.course.course import Course
from coursekit.errors import HostingError
from coursekit.hosting.base import Host
from coursekit.hosting.remote import Remote

# The environment variables that may hold the token, the usual one first.
TOKENS: Mapping[str, tuple[str, ...]] = {
    "github": ("GITHUB_TOKEN", "GH_TOKEN"),
    "gitlab": ("GITLAB_TOKEN",),
    "forgejo": ("FORGEJO_TOKEN", "GITEA_TOKEN"),
    "gitea": ("GITEA_TOKEN", "FORGEJO_TOKEN"),
}


def open_host(course: Course, on_wait: Callable[[str], None] = lambda text: None) -> Host | None:
    """The host of a course, or None where its folder is all there is.

    Args:
        course: The course.
        on_wait: Told in one sentence when the host asks for a pause.

    Raises:
        HostingError: If there is no token in the environment, or a package is missing.
    """
    settings = course.hosting
    if settings.kind == "folder":
        return None
    variables = TOKENS[settings.kind]
    token = next((os.environ[name] for name in variables if os.environ.get(name)), "").strip()
    if not token:
        raise HostingError(
            f"there is no token for {settings.web_url}; put one with access to the repositories "
            f"of {settings.organization!r} into the environment variable {variables[0]}"
        )
    if settings.kind == "github":
        from coursekit.hosting.github import GitHub

        return Remote(GitHub(settings, token, on_wait))
    if settings.kind == "gitlab":
        from coursekit.hosting.gitlab import GitLab

        return Remote(GitLab(settings, token, on_wait))
    from coursekit.hosting.forgejo import Forgejo

    return Remote(Forgejo(settings, token, on_wait))
