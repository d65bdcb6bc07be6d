"""headrace.py: headrace's Arrow stream for Python, by ctypes and nothing else.

    import headrace, pyarrow
    with headrace.open("orders.csv", schema="orders.json") as rows:
        table = pyarrow.RecordBatchReader.from_stream(rows).read_all()
    for reject in rows.rejects: print(reject)

`open` gives an object that can be read any number of times, with `__arrow_c_stream__`, which pyarrow, DuckDB and Polars take as it is; `export_to` writes the
stream to an address, for what wants that. The library is looked for where HEADRACE_LIBRARY says, else as libheadrace.so.
"""

import ctypes
import os
import weakref
from typing import NamedTuple

HR_OK = 0
UNKNOWN = 2**64 - 1
VIEW, STRING = 0, 1  # hr_arrow_text


class Error(Exception):
    """What the library said, and hr_status as `status`."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Reject(NamedTuple):
    """A row that was not accepted: `raw` is how it stood in the input, whole."""

    kind: str
    row: int
    line: int
    offset: int
    column: int
    message: str
    raw: bytes


class _Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("retryable", ctypes.c_bool), ("offset", ctypes.c_uint64),
                ("row", ctypes.c_uint64), ("line", ctypes.c_uint64), ("column", ctypes.c_uint64),
                ("origin", ctypes.c_char * 256), ("text", ctypes.c_char * 768)]


class _Reject(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("row", ctypes.c_uint64), ("line", ctypes.c_uint64),
                ("offset", ctypes.c_uint64), ("at", ctypes.c_uint64), ("column", ctypes.c_uint64),
                ("raw", ctypes.c_void_p), ("raw_size", ctypes.c_size_t), ("message", ctypes.c_char_p)]


_OnReject = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(_Reject))


class _ArrowOptions(ctypes.Structure):
    _fields_ = [("text", ctypes.c_int), ("rows", ctypes.c_uint32), ("reject", _OnReject), ("context", ctypes.c_void_p)]


_library = ctypes.CDLL(os.environ.get("HEADRACE_LIBRARY", "libheadrace.so"))
_library.hr_reader_options.restype = ctypes.c_void_p
_library.hr_reject_kind_name.restype = ctypes.c_char_p
for _name in ("hr_options_free", "hr_schema_free", "hr_reader_close"):
    getattr(_library, _name).argtypes = [ctypes.c_void_p]

_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_STREAM = b"arrow_array_stream"
_STREAM_SIZE = 5 * ctypes.sizeof(ctypes.c_void_p)  # struct ArrowArrayStream: five pointers
# What a stream may call or be asked for at any time, in any thread, also when its Python objects are gone: a few hundred
# bytes a stream, kept. (A destructor of the capsule could not run Python code, for an exception may be on its way.)
_kept = []


def _call(function, *arguments):
    """Calls a function that takes an hr_error last."""
    error = _Error()
    status = getattr(_library, function)(*arguments, ctypes.byref(error))
    if status != HR_OK:
        raise Error(status, error.text.decode())


class Rows:
    """The accepted rows of an input, as often as they are asked for: every stream reads the input from its beginning.
    The other rows are in `rejects`: those of the last stream, as far as it was read, while this object lives."""

    def __init__(self, uri, schema=None, text=VIEW, rows=0, **options):
        self.rejects = []
        self._uri, self._text, self._rows = os.fsencode(uri), text, rows
        self._schema, self._options = ctypes.c_void_p(), ctypes.c_void_p()  # NULL
        count = ctypes.c_size_t()
        table = ctypes.c_void_p(_library.hr_reader_options(ctypes.byref(count)))
        try:
            _call("hr_options_new", table, count, ctypes.byref(self._options))
            for key, value in options.items():
                _call("hr_options_set", self._options, key.encode(), str(value).encode())
            if schema is not None:
                _call("hr_schema_read", os.fsencode(schema), ctypes.byref(self._schema))
        except Error:
            self.close()
            raise

    def _hearing(self):
        """What the library calls for each reject of one stream."""
        heard = self.rejects = []
        rows = weakref.ref(self)

        def hear(_context, reject):
            alive = rows()
            if alive is not None and alive.rejects is heard:
                r = reject.contents
                heard.append(Reject(_library.hr_reject_kind_name(r.kind).decode(), r.row, r.line, r.offset,
                                    None if r.column == UNKNOWN else r.column, r.message.decode(errors="replace"),
                                    ctypes.string_at(r.raw, r.raw_size)))

        _kept.append(_OnReject(hear))
        return _kept[-1]

    def export_to(self, address):
        """Writes an ArrowArrayStream to the address."""
        if not self._options:
            raise Error(None, "these rows are closed")
        reader = ctypes.c_void_p()
        _call("hr_reader_open", self._uri, self._options, ctypes.byref(reader))
        try:
            if self._schema:
                _call("hr_reader_schema", reader, self._schema, ctypes.c_bool(True))
        except Error:
            _library.hr_reader_close(reader)
            raise
        options = _ArrowOptions(self._text, self._rows, self._hearing(), None)
        _call("hr_arrow_stream", reader, ctypes.byref(options), ctypes.c_void_p(address))

    def __arrow_c_stream__(self, requested_schema=None):
        """The Arrow PyCapsule interface."""
        stream = ctypes.create_string_buffer(_STREAM_SIZE)
        self.export_to(ctypes.addressof(stream))
        _kept.append(stream)
        return _new_capsule(ctypes.addressof(stream), _STREAM, None)

    def close(self):
        """No stream can be made any more; those that were made are good until they are released."""
        _library.hr_schema_free(self._schema)
        _library.hr_options_free(self._options)
        self._schema, self._options = ctypes.c_void_p(), ctypes.c_void_p()

    __del__ = close

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def open(uri, schema=None, text=VIEW, rows=0, **options):  # as in headrace.open
    """The rows of a file; `schema` is a schema file, `options` are those of a reader, such as threads=2."""
    return Rows(uri, schema, text, rows, **options)
