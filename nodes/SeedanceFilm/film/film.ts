import type { Movie } from './readMp4';
import type { Picture } from './picture';
import type { SoundTrack, VideoTrack } from './track';
import type { Film } from './types';
import type { GivenFile } from './unusable';
import { type OutputTrack, writeMp4 } from './writeMp4';

/** The sound of a video. @returns undefined if it has none */
export function soundOf({ sound }: Movie): SoundTrack | undefined {
	const track = sound?.();
	return track && track.packets.count > 0 ? track : undefined;
}

interface Parts {
	/** The file of each pass. */
	passes: readonly GivenFile[];
	video: VideoTrack;
	picture: Picture;
	sound?: OutputTrack;
	/** E.g. `AAC`. */
	soundFormat?: string;
	signal?: AbortSignal;
}

export function makeFilm({ passes, video, picture, sound, soundFormat, signal }: Parts): Film {
	const { sizeBytes, content } = writeMp4([picture.track, ...(sound ? [sound] : [])], passes, signal);
	return {
		sizeBytes,
		durationSeconds: picture.seconds,
		width: video.width,
		height: video.height,
		videoFormat: video.format,
		soundFormat: (sound && soundFormat) ?? null,
		content,
	};
}
