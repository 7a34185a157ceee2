import fc from 'fast-check';
import { probeMedia } from '../../nodes/shared/media/probe/probe';
import { probe as ffprobe } from '../../harness/media/sampleFiles';
import {
	box,
	CountedFile,
	makeCut,
	makeFile,
	makeHeif,
	makePicture,
	makeSound,
	makeVideo,
	uint32,
	type VideoWishes,
} from '../support/mediaFiles';
import { startCpuTime } from '../support/cpuTime';

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;

const probe = async (bytes: Buffer) => await probeMedia(new CountedFile(bytes));

describe('A picture', () => {
	it.each(['png', 'jpg', 'gif', 'bmp', 'tiff', 'webp'])('of format %s shows its size', async (format) => {
		const facts = { format, kind: 'image', width: 642, height: 302 };
		expect(await probe(await makePicture(format, 642, 302))).toEqual(facts);
	});

	it.each([
		['lossless', ['-lossless', '1', '-pix_fmt', 'bgra']],
		['animated', ['-loop', '0', '-frames:v', '3']],
	])('of %s WebP shows its size', async (_name, args) => {
		const bytes = await makeFile('webp', '-f', 'lavfi', '-i', 'testsrc=s=322x402:d=1:r=3', ...args);
		expect(await probe(bytes)).toMatchObject({ format: 'webp', width: 322, height: 402 });
	});

	it.each([
		['heic', 'heic'],
		['heix', 'heic'],
		['mif1', 'heif'],
		['avif', 'avif'],
	])('of brand %s shows the size of the whole, not of its tiles', async (brand, format) => {
		const bytes = makeHeif(brand, [[512, 512], [4032, 3024], [320, 240]]);
		expect(await probe(bytes)).toEqual({ format, kind: 'image', width: 4032, height: 3024 });
	});

	it.each([
		['mif1', 'mif1avifmiaf', 'avif'],
		['mif1', 'mif1heicmiaf', 'heif'],
		['msf1', 'msf1hevc', 'heif'],
		['heic', 'mif1heic', 'heic'],
		['avis', 'avifmsf1iso8', 'avif'],
		['mif1', '', 'heif'],
	])('of brand %s is what its other brands %p say too: %s', async (brand, compatible, format) => {
		expect(await probe(makeHeif(brand, [[640, 480]], compatible))).toMatchObject({ format, kind: 'image', width: 640 });
	});

	it('of an app, which has a block of Apple’s before its size, is of unknown size', async () => {
		const png = await makePicture('png', 640, 480);
		const block = Buffer.concat([uint32(4), Buffer.from('CgBI'), uint32(0x50002006, 0x2cb87766)]);
		expect(await probe(Buffer.concat([png.subarray(0, 8), block, png.subarray(8)]))).toEqual({ format: 'png', kind: 'image' });
	});

	it('of contradicting brands is unknown', async () => {
		expect(await probe(makeHeif('avif', [[640, 480]], 'heicmif1'))).toBeUndefined();
		expect(await probe(makeHeif('mif1', [[640, 480]], 'heicavif'))).toBeUndefined();
	});

	it('of a camera, whose first directory is a thumbnail, is of unknown size', async () => {
		const entry = (tag: number, value: number) => Buffer.concat([Buffer.from([tag >> 8, tag & 255, 0, 4]), uint32(1, value)]);
		const raw = Buffer.concat([Buffer.from('MM\0*'), uint32(8), Buffer.from([0, 3]), entry(254, 1), entry(256, 160), entry(257, 120)]);
		expect(await probe(raw)).toEqual({ format: 'tiff', kind: 'image' });
	});

	it('may have long metadata before its size', async () => {
		const jpeg = await makePicture('jpg', 640, 480);
		const segment = Buffer.concat([Buffer.from([0xff, 0xff, 0xe1, 0xff, 0xff]), Buffer.alloc(0xfffd)]);
		const bytes = Buffer.concat([jpeg.subarray(0, 2), segment, segment, segment, jpeg.subarray(2)]);
		expect(await probe(bytes)).toMatchObject({ width: 640, height: 480 });
	});

	it('of an OS/2 BMP, of a BMP from top to bottom, and of a big-endian TIFF shows its size', async () => {
		const os2 = Buffer.alloc(64);
		os2.write('BM');
		os2.writeUInt32LE(12, 14);
		os2.writeUInt16LE(500, 18);
		os2.writeUInt16LE(400, 20);
		expect(await probe(os2)).toMatchObject({ width: 500, height: 400 });
		const fromTop = await makePicture('bmp', 500, 400);
		fromTop.writeInt32LE(-400, 22);
		expect(await probe(fromTop)).toMatchObject({ width: 500, height: 400 });
		const entry = (tag: number, type: number, value: Buffer) =>
			Buffer.concat([Buffer.from([tag >> 8, tag & 255, 0, type]), uint32(1), value]);
		const tiff = Buffer.concat([
			...[Buffer.from('MM\0*'), uint32(8), Buffer.from([0, 2])],
			...[entry(256, 3, Buffer.from([1, 244, 0, 0])), entry(257, 4, uint32(400))],
		]);
		expect(await probe(tiff)).toMatchObject({ format: 'tiff', width: 500, height: 400 });
	});
});

describe('A video', () => {
	it.each<[string, VideoWishes]>([
		['with its index at the end', {}],
		['with its index at the start', { more: ['-movflags', '+faststart'] }],
		['of QuickTime', { extension: 'mov' }],
		['upright, 30 frames', { width: 720, height: 1280, framesPerSecond: '30', seconds: 2 }],
		['of NTSC', { framesPerSecond: '24000/1001', seconds: 5 }],
		['of 60 frames', { framesPerSecond: '60', seconds: 2 }],
		['of HEVC', { more: ['-c:v', 'libx265', '-x265-params', 'log-level=none'] }],
		['with sound', { hasSound: true }],
	])('%s shows what ffprobe finds', async (_name, wishes) => {
		const bytes = await makeVideo(wishes);
		const found = await ffprobe(bytes);
		const facts = await probe(bytes);
		expect(facts).toMatchObject({
			format: wishes.extension ?? 'mp4',
			kind: 'video',
			width: found.video?.width,
			height: found.video?.height,
		});
		expect(facts?.framesPerSecond).toBeCloseTo(found.video?.framesPerSecond ?? 0, 2);
		expect(facts?.durationSeconds).toBeCloseTo(found.durationSeconds, 1);
	});

	it('without a picture track is a sound', async () => {
		const bytes = await makeSound('mp4', 2, '-c:a', 'aac');
		expect(await probe(bytes)).toMatchObject({ format: 'm4a', kind: 'audio' });
		expect((await probe(bytes))?.durationSeconds).toBeCloseTo(2, 1);
	});

	it.each(['frag_keyframe+empty_moov', 'frag_keyframe', 'frag_keyframe+default_base_moof', 'frag_keyframe+dash'])(
		'in fragments (%s) is as long as all of them, whatever its index says',
		async (movflags) => {
			for (const extension of ['mp4', 'mov'] as const) {
				for (const hasSound of [false, true]) {
					const bytes = await makeVideo({ extension, seconds: 6, hasSound, more: ['-g', '24', '-movflags', movflags] });
					const { durationSeconds } = await ffprobe(bytes);
					const facts = { format: extension, kind: 'video', width: 864, height: 496 };
					expect(await probe(bytes)).toEqual({ ...facts, durationSeconds: expect.closeTo(durationSeconds, 1) });
				}
			}
		},
	);

	it('in fragments, of which the last one is cut, is of unknown length', async () => {
		const bytes = await makeVideo({ seconds: 6, more: ['-g', '24', '-movflags', 'frag_keyframe+empty_moov'] });
		const facts = { format: 'mp4', kind: 'video', width: 864, height: 496 };
		expect(await probe(bytes.subarray(0, bytes.lastIndexOf('moof') + 60))).toEqual(facts);
		expect(await probe(bytes.subarray(0, bytes.indexOf('moof') - 4))).toEqual(facts);
	});

	it.each([
		['mp4', 13],
		['mp4', 12],
		['mov', 13.5],
		['mov', 0],
	] as const)('(%s) that was cut at %d s without encoding is as long as ffprobe finds', async (extension, startSeconds) => {
		const bytes = await makeCut(extension, startSeconds, 5);
		const found = await ffprobe(bytes);
		const facts = await probe(bytes);
		expect(found.durationSeconds).toBeLessThan(5.2);
		expect(facts?.durationSeconds).toBeCloseTo(found.durationSeconds, 1);
		expect(facts?.framesPerSecond).toBeCloseTo(24, 1);
	});

	it.each([
		['of slow motion has no known frame rate', 0x8000, 4, { durationSeconds: 4 }],
		['shown once is as long as its edit', 0x10000, 4, { durationSeconds: 4, framesPerSecond: 24 }],
	])('%s', async (_name, speed, seconds, expected) => {
		const track = box('trak',
			box('edts', box('elst', uint32(0, 1, seconds * 600, 0, speed))),
			box('mdia', box('mdhd', uint32(0, 0, 0, 1000, 10_000)), box('hdlr', uint32(0, 0), Buffer.from('vide')), box('minf', box('stbl', box('stsz', uint32(0, 1, 240))))),
		);
		const bytes = Buffer.concat([box('ftyp', Buffer.from('isom')), box('moov', box('mvhd', uint32(0, 0, 0, 600, 6000)), track)]);
		expect(await probe(bytes)).toEqual({ format: 'mp4', kind: 'video', ...expected });
	});

	it.each([
		['3gp4', 'isom3gp4', 'mp4'],
		['3gp4', '3gp43gp5', '3gp'],
		['XAVC', 'XAVCmp42', 'mp4'],
		['M4V ', 'M4V M4A mp42', 'mp4'],
		['qt  ', 'qt  mp42', 'mov'],
		['crx ', 'crx isox', undefined],
		['jp2 ', 'jp2 ', undefined],
	])('of brand %p and %p is %p', async (brand, compatible, format) => {
		const bytes = Buffer.concat([box('ftyp', Buffer.from(brand), uint32(0), Buffer.from(compatible)), box('mdat', Buffer.alloc(64))]);
		expect((await probe(bytes))?.format).toBe(format);
	});

	it('with times of 64 bits shows its length', async () => {
		const long = (value: number) => Buffer.concat([uint32(0), uint32(value)]);
		const header = Buffer.concat([uint32(0x01000000), long(0), long(0), uint32(1000), long(7500)]);
		const bytes = Buffer.concat([box('ftyp', Buffer.from('isom')), box('moov', box('mvhd', header))]);
		expect(await probe(bytes)).toMatchObject({ durationSeconds: 7.5 });
	});

	it('whose data box says its size in 64 bits is skipped through', async () => {
		const mp4 = await makeVideo();
		const at = mp4.indexOf('mdat') - 4;
		const content = mp4.subarray(at + 8, at + mp4.readUInt32BE(at));
		const big = Buffer.concat([uint32(1), Buffer.from('mdat'), uint32(0, content.length + 16), content]);
		const bytes = Buffer.concat([mp4.subarray(0, at), big, mp4.subarray(at + mp4.readUInt32BE(at))]);
		expect(await probe(bytes)).toEqual(await probe(mp4));
	});
});

describe('A sound', () => {
	it.each<[string, string, string[]]>([
		['MP3 of constant bit rate', 'mp3', ['-b:a', '128k']],
		['MP3 of varying bit rate', 'mp3', ['-q:a', '4']],
		['MP3 of varying bit rate without an index', 'mp3', ['-q:a', '4', '-write_xing', '0']],
		['MP3 without tags', 'mp3', ['-b:a', '64k', '-id3v2_version', '0', '-write_xing', '0']],
		['MP3 of MPEG 2', 'mp3', ['-ar', '22050', '-b:a', '32k']],
		['MP3 of MPEG 2.5', 'mp3', ['-ar', '11025', '-b:a', '16k']],
		['MP3 with a tag at the end', 'mp3', ['-write_id3v1', '1', '-metadata', 'title=Tune']],
		['WAV', 'wav', []],
		['WAV of 24 bits and two channels', 'wav', ['-c:a', 'pcm_s24le', '-ac', '2']],
		['WAV with text before the data', 'wav', ['-metadata', 'title=Tune']],
	])('of %s shows its length', async (_name, extension, args) => {
		const bytes = await makeSound(extension, 7.3, ...args);
		const facts = await probe(bytes);
		expect(facts).toMatchObject({ format: extension, kind: 'audio' });
		// Frames and packets are filled up.
		expect(Math.abs((facts?.durationSeconds ?? 0) - 7.3)).toBeLessThan(0.15);
	});

	it('of compressed WAV is of unknown length', async () => {
		expect(await probe(await makeSound('wav', 3, '-c:a', 'adpcm_ms'))).toEqual({ format: 'wav', kind: 'audio' });
	});

	it('of hours is estimated from its first minute', async () => {
		const bytes = await makeSound('mp3', 130, '-b:a', '64k');
		const file = new CountedFile(bytes);
		expect((await probeMedia(file))?.durationSeconds).toBeCloseTo(130, 0);
		expect(file.readBytes).toBeLessThan(bytes.length * 0.55);
	});

	it('with a picture in its tag shows its length', async () => {
		const mp3 = await makeSound('mp3', 3, '-id3v2_version', '0');
		const tag = Buffer.concat([Buffer.from('ID3\x04\0\0'), Buffer.from([0, 18, 0, 0]), Buffer.alloc(18 * 128 * 128)]);
		expect((await probe(Buffer.concat([tag, mp3])))?.durationSeconds).toBeCloseTo(3, 0);
	});

	it('with other data after it shows its length', async () => {
		const bytes = Buffer.concat([await makeSound('mp3', 3), Buffer.from('APETAGEX'), Buffer.alloc(200 * kilobyte)]);
		expect((await probe(bytes))?.durationSeconds).toBeCloseTo(3, 0);
	});

	it('from a recorder that never wrote its length is as long as the file', async () => {
		const wav = await makeSound('wav', 3);
		wav.writeUInt32LE(0xffffffff, wav.indexOf('data') + 4);
		expect((await probe(wav))?.durationSeconds).toBeCloseTo(3, 2);
		wav.writeUInt32LE(0, wav.indexOf('data') + 4);
		expect((await probe(wav))?.durationSeconds).toBeCloseTo(3, 2);
	});
});

describe('A file that providers do not accept', () => {
	it.each<[string, () => Promise<Buffer>, string, string]>([
		['WebM', async () => await makeFile('webm', '-f', 'lavfi', '-i', 'color=s=320x240:d=1', '-c:v', 'libvpx'), 'webm', 'video'],
		['AVI', async () => await makeFile('avi', '-f', 'lavfi', '-i', 'color=s=320x240:d=1'), 'avi', 'video'],
		['Ogg', async () => await makeSound('ogg', 1), 'ogg', 'audio'],
		['FLAC', async () => await makeSound('flac', 1), 'flac', 'audio'],
		['AAC', async () => await makeSound('aac', 1), 'aac', 'audio'],
		['M4A', async () => await makeSound('m4a', 1), 'm4a', 'audio'],
		['a web page', async () => Buffer.from('\n<!DOCTYPE html><title>404</title>'), 'html', 'document'],
		['an error as JSON', async () => Buffer.from('{ "error": "not found" }'), 'json', 'document'],
		['PDF', async () => Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj'), 'pdf', 'document'],
	])('is recognized as well: %s', async (_name, make, format, kind) => {
		expect(await probe(await make())).toMatchObject({ format, kind });
	});

	const xml = '<?xml version="1.0" encoding="UTF-8"?>';
	const comment = '<!-- by a proxy -->';
	it.each<[string, string | Buffer, string]>([
		['an error of a storage', `${xml}\n<Error><Code>AccessDenied</Code></Error>`, 'xml'],
		['SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'svg'],
		['SVG with a declaration and a document type', `${xml}<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">\n<svg/>`, 'svg'],
		['SVG with a prefix after a comment', `${comment}\n<svg:svg/>`, 'svg'],
		['HTML after a byte order mark', '\ufeff<!DOCTYPE html><title>404</title>', 'html'],
		['HTML after comments and lines', `\r\n\t${comment}\n${comment}<HTML lang="en">`, 'html'],
		['HTML after a declaration', `${xml}\n<!DOCTYPE html>\n<html/>`, 'html'],
		['a piece of HTML', '<h1>404 Not Found</h1>', 'html'],
		['HTML with a control character in it', '<!DOCTYPE html><title>4\x0104</title>', 'html'],
		['an error of a storage with a zero in it', `${xml}<Error><Key>a\0b</Key></Error>`, 'xml'],
		['JSON with a zero in it', '{"error":"a\0b"}', 'json'],
		['HTML in UTF-16 with a mark', Buffer.from('\ufeff<html>Grüße', 'utf16le'), 'html'],
		['HTML in UTF-16 of the other order', Buffer.from('\ufeff<html>Grüße', 'utf16le').swap16(), 'html'],
		['HTML in UTF-16 without a mark', Buffer.from('<html><body>', 'utf16le'), 'html'],
		['JSON', '{ "error": "not found" }', 'json'],
		['a list in JSON', '[{"error":1}]', 'json'],
		['JSON after a mark and a line', '\ufeff\n{"a":1}', 'json'],
		['text', 'Once upon a time there was a file', 'text'],
		['text of another script', '从前有一个文件 🐈', 'text'],
		['text of one byte a letter', Buffer.from('Es war einmal: Größe', 'latin1'), 'text'],
		['text that begins like a bitmap', 'BMW builds cars', 'text'],
		['text that begins like a sound', 'ID3 is the name of a tag, RIFF and OggS and fLaC are others', 'text'],
		['text that begins like a GIF', 'GIF89a\nis how these begin', 'text'],
		['text that begins like a movie', '1234ftypisom', 'text'],
		['a playlist', '#EXTM3U\n#EXT-X-VERSION:3\n', 'text'],
		['base64 that nobody decoded', Buffer.from(Buffer.alloc(300, 7).toString('base64')), 'text'],
		['nothing', '', 'empty'],
	])('is no medium: %s', async (_name, content, format) => {
		const bytes = typeof content === 'string' ? Buffer.from(content) : content;
		for (const file of [bytes, ...(bytes.length > 0 ? [Buffer.concat([bytes, Buffer.from(' and so on'.repeat(1000))])] : [])]) {
			if (file !== bytes && bytes.includes(0)) continue;
			expect(await probe(file)).toEqual({ format, kind: 'document' });
		}
	});

	const tag = Buffer.concat([Buffer.from('ID3\x04\0\0'), Buffer.from([0, 0, 2, 0]), Buffer.alloc(256)]);
	it.each<[string, () => Promise<Buffer>]>([
		['a sign of a page before bytes', async () => Buffer.concat([Buffer.from('<'), Buffer.alloc(kilobyte, 3)])],
		['a list of bytes', async () => Buffer.concat([Buffer.from('[1'), Buffer.alloc(kilobyte, 3)])],
		['zeros', async () => Buffer.alloc(kilobyte)],
		['a tag before a picture', async () => Buffer.concat([tag, await makePicture('png', 640, 480)])],
		['a tag before a movie', async () => Buffer.concat([tag, await makeVideo()])],
		['a tag and no more', async () => tag],
		['a tag before chance', async () => Buffer.concat([tag, Buffer.alloc(20 * kilobyte, Buffer.from([0xff, 0xfb, 0x90, 0x64, 0x11]))])],
		['two bytes like those of a sound', async () => Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x64]), Buffer.alloc(5000, 3)])],
		['two bytes like those of another sound', async () => Buffer.concat([Buffer.from([0xff, 0xf1, 0x50, 0x80, 0x10, 0x1f, 0xfc]), Buffer.alloc(5000, 3)])],
		['a raw picture of a camera', async () => Buffer.from('II*\0\x10\0\0\0CR\x02\0and so on', 'latin1')],
		['two bytes like those of a mark', async () => Buffer.concat([Buffer.from([0xff, 0xfe]), await makePicture('jpg', 64, 48)])],
	])('is unknown: %s', async (_name, make) => {
		expect(await probe(await make())).toBeUndefined();
	});

	it.each(['flac', 'aac'])('may follow a tag: %s', async (format) => {
		expect(await probe(Buffer.concat([tag, await makeSound(format, 1)]))).toMatchObject({ format, kind: 'audio' });
	});
});

describe('A movie that begins with boxes of nothing', () => {
	it.each(['free', 'wide', 'skip'])('such as %s is what its brands say, and is measured', async (type) => {
		const empty = [box(type), box(type, Buffer.alloc(5_000))];
		const facts = { format: 'mp4', width: expect.any(Number) as number, durationSeconds: expect.any(Number) as number };
		expect(await probe(Buffer.concat([...empty, await makeVideo({ seconds: 1 })]))).toMatchObject(facts);
	});

	it('is one of QuickTime without brands', async () => {
		const mov = await makeVideo({ seconds: 1, extension: 'mov', more: ['-movflags', '+faststart'] });
		const withoutBrands = mov.subarray(mov.readUInt32BE(0));
		expect(await probe(Buffer.concat([box('wide'), withoutBrands]))).toMatchObject({ format: 'mov' });
		expect(await probe(Buffer.concat(Array.from({ length: 20 }, () => box('free'))))).toMatchObject({ format: 'mov' });
	});
});

describe('Reading', () => {
	it('stops as soon as the format is known, and closes the stream', async () => {
		const png = Buffer.concat([await makePicture('png', 640, 640), Buffer.alloc(20 * megabyte)]);
		const mp4 = Buffer.concat([await makeVideo({ more: ['-movflags', '+faststart'] }), box('free', Buffer.alloc(20 * megabyte))]);
		for (const bytes of [png, mp4]) {
			const file = new CountedFile(bytes);
			expect(await probeMedia(file)).toMatchObject({ width: expect.any(Number) as number });
			expect(file.readBytes).toBeLessThanOrEqual(64 * kilobyte);
			expect(file.openStreams).toBe(0);
		}
	});

	it.each([1, 7, 4096])('does the same in chunks of %i bytes', async (chunkBytes) => {
		const files = [await makeVideo({ seconds: 2 }), await makeSound('mp3', 2), await makePicture('jpg', 400, 300)];
		for (const bytes of files) {
			expect(await probeMedia(new CountedFile(bytes, { chunkBytes }))).toEqual(await probe(bytes));
		}
	});

	it('skips to the index at the end of a long video without holding it in memory', async () => {
		const mp4 = await makeVideo();
		const bytes = Buffer.concat([mp4.subarray(0, 32), box('free', Buffer.alloc(40 * megabyte)), mp4.subarray(32)]);
		const file = new CountedFile(bytes);
		expect(await probeMedia(file)).toMatchObject({ width: 864, height: 496 });
		expect(file.readBytes).toBeLessThanOrEqual(bytes.length);
	});

	it('does not read beyond the size that any provider accepts', async () => {
		const file = new CountedFile(Buffer.concat([box('ftyp', Buffer.from('isom')), box('mdat', Buffer.alloc(70 * megabyte))]));
		expect(await probeMedia(file)).toEqual({ format: 'mp4', kind: 'video' });
		expect(file.readBytes).toBeLessThanOrEqual(128 * kilobyte);
	});

	it('throws the error of n8n when n8n cannot read the file', async () => {
		const file = new CountedFile(Buffer.alloc(1));
		file.open = async function* () {
			yield Buffer.alloc(0);
			throw new Error('the file is gone');
		};
		await expect(probeMedia(file)).rejects.toThrow('the file is gone');
	});
});

describe('A hostile file', () => {
	const ftyp = box('ftyp', Buffer.from('isom'), uint32(0));
	const wide = (type: string, high: number, low: number) => Buffer.concat([uint32(1), Buffer.from(type), uint32(high, low)]);
	const nested = (types: string[], depth: number): Buffer =>
		depth === 0 ? Buffer.alloc(8) : box(types[depth % types.length] ?? '', nested(types, depth - 1));
	const repeat = (part: Buffer, times: number) => Buffer.concat(Array.from({ length: times }, () => part));
	const id3 = Buffer.concat([Buffer.from('ID3\x04\0\0'), Buffer.alloc(4)]);
	const riff = (...chunks: Buffer[]) => Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), ...chunks]);

	it.each<[string, Buffer]>([
		['boxes of no size', Buffer.concat([ftyp, box('moov', Buffer.alloc(megabyte))])],
		['boxes smaller than their head', Buffer.concat([ftyp, repeat(Buffer.concat([uint32(4), Buffer.from('moov')]), 1000)])],
		['a box larger than its file', Buffer.concat([ftyp, uint32(0xffffffff), Buffer.from('moov'), Buffer.alloc(100)])],
		['a box of 2^64 bytes', Buffer.concat([ftyp, wide('moov', 0xffffffff, 0xffffffff)])],
		['a wide box of no size', Buffer.concat([ftyp, wide('mdat', 0, 0), Buffer.alloc(100)])],
		['a box larger than the one that it is in', Buffer.concat([ftyp, box('moov', uint32(500), Buffer.from('trak')), box('mdia', box('hdlr', uint32(0, 0), Buffer.from('vide')), box('mdhd', uint32(0, 0, 0, 1000, 5000))), Buffer.alloc(436)])],
		['boxes nested a thousand deep', Buffer.concat([ftyp, box('moov', nested(['trak', 'mdia', 'minf', 'stbl'], 1000))])],
		['two million boxes', Buffer.concat([ftyp, repeat(box('free'), 2_000_000)])],
		['two million tracks', Buffer.concat([ftyp, box('moov', repeat(box('trak'), 2_000_000))])],
		['sizes that divide by nothing', Buffer.concat([ftyp, box('moov', box('mvhd', uint32(0, 0, 0, 0, 1000)))])],
		['an index that says it has everything but has nothing', Buffer.concat([ftyp, box('moov', box('mvhd'), box('trak', box('mdia', box('hdlr'), box('mdhd'))))])],
		['fragments of billions of samples', Buffer.concat([ftyp, box('moov', box('mvex'), box('trak', box('tkhd', uint32(0, 0, 0, 1), Buffer.alloc(68)), box('mdia', box('mdhd', uint32(0, 0, 0, 1000, 0)), box('hdlr', uint32(0, 0), Buffer.from('vide'))))), repeat(box('moof', box('traf', box('tfhd', uint32(0, 1)), box('trun', uint32(0x100, 0xffffffff)))), 100_000)])],
		['two million fragments', Buffer.concat([ftyp, box('moov', box('mvex')), repeat(box('moof'), 2_000_000)])],
		['sizes of a picture without end', Buffer.concat([box('ftyp', Buffer.from('heic')), box('meta', uint32(0), box('iprp', box('ipco', repeat(box('ispe', uint32(0, 0, 0)), 100_000))))])],
		['segments of no length', Buffer.concat([Buffer.from([0xff, 0xd8]), repeat(Buffer.from([0xff, 0xe0, 0, 0]), 100_000)])],
		['two million segments', Buffer.concat([Buffer.from([0xff, 0xd8]), repeat(Buffer.from([0xff, 0xe0, 0, 2]), 2_000_000)])],
		['fill bytes alone', Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(8 * megabyte, 0xff)])],
		['a directory that points to itself', Buffer.concat([Buffer.from('II*\0\0\0\0\0'), Buffer.alloc(100)])],
		['a directory of 65,535 entries', Buffer.concat([Buffer.from('II*\0\x08\0\0\0\xff\xff', 'latin1'), Buffer.alloc(65_535 * 12)])],
		['a picture of no pixels', Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(40)])],
		['chunks of no length', riff(repeat(Buffer.from('LIST\0\0\0\0'), 1_000_000))],
		['data without a format', riff(Buffer.from('data\0\0\0\0'), Buffer.alloc(100))],
		['a tag in a tag in a tag', repeat(id3, 1_000_000)],
		['a tag larger than its file', Buffer.concat([Buffer.from('ID3\x04\0\0\x7f\x7f\x7f\x7f'), Buffer.alloc(100)])],
		['a sound without frames', Buffer.concat([id3, Buffer.alloc(8 * megabyte)])],
		['beginnings of frames alone', Buffer.alloc(8 * megabyte, Buffer.from([0xff, 0xfb, 0xff, 0xff]))],
	])('ends soon and says nothing false: %s', async (_name, bytes) => {
		const cpuMs = startCpuTime();
		const file = new CountedFile(bytes);
		const facts = await probeMedia(file);
		expect(cpuMs()).toBeLessThan(10_000);
		expect(file.openStreams).toBe(0);
		expect({ ...facts, format: undefined, kind: undefined }).toEqual({});
	});
});

describe('Any file', () => {
	const expectBounded = async (bytes: Buffer) => {
		const file = new CountedFile(bytes, { chunkBytes: 1000 });
		const facts = (await probeMedia(file)) ?? {};
		expect(file.openStreams).toBe(0);
		expect(file.readBytes).toBeLessThanOrEqual(bytes.length);
		const numbers = Object.values(facts).filter((value) => typeof value === 'number');
		expect(numbers.filter((value) => !(value > 0 && Number.isFinite(value)))).toEqual([]);
	};
	const samples = async () => [
		...(await Promise.all(['png', 'jpg', 'gif', 'bmp', 'tiff', 'webp'].map(async (format) => await makePicture(format, 64, 48)))),
		makeHeif('heic', [[640, 480], [100, 100]]),
		await makeVideo({ seconds: 2 }),
		await makeVideo({ seconds: 2, more: ['-movflags', '+faststart'] }),
		await makeVideo({ seconds: 2, extension: 'mov' }),
		await makeVideo({ seconds: 2, more: ['-movflags', 'frag_keyframe+empty_moov'] }),
		await makeSound('mp3', 2, '-q:a', '4'),
		await makeSound('wav', 2),
	];
	const signatures = ['\x89PNG', '\xff\xd8\xff', 'GIF8', 'BM', 'II*\0', 'MM\0*', 'RIFF\0\0\0\0WEBP', 'RIFF\0\0\0\0WAVE', 'ID3', '\xff\xfb', '\0\0\0\x10ftypisom', '\0\0\0\x10ftypheic'];

	it('of random bytes is read without harm', async () => {
		const anyBytes = fc.tuple(fc.constantFrom('', ...signatures), fc.uint8Array({ maxLength: 5000 }));
		await fc.assert(
			fc.asyncProperty(anyBytes, async ([signature, bytes]) => {
				await expectBounded(Buffer.concat([Buffer.from(signature, 'latin1'), bytes]));
			}),
			{ numRuns: 1500, seed: 1 },
		);
	});

	it('of boxes in any order and of any claimed size is read without harm', async () => {
		const types = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'mvhd', 'mdhd', 'hdlr', 'stsd', 'stsz', 'tkhd', 'mvex', 'trex', 'moof', 'traf', 'tfhd', 'trun', 'meta', 'iprp', 'ipco', 'ispe', 'mdat', 'free'];
		const { tree } = fc.letrec<{ tree: Buffer; leaf: Buffer; node: Buffer }>((tie) => ({
			leaf: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
			node: fc
				.tuple(fc.constantFrom(...types), fc.array(tie('tree'), { maxLength: 5 }), fc.option(fc.nat(0xffffffff), { freq: 8 }))
				.map(([type, content, claimed]) => {
					const bytes = box(type, ...content);
					if (claimed !== null) bytes.writeUInt32BE(claimed);
					return bytes;
				}),
			tree: fc.oneof({ depthSize: 'medium' }, tie('leaf'), tie('node')),
		}));
		const files = fc.tuple(fc.constantFrom('isom', 'qt  ', 'heic'), fc.array(tree, { maxLength: 8 }));
		await fc.assert(
			fc.asyncProperty(files, async ([brand, boxes]) => {
				await expectBounded(Buffer.concat([box('ftyp', Buffer.from(brand)), ...boxes]));
			}),
			{ numRuns: 1500, seed: 1 },
		);
	});

	it('that is cut off, or has flipped bits, is read without harm', async () => {
		const files = await samples();
		const damages = fc.record({
			file: fc.constantFrom(...files),
			keptShare: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
			flips: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(7)), { maxLength: 12 }),
			inHead: fc.boolean(),
		});
		await fc.assert(
			fc.asyncProperty(damages, async ({ file, keptShare, flips, inHead }) => {
				const bytes = Buffer.from(file.subarray(0, Math.ceil(file.length * keptShare)));
				const reach = inHead ? Math.min(200, bytes.length) : bytes.length;
				for (const [where, bit] of flips) {
					const at = Math.min(reach - 1, Math.floor(where * reach));
					if (at >= 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
				}
				await expectBounded(bytes);
			}),
			{ numRuns: 2000, seed: 1 },
		);
	});
});
