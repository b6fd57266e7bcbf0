"""``manage.py blockstore_consume``: hand events to plugins, and see how they get on with them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import close_old_connections

from openedx_blockstore import api
from openedx_blockstore.data import EventConsumerData
from openedx_blockstore.event_delivery.consumers import event_consumers
from openedx_blockstore.event_delivery.runner import Round, deliver_all
from openedx_blockstore.management.output import counted, to_json
from openedx_blockstore.plugin_tools.commands import BlockstoreCommand

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
#: Seconds to wait after something went wrong that is not the events' fault.
_TROUBLE = 30.0
#: The longest that a wait between two looks at the log may be made, in seconds.
_MAX_INTERVAL = 86_400


class Command(BlockstoreCommand):
    """Runs until it is told to stop, unless it is only asked for something."""

    help = (
        "Hand the events of the log over to the plugins that want them, until stopped by SIGTERM "
        "or Ctrl-C. Several may run at a time. With --status, --replay, --retry or --drop it only "
        "does that; add --once to hand over as well."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--once", action="store_true", help="stop when there is nothing left to hand over"
        )
        parser.add_argument(
            "--consumer",
            metavar="NAME",
            action="append",
            help="only this consumer; may be given several times",
        )
        parser.add_argument(
            "--interval",
            type=float,
            default=1.0,
            metavar="SECONDS",
            help="how long to wait before looking again (default: 1)",
        )
        parser.add_argument(
            "--status", action="store_true", help="say how far the consumers are, and what failed"
        )
        parser.add_argument("--json", action="store_true", help="with --status: as JSON")
        parser.add_argument(
            "--replay",
            metavar="NAME",
            action="append",
            default=[],
            help="give this consumer the whole log again, from the start",
        )
        parser.add_argument(
            "--retry",
            metavar="NAME",
            action="append",
            default=[],
            help="try again what this consumer has set aside, also what was given up",
        )
        parser.add_argument(
            "--drop",
            metavar="NAME",
            action="append",
            default=[],
            help="forget what this consumer was given up on; with --event, any one event",
        )
        parser.add_argument(
            "--event", metavar="UUID", help="with --retry and --drop: only this event"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what was asked for, or hand over events."""
        if not 0 < options["interval"] <= _MAX_INTERVAL:
            raise CommandError(
                f"--interval must be more than 0 seconds, and {_MAX_INTERVAL:,} at most."
            )
        if options["json"] and not options["status"]:
            raise CommandError("--json goes with --status.")
        if options["event"] and not (options["retry"] or options["drop"]):
            raise CommandError("--event goes with --retry or --drop.")
        # What a program reads is the status alone.
        self._said = self.stderr if options["json"] else self.stdout
        names = self._names(options["consumer"])
        asked = self._do(options)
        if options["once"]:
            self._once(names)
        elif not asked and not options["status"]:
            self._run(names, options["interval"])
        if options["status"]:
            self._show_status(names, as_json=options["json"])

    def _do(self, options: dict[str, Any]) -> bool:
        for name in options["replay"]:
            api.replay_events(name)
            self._said.write(
                f"{name} is given the whole log again when events are handed over next."
            )
        for name in options["retry"]:
            count = api.retry_events(name, options["event"])
            self._said.write(f"{name}: {counted(count, 'event')} to be tried again.")
        for name in options["drop"]:
            count = api.drop_events(name, options["event"])
            self._said.write(f"{name}: {counted(count, 'event')} forgotten.")
        return bool(options["replay"] or options["retry"] or options["drop"])

    def _names(self, given: Sequence[str] | None) -> list[str] | None:
        if given is None:
            return None
        known = [consumer.name for consumer in api.get_event_consumers()]
        for name in given:
            if name not in known:
                raise CommandError(
                    f"No consumer is called {name!r}; there are: {', '.join(known) or 'none'}."
                )
        return list(given)

    # Handing over -------------------------------------------------------------------------------

    def _once(self, names: list[str] | None) -> None:
        with _stopping() as stop:
            done = deliver_all(names, stop=stop.is_set)
        self._report(done)
        if done.failed:
            raise CommandError(
                f"Events could not be handed to {', '.join(done.failed)}; the log says why."
            )

    def _run(self, names: list[str] | None, interval: float) -> None:
        consumers = names if names is not None else sorted(event_consumers())
        self.stdout.write(
            f"Handing events to {', '.join(consumers)}."
            if consumers
            else "No plugin that is on wants events; waiting for one is of no use until a restart."
        )
        self.stdout.flush()
        with _stopping() as stop:
            while not stop.is_set():
                close_old_connections()
                done = deliver_all(names, stop=stop.is_set)
                self._report(done)
                stop.wait(_TROUBLE if done.failed else interval)
        self.stdout.write("Stopped.")

    def _report(self, done: Round) -> None:
        for name, count in done.given.items():
            self._said.write(f"{name} was given {counted(count, 'event')}.")
        self._said.flush()

    # Status -------------------------------------------------------------------------------------

    def _show_status(self, names: list[str] | None, *, as_json: bool) -> None:
        found = [
            consumer
            for consumer in api.get_event_consumers()
            if names is None or consumer.name in names
        ]
        if as_json:
            self.stdout.write(to_json(found))
            return
        for consumer in found:
            self._show(consumer)
        if not found:
            self.stdout.write("No plugin wants events.")

    def _show(self, consumer: EventConsumerData) -> None:
        state = "" if consumer.enabled else " (not turned on)"
        if consumer.replaying:
            state += " (is given the whole log again)"
        self.stdout.write(self.style.MIGRATE_HEADING(consumer.name) + state)
        self.stdout.write(f"  {counted(consumer.lag, 'event')} behind, at {consumer.position}")
        if consumer.last_success is not None:
            self.stdout.write(f"  last success: {consumer.last_success:%Y-%m-%d %H:%M:%S %Z}")
        aside = consumer.failed, consumer.waiting, consumer.dead
        if any(aside):
            self.stdout.write(
                f"  set aside: {aside[0]:,} that failed, {aside[1]:,} that wait for them, "
                f"{aside[2]:,} that were given up"
            )
        if consumer.failures and consumer.next_attempt is not None:
            self.stdout.write(
                f"  can not work; is asked again at {consumer.next_attempt:%Y-%m-%d %H:%M:%S %Z}"
            )
        if consumer.last_error and consumer.last_error_at is not None:
            self.stdout.write(
                f"  last error, at {consumer.last_error_at:%Y-%m-%d %H:%M:%S %Z}: "
                f"{consumer.last_error.splitlines()[0]}"
            )


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Give an event that is set when the process is asked to end; a second time ends it at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {each: signal.getsignal(each) for each in _SIGNALS}

    def ask(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for each in _SIGNALS:
        signal.signal(each, ask)
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
