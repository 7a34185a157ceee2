import { buffer } from 'node:stream/consumers';
import { readDataUri } from '../../nodes/shared/media/dataUri';
import { detectMediaType } from '../../nodes/shared/media/formats';
import { identifyFile } from '../../nodes/shared/media/identifyFile';
import { linkExpiresAtMs } from '../../nodes/shared/media/linkExpiry';
import { megabyte } from '../../nodes/shared/quantities';
import { CountedFile, makePicture, makePngHead, makeSound, makeVideo } from '../support/mediaFiles';

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

	it.each([
		['application/mp4', undefined, 'video'],
		['application/ogg', undefined, 'audio'],
		['IMAGE/JPG; charset=binary', undefined, 'image'],
		['', 'photo.JFIF', 'image'],
		['', 'clip.m4v', 'video'],
		['text/html', 'face.png', 'image'],
		['text/html', 'page.html', undefined],
	])('of %p and %p is %p, by other spellings', (mimeType, name, expected) => {
		expect(detectMediaType(mimeType, name)).toBe(expected);
	});
});

describe('The name and MIME type of a file', () => {
	const identify = async (bytes: Buffer, fileName: string, mimeType: string) => {
		const file = new CountedFile(bytes, { fileName });
		Object.assign(file, { mimeType });
		return await identifyFile(file);
	};
	const [jpg, png] = [() => makePicture('jpg', 64, 48), () => makePicture('png', 64, 48)];
	const [mp4, mov] = [() => makeVideo({ seconds: 1 }), () => makeVideo({ seconds: 1, extension: 'mov' })];
	const [mp3, sound] = [() => makeSound('mp3', 1), () => makeSound('mp4', 1, '-c:a', 'aac')];

	it.each<[string, () => Promise<Buffer>, string, string, string, string]>([
		['a JPEG that is named as a PNG', jpg, 'x.png', 'image/png', 'x.jpg', 'image/jpeg'],
		['a PNG that is named as a JPEG', png, 'x.JPEG', 'image/jpeg', 'x.png', 'image/png'],
		['a JPEG of a chat upload', jpg, 'photo.photo', 'image/jpg', 'photo.photo.jpg', 'image/jpeg'],
		['a name with a dot that is no extension', jpg, 'hero shot v1.2', 'image/jpeg', 'hero shot v1.2.jpg', 'image/jpeg'],
		['a name that ends in a dot', jpg, 'photo.', '', 'photo.jpg', 'image/jpeg'],
		['an extension of old browsers', jpg, 'photo.jfif', 'image/pjpeg', 'photo.jpg', 'image/jpeg'],
		['an extension that providers know as well', jpg, 'IMG_1.JPEG', 'image/jpeg', 'IMG_1.JPEG', 'image/jpeg'],
		['no type at all', png, 'file', 'application/octet-stream', 'file.png', 'image/png'],
		['a clip of a phone', mp4, 'clip.m4v', 'video/x-m4v', 'clip.mp4', 'video/mp4'],
		['a clip by its other type', mp4, 'file', 'application/mp4', 'file.mp4', 'video/mp4'],
		['QuickTime that is named as MP4', mov, 'clip.mp4', 'video/mp4', 'clip.mov', 'video/quicktime'],
		['a sound by its other type', mp3, 'tune', 'audio/mp3', 'tune.mp3', 'audio/mpeg'],
		['a picture that is named as a clip', png, 'clip.mp4', 'video/mp4', 'clip.png', 'image/png'],
		['a sound in a container that may hold pictures', sound, 'tune.m4a', 'audio/x-m4a', 'tune.m4a', 'audio/mp4'],
	])('fits the content: %s', async (_what, make, fileName, mimeType, fittingName, fittingType) => {
		const file = await identify(await make(), fileName, mimeType);
		expect(file).toMatchObject({ fileName: fittingName, mimeType: fittingType, givenName: fileName });
	});

	const unknown = Buffer.from([1, 2, 3, 0, 0xfe, 5, 6, 0]);
	it.each([
		['photo.jfif', 'application/octet-stream', 'photo.jpg', 'image/jpeg'],
		['photo.photo', 'image/jpg', 'photo.photo.jpg', 'image/jpeg'],
		['tune', 'audio/x-wav', 'tune.wav', 'audio/wav'],
		['picture.jxl', 'image/jxl', 'picture.jxl', 'image/jxl'],
		['file', 'application/octet-stream', 'file', 'application/octet-stream'],
	])('is the given one, in its usual spelling, if the content is unknown: %s of %s', async (fileName, mimeType, fittingName, fittingType) => {
		const file = await identify(unknown, fileName, mimeType);
		expect(file).toMatchObject({ fileName: fittingName, mimeType: fittingType });
		expect(file.format).toBeUndefined();
	});

	it('is found by the first bytes alone', async () => {
		const file = new CountedFile(Buffer.concat([await png(), Buffer.alloc(megabyte)]), { chunkBytes: 4096 });
		await identifyFile(file);
		expect(file.readBytes).toBeLessThanOrEqual(8192);
		expect(file.openStreams).toBe(0);
	});
});

describe('Data URI', () => {
	const head = makePngHead(640, 480);
	const png = head.toString('base64');

	it.each([
		['a data URI', `data:image/png;base64,${png}`],
		['a data URI with parameters and line breaks', `data:IMAGE/PNG;charset=utf-8;base64,\n${png}`],
		['a data URI of another type than its content', `data:image/jpg;base64,${png}`],
		['a data URI that says no type', `data:;base64,${png}`],
		['bare base64', ` ${png.slice(0, 8)}\n${png.slice(8)} `],
	])('is made from %s', async (_name, text) => {
		const found = await readDataUri(text);
		expect(found).toMatchObject({ dataUri: `data:image/png;base64,${png}`, file: { fileName: 'file.png', format: 'png' } });
		expect(found && (await buffer(found.file.open())).equals(head)).toBe(true);
	});

	it.each([
		['image/jpg', 'image/jpeg'],
		['audio/mp3', 'audio/mpeg'],
		['audio/x-wav', 'audio/wav'],
		['image/jxl', 'image/jxl'],
	])('of an unknown content and of type %s is of type %s', async (given, usual) => {
		const base64 = Buffer.from([1, 2, 3, 0, 0xfe, 5, 6, 0]).toString('base64');
		expect((await readDataUri(`data:${given};base64,${base64}`))?.dataUri).toBe(`data:${usual};base64,${base64}`);
	});

	it.each([
		['base64 of an unknown format', Buffer.from('hello hello hello').toString('base64')],
		['plain text', 'https://example.com/face.png'],
		['nothing', ''],
	])('is not made from %s', async (_name, text) => {
		expect(await readDataUri(text)).toBeUndefined();
	});

	it('is of plain base64, also if it was given as addresses have it', async () => {
		const bytes = Buffer.concat([head, Buffer.alloc(299, Buffer.from([0xfb, 0xef, 0xff]))]);
		for (const given of [bytes.toString('base64url'), `data:image/png;base64,${bytes.toString('base64url')}`]) {
			expect((await readDataUri(given))?.dataUri).toBe(`data:image/png;base64,${bytes.toString('base64')}`);
		}
	});

	it('of a text says so', async () => {
		const base64 = Buffer.from('<html>Not found').toString('base64');
		expect((await readDataUri(`data:image/png;base64,${base64}`))?.file.format).toBe('html');
		expect((await readDataUri('data:image/png;base64,'))?.file.format).toBe('empty');
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
