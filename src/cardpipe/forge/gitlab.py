"""The note on a merge request of GitLab, from a merge request pipeline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.forge.api import Api
from cardpipe.forge.events import field, number, variable
from cardpipe.review.comment import MARKER, Link

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN: Final = "CARDPIPE_GITLAB_TOKEN"  # noqa: S105 - the name of a variable
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}")


class GitLab:
    """The merge request of a pipeline."""

    def __init__(self, environment: Mapping[str, str], api: Api | None = None) -> None:
        project = variable(environment, "CI_PROJECT_ID", _NUMBER)
        request = variable(environment, "CI_MERGE_REQUEST_IID", _NUMBER)
        self._path = f"/projects/{project}/merge_requests/{request}"
        self._commits = {environment.get(name) for name in ("CI_COMMIT_SHA", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")}
        self._job = environment.get("CI_JOB_URL", "")
        self._api = api or Api(variable(environment, "CI_API_V4_URL"), {"PRIVATE-TOKEN": variable(environment, TOKEN)})

    @property
    def links(self) -> tuple[Link, ...]:
        """Return the link to the job's artefacts."""
        if not self._job.startswith(("https://", "http://")):
            return ()
        return (Link("All files of this build", f"{self._job}/artifacts/browse"),)

    def is_current(self) -> bool:
        """Return whether the merge request still has the commit of the pipeline."""
        return field(self._api.get(self._path), "sha") in self._commits

    def comment(self, body: str, *, create: bool) -> str:
        """Write the note, or update the one that is there; return what was done."""
        return self._api.retried(lambda: self._commented(body, create=create))

    def _commented(self, body: str, *, create: bool) -> str:
        own = number(self._api.get("/user"), "id")
        for found in self._api.pages(f"{self._path}/notes?sort=asc&order_by=created_at"):
            text = found.get("body") if isinstance(found, dict) else None
            if isinstance(text, str) and text.startswith(MARKER) and number(found, "author", "id") == own:
                if text.rstrip() == body.rstrip():
                    return "unchanged"
                self._api.send("PUT", f"{self._path}/notes/{number(found, 'id')}", {"body": body})
                return "updated"
        if not create:
            return "not needed"
        self._api.send("POST", f"{self._path}/notes", {"body": body})
        return "created"
