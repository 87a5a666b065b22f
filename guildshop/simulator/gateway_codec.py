"""Gateway frames: JSON as it is, or as one zlib or zstd stream per connection."""

import zlib
from typing import Protocol

import zstandard


class Codec(Protocol):
    """Turn a payload into a WebSocket frame."""

    binary: bool

    def encode(self, payload: bytes) -> bytes:
        """Return the frame's bytes."""
        ...


class Plain:
    """No compression: text frames."""

    binary = False

    def encode(self, payload: bytes) -> bytes:
        return payload


class ZlibStream:
    """`compress=zlib-stream`: one deflate stream, flushed after every payload."""

    binary = True

    def __init__(self) -> None:
        self._stream = zlib.compressobj(level=1)

    def encode(self, payload: bytes) -> bytes:
        return self._stream.compress(payload) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream:
    """`compress=zstd-stream`: one zstd frame, a block flushed after every payload."""

    binary = True

    def __init__(self) -> None:
        self._stream = zstandard.ZstdCompressor(level=1).compressobj()

    def encode(self, payload: bytes) -> bytes:
        return self._stream.compress(payload) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


def make_codec(compress: str | None) -> Codec:
    """Return the codec that a connection asked for by its `compress` parameter."""
    if compress == "zlib-stream":
        return ZlibStream()
    if compress == "zstd-stream":
        return ZstdStream()
    return Plain()
