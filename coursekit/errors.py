"""Errors that a member of staff can put right, by what they are about."""

from __future__ import annotations

from litreview.errors import UserError


class CourseError(UserError):
    """Something in `course.toml` or `attendance.csv` is wrong."""


class RosterError(UserError):
    """Something in the roster is wrong."""


class TemplateError(UserError):
    """The template cannot be found, read or rendered."""


class GitError(UserError):
    """A git command failed, or git is missing."""


class RepositoryError(UserError):
    """A repository, or something in it, cannot be read."""


class HostingError(UserError):
    """The place where repositories live refused, or could not be reached."""


class LockedError(UserError):
    """Somebody else is working on the same course."""
