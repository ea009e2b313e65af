"""The whole way once, offline: a course, its repositories, reviews, baseline runs, the showcase."""

from coursekit.demo.job import DemoReport, TeamResult, demo

__all__ = ["DemoReport", "TeamResult", "demo"]
