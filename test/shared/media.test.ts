import { normalizeDataUri } from '../../nodes/shared/media/dataUri';
import { detectMediaType, mimeTypeOfBase64 } from '../../nodes/shared/media/formats';
import { linkExpiresAtMs } from '../../nodes/shared/media/linkExpiry';

describe('Media type', () => {
	it.each([
		['image/png', undefined, 'image'],
		['VIDEO/MP4', undefined, 'video'],
		['audio/x-wav', 'a.png', 'audio'],
		['application/octet-stream', 'clip.MOV', 'video'],
		[undefined, 'https://example.com/face.jpeg?size=1#x', 'image'],
		[undefined, 'https://example.com/tune.mp3', 'audio'],
		[undefined, 'https://example.com/clip.mp4.zip', undefined],
		[undefined, 'https://example.com/', undefined],
		[undefined, undefined, undefined],
	])('of %p and %p is %p', (mimeType, name, expected) => {
		expect(detectMediaType(mimeType, name)).toBe(expected);
	});

	it.each<[string, number[], string]>([
		['PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13], 'image/png'],
		['JPEG', [0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1], 'image/jpeg'],
		['GIF', [...Buffer.from('GIF89a')], 'image/gif'],
		['BMP', [...Buffer.from('BM'), 54, 0, 0, 0], 'image/bmp'],
		['TIFF', [0x49, 0x49, 0x2a, 0, 8, 0, 0, 0], 'image/tiff'],
		['WebP', [...Buffer.from('RIFF'), 1, 2, 3, 4, ...Buffer.from('WEBPVP8 ')], 'image/webp'],
		['WAV', [...Buffer.from('RIFF'), 1, 2, 3, 4, ...Buffer.from('WAVEfmt ')], 'audio/wav'],
		['MP3 with tags', [...Buffer.from('ID3'), 4, 0, 0], 'audio/mpeg'],
		['MP3 without tags', [0xff, 0xfb, 0x90, 0x64, 0, 0], 'audio/mpeg'],
		['MOV', [0, 0, 0, 0x14, ...Buffer.from('ftypqt  ')], 'video/quicktime'],
		['MP4', [0, 0, 0, 0x20, ...Buffer.from('ftypisom')], 'video/mp4'],
		['HEIC', [0, 0, 0, 0x18, ...Buffer.from('ftypheic')], 'image/heic'],
		['HEIF', [0, 0, 0, 0x18, ...Buffer.from('ftypmif1')], 'image/heif'],
	])('of %s shows in its first bytes', (_name, bytes, expected) => {
		const base64 = Buffer.from([...bytes, ...new Array(12).fill(0)]).toString('base64');
		expect(mimeTypeOfBase64(base64)).toBe(expected);
	});
});

describe('Data URI', () => {
	const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]).toString('base64');

	it.each([
		['a data URI', `data:image/png;base64,${png}`, `data:image/png;base64,${png}`],
		['a data URI with parameters and line breaks', `data:IMAGE/PNG;charset=utf-8;base64,\n${png}`, `data:image/png;base64,${png}`],
		['bare base64', ` ${png.slice(0, 8)}\n${png.slice(8)} `, `data:image/png;base64,${png}`],
		['base64 of an unknown format', Buffer.from('hello hello hello').toString('base64'), undefined],
		['plain text', 'https://example.com/face.png', undefined],
		['nothing', '', undefined],
	])('is made from %s', (_name, text, expected) => {
		expect(normalizeDataUri(text)).toBe(expected);
	});
});

describe('Expiry of a link', () => {
	const readAtMs = Date.UTC(2026, 3, 27, 12);
	const hourMs = 3_600_000;

	it.each([
		['S3 signature', 'https://s3.example.com/v.mp4?X-Amz-Date=20260427T110000Z&X-Amz-Expires=3600', 0],
		['TOS signature', 'https://tos.example.com/v.mp4?x-tos-date=20260427T110000Z&x-tos-expires=86400', 23 * hourMs],
		['no signature', 'https://cdn.example.com/v.mp4', 12 * hourMs],
		['a signature that makes no sense', 'https://s3.example.com/v.mp4?X-Amz-Date=soon&X-Amz-Expires=3600', 12 * hourMs],
	])('with %s', (_name, url, expectedFromReadingMs) => {
		expect(linkExpiresAtMs(url, readAtMs, 12 * hourMs) - readAtMs).toBe(expectedFromReadingMs);
	});
});
