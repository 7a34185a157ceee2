import { joinShots, type MediaSource } from '../../nodes/SeedanceFilm/film';
import { readMp4 } from '../../nodes/SeedanceFilm/film/readMp4';
import { givenFile } from '../../nodes/SeedanceFilm/film/unusable';
import { Clips, sourceOf } from '../support/clips';

/** What joining does with the streams of its sources. */

let clips: Clips;
let clip: Buffer;
beforeAll(async () => {
	clips = await Clips.create();
	await clips.make('clip.mp4', { seconds: 2, size: '160x90' }, '-vf', 'noise=alls=80:allf=t', '-movflags', 'faststart');
	clip = await clips.read('clip.mp4');
});
afterAll(async () => clips.remove());

const join = async (sources: readonly MediaSource[], signal?: AbortSignal) => await joinShots(sources, { missingSound: 'silence', differences: 'refuse', signal });

interface Usage {
	opened: number;
	open: number;
	maxOpen: number;
	bytes: number;
}

const pieceBytes = 4_096;

/** A source that counts. */
function counted(bytes: Buffer, usage: Usage): MediaSource {
	const source = sourceOf(bytes, 'clip.mp4', pieceBytes);
	return {
		...source,
		async *open() {
			usage.opened++;
			usage.open++;
			usage.maxOpen = Math.max(usage.maxOpen, usage.open);
			try {
				for await (const piece of source.open()) {
					usage.bytes += piece.length;
					yield piece;
				}
			} finally {
				usage.open--;
			}
		},
	};
}

const newUsage = (): Usage => ({ opened: 0, open: 0, maxOpen: 0, bytes: 0 });

describe('the streams of the shots', () => {
	it('are opened twice each, for the index and for the media, and two at once at most', async () => {
		const usage = newUsage();
		const film = await join(Array.from({ length: 10 }, () => counted(clip, usage)));
		expect(usage).toMatchObject({ opened: 10, open: 0, maxOpen: 1 });
		for await (const piece of film.content()) expect(piece.length).toBeGreaterThan(0);
		expect(usage).toMatchObject({ opened: 20, open: 0 });
		expect(usage.maxOpen).toBeLessThanOrEqual(2);
	});

	it('are read no further than the index, if that is at the start', async () => {
		const usage = newUsage();
		await join([counted(clip, usage)]);
		expect(usage.bytes).toBeLessThan(clip.indexOf('mdat') + pieceBytes);
	});

	it('are passed on as they come: hardly anything is held', async () => {
		const usage = newUsage();
		const film = await join(Array.from({ length: 10 }, () => counted(clip, usage)));
		const before = usage.bytes;
		const mediaBytes = clip.length - clip.indexOf('mdat') - 4;
		const headBytes = film.sizeBytes - 10 * mediaBytes;
		let written = 0;
		let maxHeld = 0;
		for await (const piece of film.content()) {
			written += piece.length;
			maxHeld = Math.max(maxHeld, usage.bytes - before - (written - headBytes));
		}
		// What is skipped, the index of each shot and some packets of sound at joints, counts as held here.
		const skippedBytes = 10 * (clip.length - mediaBytes) + headBytes;
		expect(maxHeld).toBeLessThan(skippedBytes + 2 * pieceBytes);
		expect(film.sizeBytes).toBeGreaterThan(5 * maxHeld);
	});

	it('are closed if nobody wants the rest of the film', async () => {
		const usage = newUsage();
		const content = (await join([counted(clip, usage)])).content();
		await content.next();
		await content.next();
		expect(usage.open).toBe(1);
		await content.return();
		expect(usage.open).toBe(0);
	});

	it('are closed if the execution is cancelled, while the index and while the media are read', async () => {
		const usage = newUsage();
		const [first, second] = [new AbortController(), new AbortController()];
		first.abort(new Error('cancelled'));
		await expect(join([counted(clip, usage)], first.signal)).rejects.toThrow('cancelled');
		const content = (await join([counted(clip, usage)], second.signal)).content();
		await content.next();
		await content.next();
		second.abort(new Error('cancelled'));
		await expect(content.next()).rejects.toThrow('cancelled');
		expect(usage.open).toBe(0);
	});
});

describe('a film of many gigabytes', () => {
	it('is written without any of it in memory, with 64-bit positions', async () => {
		const frameBytes = 1_200_000_000;
		const huge = await hugeShot(frameBytes);
		const film = await join([huge, huge, huge]);
		const head: Uint8Array[] = [];
		let written = 0;
		for await (const piece of film.content()) {
			if (written < 10_000) head.push(piece);
			written += piece.length;
		}
		expect(written).toBe(film.sizeBytes);
		expect(written).toBeGreaterThan(6 * frameBytes);
		const start = Buffer.concat(head);
		expect(start.readUInt32BE(start.indexOf('mdat') - 4)).toBe(1);
		const { video } = await readMp4(givenFile({ ...sourceOf(start), sizeBytes: film.sizeBytes }, 'Film', 'The film'));
		const mediaStart = start.indexOf('mdat') + 12;
		expect([...(video?.().packets.offsets ?? [])]).toEqual([0, 1, 2, 3, 4, 5].map((frame) => mediaStart + frame * frameBytes));
	});

	/** Two frames of which the index says that they are huge, and as many zeros. */
	async function hugeShot(frameBytes: number): Promise<MediaSource> {
		await clips.make('two.mp4', { seconds: 1, sound: false }, '-frames:v', '2', '-movflags', 'faststart');
		const bytes = await clips.read('two.mp4');
		const index = bytes.subarray(0, bytes.indexOf('mdat') + 4);
		const sizes = index.indexOf('stsz') + 16;
		expect(index.readUInt32BE(sizes - 4)).toBe(2);
		index.writeUInt32BE(frameBytes, sizes);
		index.writeUInt32BE(frameBytes, sizes + 4);
		index.writeUInt32BE(2 * frameBytes + 8, index.length - 8);
		const zeros = Buffer.alloc(1_000_000);
		return {
			fileName: 'huge.mp4',
			sizeBytes: index.length + 2 * frameBytes,
			async *open() {
				yield index;
				for (let left = 2 * frameBytes; left > 0; left -= zeros.length) yield zeros;
			},
		};
	}
});
