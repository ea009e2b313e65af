"""From the settings to measured results, and what can be done with them.

The same words mean the same everywhere: `root` is the team's repository, `config` all settings,
`name` of a run its id, the beginning of it, or "last"; `report` is called with lines for the user;
`store` keeps the split of own data in `splits/`; a `dry_run` writes nothing.
"""
