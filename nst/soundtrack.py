"""The sound of a clip on its way into another: copied where an MP4 takes it as it is, else encoded again as AAC."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path

import av

from nst.clip_reader import open_clip, seek

# What an MP4 takes and browsers play in it. AC-3 would fit as well, but neither Chromium nor Firefox plays it.
_COPIED = {"aac", "mp3", "opus"}
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)  # of AAC that every player knows
_BITS_PER_CHANNEL = 96_000
_AAC_FRAME = 1024  # samples

_log = logging.getLogger("nst")


class Soundtrack:
    """The sound of a file, written into another little by little as its pictures come.

    Args:
        path: the clip.
        begin: seconds by the clip's clock that become 0.
        cut: leave out the sound before ``begin``. Otherwise it is kept from its own beginning on, which may be a
            little earlier: encoders need a start-up, and files say how much of it not to play.
    """

    def __init__(self, path: Path, begin: Fraction, *, cut: bool) -> None:
        self._path, self._begin, self._cut = path, begin, cut
        self._stack = ExitStack()
        self._packets: Iterator[av.Packet] = iter(())
        self._next: av.Packet | None = None

    def attach(self, target: av.container.OutputContainer) -> None:
        """Add the stream to ``target``, before anything is written there; nothing if there is no sound to add."""
        clip = self._stack.enter_context(open_clip(self._path))
        source = next((s for s in clip.streams.audio if s.codec_context is not None), None)
        if source is None:
            return
        if self._cut:
            seek(clip, float(self._begin))
        if source.codec_context.codec.canonical_name in _COPIED:
            packets = self._copied(clip, source, target.add_stream_from_template(source))
        else:
            packets = self._encoded(clip, source, _aac_stream(target, source))
        self._target, self._packets = target, _while_readable(packets)
        self._next = next(self._packets, None)

    def write_until(self, seconds: float) -> None:
        """Write what begins before that moment."""
        while self._next is not None and float(self._next.pts * self._next.time_base) < seconds:
            self._target.mux_one(self._next)
            self._next = next(self._packets, None)

    def close(self) -> None:
        """Let go of the file. What has not been written is left out."""
        self._packets, self._next = iter(()), None
        self._stack.close()

    def _copied(
        self, clip: av.container.InputContainer, source: av.AudioStream, stream: av.AudioStream
    ) -> Iterator[av.Packet]:
        shift = round(self._begin / source.time_base)
        for packet in clip.demux(source):
            if packet.size == 0 or packet.pts is None or (self._cut and packet.pts < shift):
                continue
            packet.pts -= shift
            packet.dts = packet.pts
            packet.stream = stream
            yield packet

    def _encoded(
        self, clip: av.container.InputContainer, source: av.AudioStream, stream: av.AudioStream
    ) -> Iterator[av.Packet]:
        graph = self._graph(source, stream.codec_context)
        for packet in clip.demux(source):
            with suppress(av.error.InvalidDataError):  # a damaged packet: the gap is filled with silence
                for frame in packet.decode():
                    graph.push(frame)
            for piece in _pulled(graph):
                yield from stream.encode(piece)
        graph.push(None)
        for piece in _pulled(graph):
            yield from stream.encode(piece)
        yield from stream.encode(None)

    def _graph(self, source: av.AudioStream, encoder: av.AudioCodecContext) -> av.filter.Graph:
        """From decoded frames to what the encoder takes: cut to the sample, moved, resampled, gaps filled."""
        graph, begin = av.filter.Graph(), f"{float(self._begin):.6f}"
        nodes = [graph.add_abuffer(template=source)]
        if self._cut:
            nodes.append(graph.add("atrim", f"start={begin}"))
        nodes += [
            graph.add("asetpts", f"PTS-{begin}/TB"),
            graph.add("aresample", "async=1"),
            graph.add(
                "aformat",
                f"sample_fmts={encoder.format.name}:sample_rates={encoder.rate}:channel_layouts={encoder.layout.name}",
            ),
            graph.add("asetnsamples", f"n={_AAC_FRAME}:p=0"),
            graph.add("abuffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        return graph


def _aac_stream(target: av.container.OutputContainer, source: av.AudioStream) -> av.AudioStream:
    rate = min(_RATES, key=lambda known: (abs(known - source.codec_context.rate), -known))
    channels = min(2, source.codec_context.layout.nb_channels)
    stream = target.add_stream("aac", rate=rate, layout="mono" if channels == 1 else "stereo")
    stream.bit_rate = _BITS_PER_CHANNEL * channels
    return stream


def _pulled(graph: av.filter.Graph) -> Iterator[av.AudioFrame]:
    with suppress(av.error.BlockingIOError, av.error.EOFError):
        while True:
            yield graph.pull()


def _while_readable(packets: Iterator[av.Packet]) -> Iterator[av.Packet]:
    """Sound that cannot be read to its end must not cost the pictures."""
    try:
        yield from packets
    except (av.error.FFmpegError, ValueError) as error:
        _log.warning("the sound could not be read to its end: %s", type(error).__name__)
