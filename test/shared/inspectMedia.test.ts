import { inspectMedia } from '../../nodes/shared/media/inspect';
import { probeMedia } from '../../nodes/shared/media/probe/probe';
import { probe as ffprobe } from '../../harness/media/sampleFiles';
import { box, CountedFile, makeFile, makePicture, makeSound, makeVideo, uint32 } from '../support/mediaFiles';

const inspect = async (bytes: Buffer) => await inspectMedia(new CountedFile(bytes));

describe('A video', () => {
	it('says all that a creator has to know of it', async () => {
		const bytes = await makeVideo({ hasSound: true, more: ['-ac', '2', '-ar', '48000'] });
		expect(await inspect(bytes)).toEqual({
			format: 'mp4',
			kind: 'video',
			mimeType: 'video/mp4',
			sizeBytes: bytes.length,
			width: 864,
			height: 496,
			rotationDegrees: 0,
			durationSeconds: expect.closeTo(3, 1),
			framesPerSecond: 24,
			videoCodec: 'H.264',
			audioCodec: 'AAC',
			hasSound: true,
			channels: 2,
			sampleRateHertz: 48_000,
			isFragmented: false,
			isEncrypted: false,
		});
	});

	it.each([
		['H.265', {}, ['-c:v', 'libx265', '-x265-params', 'log-level=none'], 'mp4'],
		['MPEG-4', {}, ['-c:v', 'mpeg4'], 'mp4'],
		['ProRes', {}, ['-c:v', 'prores', '-pix_fmt', 'yuv422p10le'], 'mov'],
		['Motion JPEG', {}, ['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p'], 'mov'],
	] as const)('of %s has that as its codec, and no sound', async (videoCodec, _wishes, more, extension) => {
		const found = await inspect(await makeVideo({ seconds: 1, extension, more: [...more] }));
		expect(found).toMatchObject({ format: extension, videoCodec, audioCodec: null, hasSound: false, channels: null });
	});

	it.each([
		[90, [0, 1, -1, 0], [496, 864]],
		[180, [-1, 0, 0, -1], [864, 496]],
		[270, [0, -1, 1, 0], [496, 864]],
		// Mirrored.
		[0, [-1, 0, 0, 1], [864, 496]],
	])('of a phone that turns it by %i degrees has the size that it is shown with', async (rotationDegrees, [a = 0, b = 0, c = 0, d = 0], [width, height]) => {
		const bytes = Buffer.from(await makeVideo({ seconds: 1 }));
		// ISO 14496-12, 8.3.2: the matrix of the track, as 16.16 fixed-point numbers.
		const matrixAt = bytes.indexOf('tkhd') + 44;
		[a, b, 0, c, d].forEach((value, index) => bytes.writeInt32BE(value * 0x10000, matrixAt + index * 4));
		expect(await inspect(bytes)).toMatchObject({ width, height, rotationDegrees });
		expect(await probeMedia(new CountedFile(bytes))).toMatchObject({ width, height });
	});

	it('has its numbers in thousandths', async () => {
		const bytes = await makeVideo({ framesPerSecond: '24000/1001', seconds: 2 });
		expect(await inspect(bytes)).toMatchObject({ framesPerSecond: 23.976, durationSeconds: 2.002 });
	});

	it('of a varying frame rate has the mean of it', async () => {
		const bytes = await makeVideo({ seconds: 4, more: ['-vf', 'select=lt(n\\,48)+not(mod(n\\,4))', '-vsync', 'vfr'] });
		const found = await ffprobe(bytes);
		expect(found.video?.framesPerSecond).toBeLessThan(20);
		expect((await inspect(bytes)).framesPerSecond).toBeCloseTo(found.video?.framesPerSecond ?? 0, 1);
	});

	it('in fragments says so', async () => {
		const bytes = await makeVideo({ seconds: 2, hasSound: true, more: ['-movflags', 'frag_keyframe+empty_moov'] });
		expect(await inspect(bytes)).toMatchObject({ isFragmented: true, durationSeconds: expect.closeTo(2, 1), videoCodec: 'H.264', hasSound: true });
	});

	it('that needs a key says so', async () => {
		const key = '0123456789abcdef0123456789abcdef';
		const bytes = await makeVideo({
			seconds: 1,
			more: ['-encryption_scheme', 'cenc-aes-ctr', '-encryption_key', key, '-encryption_kid', key],
		});
		expect(await inspect(bytes)).toMatchObject({ isEncrypted: true, videoCodec: null, width: 864 });
	});

	it('whose table says that it has billions of frames has no frame rate', async () => {
		const movie = (samples: number) => {
			const samplesBox = box('minf', box('stbl', box('stsz', uint32(0, 1, samples))));
			const track = box('trak', box('mdia', box('mdhd', uint32(0, 0, 0, 1000, 5000)), box('hdlr', uint32(0, 0), Buffer.from('vide')), samplesBox));
			return Buffer.concat([box('ftyp', Buffer.from('isom')), box('moov', track)]);
		};
		expect(await inspect(movie(120))).toMatchObject({ framesPerSecond: 24, durationSeconds: 5 });
		expect(await inspect(movie(0xffffffff))).toMatchObject({ framesPerSecond: null, durationSeconds: 5 });
	});

	it('of 100 MB has its index at the end, where a check before a request does not look', async () => {
		const mp4 = await makeVideo({ seconds: 1 });
		const bytes = Buffer.concat([mp4.subarray(0, 32), box('free', Buffer.alloc(100 * 1024 * 1024)), mp4.subarray(32)]);
		expect(await inspect(bytes)).toMatchObject({ width: 864, durationSeconds: 1 });
		expect((await probeMedia(new CountedFile(bytes)))?.width).toBeUndefined();
	});
});

describe('A sound', () => {
	it.each<[string, string, string[], object]>([
		['MP3 of one channel', 'mp3', ['-ac', '1'], { audioCodec: 'MP3', channels: 1, sampleRateHertz: 44_100 }],
		['MP3 of two channels', 'mp3', ['-ac', '2', '-ar', '22050'], { audioCodec: 'MP3', channels: 2, sampleRateHertz: 22_050 }],
		['M4A', 'm4a', ['-c:a', 'aac', '-ac', '2'], { audioCodec: 'AAC', channels: 2, sampleRateHertz: 44_100 }],
		['M4A without loss', 'm4a', ['-c:a', 'alac'], { audioCodec: 'ALAC' }],
		['WAV', 'wav', ['-ac', '2', '-ar', '96000'], { audioCodec: 'PCM', channels: 2, sampleRateHertz: 96_000 }],
		['WAV of floating point', 'wav', ['-c:a', 'pcm_f32le'], { audioCodec: 'PCM' }],
		['WAV of telephones', 'wav', ['-c:a', 'pcm_mulaw', '-ar', '8000'], { audioCodec: 'µ-law', sampleRateHertz: 8000 }],
		['WAV with sizes of 64 bits', 'wav', ['-rf64', 'always'], { audioCodec: 'PCM', channels: 1 }],
	])('of %s says what it is and how long', async (_name, extension, args, facts) => {
		const bytes = await makeSound(extension, 2.5, ...args);
		expect(await inspect(bytes)).toMatchObject({ ...facts, format: extension, kind: 'audio', hasSound: true, width: null });
		expect((await inspect(bytes)).durationSeconds).toBeCloseTo(2.5, 0);
	});

	it('of compressed WAV has channels and a rate, but no length', async () => {
		const bytes = await makeSound('wav', 2, '-c:a', 'adpcm_ms', '-ac', '2');
		expect(await inspect(bytes)).toMatchObject({ channels: 2, sampleRateHertz: 44_100, audioCodec: null, durationSeconds: null });
	});

	it('with sizes of 64 bits ends where they say, not at the end of the file', async () => {
		const wav = await makeSound('wav', 2, '-rf64', 'always');
		expect((await inspect(Buffer.concat([wav, Buffer.alloc(88_200)]))).durationSeconds).toBeCloseTo(2, 2);
	});

	it('of a movie track of QuickTime’s newer kind has its rate', async () => {
		const bytes = await makeFile('mov', '-f', 'lavfi', '-i', 'sine=duration=1', '-ar', '192000', '-ac', '2', '-c:a', 'pcm_f64le');
		expect(await inspect(bytes)).toMatchObject({ audioCodec: 'PCM', channels: 2, sampleRateHertz: 192_000 });
	});

	it('of varying bit rate with a cover picture is as long as it plays', async () => {
		const bytes = await makeFile(
			'mp3',
			...['-f', 'lavfi', '-i', 'sine=duration=7.3', '-f', 'lavfi', '-i', 'testsrc=s=600x600:d=1:r=1'],
			...['-map', '0', '-map', '1', '-c:v', 'png', '-q:a', '4', '-id3v2_version', '3'],
		);
		expect(await inspect(bytes)).toMatchObject({ format: 'mp3', kind: 'audio', width: null });
		expect((await inspect(bytes)).durationSeconds).toBeCloseTo(7.3, 0);
	});
});

describe('A picture', () => {
	/** Puts an Exif record with an orientation into a JPEG, after its first two bytes. */
	const withOrientation = (jpeg: Buffer, orientation: number, isBigEndian: boolean) => {
		const tiff = isBigEndian
			? Buffer.from([...Buffer.from('MM\0*'), 0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0])
			: Buffer.from([...Buffer.from('II*\0'), 8, 0, 0, 0, 1, 0, 18, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]);
		const content = Buffer.concat([Buffer.from('Exif\0\0'), tiff]);
		const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, content.length + 2]), content]);
		return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
	};

	it.each([
		[1, 0, 642, 302],
		[3, 180, 642, 302],
		[6, 90, 302, 642],
		[8, 270, 302, 642],
		[9, 0, 642, 302],
	])('of a camera with orientation %i is turned by %i degrees, to %i × %i', async (orientation, rotationDegrees, width, height) => {
		const jpeg = await makePicture('jpg', 642, 302);
		for (const isBigEndian of [true, false]) {
			const found = await inspect(withOrientation(jpeg, orientation, isBigEndian));
			expect(found).toMatchObject({ format: 'jpg', kind: 'image', width, height, rotationDegrees, hasSound: false, durationSeconds: null });
		}
	});

	it('of four colours for printing has its size', async () => {
		const frame = Buffer.from([0xff, 0xc0, 0, 20, 8, 1, 0x2e, 2, 0x82, 4, 1, 17, 0, 2, 17, 0, 3, 17, 0, 4, 17, 0]);
		expect(await inspect(Buffer.concat([Buffer.from([0xff, 0xd8]), frame]))).toMatchObject({ format: 'jpg', width: 642, height: 302 });
	});

	const heic = (...properties: Buffer[]) =>
		Buffer.concat([
			box('ftyp', Buffer.from('heic'), uint32(0), Buffer.from('mif1heic')),
			box('meta', uint32(0), box('iprp', box('ipco', box('ispe', uint32(0, 4032, 3024)), ...properties))),
		]);

	it.each([
		[1, 270],
		[2, 180],
		[3, 90],
	])('of a phone that turns it %i times anticlockwise is turned by %i degrees', async (turns, rotationDegrees) => {
		const [width, height] = turns === 2 ? [4032, 3024] : [3024, 4032];
		expect(await inspect(heic(box('irot', Buffer.from([turns]))))).toMatchObject({ format: 'heic', width, height, rotationDegrees });
	});

	it('of a phone says how it is turned after its data as well', async () => {
		const [brands, index] = [heic().subarray(0, 24), heic(box('irot', Buffer.from([3]))).subarray(24)];
		const bytes = Buffer.concat([brands, box('mdat', Buffer.alloc(5000)), index]);
		expect(await inspect(bytes)).toMatchObject({ width: 3024, height: 4032, rotationDegrees: 90 });
	});

	it('of TIFF is turned as its directory says', async () => {
		const entry = (tag: number, value: number) => Buffer.from([tag >> 8, tag & 255, 0, 3, 0, 0, 0, 1, value >> 8, value & 255, 0, 0]);
		const bytes = Buffer.concat([Buffer.from('MM\0*'), uint32(8), Buffer.from([0, 3]), entry(256, 642), entry(257, 302), entry(274, 6)]);
		expect(await inspect(bytes)).toMatchObject({ format: 'tiff', width: 302, height: 642, rotationDegrees: 90 });
	});

	it('that moves has the size of its frames', async () => {
		const bytes = await makeFile('webp', '-f', 'lavfi', '-i', 'testsrc=s=322x402:d=1:r=3', '-loop', '0', '-frames:v', '3');
		expect(await inspect(bytes)).toMatchObject({ format: 'webp', kind: 'image', width: 322, height: 402 });
	});
});

describe('Any other file', () => {
	it('is named if it is known', async () => {
		const page = Buffer.from('<!DOCTYPE html><title>404</title>');
		expect(await inspect(page)).toMatchObject({ format: 'html', kind: 'document', mimeType: 'text/html', hasSound: false, sizeBytes: page.length });
	});

	it('is nothing if it is not', async () => {
		const found = await inspect(Buffer.alloc(1024));
		expect(Object.values({ ...found, sizeBytes: null }).every((value) => value === null)).toBe(true);
		expect(found.sizeBytes).toBe(1024);
	});
});
