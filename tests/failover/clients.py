"""The clients of a failover test: a writer that remembers what was acknowledged, readers that check every answer.

Backup number i is always the same record, and number i + 1 is written once i is acknowledged. So what is committed at
any moment is 1 … k for one k, and an answer is right if it is that of a k between what was acknowledged before the
request began and what had been attempted when the answer was there."""

import bisect
import datetime
import http.client
import json
import random
import threading
import time
import urllib.parse

import libpq

PROJECT = "0605767b5780d5762fc5c0118072a564"
TOKEN = "reader-token"
STATES = ["available", "error", "deleting", "restoring"]
PATH = f"/v3/{PROJECT}/backups"
FIRST_DAY = datetime.datetime(2026, 1, 1)
HANG = 13  # seconds: more than request-timeout and what comes on top


def id_of(i):
    return f"00000000-0000-4000-8000-{i:012d}"


def name_of(i):
    return f"backup-{i:08d}"


def insert_of(i):
    return (
        "INSERT INTO catalog.backups (project_id, id, checkpoint_id, resource_id, provider_id, vault_id, name, status, "
        f"resource_type, created_at) VALUES ('{PROJECT}', '{id_of(i)}', '{id_of(i)}', '{id_of(i % 11)}', "
        f"'{id_of(1)}', '{id_of(i % 7)}', '{name_of(i)}', '{STATES[i % 4]}', 'OS::Cinder::Volume', "
        f"'{FIRST_DAY.isoformat()}Z'::timestamptz + interval '1 second' * {i})"
    )


class Writer(threading.Thread):
    """Commits backups one after the other; takes nothing for committed that was not acknowledged."""

    def __init__(self, url):
        super().__init__(name="writer")
        self.url = url
        self.acknowledged = 0
        self.moments = []  # when each was acknowledged
        self.attempted = 0
        self.over = False

    def run(self):
        connection = None
        while not self.over:
            number = self.acknowledged + 1
            try:
                if connection is None:
                    connection = libpq.Connection(self.url)
                    connection.value("SET synchronous_commit = remote_apply")
                # What an earlier connection broke at may be there.
                found = connection.value(f"SELECT 1 FROM catalog.backups WHERE id = '{id_of(number)}'")
                if found is None:
                    self.attempted = number
                    connection.value(insert_of(number))
                self.moments.append(time.monotonic())
                self.acknowledged = number
                time.sleep(0.003)
            except libpq.Error:
                if connection:
                    connection.close()
                connection = None
                time.sleep(0.02)
        if connection:
            connection.close()


    def acknowledged_at(self, moment):
        return min(bisect.bisect_right(self.moments, moment), self.acknowledged)


class Question:
    """A request, and of the answer that 1 … k make right the count and the names."""

    def __init__(self, query, count, names, lines=False):
        self.target = PATH + query
        self.count = count
        self.names = names
        self.lines = lines  # asks for an export


def names_of(numbers):
    return [name_of(i) for i in numbers]


def newest(known):
    return Question("?sort=name:desc&limit=50", lambda k: k, lambda k: names_of(range(k, max(k - 50, 0), -1)))


def deep(known):
    skipped = random.randint(0, known)
    return Question(
        f"?sort=name:asc&limit=40&offset={skipped}",
        lambda k: k,
        lambda k: names_of(range(skipped + 1, min(skipped + 40, k) + 1)),
    )


def of_state(known):
    state = random.randrange(4)

    def matching(k):
        return range(state or 4, k + 1, 4)

    return Question(
        f"?status={STATES[state]}&sort=created_at:desc&limit=20",
        lambda k: len(matching(k)),
        lambda k: names_of(reversed(matching(k)[-20:])),
    )


def after_marker(known):
    marker = random.randint(max(1, known - 200), known)
    return Question(
        f"?sort=name:desc&limit=30&marker={id_of(marker)}",
        lambda k: k,
        lambda k: names_of(range(marker - 1, max(marker - 31, 0), -1)),
    )


def last_one(known):
    return Question("/" + id_of(known), lambda k: 1, lambda k: [name_of(known)])


def export(known):
    first = max(1, known - 500)
    start = (FIRST_DAY + datetime.timedelta(seconds=first)).isoformat()
    return Question(
        f"?sort=name:asc&start_time={start}", lambda k: k - first + 1, lambda k: names_of(range(first, k + 1)), lines=True
    )


KINDS = [newest] * 8 + [deep] * 4 + [of_state] * 4 + [after_marker] * 4 + [last_one] * 4 + [export]


def read_answer(question, body):
    """The count and the names of an answer. An export tells no count: its lines are counted."""
    if question.lines:
        names = [json.loads(line)["name"] for line in body.splitlines()]
        return len(names), names
    answer = json.loads(body)
    if "backup" in answer:
        return 1, [answer["backup"]["name"]]
    return answer["count"], [backup["name"] for backup in answer["backups"]]


class Reader(threading.Thread):
    """Asks one question after the other; answers may miss what was acknowledged in the last `lag` seconds. `seen` has (begin, end, right) of each; wrong answers are in `faults`."""

    def __init__(self, base_url, writer, lag=0.0):
        super().__init__(name="reader")
        self.address = urllib.parse.urlsplit(base_url).netloc
        self.writer = writer
        self.lag = lag
        self.seen = []
        self.statuses = {}
        self.refusals = []  # what the service said of them, in order
        self.faults = []
        self.over = False

    def run(self):
        connection = None
        while not self.over:
            if connection is None:
                connection = http.client.HTTPConnection(self.address, timeout=HANG)
            if not self.ask(connection):
                connection.close()
                connection = None
            elif self.seen and not self.seen[-1][2]:
                time.sleep(0.02)

    def ask(self, connection):
        """False if the connection is no longer good."""
        known = self.writer.acknowledged_at(time.monotonic() - self.lag)
        if known == 0:
            time.sleep(0.01)
            return True
        question = random.choice(KINDS)(known)
        begin = time.monotonic()
        headers = {"X-Auth-Token": TOKEN}
        if question.lines:
            headers["Accept"] = "application/x-ndjson"
        try:
            connection.request("GET", question.target, headers=headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as e:
            end = time.monotonic()
            # Only an export may break off: its status is out before its last row is read.
            if not question.lines or end - begin >= HANG:
                self.faults.append(f"{question.target}: no answer after {end - begin:.1f} s: {e!r}")
            self.note(begin, end, "cut off")
            return False
        attempted = self.writer.attempted
        self.note(begin, time.monotonic(), response.status)
        if response.status == 200:
            self.check(question, body, known, attempted)
        elif response.status == 503:
            self.refusals.append(f"{question.target}: {body[:200]!r} after {time.monotonic() - begin:.3f} s")
        else:
            self.faults.append(f"{question.target}: {response.status} {body[:200]!r}")
        return not response.will_close

    def note(self, begin, end, status):
        self.seen.append((begin, end, status == 200))
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def check(self, question, body, known, attempted):
        count, names = read_answer(question, body)
        possible = range(known, attempted + 1)
        if not any(question.count(k) == count and question.names(k) == names for k in possible):
            self.faults.append(
                f"{question.target}: count {count}, {len(names)} names {names[:2]} … {names[-1:]}, "
                f"but {known} were acknowledged before it and {attempted} attempted after it"
            )
