import { trim } from '../../nodes/SeedanceFilm/film';
import { Clips, sourceOf } from '../support/clips';

let clips: Clips;
beforeAll(async () => {
	clips = await Clips.create();
	// A key frame each second.
	await clips.make('video.mp4', { seconds: 5 });
});
afterAll(async () => clips.remove());

describe('trim', () => {
	it.each([
		['at key frames', 1, 3, 1, 3],
		['at the key frame nearest to the start', 1.4, 3, 1, 3],
		['at the key frame nearest to the start, which is after it', 1.6, 3, 2, 3],
		['at the one before, if the nearest would leave nothing', 1.6, 1.9, 1, 1.9],
		['to the end', 2, undefined, 2, 5],
		['to the end, if the wanted one is after it', 2, 60, 2, 5],
		['from the start', 0, 2.5, 0, 2.5],
	])('cuts %s and says where', async (_, fromSeconds, toSeconds, from, to) => {
		const film = await trim(clips.source('video.mp4'), { fromSeconds, toSeconds });
		const observed = await clips.check(film);
		expect(film.givenSeconds).toBeCloseTo(5, 3);
		expect(film.fromSeconds).toBeCloseTo(from, 3);
		// At most three frames are decoded before they are shown.
		expect(Math.abs(film.toSeconds - to)).toBeLessThan(3.01 / 24);
		expect(film.durationSeconds).toBeCloseTo(film.toSeconds - film.fromSeconds, 6);
		expect(observed.video?.nb_frames).toBe(String(Math.round(film.durationSeconds * 24)));
		expect(Math.abs(observed.seconds - film.durationSeconds)).toBeLessThan(1 / 24);
		expect(observed.boxes).toEqual(['ftyp', 'moov', 'mdat']);
		const expected = [0.5, 1.5, 2.5, 3.5, 4.5].filter((second) => second > film.fromSeconds && second < film.toSeconds - 0.01);
		expect(observed.video?.flashes).toHaveLength(expected.length);
		expected.forEach((second, index) => {
			expect(Math.abs(observed.video!.flashes[index]! - (second - film.fromSeconds))).toBeLessThan(0.002);
			expect(Math.abs(observed.sound!.beeps[index]! - (second - film.fromSeconds))).toBeLessThan(0.004);
		});
	});

	it('cuts a part that is again one that can be cut', async () => {
		await clips.check(await trim(clips.source('video.mp4'), { fromSeconds: 1, toSeconds: 4 }), 'part.mp4');
		const film = await trim(clips.source('part.mp4'), { fromSeconds: 1, toSeconds: 2 });
		expect(film).toMatchObject({ fromSeconds: 1, givenSeconds: 3 });
		expect((await clips.check(film)).video?.flashes).toHaveLength(1);
	});

	it('shows nothing of what a video hides at its start', async () => {
		const bytes = Buffer.from(await clips.read('video.mp4'));
		const edit = bytes.indexOf('elst') + 16;
		bytes.writeInt32BE(bytes.readInt32BE(edit) + 12288 * 1.5, edit);
		const film = await trim(sourceOf(bytes), { fromSeconds: 0 });
		expect(film.fromSeconds).toBeCloseTo(0.5, 3);
		expect((await clips.check(film)).video?.nb_frames).toBe('72');
	});

	it.each([
		[5, undefined, 'From must be 0 or more and less than 5 seconds, the length of the video; it is 5.'],
		[-1, undefined, 'From must be 0 or more and less than 5 seconds, the length of the video; it is -1.'],
		[NaN, undefined, 'From must be 0 or more and less than 5 seconds, the length of the video; it is NaN.'],
		[3, 2, 'To must be later than From, which is 3 seconds; it is 2.'],
	])('refuses from %p to %p', async (fromSeconds, toSeconds, message) => {
		await expect(trim(clips.source('video.mp4'), { fromSeconds, toSeconds })).rejects.toThrow(message);
	});

	it('refuses a sound', async () => {
		const sound = await clips.convert('video.mp4', 'sound.m4a', '-vn', '-c:a', 'copy');
		await expect(trim(sound, { fromSeconds: 0 })).rejects.toThrow('The video (sound.m4a) has no picture.');
	});
});
