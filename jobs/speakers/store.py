"""The known speakers, in the database of the jobs: who they are, what they agreed to, and what they sound like."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, Row, and_, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from errors import SpeakerExists, TooManySpeakers, UnknownSpeaker
from jobs.database import READING, forget_deleted
from jobs.folders import is_id
from jobs.tables import Now, known_speakers, voiceprints
from pipeline.known import KnownVoice, Voiceprint

MOST_SPEAKERS, MOST_PRINTS = 1000, 32  # of one owner, and of one speaker


@dataclass(frozen=True)
class Print:
    """What is shown of a voiceprint. model: its key; seconds: of speech that it was made of."""

    model: str
    seconds: float
    created_at: float


@dataclass(frozen=True)
class KnownSpeaker:
    """number: rises; consent: what they agreed to, as their owner wrote it; created_at: seconds since 1970."""

    number: int
    id: str
    owner: str
    name: str
    consent: str
    created_at: float
    prints: tuple[Print, ...] = ()


class KnownSpeakers:
    """Safe between threads and between servers. owner: the id of an API key; None for everybody's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**{READING: True})

    def check_new(self, owner: str, name: str) -> None:
        """Raises as :meth:`add`, which checks once more."""
        with self._reading.begin() as connection:
            _check_room(connection, owner)
            own = known_speakers.c.owner == owner, known_speakers.c.name == name
            if connection.execute(select(known_speakers.c.id).where(*own)).first():
                raise _exists()

    def add(self, owner: str, name: str, consent: str, prints: Sequence[Voiceprint]) -> KnownSpeaker:
        """Raises SpeakerExists for a name that the owner has given, and TooManySpeakers."""
        id = uuid.uuid4().hex
        values = {"id": id, "owner": owner, "name": name, "consent": consent, "created_at": Now()}
        try:
            with self._engine.begin() as connection:
                _check_room(connection, owner)
                connection.execute(insert(known_speakers).values(values))
                _keep(connection, id, prints)
        except IntegrityError:
            raise _exists() from None
        return self.get(id, owner)

    def extend(self, id: str, owner: str | None, prints: Sequence[Voiceprint]) -> KnownSpeaker:
        """More of somebody who is known. Raises UnknownSpeaker, and TooManySpeakers for more than MOST_PRINTS."""
        with self._engine.begin() as connection:
            row = connection.execute(select(known_speakers.c.id).where(_own(id, owner)).with_for_update()).first()
            if row is None:
                raise _unknown()
            count = select(func.count()).where(voiceprints.c.speaker == id)
            check_prints((connection.scalar(count) or 0) + len(prints))
            _keep(connection, id, prints)
        return self.get(id, owner)

    def get(self, id: str, owner: str | None) -> KnownSpeaker:
        """Raises UnknownSpeaker, for another owner's too."""
        with self._reading.begin() as connection:
            row = connection.execute(select(known_speakers).where(_own(id, owner))).one_or_none()
            if row is None:
                raise _unknown()
            return _with_prints(connection, [row])[0]

    def list(self, owner: str | None, before: int | None = None, limit: int = 50) -> list[KnownSpeaker]:
        """The newest first; before: the number of the last one on the page before."""
        query = select(known_speakers).order_by(known_speakers.c.number.desc()).limit(limit)
        query = query if owner is None else query.where(known_speakers.c.owner == owner)
        query = query if before is None else query.where(known_speakers.c.number < before)
        with self._reading.begin() as connection:
            return _with_prints(connection, connection.execute(query).all())

    def delete(self, id: str, owner: str | None) -> None:
        """With all voiceprints, for good. Raises UnknownSpeaker."""
        with self._engine.begin() as connection:
            if connection.execute(delete(known_speakers).where(_own(id, owner))).rowcount == 0:
                raise _unknown()
            connection.execute(delete(voiceprints).where(voiceprints.c.speaker == id))
        forget_deleted(self._engine)

    def voices(self, owner: str) -> tuple[KnownVoice, ...]:
        """All that this owner's recordings can be compared with."""
        columns = known_speakers.c.name, voiceprints.c.vector, voiceprints.c.model, voiceprints.c.seconds
        join = known_speakers.join(voiceprints, voiceprints.c.speaker == known_speakers.c.id)
        query = select(*columns).select_from(join).where(known_speakers.c.owner == owner)
        with self._reading.begin() as connection:
            rows = connection.execute(query.order_by(known_speakers.c.number, voiceprints.c.number)).all()
        return tuple(_voices(rows))

    def prints(self, id: str) -> tuple[Voiceprint, ...]:
        """Of one speaker."""
        query = select(voiceprints).where(voiceprints.c.speaker == id).order_by(voiceprints.c.number)
        with self._reading.begin() as connection:
            return tuple(_print(row) for row in connection.execute(query))


def check_prints(count: int) -> None:
    """Of one speaker. Raises TooManySpeakers."""
    if count > MOST_PRINTS:
        raise TooManySpeakers(f"{MOST_PRINTS} clips of one speaker are kept, and no more.", field="audio")


def _check_room(connection: Connection, owner: str) -> None:
    count = select(func.count()).where(known_speakers.c.owner == owner)
    if (connection.scalar(count) or 0) >= MOST_SPEAKERS:
        raise TooManySpeakers(f"{MOST_SPEAKERS} speakers are known, and no more can be: delete some.")


def _exists() -> SpeakerExists:
    return SpeakerExists("A speaker of this name is known: add clips to them, or delete them.", field="name")


def _own(id: str, owner: str | None) -> Any:
    this = known_speakers.c.id == (id if is_id(id) else "")
    return this if owner is None else and_(this, known_speakers.c.owner == owner)


def _keep(connection: Connection, speaker: str, prints: Iterable[Voiceprint]) -> None:
    for one in prints:
        vector = np.array(one.vector, "<f4").tobytes()
        row = {"speaker": speaker, "model": one.model, "seconds": one.seconds, "vector": vector, "created_at": Now()}
        connection.execute(insert(voiceprints).values(row))


def _with_prints(connection: Connection, rows: Sequence[Row[Any]]) -> list[KnownSpeaker]:
    own = voiceprints.c.speaker.in_([row.id for row in rows])
    columns = voiceprints.c.speaker, voiceprints.c.model, voiceprints.c.seconds, voiceprints.c.created_at
    found: dict[str, list[Print]] = {row.id: [] for row in rows}
    for row in connection.execute(select(*columns).where(own).order_by(voiceprints.c.number)):
        found[row.speaker].append(Print(row.model, row.seconds, row.created_at))
    return [KnownSpeaker(**row._mapping, prints=tuple(found[row.id])) for row in rows]


def _voices(rows: Iterable[Any]) -> Iterable[KnownVoice]:
    found: dict[str, list[Voiceprint]] = {}
    for row in rows:
        found.setdefault(row.name, []).append(_print(row))
    return (KnownVoice(name, tuple(prints)) for name, prints in found.items())


def _print(row: Row[Any]) -> Voiceprint:
    return Voiceprint(tuple(np.frombuffer(row.vector, "<f4").tolist()), row.model, row.seconds)


def _unknown() -> UnknownSpeaker:
    return UnknownSpeaker("There is no such speaker.")
