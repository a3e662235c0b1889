"""The guard: every change in another system at most once, and never in doubt for long.

    1. write down the intent, with key, request digest and owner     one transaction
    2. call the other system, with the key                           no transaction is open
    3. write down what became of it                                  one transaction

Where an intent is found without an ending, the guard looks before it acts, and what the look is worth each adapter says
(``WriteTraits``). What must stay true: a call is repeated only when it is known not to have happened, or when the other
system itself makes two into one; an owner who may still be about to call is waited for, not overtaken; and what nobody
can look up is put to a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session

from casework import effects
from casework.effects import Effect, EffectRequest, Ending
from casework.moves import Lease, require_lease
from casework.states import EffectState
from casework.workers import Worker, death_of
from casework.workplace import Workplace
from connectors.errors import (
    AuthExpired,
    ConnectorError,
    EffectInDoubt,
    OutcomeUnknown,
    OwnerStillAlive,
    SchemaDrift,
    Throttled,
    Unavailable,
    VersionConflict,
    stored_refusal,
)
from connectors.reader import ANSWERS, LONGEST_SLEEP, PAUSES, Reader
from connectors.records import IdempotencyKey, LookUp, LookUpWorth, Sighting, WriteReceipt, WriteTraits


class _NotTakenError(Exception):
    """This very call is known not to have happened: the system did not take it, or nothing is to be seen of it."""

    def __init__(self, error: ConnectorError) -> None:
        self.error = error
        super().__init__(error.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One writing call, with the means to look for its effect."""

    request: EffectRequest
    traits: WriteTraits
    call: Callable[[IdempotencyKey], WriteReceipt]
    look_up: Callable[[IdempotencyKey], LookUp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The guard of one work item in one worker's hands."""

    reader: Reader
    worker: Worker
    locks: Path
    lease: Lease
    #: Seconds to wait for a paused owner before a person is asked.
    owner_wait_seconds: float
    #: Takes what is to be written in the next transaction, before anything else; None where each outcome has its own.
    later: Callable[[Callable[[Session], None]], None] | None = None

    @property
    def place(self) -> Workplace:
        """The database with clock and environment."""
        return self.reader.place

    def write(self, write: Write) -> WriteReceipt:
        """Make a change once, whatever happened to it before.

        Returns:
            The receipt; ``replayed`` when the change was there already.

        Raises:
            ConnectorError: the system's refusal, also one of an earlier handling; ``OwnerStillAlive`` to wait;
                ``EffectInDoubt`` when a person must say.
            LeaseLostError: the item is in other hands.
        """
        request = write.request
        with self.worker.calling(request.key) as is_alone:
            if not is_alone:
                # Another thread of this very worker lost the item and has not noticed: it may be about to call.
                retry_after = write.traits.settle_seconds
                raise OwnerStillAlive(request.system, request.operation, retry_after=retry_after)
            return self._write(write)

    def _write(self, write: Write) -> WriteReceipt:
        key = IdempotencyKey(write.request.key)
        before, effect = self._begin(write)
        pauses = iter(PAUSES)
        while True:
            if effect is None:
                # Asked again after every pause: an owner who was only paused may have told meanwhile that he did it.
                known = self._recover(write, before, key) if before is not None else None
                if known is not None:
                    return known
                effect = self._intend(write, before)
            try:
                return self._call(write, effect, key)
            except _NotTakenError as not_taken:
                # It may be made again, by anybody.
                self._finish(write, effect, Ending(state=EffectState.NOT_DONE, error_code=not_taken.error.code))
                self.reader.pause_or_raise(not_taken.error, next(pauses, None))
            effect = None
            with self.place.database.read() as session:
                before = effects.find(session, write.request)

    def _begin(self, write: Write) -> tuple[Effect | None, Effect | None]:
        """What is known of the effect, and, where nothing is, the right to call: both in one transaction."""
        self._wait_for_turn(write)
        with self.place.database.write() as session:
            before = effects.find(session, write.request)
            if before is None:
                self.reader.unstored.store(session)
                return None, self._take_right(session, write, before=None)
            if before.state is EffectState.INTENDED and before.owner == self.worker.id:
                # What became of it may be among what is not written down yet.
                require_lease(session, self.lease)
                self.reader.unstored.store(session)
                before = effects.find(session, write.request)
            return before, None

    def _intend(self, write: Write, before: Effect | None) -> Effect:
        self._wait_for_turn(write)
        with self.place.database.write() as session:
            self.reader.unstored.store(session)
            return self._take_right(session, write, before=before)

    def _take_right(self, session: Session, write: Write, *, before: Effect | None) -> Effect:
        acting = self.reader.acting
        return effects.intend(session, self.place, write.request, lease=self.lease, acting=acting, before=before)

    def _wait_for_turn(self, write: Write) -> None:
        limits = self.reader.limits(write.request.system)
        limits.circuit.require_closed(write.request.operation)
        limits.rate.wait()

    def _call(self, write: Write, effect: Effect, key: IdempotencyKey) -> WriteReceipt:
        circuit = self.reader.limits(write.request.system).circuit
        self.place.database.require_no_open_transaction("a call to another system")
        self.worker.require_right_to_call()
        try:
            receipt = write.call(key)
        except OutcomeUnknown as error:
            circuit.failed(error.code, acting=self.reader.acting)
            return self._look_after_silence(write, effect, key)
        except (Unavailable, Throttled, AuthExpired) as error:
            circuit.failed(error.code, acting=self.reader.acting)
            if isinstance(error, AuthExpired):
                self._finish(write, effect, Ending(state=EffectState.NOT_DONE, error_code=error.code))
                raise
            raise _NotTakenError(error) from None
        except ConnectorError as error:
            # A conflict is no answer to this change but to its moment: planned anew, it may be asked for again. And an
            # answer that cannot be read was one to the reading before the write; of a write it is an unknown outcome.
            may_be_asked_again = error.is_retryable or isinstance(error, VersionConflict | SchemaDrift)
            state = EffectState.NOT_DONE if may_be_asked_again else EffectState.REFUSED
            self._finish(write, effect, Ending(state=state, error_code=error.code))
            if isinstance(error, ANSWERS):
                circuit.succeeded(acting=self.reader.acting)
            raise
        self._finish_done(write, effect, receipt)
        circuit.succeeded(acting=self.reader.acting)
        return receipt

    def _look_after_silence(self, write: Write, effect: Effect, key: IdempotencyKey) -> WriteReceipt:
        """Our own call got no answer: look, wait the settle time, look again.

        When the look itself fails nothing is known, so its error goes up and the intent stays to be looked for.
        """
        seen = self._look(write, effect, key)
        if seen is not None:
            return seen
        if write.traits.worth is LookUpWorth.EVENTUAL:
            self.place.clock.sleep(write.traits.settle_seconds)
            seen = self._look(write, effect, key)
            if seen is not None:
                return seen
        nothing_seen = "no answer, and nothing to be seen of it"
        raise _NotTakenError(Unavailable(write.request.system, write.request.operation, nothing_seen))

    def _recover(self, write: Write, effect: Effect, key: IdempotencyKey) -> WriteReceipt | None:
        """What an earlier handling left; None when the call may, or must, be made now."""
        request = write.request
        match effect.state:
            case EffectState.DONE:
                return WriteReceipt(effect.remote_id or "", effect.remote_version, replayed=True)
            case EffectState.REFUSED:
                raise stored_refusal(effect.error_code, request.system, request.operation)
            case EffectState.IN_DOUBT:
                raise EffectInDoubt(request.system, request.operation, str(effect.id))
            case EffectState.NOT_DONE:
                return None
            case EffectState.INTENDED:
                return self._recover_intended(write, effect, key)

    def _recover_intended(self, write: Write, effect: Effect, key: IdempotencyKey) -> WriteReceipt | None:
        seen = self._look(write, effect, key)
        if seen is not None or write.traits.deduplicates:
            return seen
        request = write.request
        if effect.owner != self.worker.id:
            dead_since = death_of(self.place, effect.owner, locks=self.locks)
            if dead_since is None:
                waited = self.place.now() - effect.intended_at
                if waited > timedelta(seconds=self.owner_wait_seconds):
                    self._finish(write, effect, Ending(state=EffectState.IN_DOUBT, error_code=OwnerStillAlive.code))
                    raise EffectInDoubt(request.system, request.operation, str(effect.id))
                raise OwnerStillAlive(request.system, request.operation, retry_after=write.traits.settle_seconds)
        else:
            # This very worker lost track of it, for example when its own ending could not be written down.
            dead_since = effect.intended_at
        if write.traits.worth is LookUpWorth.EVENTUAL:
            settled = dead_since + timedelta(seconds=write.traits.settle_seconds)
            remaining = (settled - self.place.now()).total_seconds()
            if remaining > LONGEST_SLEEP:
                raise Unavailable(request.system, request.operation, "settling", retry_after=remaining)
            if remaining > 0:
                self.place.clock.sleep(remaining)
        return self._look(write, effect, key)

    def _look(self, write: Write, effect: Effect, key: IdempotencyKey) -> WriteReceipt | None:
        """Look for the effect; a receipt when it is there, None when it is known or believed not to be.

        Raises:
            EffectInDoubt: it cannot be looked up, or something else stands there.
        """
        request = write.request
        if write.traits.worth is LookUpWorth.NONE and write.traits.deduplicates:
            # Nobody can see it, and sending it again changes nothing.
            return None
        if write.traits.worth is not LookUpWorth.NONE:
            found = self.reader.try_call(request.system, "look_up", lambda: write.look_up(key))
            match found.sighting:
                case Sighting.PRESENT:
                    remote_id = found.remote_id or request.target
                    self._finish(write, effect, Ending(state=EffectState.DONE, remote_id=remote_id, found=True))
                    return WriteReceipt(remote_id, replayed=True)
                case Sighting.ABSENT:
                    return None
                case Sighting.UNCLEAR:
                    pass
        self._finish(write, effect, Ending(state=EffectState.IN_DOUBT))
        raise EffectInDoubt(request.system, request.operation, str(effect.id))

    def _finish_done(self, write: Write, effect: Effect, receipt: WriteReceipt) -> None:
        """Write down that it happened, at the latest in the transaction before the next call.

        Only where the other system makes two into one may it wait for that transaction: should this process die before,
        whoever takes over finds the intent, and asking again changes nothing. Anything else is written down at once.
        """
        ending = Ending(state=EffectState.DONE, remote_id=receipt.remote_id, remote_version=receipt.remote_version)
        if self.later is None or not write.traits.deduplicates:
            self._finish(write, effect, ending)
            return
        place, lease, acting = self.place, self.lease, self.reader.acting
        self.later(
            lambda session: effects.finish(session, place, write.request, effect, ending, lease=lease, acting=acting)
        )

    def _finish(self, write: Write, effect: Effect, ending: Ending) -> None:
        with self.place.database.write() as session:
            effects.finish(
                session, self.place, write.request, effect, ending, lease=self.lease, acting=self.reader.acting
            )
