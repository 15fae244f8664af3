"""The comment on a pull request of GitHub, from a `pull_request` or a `workflow_run` event.

A fork's pull request is built by a job without secrets, which uploads the review's data as an artefact. A second
workflow with a token, on the event `workflow_run`, reads the artefact as hostile data. It finds the pull request by the
event itself: its head must be the commit that was built.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from cardpipe.errors import UsageError
from cardpipe.files.archives import TooManyFilesError, opened_archive
from cardpipe.forge.api import Api, ForgeError
from cardpipe.forge.events import COMMIT, REPOSITORY, field, number, variable
from cardpipe.review.comment import MARKER, Link
from cardpipe.review.data import LARGEST_DATA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ARTEFACT: Final = "cardpipe-review"
"""The name of the artefact with the review's data and page."""
DATA_FILE: Final = "review.json"
TOKEN: Final = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable
_LARGEST_ARTEFACT: Final = 64 * 1024 * 1024
_MOST_FILES: Final = 100
_NAME: Final = re.compile(r"[A-Za-z0-9 ._-]{1,60}")
_MOST_PULLS: Final = 5
_BOT: Final = "github-actions[bot]"


@dataclass(frozen=True, slots=True)
class PullRequests:
    """The pull requests to comment on, and what the comment is made of."""

    numbers: tuple[int, ...]
    """Empty if no open pull request has the commit any more."""
    data: bytes | None
    """The review's data, if they come from the run's artefact."""
    links: tuple[Link, ...]
    is_run: bool = False
    """Whether the event is `workflow_run`."""


class GitHub:
    """The repository of a workflow run."""

    def __init__(self, environment: Mapping[str, str], api: Api | None = None) -> None:
        self._repository = variable(environment, "GITHUB_REPOSITORY", REPOSITORY)
        self._server = environment.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
        self._login = environment.get("CARDPIPE_COMMENT_AUTHOR", _BOT)
        self._run = environment.get("GITHUB_RUN_ID", "")
        self._api = api or Api(
            environment.get("GITHUB_API_URL", "https://api.github.com"),
            {
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
                "Authorization": f"Bearer {variable(environment, TOKEN)}",
            },
        )

    def pull_requests(self, event: Mapping[str, Any]) -> PullRequests:
        """Return the pull requests of an event; raises UsageError for another event."""
        if "workflow_run" in event:
            return self._of_run(event["workflow_run"])
        if "pull_request" in event:
            links = (Link("All files of this build", f"{self._runs}/{self._run}"),) if self._run.isdigit() else ()
            return PullRequests((number(event, "pull_request", "number"),), None, links)
        raise UsageError("The event is neither `pull_request` nor `workflow_run`.")

    def comment(self, pull: int, body: str, *, create: bool) -> str:
        """Write the comment on a pull request, or update the one that is there; return what was done."""
        return self._api.retried(lambda: self._commented(pull, body, create=create))

    @property
    def _runs(self) -> str:
        return f"{self._server}/{self._repository}/actions/runs"

    @property
    def _path(self) -> str:
        return f"/repos/{self._repository}"

    def _of_run(self, run: Any) -> PullRequests:
        if field(run, "event") != "pull_request":
            raise UsageError("The workflow run was not triggered by `pull_request`.")
        if field(run, "repository", "full_name", form=REPOSITORY) != self._repository:
            raise UsageError("The workflow run belongs to another repository.")
        run_id, commit = number(run, "id"), field(run, "head_sha", form=COMMIT)
        numbers = self._with_head(
            commit, field(run, "head_repository", "full_name", form=REPOSITORY), field(run, "head_branch")
        )
        if not numbers:
            return PullRequests((), None, ())
        artefacts = self._artefacts(run_id)
        return PullRequests(numbers, self._data(artefacts), tuple(self._links(run_id, artefacts)), is_run=True)

    def _with_head(self, commit: str, repository: str, branch: str) -> tuple[int, ...]:
        """Return the open pull requests whose head is this commit of a branch of a repository."""
        owner = repository.partition("/")[0]
        head = quote(f"{owner}:{branch}", safe="")
        found = []
        for pull in self._api.pages(f"{self._path}/pulls?state=open&head={head}"):
            try:
                matches = (
                    field(pull, "head", "sha") == commit
                    and field(pull, "head", "repo", "full_name") == repository
                    and field(pull, "base", "repo", "full_name") == self._repository
                )
            except UsageError:  # the fork was deleted
                continue
            if matches:
                found.append(number(pull, "number"))
        return tuple(found[:_MOST_PULLS])

    def _artefacts(self, run_id: int) -> list[tuple[int, str, int]]:
        """Return the artefacts of a run: ID, name and size in bytes."""
        found = self._api.get(f"{self._path}/actions/runs/{run_id}/artifacts?per_page=100")
        listed = found.get("artifacts") if isinstance(found, dict) else None
        return [
            (number(item, "id"), field(item, "name"), number(item, "size_in_bytes"))
            for item in (listed if isinstance(listed, list) else ())
            if isinstance(item, dict) and not item.get("expired")
        ]

    def _data(self, artefacts: Sequence[tuple[int, str, int]]) -> bytes | None:
        """Return the review's data; None if the run has no artefact with them, because its review failed."""
        found = [(artefact, size) for artefact, name, size in artefacts if name == ARTEFACT]
        if not found:
            return None
        artefact, size = found[0]
        if size > _LARGEST_ARTEFACT:
            raise ForgeError(f"The artefact “{ARTEFACT}” is larger than {_LARGEST_ARTEFACT // 1024 // 1024} MiB.")
        return data_in(self._api.download(f"{self._path}/actions/artifacts/{artefact}/zip", _LARGEST_ARTEFACT))

    def _links(self, run_id: int, artefacts: Sequence[tuple[int, str, int]]) -> list[Link]:
        listed = sorted((name, artefact) for artefact, name, _ in artefacts if _NAME.fullmatch(name))
        links = [Link(name, f"{self._runs}/{run_id}/artifacts/{artefact}") for name, artefact in listed[:10]]
        return [*links, Link("All files of this build", f"{self._runs}/{run_id}")]

    def _commented(self, pull: int, body: str, *, create: bool) -> str:
        # Only our own: anybody can write a comment that begins like ours.
        for found in self._api.pages(f"{self._path}/issues/{pull}/comments?sort=created"):
            text = found.get("body") if isinstance(found, dict) else None
            if isinstance(text, str) and text.startswith(MARKER) and field(found, "user", "login") == self._login:
                if text.replace("\r\n", "\n").rstrip() == body.rstrip():
                    return "unchanged"
                self._api.send("PATCH", f"{self._path}/issues/comments/{number(found, 'id')}", {"body": body})
                return "updated"
        if not create:
            return "not needed"
        self._api.send("POST", f"{self._path}/issues/{pull}/comments", {"body": body})
        return "created"


def data_in(archive: bytes) -> bytes:
    """Return the review's data from an artefact's archive, in memory; raises ForgeError if it is not one.

    Nothing is extracted to a file.
    """
    try:
        with opened_archive(io.BytesIO(archive), _MOST_FILES) as opened:
            if opened.getinfo(DATA_FILE).compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                # Other decompressors need as much memory as the file asks for.
                raise ForgeError("The artefact is compressed in an unusual way.")
            with opened.open(DATA_FILE) as file:
                data = file.read(LARGEST_DATA + 1)
    except TooManyFilesError:
        raise ForgeError(f"The artefact lists more than {_MOST_FILES} files.") from None
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, ArithmeticError, RuntimeError, EOFError, zlib.error):
        raise ForgeError(f"The artefact is not an archive with {DATA_FILE}.") from None
    if len(data) > LARGEST_DATA:
        raise ForgeError(f"{DATA_FILE} in the artefact is too large.")
    return data
