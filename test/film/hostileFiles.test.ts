import fc from 'fast-check';
import { joinShots, type MediaSource, setSound, trim } from '../../nodes/SeedanceFilm/film';
import { readMp4 } from '../../nodes/SeedanceFilm/film/readMp4';
import { givenFile } from '../../nodes/SeedanceFilm/film/unusable';
import { InputError } from '../../nodes/shared/errors';
import { Clips, contentOf, sourceOf } from '../support/clips';

let clips: Clips;
let clip: Buffer;
let music: Buffer;
beforeAll(async () => {
	clips = await Clips.create();
	await clips.make('clip.mp4', { seconds: 0.5 }, '-movflags', 'faststart');
	await clips.convert('clip.mp4', 'music.mp3', '-vn', '-c:a', 'libmp3lame', '-b:a', '32k');
	clip = await clips.read('clip.mp4');
	music = await clips.read('music.mp3');
});
afterAll(async () => clips.remove());

const join = async (...sources: MediaSource[]) => await joinShots(sources, { missingSound: 'silence', differences: 'allow' });

/** A copy of the clip with a change at a box, counted from its type. */
function changed(type: string, change: (content: Buffer) => void): MediaSource {
	const bytes = Buffer.from(clip);
	const start = bytes.indexOf(type);
	expect(start).toBeGreaterThan(0);
	change(bytes.subarray(start + 4));
	return sourceOf(bytes);
}

const damaged = 'is damaged: its index contradicts itself';
const cutOff = 'ends too early: a part of its content is missing';

describe('a file that is no whole, ordinary video', () => {
	const files: ReadonlyArray<readonly [string, () => MediaSource, string]> = [
		['has nothing', () => sourceOf(Buffer.alloc(0)), 'is not an MP4 or MOV video'],
		['is a web page', () => sourceOf(Buffer.from('<!DOCTYPE html><html></html>')), 'is not an MP4 or MOV video'],
		['ends in its media', () => sourceOf(clip.subarray(0, clip.length - 100)), cutOff],
		['ends in its index', () => sourceOf(clip.subarray(0, clip.indexOf('stsz'))), cutOff],
		['has less than it says', () => ({ ...sourceOf(clip.subarray(0, 200)), sizeBytes: clip.length }), cutOff],
		['has no index', () => sourceOf(clip.subarray(0, clip.indexOf('moov') - 4)), 'has no index, so it cannot be played'],
		['has an index of four gigabytes', () => changed('ftyp', (content) => content.writeUInt32BE(0xffffffff, content.indexOf('moov') - 4)), cutOff],
		['has a box that is shorter than its header', () => changed('trak', (content) => content.writeUInt32BE(3, 0)), damaged],
		['has a box that is longer than its parent', () => changed('mdia', (content) => content.writeUInt32BE(0xfffffff0, 0)), damaged],
		['has more packets than bytes', () => changed('stsz', (content) => (content.writeUInt32BE(1, 4), content.writeUInt32BE(0xfffffff0, 8))), damaged],
		['has a table of sizes beyond its box', () => changed('stsz', (content) => content.writeUInt32BE(0xfffffff0, 8)), damaged],
		['has packets of four gigabytes', () => changed('stsz', (content) => content.writeUInt32BE(0xfffffff0, 12)), cutOff],
		['has a chunk behind its end', () => changed('stco', (content) => content.writeUInt32BE(0xfffffff0, 8)), cutOff],
		['has no chunks', () => changed('stco', (content) => content.writeUInt32BE(0, 4)), damaged],
		['has no packets', () => changed('stsz', (content) => content.writeUInt32BE(0, 8)), 'has no frames'],
		['has a second without units', () => changed('mdhd', (content) => content.writeUInt32BE(0, 12)), damaged],
		['lasts for years', () => changed('stts', (content) => content.writeUInt32BE(0x7fffffff, 12)), 'is longer than three hours'],
		['shows its frames hours later', () => changed('ctts', (content) => content.writeUInt32BE(0x7fffffff, 12)), damaged],
		['has its sound where its picture is', () => changed('stco', (content) => content.copyWithin(content.indexOf('stco') + 12, 8, 12)), damaged],
		['is played at double speed', () => changed('elst', (content) => content.writeUInt32BE(0x20000, 16)), 'is put together or played at another speed'],
		['refers to another file', () => changed('url ', (content) => content.writeUInt32BE(0, 0)), 'refers to media in other files'],
	];

	it.each(files)('that %s gets a clear error', async (_, make, message) => {
		const error = await join(make()).catch((caught: unknown) => caught);
		expect(error).toBeInstanceOf(InputError);
		expect((error as Error).message).toMatch(/^Shot 1 \(clip\.mp4\) /);
		expect((error as Error).message).toContain(message);
	});

	it('that is encrypted gets a clear error', async () => {
		const bytes = Buffer.from(clip);
		bytes.write('encv', bytes.indexOf('avc1', bytes.indexOf('stsd')), 'latin1');
		await expect(join(sourceOf(bytes))).rejects.toThrow('Shot 1 (clip.mp4) is encrypted.');
	});

	it('that is fragmented gets a clear error', async () => {
		const shot = await clips.convert('clip.mp4', 'fragmented.mp4', '-c', 'copy', '-movflags', 'frag_keyframe+empty_moov');
		await expect(join(shot)).rejects.toThrow('Shot 1 (fragmented.mp4) is a fragmented MP4');
	});

	it('that has its picture in a format for editing gets a clear error', async () => {
		const shot = await clips.convert('clip.mp4', 'prores.mov', '-c:v', 'prores', '-c:a', 'copy');
		await expect(join(shot)).rejects.toThrow('Shot 1 (prores.mov) has its picture in a format that is not for publishing (apcn).');
	});

	it('that leaves the size of its last box open is joined', async () => {
		const bytes = Buffer.from(clip);
		bytes.writeUInt32BE(0, bytes.indexOf('mdat') - 4);
		expect((await clips.check(await join(sourceOf(bytes)))).video?.nb_frames).toBe('12');
	});

	it('that has nothing but empty boxes, or empty tags, is given up soon', async () => {
		const boxes = Buffer.concat([clip.subarray(0, clip.indexOf('moov') - 4), Buffer.from('\0\0\0\x08free'.repeat(1_000_000), 'latin1')]);
		await expect(join(sourceOf(boxes))).rejects.toThrow('Shot 1 (clip.mp4) has no index');
		const tags = sourceOf(Buffer.from('ID3\x04\0\0\0\0\0\0'.repeat(1_000_000), 'latin1'), 'tags.mp3');
		await expect(setSound(sourceOf(clip), tags, { fit: 'cut' })).rejects.toThrow('The sound (tags.mp3) is no sound that is known here.');
	});

	it('that is large only by its index is not kept in memory', async () => {
		const padding = Buffer.alloc(1_000_000);
		padding.writeUInt32BE(padding.length);
		padding.write('free', 4, 'latin1');
		const moov = clip.indexOf('moov') - 4;
		const end = moov + clip.readUInt32BE(moov);
		const bytes = Buffer.concat([clip.subarray(0, end), padding, clip.subarray(end)]);
		bytes.writeUInt32BE(end - moov + padding.length, moov);
		const { video, sound } = await readMp4(givenFile(sourceOf(bytes), 'Shots', 'Shot 1'));
		const kept = buffersIn([video?.(), sound?.()]);
		expect(kept.length).toBeGreaterThan(3);
		for (const { buffer } of kept) expect(buffer.byteLength).toBeLessThan(padding.length);
	});

	it('of which there are many does not take more memory than a film of three hours', async () => {
		const count = 500_000;
		const bytes = Buffer.concat([clip, Buffer.alloc(count)]);
		const change = (type: string, word: number, value: number) => bytes.writeUInt32BE(value, bytes.indexOf(type) + 4 + 4 * word);
		change('stsz', 1, 1);
		change('stsz', 2, count);
		change('stts', 3, 1);
		change('stsc', 3, count);
		const shot = sourceOf(bytes);
		await expect(join(shot, shot, shot)).rejects.toThrow('The shots have more frames and more sound than a film of three hours; shot 3 is too much.');
	});

	it('that is another one when it is read again makes the content fail', async () => {
		let count = 0;
		const source = { ...sourceOf(clip), open: () => sourceOf(count++ === 0 ? clip : clip.subarray(0, clip.length - 500)).open() };
		const film = await join(source);
		await expect(contentOf(film)).rejects.toThrow(`Shot 1 (clip.mp4) ${cutOff}.`);
	});
});

const buffersIn = (value: unknown): Buffer[] => {
	if (Buffer.isBuffer(value)) return [value];
	if (ArrayBuffer.isView(value) || typeof value !== 'object' || value === null) return [];
	return Object.values(value).flatMap(buffersIn);
};

/** What any input at all may do: an error for the person, or a film that is not longer than its sources. */
async function isHarmless(make: () => Promise<{ sizeBytes: number; content(): AsyncGenerator<Uint8Array, void> }>, givenBytes: number) {
	try {
		const film = await make();
		let written = 0;
		for await (const piece of film.content()) written += piece.length;
		expect(written).toBe(film.sizeBytes);
		expect(written).toBeLessThan(givenBytes + largestIndexBytes);
	} catch (error) {
		if (!(error instanceof InputError)) throw error;
	}
}

/** A film of three hours, most of them silence. */
const largestIndexBytes = 12_000_000;

describe('files that somebody has tampered with', () => {
	const numRuns = 400;
	const indexBytes = 3_000;

	it('neither hang nor grow if bytes of their index are changed', async () => {
		const change = fc.tuple(fc.nat(indexBytes), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, undefined), fc.nat(255));
		await fc.assert(
			fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
				const bytes = Buffer.from(clip);
				for (const [at, edge, any] of changes) bytes[at] = edge ?? any;
				await isHarmless(async () => await join(sourceOf(bytes), sourceOf(clip)), 2 * clip.length);
				await isHarmless(async () => await trim(sourceOf(bytes), { fromSeconds: 0.1 }), clip.length);
				await isHarmless(async () => await setSound(sourceOf(clip), sourceOf(bytes), { fit: 'loop' }), 1_000 * clip.length);
			}),
			{ seed: 16, numRuns },
		);
	});

	it('neither hang nor grow if numbers in their tables are changed', async () => {
		const types = ['mvhd', 'tkhd', 'elst', 'mdhd', 'stsd', 'stts', 'ctts', 'stsc', 'stsz', 'stco', 'stss', 'esds', 'avcC', 'trak', 'mdia', 'stbl'];
		const numbers = fc.constantFrom(0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 600_000);
		const change = fc.tuple(fc.constantFrom(...types), fc.boolean(), fc.integer({ min: -2, max: 12 }), numbers);
		await fc.assert(
			fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
				const bytes = Buffer.from(clip);
				for (const [type, isSecond, word, number] of changes) {
					const first = clip.indexOf(type);
					const start = isSecond ? Math.max(first, clip.indexOf(type, first + 1)) : first;
					if (word !== -1 && start > 4) bytes.writeUInt32BE(number, start + 4 + 4 * word);
				}
				await isHarmless(async () => await join(sourceOf(bytes), sourceOf(clip)), 2 * clip.length);
				await isHarmless(async () => await trim(sourceOf(bytes), { fromSeconds: 0.1 }), clip.length);
			}),
			{ seed: 16, numRuns },
		);
	});

	it('neither hang nor grow if they are cut, or are any bytes', async () => {
		const anything = fc.oneof(
			fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
			fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.concat([clip.subarray(0, 600), bytes])),
			fc.nat(clip.length).map((length) => clip.subarray(0, length)),
			fc.tuple(fc.nat(music.length - 1), fc.nat(255)).map(([at, byte]) => {
				const bytes = Buffer.from(music);
				bytes[at] = byte;
				return bytes;
			}),
		);
		await fc.assert(
			fc.asyncProperty(anything, fc.integer({ min: 1, max: 5_000 }), async (bytes, pieceBytes) => {
				await isHarmless(async () => await join(sourceOf(bytes, 'any.mp4', pieceBytes)), bytes.length);
				await isHarmless(async () => await setSound(sourceOf(clip), sourceOf(bytes, 'any.mp3', pieceBytes), { fit: 'loop' }), 1_000 * clip.length);
			}),
			{ seed: 16, numRuns },
		);
	});
});
