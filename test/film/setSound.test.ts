import { setSound } from '../../nodes/SeedanceFilm/film';
import { Clips, sourceOf } from '../support/clips';

let clips: Clips;
beforeAll(async () => {
	clips = await Clips.create();
	await clips.make('video.mp4', { seconds: 3 });
	await clips.make('silent.mp4', { seconds: 3, sound: false });
	await clips.make('music.mp4', { seconds: 2 });
});
afterAll(async () => clips.remove());

/** Half a packet of MP3 at 44.1 kHz, and the two milliseconds to which a beep is measured. */
const halfPacketSeconds = 576 / 44100 + 0.002;

const formats = [
	['M4A', 'music.m4a', ['-vn', '-c:a', 'copy'], 'aac'],
	['AAC', 'music.aac', ['-vn', '-c:a', 'copy'], 'aac'],
	['MP3', 'music.mp3', ['-vn', '-c:a', 'libmp3lame', '-b:a', '128k'], 'mp3'],
	['MP3 of a variable bit rate with a cover', 'cover.mp3', ['-c:a', 'libmp3lame', '-q:a', '4', '-c:v', 'mjpeg', '-frames:v', '1', '-disposition:v', 'attached_pic'], 'mp3'],
	['MP3 of 22 kHz', 'low.mp3', ['-vn', '-c:a', 'libmp3lame', '-ar', '22050'], 'mp3'],
	['a video', 'music.mov', ['-c', 'copy'], 'aac'],
	['a video whose picture could not be copied', 'prores.mov', ['-c:v', 'prores', '-c:a', 'copy'], 'aac'],
] as const;

describe('setSound', () => {
	it.each(formats)('puts %s under a video, in time from the first sample', async (_, name, args, codec) => {
		const sound = await clips.convert('music.mp4', name, ...args);
		const observed = await clips.check(await setSound(clips.source('silent.mp4'), sound, { fit: 'cut' }), `cut-${name}.mp4`);
		expect(observed.boxes).toEqual(['ftyp', 'moov', 'mdat']);
		expect(observed.sound?.codec_name).toBe(codec);
		expect(Math.abs(observed.seconds - 3)).toBeLessThan(1 / 24);
		// ADTS does not say what the encoder has added.
		const delay = name.endsWith('.aac') ? 1024 / 44100 : 0;
		expect(observed.sound?.beeps).toHaveLength(2);
		[0.5, 1.5].forEach((second, index) => expect(Math.abs(observed.sound!.beeps[index]! - second - delay)).toBeLessThan(0.004));
	});

	it.each(formats.slice(2, 4))('repeats %s until the video ends', async (_, name, args) => {
		const sound = await clips.convert('music.mp4', name, ...args);
		const observed = await clips.check(await setSound(clips.source('video.mp4'), sound, { fit: 'loop' }), `loop-${name}.mp4`);
		expect(observed.sound?.beeps).toHaveLength(3);
		[0.5, 1.5, 2.5].forEach((second, index) => expect(Math.abs(observed.sound!.beeps[index]! - second)).toBeLessThan(halfPacketSeconds));
		expect(Math.abs(Number(observed.sound?.duration) - 3)).toBeLessThan(0.03);
	});

	it('repeats a short sound without drifting', async () => {
		await clips.make('short.mp4', { seconds: 1 });
		const sound = await clips.convert('short.mp4', 'short.m4a', '-vn', '-c:a', 'copy');
		await clips.make('longer.mp4', { seconds: 20, sound: false });
		const film = await setSound(clips.source('longer.mp4'), sound, { fit: 'loop' });
		const { sound: heard } = await clips.check(film);
		expect(heard?.beeps).toHaveLength(20);
		heard?.beeps.forEach((beep, index) => expect(Math.abs(beep - index - 0.5)).toBeLessThan(halfPacketSeconds));
	});

	it('ends a longer sound with the video', async () => {
		await clips.make('brief.mp4', { seconds: 1 });
		const observed = await clips.check(await setSound(clips.source('brief.mp4'), clips.source('music.mp4'), { fit: 'loop' }));
		expect(observed.sound?.beeps).toHaveLength(1);
		expect(Number(observed.sound?.duration)).toBeCloseTo(1, 2);
	});

	it('removes the sound', async () => {
		const film = await setSound(clips.source('video.mp4'), 'none', { fit: 'cut' });
		const observed = await clips.check(film);
		expect(observed.sound).toBeUndefined();
		expect(observed.video?.nb_frames).toBe('72');
	});

	it('replaces a sound that could not be copied', async () => {
		await clips.convert('video.mp4', 'uncompressed.mov', '-c:v', 'copy', '-c:a', 'pcm_s16le');
		const film = await setSound(clips.source('uncompressed.mov'), clips.source('music.mp4'), { fit: 'cut' });
		expect((await clips.check(film)).sound?.codec_name).toBe('aac');
	});

	it.each([
		['WAV', 'music.wav', ['-vn'], 'The sound (music.wav) is in the format WAV, which an MP4 for publishing cannot hold.'],
		['FLAC', 'music.flac', ['-vn'], 'The sound (music.flac) is in the format FLAC, which an MP4 for publishing cannot hold.'],
		['a video without sound', 'mute.mp4', ['-an', '-c:v', 'copy'], 'The sound (mute.mp4) has no sound.'],
	])('refuses %s and says what to use', async (_, name, args, message) => {
		const sound = await clips.convert('music.mp4', name, ...args);
		await expect(setSound(clips.source('video.mp4'), sound, { fit: 'cut' })).rejects.toThrow(message);
	});

	it.each([
		['a text', Buffer.from('no sound at all '.repeat(100))],
		['nothing', Buffer.alloc(0)],
		['a tag without frames', Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\x0a', 'latin1'), Buffer.alloc(200)])],
	])('refuses %s as a sound', async (_, bytes) => {
		const sound = sourceOf(bytes, 'sound.mp3');
		await expect(setSound(clips.source('video.mp4'), sound, { fit: 'cut' })).rejects.toThrow('The sound (sound.mp3) is no sound that is known here.');
	});
});
