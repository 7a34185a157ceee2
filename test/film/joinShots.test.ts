import { joinShots, type JoinOptions, type MediaSource, ShotDifferenceError } from '../../nodes/SeedanceFilm/film';
import { readMp4 } from '../../nodes/SeedanceFilm/film/readMp4';
import { givenFile } from '../../nodes/SeedanceFilm/film/unusable';
import { Clips, contentOf, type Observed, sourceOf } from '../support/clips';

let clips: Clips;
beforeAll(async () => {
	clips = await Clips.create();
});
afterAll(async () => clips.remove());

const usual: JoinOptions = { missingSound: 'silence', differences: 'refuse' };
const join = async (sources: readonly MediaSource[], options: Partial<JoinOptions> = {}) => await joinShots(sources, { ...usual, ...options });

/** Half a packet of AAC at 44.1 kHz, and the two milliseconds to which flash and beep are measured. */
const halfPacketSeconds = 512 / 44100 + 0.002;

/** How much later than the picture the sound is, for each flash. */
function lags({ video, sound }: Observed): number[] {
	const [flashes, beeps] = [video?.flashes ?? [], sound?.beeps ?? []];
	expect(beeps).toHaveLength(flashes.length);
	return flashes.map((flash, index) => beeps[index]! - flash);
}

describe('joinShots', () => {
	it('joins shots of odd lengths with their sound in step at every joint, without a doubled time', async () => {
		const lengths = [2.04, 1.63, 3.0, 1.7, 2.5, 1.75, 2.21, 1.91, 2.66, 1.6];
		const shots: MediaSource[] = [];
		for (const [index, seconds] of lengths.entries()) shots.push(await clips.make(`odd${index}.mp4`, { seconds }));
		const film = await join(shots);
		const observed = await clips.check(film);
		const frames = lengths.reduce((sum, seconds) => sum + Math.ceil(seconds * 24 - 1e-9), 0);
		expect(observed.video?.nb_frames).toBe(String(frames));
		expect(Math.abs(observed.seconds - frames / 24)).toBeLessThan(1 / 24);
		expect(film.durationSeconds).toBeCloseTo(frames / 24, 3);
		expect(Number(observed.sound?.duration)).toBeCloseTo(film.durationSeconds, 2);
		expect(observed.boxes).toEqual(['ftyp', 'moov', 'mdat']);
		const all = lags(observed);
		expect(all.length).toBeGreaterThan(15);
		for (const lag of all) expect(Math.abs(lag)).toBeLessThan(halfPacketSeconds);
		for (const stream of ['v', 'a'] as const) {
			const times = await clips.times('film.mp4', stream);
			expect(times.length).toBeGreaterThan(400);
			expect(times.every(({ decoded }, index) => index === 0 || decoded > times[index - 1]!.decoded)).toBe(true);
			expect(new Set(times.map(({ shown }) => shown)).size).toBe(times.length);
		}
		// FFmpeg mends what others do not: each track is shown from its first frame and its first sound.
		const { video, sound } = await readMp4(givenFile(clips.source('film.mp4'), 'Film', 'The film'));
		expect(video?.().shownFrom).toBe(Math.min(...(video?.().packets.displayTimes ?? [])));
		expect(sound?.().shownFrom).toBe(1024);
	});

	it('gives the same bytes each time', async () => {
		const shots = [await clips.make('same1.mp4'), await clips.make('same2.mp4', { seconds: 1 })];
		expect((await contentOf(await join(shots))).equals(await contentOf(await join(shots)))).toBe(true);
	});

	it('copies every packet of the picture as it is', async () => {
		const shots = [await clips.make('copy1.mp4', { seconds: 1 }), await clips.make('copy2.mp4', { seconds: 1.5 })];
		await clips.check(await join(shots), 'copied.mp4');
		const packets = async (name: string) => await clips.read((await clips.convert(name, `${name}.h264`, '-an', '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', '-f', 'h264')).fileName);
		const given = Buffer.concat([await packets('copy1.mp4'), await packets('copy2.mp4')]);
		expect((await packets('copied.mp4')).equals(given)).toBe(true);
	});

	it('takes the delay of each encoder into account', async () => {
		const first = await clips.make('delay1.mp4');
		await clips.make('delay2.mp4');
		// The delay of Apple's encoder, in place of that of FFmpeg: what is heard begins 1088 samples later.
		const bytes = await clips.read('delay2.mp4');
		const edit = editOfSound(bytes);
		expect(bytes.readInt32BE(edit)).toBe(1024);
		bytes.writeInt32BE(2112, edit);
		const observed = await clips.check(await join([first, sourceOf(bytes), first]));
		const shift = -1088 / 44100;
		const expected = [0, 0, shift, shift, 0, 0];
		lags(observed).forEach((lag, index) => expect(Math.abs(lag - expected[index]!)).toBeLessThan(halfPacketSeconds));
	});

	it('keeps a sound that begins later than its picture, or earlier, where it is', async () => {
		const plain = await clips.make('on-time.mp4');
		const shifted = async (name: string, seconds: number) =>
			await clips.convert('on-time.mp4', name, '-itsoffset', String(seconds), '-i', clips.path('on-time.mp4'), '-map', '0:v', '-map', '1:a', '-c', 'copy');
		const [late, early] = [await shifted('late.mp4', 0.3), await shifted('early.mp4', -0.3)];
		const observed = await clips.check(await join([late, plain, early, late]));
		const expected = [0.3, 0.3, 0, 0, -0.3, -0.3, 0.3, 0.3];
		lags(observed).forEach((lag, index) => expect(Math.abs(lag - expected[index]!)).toBeLessThan(halfPacketSeconds));
	});

	it.each([
		['one that has its index at the start', ['-c', 'copy', '-movflags', 'faststart'], 'x.mp4'],
		['a MOV', ['-c', 'copy'], 'x.mov'],
		['one with another timescale', ['-c', 'copy', '-video_track_timescale', '90000'], 'x.mp4'],
		['one without B-frames', ['-c:v', 'libx264', '-bf', '0', '-c:a', 'copy'], 'x.mp4'],
		['one with offsets below zero instead of an edit list', ['-c', 'copy', '-movflags', 'negative_cts_offsets'], 'x.mp4'],
	])('joins a shot with %s', async (_, args, name) => {
		const shot = await clips.make('plain.mp4');
		const other = await clips.convert('plain.mp4', `other-${name}`, ...args);
		const observed = await clips.check(await join([shot, other, shot]));
		expect(observed.video?.nb_frames).toBe('144');
		expect(Math.abs(observed.seconds - 6)).toBeLessThan(1 / 24);
		const all = lags(observed);
		expect(all).toHaveLength(6);
		for (const lag of all) expect(Math.abs(lag)).toBeLessThan(halfPacketSeconds);
	});

	it('joins shots of a variable frame rate', async () => {
		await clips.make('even.mp4', { seconds: 3 });
		const uneven = await clips.convert('even.mp4', 'uneven.mp4', '-vf', "select='not(between(mod(n,24),3,5))'", '-vsync', 'vfr', '-c:v', 'libx264', '-c:a', 'copy');
		const observed = await clips.check(await join([uneven, uneven]));
		expect(observed.video?.nb_frames).toBe('126');
		expect(Math.abs(observed.seconds - 6)).toBeLessThan(1 / 24);
		const all = lags(observed);
		expect(all).toHaveLength(6);
		for (const lag of all) expect(Math.abs(lag)).toBeLessThan(halfPacketSeconds);
	});

	it('joins H.265 and keeps what Apple needs to play it', async () => {
		await clips.make('h265source.mp4', { seconds: 1 });
		const shot = await clips.convert('h265source.mp4', 'h265.mp4', '-c:v', 'libx265', '-x265-params', 'log-level=none', '-tag:v', 'hvc1', '-c:a', 'copy');
		const film = await join([shot, shot]);
		expect(film.videoFormat).toBe('H.265');
		const { video } = await clips.check(film);
		expect(video).toMatchObject({ codec_name: 'hevc', codec_tag_string: 'hvc1', nb_frames: '48' });
	});

	it('keeps rotation and colours', async () => {
		await clips.make('colours.mp4', { seconds: 1 }, '-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-movflags', 'write_colr');
		const shot = await clips.convert('colours.mp4', 'turned.mp4', '-c', 'copy', '-metadata:s:v', 'rotate=90', '-movflags', 'write_colr');
		const { video } = await clips.check(await join([shot, shot]));
		expect(video).toMatchObject({ color_primaries: 'bt709', side_data_list: [expect.objectContaining({ rotation: 90 })] });
	});

	it('fills missing sound with silence, at the start, in the middle and at the end', async () => {
		const [sounding, silent] = [await clips.make('sounding.mp4'), await clips.make('silent.mp4', { sound: false })];
		const observed = await clips.check(await join([silent, sounding, silent, sounding, silent]));
		expect(observed.seconds).toBeCloseTo(10, 1);
		expect(Number(observed.sound?.duration)).toBeCloseTo(10, 2);
		const [beeps, flashes] = [observed.sound?.beeps ?? [], observed.video?.flashes ?? []];
		expect(beeps).toHaveLength(4);
		[2, 3, 6, 7].forEach((flash, index) => expect(Math.abs(beeps[index]! - flashes[flash]!)).toBeLessThan(halfPacketSeconds));
	});

	it.each([1, 2, 6])('has silence for sound with %i channels', async (channels) => {
		const sounding = await clips.make(`channels${channels}.mp4`, { seconds: 1 }, '-ac', String(channels));
		const silent = await clips.make('quiet.mp4', { seconds: 1, sound: false });
		const { sound } = await clips.check(await join([sounding, silent]));
		expect(sound?.channels).toBe(channels);
		expect(sound?.beeps).toHaveLength(1);
	});

	it('makes a film without sound of shots that have none', async () => {
		const shot = await clips.make('mute.mp4', { seconds: 1, sound: false });
		const film = await join([shot, shot], { missingSound: 'refuse' });
		expect(film.soundFormat).toBeNull();
		expect((await clips.check(film)).sound).toBeUndefined();
	});

	it('joins shots of several sizes, if that is asked for', async () => {
		const shots = [await clips.make('small.mp4', { seconds: 1 }), await clips.make('large.mp4', { seconds: 1, size: '128x64' })];
		const observed = await clips.check(await join(shots, { differences: 'allow' }));
		expect(observed.video?.nb_frames).toBe('48');
		expect(lags(observed)).toHaveLength(2);
	});

	it('joins shots of several frame rates, if that is asked for', async () => {
		const shots = [await clips.make('rate24.mp4'), await clips.make('rate30.mp4', { rate: 30 }), await clips.make('rate25.mp4', { rate: 25 })];
		const observed = await clips.check(await join(shots, { differences: 'allow' }));
		expect(observed.video?.nb_frames).toBe('158');
		expect(Math.abs(observed.seconds - 6)).toBeLessThan(1 / 24);
		const all = lags(observed);
		expect(all).toHaveLength(6);
		// At 25 frames per second, the frame of the flash begins 20 ms late.
		for (const lag of all) expect(Math.abs(lag)).toBeLessThan(halfPacketSeconds + 0.02);
	});
});

describe('shots that cannot be joined without encoding', () => {
	const odd = [
		['size', { size: '128x64' }, [], '128 × 64', '64 × 64', 'Shot 2 (odd.mp4) has 128 × 64 pixels; shot 1 (usual.mp4) has 64 × 64 pixels.'],
		['frameRate', { rate: 30 }, [], '30', '24', 'Shot 2 (odd.mp4) has 30 frames per second; shot 1 (usual.mp4) has 24 frames per second.'],
		[
			'sound',
			{ sampleRate: 48000 },
			[],
			'AAC sound with 2 channels at 48,000 Hz',
			'AAC sound with 2 channels at 44,100 Hz',
			'Shot 2 (odd.mp4) has AAC sound with 2 channels at 48,000 Hz; shot 1 (usual.mp4) has AAC sound with 2 channels at 44,100 Hz.',
		],
		['codec', {}, ['-c:v', 'mpeg4'], 'MPEG-4 Part 2', 'H.264', 'Shot 2 (odd.mp4) has its picture in MPEG-4 Part 2; shot 1 (usual.mp4) has its picture in H.264.'],
	] as const;

	it.each(odd)('are refused with the odd one and its %s', async (property, options, encoding, value, expected, message) => {
		const shot = await clips.make('usual.mp4', { seconds: 1 });
		const other = await clips.make('odd.mp4', { seconds: 1, ...options }, ...encoding);
		const error = await join([shot, other, shot]).catch((caught: unknown) => caught);
		expect(error).toBeInstanceOf(ShotDifferenceError);
		expect(error).toMatchObject({ message, differences: [{ shotNumber: 2, fileName: 'odd.mp4', property, value, expected }] });
		// The first one is named if it is the odd one.
		await expect(join([other, shot, shot])).rejects.toMatchObject({ differences: [{ shotNumber: 1, property }] });
	});

	it('are refused with the odd one and its rotation', async () => {
		const shot = await clips.make('upright.mp4', { seconds: 1 });
		const turned = await clips.convert('upright.mp4', 'rotated.mp4', '-c', 'copy', '-metadata:s:v', 'rotate=270');
		await expect(join([shot, turned])).rejects.toThrow('Shot 2 (rotated.mp4) is turned by 90°; shot 1 (upright.mp4) is upright.');
	});

	it('are refused with the one without sound, if that is asked for', async () => {
		const shot = await clips.make('loud.mp4', { seconds: 1 });
		const silent = await clips.make('still.mp4', { seconds: 1, sound: false });
		await expect(join([shot, silent], { missingSound: 'refuse' })).rejects.toThrow(
			'Shot 2 (still.mp4) has no sound; shot 1 (loud.mp4) has AAC sound with 2 channels at 44,100 Hz.',
		);
	});

	it('are refused where silence cannot be made in the format of the sound', async () => {
		const shot = await clips.make('mp3.mp4', { seconds: 1 }, '-c:a', 'libmp3lame');
		const silent = await clips.make('none.mp4', { seconds: 1, sound: false });
		await expect(join([shot, silent])).rejects.toThrow('Shot 2 (none.mp4) has no sound, and silence cannot be added to MP3.');
	});

	it('are refused if one hides its start', async () => {
		await clips.make('long.mp4', { seconds: 3 }, '-g', '72');
		await clips.convert('long.mp4', 'hiding.mp4', '-c', 'copy');
		const bytes = await clips.read('hiding.mp4');
		const edit = editOfVideo(bytes);
		bytes.writeInt32BE(bytes.readInt32BE(edit) + 12288, edit);
		await expect(join([sourceOf(bytes)])).rejects.toThrow('Shot 1 (clip.mp4) hides its first 1.0 seconds');
	});

	it('are refused if there is none', async () => {
		await expect(join([])).rejects.toThrow('There is no shot to join.');
	});
});

/** The position of the media time of the first edit of a track that FFmpeg has written. */
const editOfVideo = (bytes: Buffer) => bytes.indexOf('elst') + 16;
const editOfSound = (bytes: Buffer) => bytes.indexOf('elst', editOfVideo(bytes)) + 16;
