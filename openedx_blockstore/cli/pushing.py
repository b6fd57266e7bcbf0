"""Pushes the changes of a folder into a draft, and commits it.

Each step is written down before it is taken, and each says what it expects to find; so a push that
was cut is repeated, and finds what it has done already.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeVar

from attrs import evolve, frozen

from openedx_blockstore.cli.errors import ClientError, ConflictError, NotFoundError, RefusedError
from openedx_blockstore.cli.files import local_errors
from openedx_blockstore.cli.output import Output
from openedx_blockstore.cli.pulling import Puller, PullOptions, refuse_unfinished
from openedx_blockstore.cli.scan import LocalChanges, local_changes
from openedx_blockstore.cli.server import Server
from openedx_blockstore.cli.staging import FileStep, Steps, conflict_error, plan_steps
from openedx_blockstore.cli.state import TreeState, load_state, save_state
from openedx_blockstore.cli.uploads import Upload, Uploader
from openedx_blockstore.cli.values import Draft, Version, VersionKey
from openedx_blockstore.cli.workspace import WorkingCopy

T = TypeVar("T")

_NO_CHANGES = "draft_has_no_changes_to_commit"


@frozen
class PushOptions:
    """How to push.

    Attributes:
        draft: The name of the draft.
        overwrite: Take what is here, whatever others have done.
    """

    draft: str
    overwrite: bool = False
    jobs: int = 8


@frozen
class CommitOptions:
    """What to say of the version."""

    description: str = ""
    kind: str = "content"
    on_conflict: Literal["error", "mine"] = "error"


@frozen(eq=False)
class Pushed:
    """What a push has done.

    Attributes:
        draft: None where there was nothing to push.
        sent: How many files were sent.
        bytes: How many bytes of them.
    """

    changes: LocalChanges
    draft: str | None = None
    sent: int = 0
    bytes: int = 0


class Pusher:
    """Pushes one folder."""

    def __init__(self, server: Server, copy: WorkingCopy, output: Output) -> None:
        self._server = server
        self._folder = copy.folder
        self._workspace = copy.workspace
        self._state = copy.state
        self._output = output
        self._lock = threading.Lock()
        refuse_unfinished(copy.folder, copy.state)

    @property
    def state(self) -> TreeState:
        """The state of the folder."""
        return self._state

    def changes(self) -> LocalChanges:
        """Return what was changed since the folder was pulled."""
        with (
            local_errors(f"{self._folder} can not be read"),
            self._output.progress("Looking for changes", None) as progress,
        ):
            return local_changes(self._folder, self._state, progress)

    # Into the draft

    def push(self, options: PushOptions) -> Pushed:
        """Make the draft show what is here; send what it does not have.

        Raises:
            ConflictError: Others have changed the same; nothing was sent.
            ClientError: It could not be done; the same again goes on.
        """
        changes = self.changes()
        if not changes and not self._state.staged:
            return Pushed(changes)
        draft_uuid = self._server.make_draft(self._state.bundle_uuid, options.draft)
        draft, seen = self._bring_forward(self._server.draft(draft_uuid), changes)
        steps = plan_steps(changes, self._state, draft, seen, overwrite=options.overwrite)
        if steps.conflicts:
            raise conflict_error(
                steps.conflicts, folder=str(self._folder), bundle=self._state.bundle_uuid
            )
        # Before the first step, so that the next push knows this one's hand.
        self._save(
            evolve(self._state, draft=draft_uuid, staged={**self._state.staged, **steps.wanted})
        )
        sent = self._send(draft_uuid, steps, options)
        self._save(evolve(self._state, staged=dict(steps.wanted), uploads={}))
        return Pushed(changes, draft_uuid, len(steps.files), sent)

    def _bring_forward(self, draft: Draft, changes: LocalChanges) -> tuple[Draft, Version | None]:
        """Let what an earlier push has staged stand on what was pulled since.

        Returns:
            The draft; and the version below it where that is not the one that was pulled, since
            what was staged hides what others have done there.
        """
        own = {change.path for change in changes.files} | self._state.staged.keys()
        own |= {f"links/{change.alias}" for change in changes.links}
        own &= draft.changed
        if own and draft.base_version < self._state.version:
            try:
                draft = self._server.update_draft(draft.uuid, "error")
            except ConflictError as error:
                named = {str(each.get("path")) for each in error.facts.get("conflicts", ())}
                if not named or named - own:
                    raise
                # Whoever has pulled has seen theirs, and has decided.
                draft = self._server.update_draft(draft.uuid, "mine")
        if own and draft.base_version != self._state.version:
            key = VersionKey(self._state.bundle_uuid, draft.base_version)
            return draft, self._server.version(key) if draft.base_version else None
        return draft, None

    def _send(self, draft_uuid: str, steps: Steps, options: PushOptions) -> int:
        total = sum(step.after.size for step in steps.files if step.after is not None)
        with (
            local_errors(f"{self._folder} can not be read"),
            self._output.progress("Pushing", total) as progress,
            ThreadPoolExecutor(options.jobs) as pool,
        ):
            uploader = Uploader(
                self._server, jobs=options.jobs, progress=progress, remember=self._remember
            )
            futures = [pool.submit(self._step, uploader, draft_uuid, step) for step in steps.files]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                for future in futures:
                    future.cancel()
                raise
        if steps.links:
            self._warn(self._server.set_draft_links(draft_uuid, steps.links))
        return total

    def _warn(self, advice: Iterable[str]) -> None:
        """Say what plugins of the server advise."""
        for line in advice:
            self._output.warn(f"Advice: {line}")

    def _step(self, uploader: Uploader, draft_uuid: str, step: FileStep) -> None:
        if step.after is None:
            if step.before is not None:
                self._server.delete_draft_file(draft_uuid, step.path, before=step.before)
            return
        digest, begun = self._state.uploads.get(step.path, ("", None))
        uploader.send(
            Upload(
                draft_uuid,
                step.path,
                self._folder / step.local,
                step.after,
                step.before,
                begun if digest == step.after.digest else None,
            )
        )

    def _remember(self, path: str, digest: str, upload_uuid: str) -> None:
        with self._lock:
            uploads = {**self._state.uploads, path: (digest, upload_uuid)}
            self._save(evolve(self._state, uploads=uploads))

    def _save(self, state: TreeState) -> None:
        save_state(self._folder, state)
        self._state = state

    # Into a version

    def commit(self, options: CommitOptions, puller: Puller) -> int | None:
        """Make what was pushed the next version, and bring the folder to it.

        Returns:
            The number of the version; None if there was nothing to commit.

        Raises:
            ConflictError: Others have changed the same since it was pushed.
            ClientError: It could not be done.
        """
        state = self._state
        if state.draft is None or not state.staged:
            return None
        number = self._commit(state.draft, state.staged, options)
        if number is None:
            number = self._committed_already(state.staged)
        if number is None:
            self._save(state.forget_push())
            return None
        self._adopt(number, puller)
        return number

    def _commit(
        self, draft_uuid: str, staged: Mapping[str, str | None], options: CommitOptions
    ) -> int | None:
        values = {
            "paths": sorted(staged),
            "change_description": options.description,
            "change_kind": options.kind,
            "on_conflict": options.on_conflict,
        }
        try:
            number, advice = self._server.commit(draft_uuid, values)
        except RefusedError as error:
            if error.code != _NO_CHANGES:
                raise
            return None
        except ConflictError as error:
            raise ConflictError(
                error.message,
                "Your changes stay in the draft and here, theirs in the latest version. Take "
                f"theirs with blockstore pull {self._state.bundle_uuid} --theirs, or overwrite "
                "theirs with blockstore commit --mine.",
                code=error.code,
                facts=error.facts,
            ) from error
        except ClientError:
            # It may have been done, and only the answer was lost.
            if (found := self._committed_already(staged)) is not None:
                return found
            raise
        self._warn(advice)
        return number

    def _committed_already(self, staged: Mapping[str, str | None]) -> int | None:
        """Return the latest version if it has all that was to be committed."""
        try:
            latest = self._server.bundle(self._state.bundle_uuid).latest_version
            if latest <= self._state.version:
                return None
            version = self._server.version(VersionKey(self._state.bundle_uuid, latest))
        except NotFoundError:
            return None
        for path, wanted in staged.items():
            folder, _, alias = path.partition("/")
            if folder == "links":
                link = version.links.get(alias)
                found = f"{link.target}{' weak' if link.weak else ''}" if link else None
            else:
                file = version.files.get(path)
                found = file.digest if file is not None else None
            if found != wanted:
                return None
        return latest

    def _adopt(self, number: int, puller: Puller) -> None:
        """Bring the folder to the version that was made, with what others did in it."""
        key = VersionKey(self._state.bundle_uuid, number)
        self._rebase(self._server.version(key))
        estimate = puller.estimate([key], [])
        puller.carry_out(estimate)
        state = load_state(self._folder)
        if state is not None:
            self._save(state.forget_push())

    def _rebase(self, version: Version) -> None:
        """Take what was pushed as pulled, so that what was changed since is a change of that."""
        files, links = dict(self._state.files), dict(self._state.links)
        for path in self._state.staged:
            folder, _, alias = path.partition("/")
            if folder == "links":
                _replace(links, alias, version.links.get(alias))
            else:
                _replace(files, path, version.files.get(path))
        self._save(evolve(self._state, files=files, links=links))


def _replace(entries: dict[str, T], name: str, entry: T | None) -> None:
    if entry is None:
        entries.pop(name, None)
    else:
        entries[name] = entry


def pull_options(state: TreeState, jobs: int) -> PullOptions:
    """Return how to bring a folder to a version that was made from it."""
    return PullOptions(only=state.only, jobs=jobs)
