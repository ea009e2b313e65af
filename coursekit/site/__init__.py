"""The showcase: what the teams read, built and measured, as a site that needs nobody else."""

from __future__ import annotations

from coursekit.site.build import SiteReport, build

__all__ = ["SiteReport", "build"]
