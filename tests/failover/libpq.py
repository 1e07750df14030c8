"""Connections to PostgreSQL through libpq itself, with Python's standard library alone. A connection is one thread's."""

import ctypes

_libpq = ctypes.CDLL("libpq.so.5")  # calls let other threads run
for _name, _result, _arguments in [
    ("PQconnectdb", ctypes.c_void_p, [ctypes.c_char_p]),
    ("PQstatus", ctypes.c_int, [ctypes.c_void_p]),
    ("PQerrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
    ("PQfinish", None, [ctypes.c_void_p]),
    ("PQexec", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p]),
    ("PQresultStatus", ctypes.c_int, [ctypes.c_void_p]),
    ("PQresultErrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
    ("PQntuples", ctypes.c_int, [ctypes.c_void_p]),
    ("PQgetvalue", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
    ("PQclear", None, [ctypes.c_void_p]),
]:
    getattr(_libpq, _name).restype = _result
    getattr(_libpq, _name).argtypes = _arguments

_libpq.PQsetNoticeProcessor.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
_libpq.PQsetNoticeProcessor.restype = ctypes.c_void_p
_ignore = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)(lambda *_: None)  # else they go to standard error

_CONNECTION_OK = 0
_COMMAND_OK, _TUPLES_OK = 1, 2


class Error(Exception):
    """A connection or a statement failed."""


class Connection:
    """One connection, for `with`."""

    def __init__(self, url):
        self._raw = _libpq.PQconnectdb(url.encode())
        if _libpq.PQstatus(self._raw) != _CONNECTION_OK:
            reason = _libpq.PQerrorMessage(self._raw).decode()
            self.close()
            raise Error(reason)
        _libpq.PQsetNoticeProcessor(self._raw, ctypes.cast(_ignore, ctypes.c_void_p), None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self._raw:
            _libpq.PQfinish(self._raw)
        self._raw = None

    def value(self, sql):
        """Runs SQL; the first column of its first row as text, None without a row. Raises Error."""
        result = _libpq.PQexec(self._raw, sql.encode())
        try:
            if _libpq.PQresultStatus(result) not in (_COMMAND_OK, _TUPLES_OK):
                raise Error(_libpq.PQresultErrorMessage(result).decode() or _libpq.PQerrorMessage(self._raw).decode())
            if _libpq.PQntuples(result) == 0:
                return None
            return _libpq.PQgetvalue(result, 0, 0).decode()
        finally:
            _libpq.PQclear(result)


def ask(url, sql):
    """Runs SQL on a connection of its own, again if a standby's replay was in the way. Raises Error."""
    while True:
        try:
            with Connection(url) as connection:
                return connection.value(sql)
        except Error as e:
            if "conflict with recovery" not in str(e):
                raise
