import { checkFiles } from '../../nodes/shared/checks/checkFiles';
import { type DataUri, readDataUri } from '../../nodes/shared/media/dataUri';
import type { ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { alad } from '../../nodes/shared/providers/alad';
import { anyfast } from '../../nodes/shared/providers/anyfast';
import { apiframe } from '../../nodes/shared/providers/apiframe';
import { piapi } from '../../nodes/shared/providers/piapi';
import { megabyte } from '../../nodes/shared/quantities';
import type { MediaType, Medium } from '../../nodes/shared/vocabulary';
import { CountedFile, makeFile, makeHeif, makePicture, makePngHead, makeSound, makeVideo, type VideoWishes } from '../support/mediaFiles';

/** A file in a format that no table has. */
const unknownBinary = Buffer.from([0x01, 0x02, 0xfe, 0x00, 0x10, 0x99, 0x00, 0x7f, 0xee, 0x05]);

type Provider = Pick<ProviderAdapter, 'displayName' | 'mediaLimits'>;

/** The parts of a sentence about a file; what is needed of any provider stands without one. */
const sentence = /^(.+) \(File\) (.+); (?:(\w+) takes )?(.+)\.$/;

/** @returns each problem as what is allowed, with the provider, and what was found */
async function refusals(provider: Provider, mediaType: MediaType, fileName: string, bytes: Buffer, sizeBytes = bytes.length) {
	const medium = { kind: 'file', file: new CountedFile(bytes, { fileName, sizeBytes }) } as const;
	const limits = provider.mediaLimits?.[mediaType];
	const { problems } = await checkFiles(provider, [{ field: 'File', mediaType, medium, limits }]);
	return problems.map(({ message }) => {
		const [, file, found, who, allowed] = sentence.exec(message) ?? [];
		return [who ? `${allowed} (${who})` : allowed, `${file} ${found}`];
	});
}

describe.each([
	['AnyFast', anyfast, '300–6000', '0.4–2.5', 'less than'],
	['Alad', alad, '300–6000', '0.4–2.5', 'less than'],
	['PiAPI', piapi, 'more than 300 and less than 6000', 'more than 0.4 and less than 2.5', 'up to'],
] as const)('%s', (name, provider, sides, ratios, sizes) => {
	const isOpen = provider === piapi;

	describe('takes a picture', () => {
		it.each(['png', 'jpg', 'gif', 'bmp', 'tiff', 'webp'])('of format %s of enough pixels, and not below', async (format) => {
			const picture = `face.${format}`;
			expect(await refusals(provider, 'image', picture, await makePicture(format, 302, 302))).toEqual([]);
			expect(await refusals(provider, 'image', picture, await makePicture(format, 298, 300))).toEqual([
				[`${sides} px in width and height (${name})`, `${picture} has 298 × 300 px`],
			]);
		});

		/** Whether the bounds themselves are allowed differs between the documents. */
		it.each<[number, number, boolean, boolean]>([
			[300, 310, !isOpen, true],
			[301, 310, true, true],
			[6000, 3000, !isOpen, true],
			[5999, 3000, true, true],
			[6001, 3000, false, true],
			[1000, 400, true, !isOpen],
			[999, 400, true, true],
			[1001, 400, true, false],
			[400, 1000, true, !isOpen],
			[401, 1000, true, true],
			[395, 1000, true, false],
			[399, 1000, true, false],
			[7000, 200, false, false],
		])('of %i × %i px: the sides are allowed: %p, the ratio: %p', async (width, height, isSize, isRatio) => {
			const problems = await refusals(provider, 'image', 'face.png', makePngHead(width, height));
			const rules = [...(isSize ? [] : [`${sides} px in width and height`]), ...(isRatio ? [] : [`an aspect ratio of ${ratios}`])];
			expect(problems.map(([rule]) => rule)).toEqual(rules.map((rule) => `${rule} (${name})`));
		});

		it('and never rounds a refused ratio to one that is allowed', async () => {
			const [problem] = await refusals(provider, 'image', 'face.png', makePngHead(2399, 5999));
			expect(problem?.[1]).toBe(`face.png has 2399 × 5999 px, a ratio of ${isOpen ? 0.4 : 0.3999}`);
			const [other] = await refusals(provider, 'image', 'face.png', makePngHead(395, 1000));
			expect(other?.[1]).toBe('face.png has 395 × 1000 px, a ratio of 0.395');
		});

		it('of format HEIC and HEIF at the largest size, and not above', async () => {
			expect(await refusals(provider, 'image', 'a.heic', makeHeif('heic', [[5999, 4000]]))).toEqual([]);
			expect(await refusals(provider, 'image', 'a.heif', makeHeif('mif1', [[6001, 4000]]))).toHaveLength(1);
		});

		it('of less than 30 MB', async () => {
			const bytes = await makePicture('png', 640, 480);
			expect(await refusals(provider, 'image', 'face.png', bytes, 30 * megabyte - 1)).toEqual([]);
			expect(await refusals(provider, 'image', 'face.png', bytes, 30 * megabyte)).toEqual([
				[`less than 30 MB (${name})`, 'face.png has 30 MB'],
			]);
		});

		it('of no other format, whatever its name', async () => {
			const formats = `JPG, PNG, GIF, WEBP, BMP, TIFF, HEIC and HEIF (${name})`;
			const page = Buffer.from('<!DOCTYPE html><h1>404 Not Found</h1>');
			expect(await refusals(provider, 'image', 'face.png', page)).toEqual([
				[formats, 'face.png is of format HTML by its content'],
			]);
			expect(await refusals(provider, 'image', 'face.png', makeHeif('avif', [[640, 480]]))).toEqual([
				[formats, 'face.png is of format AVIF by its content'],
			]);
			expect(await refusals(provider, 'image', 'face.png', await makeVideo())).toEqual([
				[formats, 'face.png is of format MP4 by its content'],
			]);
		});

		it('that cannot be parsed, as it may be valid', async () => {
			expect(await refusals(provider, 'image', 'face.png', unknownBinary)).toEqual([]);
			expect(await refusals(provider, 'image', 'face.png', makePngHead(640, 640).subarray(0, 20))).toEqual([]);
		});

		it.each([
			['HTML', Buffer.from('\ufeff<!-- a proxy -->\n<html><h1>404')],
			['TEXT', Buffer.from('BM is how a bitmap begins, and this text as well')],
			['SVG', Buffer.from('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>')],
		])('of no %s', async (format, bytes) => {
			const [problem] = await refusals(provider, 'image', 'face.png', bytes);
			expect(problem?.[1]).toBe(`face.png is of format ${format} by its content`);
		});

		it('of at least one byte', async () => {
			expect((await refusals(provider, 'image', 'face.png', Buffer.alloc(0)))[0]?.[1]).toBe('face.png is empty');
		});
	});

	describe('takes a video', () => {
		it.each<[string, VideoWishes, string[]]>([
			['of 2 s', { seconds: 2 }, []],
			['of 1.75 s', { seconds: 1.75 }, ['2–15 s', 'clip.mp4 is 1.75 s long']],
			['of a frame less than 2 s', { seconds: 47 / 24 }, ['2–15 s', 'clip.mp4 is 1.959 s long']],
			['of 15 s', { seconds: 15 }, []],
			['of 15 s and a frame', { seconds: 15 + 1 / 24 }, []],
			['of 15 s with sound that fills its last packet', { seconds: 15, hasSound: true }, []],
			['of 15.25 s', { seconds: 15.25 }, ['2–15 s', 'clip.mp4 is 15.25 s long']],
			['of 23.976 frames per second', { framesPerSecond: '24000/1001' }, []],
			['of 23 frames per second', { framesPerSecond: '23' }, ['24–60 frames per second', 'clip.mp4 has 23 frames per second']],
			['of 59.94 frames per second', { framesPerSecond: '60000/1001' }, []],
			['of 23.5 frames per second', { framesPerSecond: '47/2' }, ['24–60 frames per second', 'clip.mp4 has 23.5 frames per second']],
			['of 60 frames per second', { framesPerSecond: '60' }, []],
			['of 61 frames per second', { framesPerSecond: '61' }, ['24–60 frames per second', 'clip.mp4 has 61 frames per second']],
			['of 62 frames per second', { framesPerSecond: '62' }, ['24–60 frames per second', 'clip.mp4 has 62 frames per second']],
			['of the fewest pixels of 480p', { width: 640, height: 640 }, []],
			['of 480 lines', { width: 640, height: 480 }, []],
			['of 1280 × 720 px', { width: 1280, height: 720 }, []],
			['of the most pixels of 720p', { width: 834, height: 1112 }, []],
			['of a tall phone', { width: 720, height: 1560 }, []],
		])('%s, or not', async (_name, wishes, expected) => {
			const [allowed, given] = expected;
			const problems = await refusals(provider, 'video', 'clip.mp4', await makeVideo(wishes));
			expect(problems).toEqual(allowed ? [[`${allowed} (${name})`, given]] : []);
		});

		it('of too few pixels never', async () => {
			const [problem] = await refusals(provider, 'video', 'clip.mp4', await makeVideo({ width: 426, height: 240 }));
			expect(problem?.[1]).toBe('clip.mp4 has 426 × 240 px');
		});

		it(`of format MOV too, of ${sizes} 50 MB`, async () => {
			const bytes = await makeVideo({ extension: 'mov', more: ['-movflags', '+faststart'] });
			const maxBytes = isOpen ? 50 * megabyte : 50 * megabyte - 1;
			expect(await refusals(provider, 'video', 'clip.mov', bytes, maxBytes)).toEqual([]);
			const [problem] = await refusals(provider, 'video', 'clip.mov', bytes, maxBytes + 1);
			expect(problem).toEqual([`${sizes} 50 MB (${name})`, isOpen ? 'clip.mov has 50.000001 MB' : 'clip.mov has 50 MB']);
		});

		it('of no other format, whatever its name', async () => {
			const webm = await makeFile('webm', '-f', 'lavfi', '-i', 'color=s=640x640:d=1', '-c:v', 'libvpx');
			for (const [format, bytes] of [
				['PNG', await makePicture('png', 640, 480)],
				['WEBM', webm],
				['M4A', await makeSound('mp4', 3, '-c:a', 'aac')],
			] as const) {
				expect(await refusals(provider, 'video', 'clip.mp4', bytes)).toEqual([
					[`MP4 and MOV (${name})`, `clip.mp4 is of format ${format} by its content`],
				]);
			}
		});

		it('and names all problems at once', async () => {
			const bytes = await makeVideo({ seconds: 1, width: 320, height: 180, framesPerSecond: '10' });
			const problems = await refusals(provider, 'video', 'clip.mp4', bytes, 60 * megabyte);
			expect(problems.map(([, given]) => given)).toEqual([
				'clip.mp4 has 60 MB',
				'clip.mp4 has 320 × 180 px',
				'clip.mp4 is 1 s long',
				'clip.mp4 has 10 frames per second',
			]);
		});
	});

	describe('takes a sound', () => {
		it.each(['mp3', 'wav'])('of format %s from 2 to 15 s', async (format) => {
			const tune = `tune.${format}`;
			for (const [seconds, isTaken] of [[1.85, false], [2, true], [15, true], [15.3, false]] as const) {
				const problems = await refusals(provider, 'audio', tune, await makeSound(format, seconds));
				expect([seconds, problems.length]).toEqual([seconds, isTaken ? 0 : 1]);
			}
		});

		it(`of ${sizes} 15 MB`, async () => {
			const bytes = await makeSound('wav', 3);
			const maxBytes = isOpen ? 15 * megabyte : 15 * megabyte - 1;
			expect(await refusals(provider, 'audio', 'tune.wav', bytes, maxBytes)).toEqual([]);
			expect(await refusals(provider, 'audio', 'tune.wav', bytes, maxBytes + 1)).toHaveLength(1);
		});

		it.each(['ogg', 'flac', 'm4a', 'aac'])('not of format %s', async (format) => {
			expect(await refusals(provider, 'audio', 'tune.mp3', await makeSound(format, 3))).toEqual([
				[`MP3 and WAV (${name})`, `tune.mp3 is of format ${format.toUpperCase()} by its content`],
			]);
		});
	});
});

describe('Limits that differ', () => {
	it('of pixels: PiAPI takes 1080p, AnyFast and Alad do not', async () => {
		const bytes = await makeVideo({ width: 1920, height: 1080, seconds: 2 });
		expect(await refusals(piapi, 'video', 'clip.mp4', bytes)).toEqual([]);
		for (const provider of [anyfast, alad]) {
			expect(await refusals(provider, 'video', 'clip.mp4', bytes)).toEqual([
				[`480p and 720p (${provider.displayName})`, 'clip.mp4 has 1920 × 1080 px'],
			]);
		}
	});

	it('are not documented for Apiframe, so only the media type is checked', async () => {
		expect(await refusals(apiframe, 'image', 'face.png', await makePicture('png', 64, 48))).toEqual([]);
		expect(await refusals(apiframe, 'audio', 'tune.ogg', await makeSound('ogg', 1))).toEqual([]);
		expect(await refusals(apiframe, 'video', 'clip.mp4', await makePicture('png', 640, 480))).toEqual([
			['a video is needed', 'clip.mp4 is of format PNG by its content'],
		]);
	});

	it('of the total length of sounds apply where a document has them', async () => {
		const medium = { kind: 'file', file: new CountedFile(await makeSound('mp3', 8), { fileName: 'tune.mp3' }) } as const;
		const media = [1, 2].map((number) => ({ field: `Audio ${number}`, mediaType: 'audio' as const, medium }));
		expect((await checkFiles(piapi, media)).problems).toEqual([]);
		const [problem, ...others] = (await checkFiles(piapi, media, { maxReferenceSeconds: { audio: 15 } })).problems;
		expect(problem?.message).toMatch(
			/^tune\.mp3 \(Audio 1\) and tune\.mp3 \(Audio 2\) are 16\.\d+ s long together; PiAPI takes up to 15 s\.$/,
		);
		expect(others).toEqual([]);
		expect((await checkFiles(piapi, media.slice(1), { maxReferenceSeconds: { audio: 15 } })).problems).toEqual([]);
	});
});

describe('A file of an unknown format', () => {
	it('is named, as its limits could not be checked; one of a known format is not', async () => {
		const files = [new CountedFile(unknownBinary, { fileName: 'face.jxl' }), new CountedFile(await makePicture('png', 640, 640))];
		const { image: limits } = anyfast.mediaLimits;
		const media = files.map((file) => ({ field: 'Images', mediaType: 'image' as const, medium: { kind: 'file' as const, file }, limits }));
		expect(await checkFiles(anyfast, media)).toEqual({ problems: [], unknown: ['face.jxl'] });
	});
});

async function dataUriOf(mimeType: string, bytes: Buffer): Promise<DataUri> {
	const found = await readDataUri(`data:${mimeType};base64,${bytes.toString('base64')}`);
	if (!found) throw new Error('It is no data URI');
	return found;
}

describe('A data URI', () => {
	it('is checked as a file is; a URL and an asset are not', async () => {
		const media: Medium[] = [
			await dataUriOf('image/png', await makePicture('png', 200, 200)),
			{ kind: 'url', url: 'https://example.com/face.png' },
			{ kind: 'asset', assetId: 'asset-1' },
		];
		const { image: limits } = anyfast.mediaLimits;
		const { problems } = await checkFiles(
			anyfast,
			media.map((medium, index) => ({ field: `Images ${index + 1}`, mediaType: 'image', medium, limits })),
		);
		expect(problems).toEqual([
			{
				field: 'Images 1',
				message: 'file.png (Images 1) has 200 × 200 px; AnyFast takes 300–6000 px in width and height.',
				advice: 'Scale it.',
			},
		]);
	});

	it.each([0, 1, 2, 3, 70_000, 100_001])('of %i bytes after its first pixels gives them all', async (extraBytes) => {
		const bytes = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(extraBytes, 7)]);
		const { file } = await dataUriOf('image/gif', bytes);
		const chunks: Uint8Array[] = [];
		for await (const chunk of file.open()) chunks.push(chunk);
		expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
		expect(file.sizeBytes).toBe(bytes.length);
	});
});
