import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { binaryPath, outputOf, readBinary, runListSearch, runNode, runWorkflow } from '../../harness/engine/engine';
import { runInVirtualTime } from '../../harness/engine/virtualTime';
import { pollingHost, pollingType, sendJson, startServer } from './pollingNode';

const file = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));

/** /done/… answers at once, /busy never ends, /broken fails, /third is done on the third call. */
async function startPollingServer() {
	return await startServer((request, response, seen) => {
		const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
		if (path === '/file') response.end(file);
		else if (path === '/broken') sendJson(response, { message: 'out of order' }, 500);
		else if (path === '/busy') sendJson(response, { status: 'busy' });
		else if (path === '/flaky' && seen.length < 3)
			sendJson(response, { message: 'not yet' }, 503);
		else sendJson(response, { status: 'done', path });
	});
}

let server: Awaited<ReturnType<typeof startPollingServer>>;
beforeEach(async () => (server = await startPollingServer()));
afterEach(async () => await server.close());

const threeItems = ['/done/1', '/broken', '/done/3'].map((path) => ({ json: { path } }));

describe('the harness', () => {
	it('evaluates the credential as n8n does: expressions, defaults, headers and query', async () => {
		const { error } = await runNode(pollingHost(server.baseUrl), pollingType, {
			parameters: { path: '/done' },
		});
		expect(error).toBeUndefined();
		expect(server.seen).toMatchObject([
			{ path: '/done', authorization: 'Bearer test-key', query: { version: 'v1' } },
		]);
	});

	it('evaluates expressions for each item and keeps the pairing', async () => {
		const { output, run } = await runNode(pollingHost(server.baseUrl), pollingType, {
			parameters: { path: '={{ "/done/" + $json.id }}' },
			items: [{ json: { id: 'a' } }, { json: { id: 'b' } }],
		});
		expect(run.status).toBe('success');
		expect(output).toEqual([
			[
				{ json: { status: 'done', path: '/done/a' }, pairedItem: { item: 0 } },
				{ json: { status: 'done', path: '/done/b' }, pairedItem: { item: 1 } },
			],
		]);
	});

	it('ends with the error of the node', async () => {
		const { output, error, run } = await runNode(pollingHost(server.baseUrl), pollingType, {
			parameters: { path: '={{ $json.path }}' },
			items: threeItems,
		});
		expect(run.status).toBe('error');
		expect(error).toMatchObject({
			name: 'NodeApiError',
			httpCode: '500',
			description: 'out of order',
		});
		expect(output).toEqual([]);
		expect(server.seen.map(({ path }) => path)).toEqual(['/done/1', '/broken']);
	});

	it('goes on with the error as an item of the regular output', async () => {
		const { output } = await runNode(pollingHost(server.baseUrl), pollingType, {
			parameters: { path: '={{ $json.path }}' },
			items: threeItems,
			settings: { onError: 'continueRegularOutput' },
		});
		expect(output).toHaveLength(1);
		expect(output[0]?.map(({ json }) => json.path ?? json.error)).toEqual([
			'/done/1',
			expect.stringContaining('service was not able'),
			'/done/3',
		]);
	});

	it('goes on with the error as an item of the error output, joined with its input', async () => {
		const { output } = await runNode(pollingHost(server.baseUrl), pollingType, {
			parameters: { path: '={{ $json.path }}' },
			items: threeItems,
			settings: { onError: 'continueErrorOutput' },
		});
		expect(output.map((items) => items.map(({ json }) => json.path))).toEqual([
			['/done/1', '/done/3'],
			['/broken'],
		]);
		const [failed] = output[1] ?? [];
		expect(failed?.pairedItem).toEqual({ item: 1 });
		expect(failed?.json.error).toContain('service was not able');
	});

	it('retries a failed node after the wait that it is set to', async () => {
		const { output } = await runInVirtualTime(
			async () =>
				await runNode(pollingHost(server.baseUrl), pollingType, {
					parameters: { path: '/flaky' },
					settings: { retryOnFail: true, maxTries: 5, waitBetweenTries: 4000 },
				}),
		);
		const [firstMs = 0] = server.seen.map(({ atMs }) => atMs);
		expect(server.seen.map(({ atMs }) => atMs - firstMs)).toEqual([0, 4000, 8000]);
		expect(output).toMatchObject([[{ json: { path: '/flaky' } }]]);
	});

	it('cancels a node while it sleeps', async () => {
		const run = await runInVirtualTime(async () => {
			const stop = new AbortController();
			setTimeout(() => stop.abort(), 62_000);
			return await runNode(pollingHost(server.baseUrl), pollingType, {
				parameters: { path: '/busy', intervalMs: 5000 },
				signal: stop.signal,
			});
		});
		expect(run.run.status).toBe('canceled');
		expect(run.output).toEqual([]);
		// At 0, 5, … 60 seconds, and not again.
		expect(server.seen).toHaveLength(13);
	});

	it('cancels at once when the signal is already aborted', async () => {
		const { run } = await runNode(pollingHost(server.baseUrl), pollingType, {
			parameters: { path: '/busy' },
			signal: AbortSignal.abort(),
		});
		expect(run.status).toBe('canceled');
		expect(server.seen).toEqual([]);
	});

	it('suspends an execution', async () => {
		const { run } = await runNode(pollingHost(server.baseUrl), pollingType, {
			parameters: { path: '/done', suspendMs: 60_000 },
		});
		expect(run.status).toBe('waiting');
		expect(run.waitTill?.getTime()).toBeGreaterThan(Date.now());
	});

	it('streams a file to disk in filesystem mode', async () => {
		const { output } = await runNode(
			{ ...pollingHost(server.baseUrl), binaryMode: 'filesystem' },
			pollingType,
			{ parameters: { path: '/file', save: true } },
		);
		const binary = output[0]?.[0]?.binary?.data;
		if (!binary) throw new Error('No file came out');
		expect(binary).toMatchObject({
			data: 'filesystem-v2',
			fileName: 'file.bin',
			bytes: file.length,
		});
		expect(existsSync(binaryPath(binary))).toBe(true);
		expect(hash(await readFile(binaryPath(binary)))).toBe(hash(file));
		expect(hash(await readBinary(binary))).toBe(hash(file));
	});

	it('keeps a file in the item in memory mode', async () => {
		const { output } = await runNode(pollingHost(server.baseUrl), pollingType, {
			parameters: { path: '/file', save: true },
		});
		const binary = output[0]?.[0]?.binary?.data;
		if (!binary) throw new Error('No file came out');
		expect(binary.id).toBeUndefined();
		expect(hash(await readBinary(binary))).toBe(hash(file));
		expect(() => binaryPath(binary)).toThrow('in memory');
	});

	it('runs a workflow of several nodes and tells the hooks', async () => {
		const polling = (name: string, path: string) => ({
			id: name,
			name,
			type: pollingType,
			typeVersion: 1,
			position: [0, 0] as [number, number],
			parameters: { path },
		});
		const started: string[] = [];
		const run = await runWorkflow(
			pollingHost(server.baseUrl),
			{
				nodes: [
					{ ...polling('Start', ''), type: 'n8n-nodes-base.manualTrigger' },
					polling('First', '=/done/{{ $json.word }}'),
					polling('Second', '=/done/{{ $("Start").item.json.word + $json.path }}'),
				],
				connections: {
					Start: { main: [[{ node: 'First', type: 'main', index: 0 }]] },
					First: { main: [[{ node: 'Second', type: 'main', index: 0 }]] },
				},
			},
			{
				items: [{ json: { word: 'hello' } }],
				configureHooks: (hooks) =>
					hooks.addHandler('nodeExecuteBefore', (name) => void started.push(name)),
			},
		);
		expect(started).toEqual(['Start', 'First', 'Second']);
		expect(outputOf(run, 'Second')).toMatchObject([
			[{ json: { path: '/done/hello/done/hello' } }],
		]);
	});

	it('refuses to run without a required parameter', async () => {
		await expect(runNode(pollingHost(server.baseUrl), pollingType)).rejects.toThrow(
			'has issues',
		);
	});

	it('asks for the entries of a picker', async () => {
		const found = await runListSearch(pollingHost(server.baseUrl), pollingType, 'searchPaths', {
			parameters: { path: '/done' },
			filter: 'cat',
			paginationToken: '2',
		});
		expect(found).toMatchObject({ results: [{ value: '/done' }], paginationToken: 'next' });
		expect(server.seen).toMatchObject([
			{
				query: { filter: 'cat', paginationToken: '2', version: 'v1' },
				authorization: 'Bearer test-key',
			},
		]);
	});
});

const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
