/**
 * What we use of mediabunny, which reads and writes media files: https://mediabunny.dev. `npm run build` puts what is
 * named here, and nothing else of the library, into this file of `dist`.
 */
export {
	CustomSource,
	EncodedAudioPacketSource,
	EncodedPacket,
	EncodedPacketSink,
	EncodedVideoPacketSource,
	Input,
	MP3,
	MP4,
	Mp4OutputFormat,
	NullTarget,
	Output,
	QTFF,
	StreamTarget,
	WAVE,
} from 'mediabunny';
export type { AudioCodec, InputAudioTrack, InputTrack, InputVideoTrack, StreamTargetChunk, VideoCodec } from 'mediabunny';
