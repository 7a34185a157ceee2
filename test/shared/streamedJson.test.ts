import { base64SizeBytes, decodeBase64, encodeBase64 } from '../../nodes/shared/media/base64';
import { InlineFile } from '../../nodes/shared/providers/adapter';
import { toHttpBody } from '../../nodes/shared/request/body';
import { StreamedJson } from '../../nodes/shared/request/streamedJson';
import { CountedFile } from '../support/mediaFiles';

const bytesOf = (length: number) => Buffer.from(Array.from({ length }, (_, index) => (index * 7) % 256));

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
	const all: Uint8Array[] = [];
	for await (const chunk of chunks) all.push(chunk);
	return Buffer.concat(all);
}

async function* inPiecesOf(size: number, bytes: Buffer) {
	for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

describe('Base64 in chunks', () => {
	it.each([1, 2, 3, 4, 1000, 49_152, 49_153, 1_000_000])('is the same as of the whole, in chunks of %d bytes', async (size) => {
		for (const length of [0, 1, 2, 3, 100_000].filter((each) => size > 4 || each < 1000)) {
			const bytes = bytesOf(length);
			const text = (await collect(encodeBase64(inPiecesOf(size, bytes)))).toString('latin1');
			expect(text).toBe(bytes.toString('base64'));
			expect(base64SizeBytes(text)).toBe(length);
			expect((await collect(decodeBase64(`data:,${text}`, 6))).equals(bytes)).toBe(true);
		}
	});
});

describe('JSON with files inside', () => {
	const file = () => new CountedFile(bytesOf(200_000), { fileName: 'face.png' });
	const content = bytesOf(200_000).toString('base64');

	it('is what JSON.stringify writes, with each file in its place, and has the stated length', async () => {
		const one = file();
		const body = {
			text: 'Grüße, 👩‍🚀 "quoted"\n',
			none: undefined,
			empty: [{}, []],
			list: [1, true, null, undefined, { file: new InlineFile(one, 'base64') }],
			last: new InlineFile(one, 'dataUri'),
		};
		const json = new StreamedJson(body);
		const sent = await collect(json.stream());
		expect(json.size).toBe(sent.length);
		expect(json.type).toBe('application/json');
		expect(sent.toString()).toBe(
			JSON.stringify({
				...body,
				list: [1, true, null, null, { file: content }],
				last: `data:${one.mimeType};base64,${content}`,
			}),
		);
	});

	it('reads no file before it is sent, and then no more than is pulled', async () => {
		const one = file();
		const { options } = toHttpBody({ file: new InlineFile(one, 'base64') });
		expect(one.readBytes).toBe(0);
		const reader = (options.body as StreamedJson).stream().getReader();
		await reader.read();
		expect(one.readBytes).toBe(0);
		await reader.read();
		expect(one.readBytes).toBe(64 * 1024);
		await reader.cancel();
		expect(one.openStreams).toBe(0);
	});

	it('breaks off when a file does not have its stated size', async () => {
		const source = new CountedFile(bytesOf(10), { fileName: 'a.png', sizeBytes: 11 });
		const body = toHttpBody({ file: new InlineFile(source, 'base64') });
		await expect(collect((body.options.body as StreamedJson).stream())).rejects.toThrow();
		expect(body.fileProblem()).toBe('the file a.png has 10 bytes instead of 11');
	});
});
