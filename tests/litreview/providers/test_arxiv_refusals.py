"""arXiv's refusals in plain text, as its gateway sends them."""

from __future__ import annotations

import pytest
from replay_server import Reply

from litreview.actions.find import find
from litreview.web import gate


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"Forbidden", 403, r"HTTP 403: Forbidden\); try again in a few minutes"),
        (b"Bad Request: too many ids", 400, r"HTTP 400: Bad Request: too many ids\); --explain"),
        (b"", 404, r"HTTP 404\)"),
        (b"<error>no</error>", 403, r"HTTP 403\)"),
        (b"<error>no", 403, r"HTTP 403\)"),
    ],
)
def test_a_refusal_in_plain_text_is_told_after_one_request(
    server, environment, body, status, sentence
):
    """It is no broken feed, and asking again would only annoy."""
    server.answer = lambda path: Reply(body, status, "text/plain")

    with pytest.raises(gate.RefusedError, match=sentence):
        find("testing", "arxiv", 5)
    assert len(server.requests) == 1
