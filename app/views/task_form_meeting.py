"""A meeting to agree on: what about, how long, between which days and hours; and the times others would learn of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QCheckBox, QComboBox

from app.swarm.kinds.meeting import MAX_DAYS, MAX_TITLE, USUAL_DAYS
from app.theme.tokens import SPACE
from app.views.desk import Desk
from app.views.field import Field, line_field
from app.views.parts import choices, column, frame, label, row, select
from app.views.task_form import TaskForm, put, typed

_MINUTES = (15, 30, 45, 60, 90, 120, 180, 240, 480)
_USUAL_MINUTES = 60
_BEGINS, _ENDS = time(9), time(18)
_STEP = 30  # minutes between the times of day to choose from
_SOON_MS = 250


class MeetingForm(TaskForm):
    """Nothing but the times below goes out, and those only to whom is chosen."""

    WRONG: ClassVar[Mapping[str, str]] = {
        "task-meeting-title": "title",
        "task-meeting-time": "until",
        "offer-hours": "ends",
        "task-meeting-full": "until",
    }

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        words = desk.words
        self._title = self.watched(
            "title", line_field(words("give.about"), placeholder=words("give.about_like")), self._wrong
        )
        self._minutes = choices(words("give.lasts"), [(count, words.lasting(count)) for count in _MINUTES])
        select(self._minutes, _USUAL_MINUTES)
        today = date.today()
        days = [(one.isoformat(), words.day_to_come(one)) for one in (today + timedelta(n) for n in range(MAX_DAYS))]
        self._from = choices(words("give.from"), days)
        self._until = choices(words("give.to_day"), days)
        self._until.setCurrentIndex(USUAL_DAYS)
        clock = [time(minute // 60, minute % 60) for minute in range(0, 24 * 60, _STEP)]
        self._begins = choices(words("give.begins"), [(f"{one:%H:%M}", words.time_of_day(one)) for one in clock])
        later = [*clock[1:], time(23, 59)]
        self._ends = choices(words("give.ends"), [(f"{one:%H:%M}", words.time_of_day(one)) for one in later])
        select(self._begins, f"{_BEGINS:%H:%M}")
        select(self._ends, f"{_ENDS:%H:%M}")
        self._weekends = QCheckBox(words("give.weekends"))
        self._weekends.setAccessibleName(words("give.weekends"))
        self._times = label("", "muted")
        self._times.setAccessibleName(words("give.times"))
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self._look)
        self._asked = 0
        self._arrange()
        self.setFocusProxy(self._title)
        self._soon.start()

    def _arrange(self) -> None:
        words = self._desk.words
        for box, name, caption in (
            (self._minutes, "minutes", "give.lasts"), (self._from, "from", "give.from"),
            (self._until, "until", "give.to_day"), (self._begins, "begins", "give.begins"),
            (self._ends, "ends", "give.ends"),
        ):  # fmt: skip
            self._fields[name] = Field(words(caption), box)
            box.currentIndexChanged.connect(lambda _: self._changed())
        self._weekends.toggled.connect(lambda _: self._changed())
        fields = self._fields
        times = frame("hint", column(label(words("give.times")), self._times, margin=SPACE + 4, gap=4))
        self.setLayout(
            column(
                self._title,
                row(fields["minutes"], fields["from"], fields["until"], gap=SPACE * 2),
                row(fields["begins"], fields["ends"], gap=SPACE * 2),
                self._weekends, times, gap=SPACE * 2,
            )
        )  # fmt: skip

    def given(self) -> dict[str, Any] | None:
        if not self.checked("title", self._wrong()) or not self._in_order():
            return None
        return {"title": typed(self._title), **self._arguments()}

    def fill(self, arguments: Mapping[str, Any]) -> None:
        put(self._title, str(arguments.get("title", "")))
        select(self._minutes, arguments.get("minutes"))
        for name, box in (
            ("from", self._from), ("until", self._until), ("day_begins", self._begins), ("day_ends", self._ends),
        ):  # fmt: skip
            select(box, str(arguments.get(name, ""))[:10])
        self._weekends.setChecked(bool(arguments.get("weekends")))
        self._changed()

    def _arguments(self) -> dict[str, Any]:
        """Days as moments of the person's clock: the last one whole."""
        until = date.fromisoformat(_data(self._until)) + timedelta(days=1)
        return {
            "minutes": int(self._minutes.currentData()),
            "from": f"{_data(self._from)}T00:00",
            "until": datetime.combine(until, time()).isoformat(timespec="minutes"),
            "hours": f"{_data(self._begins)}-{_data(self._ends)}",
            "weekends": self._weekends.isChecked(),
        }

    def _changed(self) -> None:
        if self._in_order():
            self._soon.start()
        self.edited.emit()

    def _in_order(self) -> bool:
        """What contradicts itself is said at once."""
        words, right = self._desk.words, True
        for first, last, key in (("from", "until", "give.days_wrong"), ("begins", "ends", "give.hours_wrong")):
            before, after = (_data(self._fields[name].control) for name in (first, last))
            wrong = after < before or (first == "begins" and after == before)
            self._fields[last].complain(words(key)) if wrong else self._fields[last].right()
            right = right and not wrong
        return right

    def _look(self) -> None:
        """Which times they would be asked about; the newest question counts."""
        self._asked += 1
        asked = self._asked
        self._times.setText(self._desk.words("give.times_looking"))

        def failed(error: BaseException) -> None:
            if asked == self._asked:
                self._times.setText(self._desk.words.failure(error))

        self._desk.bridge.submit(
            self, "meeting_times", {"title": typed(self._title)[:MAX_TITLE] or "?", **self._arguments()},
            on_done=lambda times: self._list(times) if asked == self._asked else None, on_failed=failed,
        )  # fmt: skip

    def _list(self, times: Sequence[str]) -> None:
        self._times.setText("\n".join(self._desk.words.moment(one) for one in times))

    def _wrong(self) -> str:
        title = typed(self._title)
        wrong = len(title) > MAX_TITLE or not title.isprintable()
        return self._desk.words("give.about_wrong", most=MAX_TITLE) if wrong else ""


def _data(box: object) -> str:
    assert isinstance(box, QComboBox)
    return str(box.currentData())
