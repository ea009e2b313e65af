"""Leave out what tools cached inside the template's folder.

A checkout in which the tests or ruff have run holds caches. Cookiecutter copies
whatever lies in the template, so they are taken out of the new repository here.
"""

import pathlib
import shutil

CACHES = (
    *("__pycache__", ".ruff_cache", ".pytest_cache", ".mypy_cache"),
    *(".hypothesis", ".ipynb_checkpoints"),
)
for name in CACHES:
    for folder in sorted(pathlib.Path.cwd().rglob(name)):
        shutil.rmtree(folder, ignore_errors=True)
