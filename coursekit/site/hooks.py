"""What MkDocs calls while it builds: the security policy, and the way to the showcase.

A builder that knows no hooks builds the same pages without the policy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coursekit.site.csp import add_policy


def on_config(config: Any) -> Any:
    """Add the showcase to the navigation once it has been generated."""
    folder = Path(config["docs_dir"]) / "showcase"
    if config["nav"] and (folder / "index.md").is_file():
        names = ("index", "leaderboard", "literature", "timeline")
        pages = [f"showcase/{name}.md" for name in names if (folder / f"{name}.md").is_file()]
        config["nav"].append({"Showcase": pages})
    return config


def on_post_page(output: str, *, page: Any, config: Any) -> str:
    """Lock a page."""
    return add_policy(output, page.content or "")


def on_post_template(output_content: str, *, template_name: str, config: Any) -> str:
    """Lock the pages that are no Markdown (404)."""
    return add_policy(output_content, "") if template_name.endswith(".html") else output_content
