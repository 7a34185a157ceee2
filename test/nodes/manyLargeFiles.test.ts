import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { IBinaryData, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { AnyfastApi } from '../../credentials/AnyfastApi.credentials';
import { binaryPath, chooseBinaryMode, type EngineHost, runNode } from '../../harness/engine/engine';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { makePicture } from '../support/mediaFiles';

const megabyte = 1024 * 1024;
const pictureMegabytes = 29;
/** More than the maximum number of concurrent requests. */
const itemCount = 14;

/** A server that counts the received bytes and keeps none; a process of its own, so that its memory is not measured. */
const serverScript = `
	let tasks = 0;
	require('http').createServer((request, response) => {
		let bytes = 0;
		request.on('data', (chunk) => (bytes += chunk.length));
		request.on('end', () => {
			const isWhole = bytes === Number(request.headers['content-length']) && bytes > ${pictureMegabytes * megabyte};
			response.writeHead(isWhole ? 200 : 400, { 'content-type': 'application/json' });
			response.end(JSON.stringify(isWhole ? { id: 'task-' + ++tasks } : { error: { message: bytes + ' bytes' } }));
		});
	}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
`;

let server: ChildProcess;
let baseUrl: string;

beforeAll(async () => {
	server = spawn(process.execPath, ['-e', serverScript], { stdio: ['ignore', 'pipe', 'inherit'] });
	const [port] = (await once(server.stdout!, 'data')) as [Buffer];
	baseUrl = `http://127.0.0.1:${port.toString().trim()}`;
});
afterAll(() => server.kill());

/** The peak growth of memory during `work`, in megabytes. */
async function peakMegabytes(work: () => Promise<unknown>): Promise<number> {
	const before = process.memoryUsage().rss;
	let peak = before;
	const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
	await work().finally(() => clearInterval(sampling));
	return (peak - before) / megabyte;
}

/** A file that n8n keeps in its folder, in an item. */
async function keep(content: Buffer): Promise<INodeExecutionData & { binary: { data: IBinaryData } }> {
	await chooseBinaryMode('filesystem');
	const data = await Container.get(BinaryDataService).store(
		{ type: 'execution', workflowId: 'files', executionId: '1' },
		content,
		{ data: '', fileName: 'face.png', mimeType: 'image/png' },
	);
	return { json: {}, binary: { data } };
}

const generate = async (items: INodeExecutionData[], options: INodeParameters = {}) => {
	const host: EngineHost = {
		nodeTypes: [new SeedanceGenerate()],
		credentialTypes: [new AnyfastApi()],
		credentials: { anyfastApi: { apiKey: 'key', baseUrl } },
		binaryMode: 'filesystem',
	};
	const parameters = {
		provider: 'anyfast',
		operation: 'generate',
		mode: 'firstFrame',
		firstFrameSource: 'binary',
		waitForCompletion: 'dontWait',
		options,
	};
	return await runNode(host, 'n8n-nodes-seedance.seedanceGenerate', { parameters, items });
};

it('sends large pictures of many items inside the requests, and holds none of them as a whole', async () => {
	const padding = Buffer.alloc(pictureMegabytes * megabyte);
	const item = await keep(Buffer.concat([await makePicture('png', 640, 640), padding]));
	const peak = await peakMegabytes(async () => {
		const { error, output } = await generate(Array.from({ length: itemCount }, () => item));
		expect(error).toBeUndefined();
		expect(new Set(output[0]?.map(({ json }) => json.taskId)).size).toBe(itemCount);
	});
	await rm(binaryPath(item.binary.data));
	// A picture is 40 MB of base64; ten of them at once, each in several copies, were two gigabytes.
	expect(peak).toBeLessThan(400);
});

it('leaves nothing in doubt when a file is not what n8n had announced, so that the request breaks off', async () => {
	const picture = await makePicture('png', 640, 640);
	const item = await keep(picture);
	await writeFile(binaryPath(item.binary.data), picture.subarray(0, 1000));
	const { error } = await generate([item]);
	expect(error?.message).toBe(
		`The request to AnyFast broke off: the file face.png has 1000 bytes instead of ${picture.length}`,
	);
	expect(error).toMatchObject({ context: { reason: 'input' } });
});
