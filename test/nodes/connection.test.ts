import type { INodeParameters } from 'n8n-workflow';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Lab, simulatedProviders } from '../support/lab';

/** What leaves n8n, where it goes, and what never shows; tested with the one free call that every provider has. */
describe.each(simulatedProviders)('%s', (_name, provider, { displayName, credentialType, regions }) => {
	let lab: Lab;
	let getTask: INodeParameters;
	const secret = 'sk-very-secret-0123456789';
	const generate: INodeParameters = { provider, operation: 'generate', prompt: 'a cat', downloadVideo: false };
	beforeEach(async () => {
		lab = await Lab.open({ apiKey: secret });
		const [task] = await lab.json('seedanceGenerate', { ...generate, waitForCompletion: 'dontWait' });
		getTask = { provider, operation: 'getTask', taskId: String(task?.taskId) };
	});
	afterEach(async () => await lab.close());

	const taskReads = () => lab.callsOf('tasks.get');
	const readTask = async (options = {}) => await lab.run('seedanceGenerate', getTask, options);
	const readTaskFrom = async (baseUrl: string) => await readTask({ host: lab.host({ baseUrl }) });

	/** Reads the task from a host that answers everything with a redirect. */
	const readFromRedirect = async (headers: Record<string, string>) => {
		const redirecting = createServer((_request, response) => {
			response.writeHead(307, headers).end();
		});
		await once(redirecting.listen(0, '127.0.0.1'), 'listening');
		const { port } = redirecting.address() as AddressInfo;
		const baseUrl = `http://127.0.0.1:${port}`;
		const result = await readTaskFrom(baseUrl);
		redirecting.close();
		return { ...result, baseUrl };
	};

	describe('Credential', () => {
		it('is sent to its own host as the provider wants it', async () => {
			expect((await readTask()).error).toBeUndefined();
			expect(taskReads()).toEqual([expect.objectContaining({ provider, statusCode: 200 })]);
		});

		it('may have a base URL with slashes at its end', async () => {
			expect((await readTaskFrom(`${lab.simulator.baseUrls[provider]}//`)).error).toBeUndefined();
			expect(taskReads()).toHaveLength(1);
		});

		it.each<[string, string]>([
			['http://api.example.com', 'http://api.example.com'],
			['ftp://127.0.0.1', 'ftp://127.0.0.1'],
			['api.example.com', 'api.example.com'],
			['https://user:secret@api.example.com', 'https://[redacted]@api.example.com'],
			['https://:secret@api.example.com', 'https://[redacted]@api.example.com'],
			['https://user:se/cret@api.example.com', 'https://[redacted]@api.example.com'],
			['https://user:s@cret@api.example.com', 'https://[redacted]@api.example.com'],
			['https:user:secret@api.example.com', 'https:[redacted]@api.example.com'],
			['user:secret@api.example.com', '[redacted]@api.example.com'],
			['https://api.example.com/?key=1', 'https://api.example.com/?…'],
			// An empty one is that of the region.
			...(regions ? [] : [['', 'empty'] satisfies [string, string]]),
		])('does not leave for the base URL %p', async (baseUrl, shown) => {
			const { error } = await readTaskFrom(baseUrl);
			expect(error?.message).toBe(
				`Base URL in the ${displayName} credential must be an https address without parameters, such as https://api.example.com; it is ${shown}.`,
			);
		});

		it('does not follow a redirect', async () => {
			const target = `${lab.simulator.baseUrls[provider]}/elsewhere`;
			const callsBefore = lab.simulator.calls.length;
			const { error, baseUrl } = await readFromRedirect({ location: target });
			expect(error?.message).toBe(`${displayName} redirects from ${baseUrl} to ${target}`);
			expect(error?.description).toContain('The API key is not sent to another address');
			expect(lab.simulator.calls).toHaveLength(callsBefore);
		});

		it.each([
			['a list with the host', '127.0.0.1, example.com', undefined],
			['a list without the host', 'example.com', 'Domain not allowed'],
			['an empty list', '', 'allows no domain'],
		])('is kept to the domains that n8n allows it: %s', async (_case, allowedDomains, message) => {
			const host = lab.host();
			Object.assign(host.credentials?.[credentialType] ?? {}, { allowedHttpRequestDomains: 'domains', allowedDomains });
			const { error } = await readTask({ host });
			if (message === undefined) expect(error).toBeUndefined();
			else expect(error?.message).toContain(message);
			expect(taskReads()).toHaveLength(message === undefined ? 1 : 0);
		});

		it('that is missing is asked for', async () => {
			const { error } = await readTask({ host: { ...lab.host(), credentials: {} } });
			expect(error?.message).toMatch(/credentials/i);
		});
	});

	describe('Key', () => {
		it.each([
			['in an error', { kind: 'status', statusCode: 400, body: { error: { message: `bad key ${secret}` } } }],
			['in a doubtful error', { kind: 'status', statusCode: 500, body: secret }],
		] as const)('never shows, even when the provider repeats it %s', async (_case, effect) => {
			lab.simulator.faults.add({ route: 'tasks.create', times: Infinity, effect });
			const { run, error } = await lab.run('seedanceGenerate', { ...generate, simplify: false });
			expect(error?.message).toContain('[redacted]');
			expect(JSON.stringify(run)).not.toContain('sk-very-secret');
		});

		it('never shows, even when a redirect repeats it', async () => {
			const { run, error } = await readFromRedirect({ location: `https://example.com/${secret}`, 'x-request-id': secret });
			expect(error?.message).toMatch(/to https:\/\/example\.com\/\[redacted\]$/);
			expect(error?.description).toContain('request ID [redacted]');
			expect(JSON.stringify(run)).not.toContain('sk-very-secret');
		});

		it('never shows, even when it was pasted with blanks and comes back as a name', async () => {
			const effect = { kind: 'status', statusCode: 400, body: { [secret]: 'is no field' } } as const;
			lab.simulator.faults.add({ route: 'tasks.get', effect });
			const { run, error } = await readTask({ host: lab.host({ apiKey: ` ${secret}  ` }) });
			expect(error?.message).toContain('[redacted]');
			expect(JSON.stringify(run)).not.toContain('sk-very-secret');
		});

		it.each([true, false])('never shows in a result, simplified: %p', async (simplify) => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails', reason: `no such key: ${secret}` } });
			const parameters = { ...generate, simplify };
			const settings = { onError: 'continueRegularOutput' } as const;
			const { run, output } = await lab.run('seedanceGenerate', parameters, { settings });
			expect(output[0]?.[0]?.json.error).toContain('no such key: [redacted]');
			const taskId = lab.simulator.ledger.at(-1)?.id ?? '';
			const [task] = await lab.json('seedanceGenerate', { provider, operation: 'getTask', taskId, simplify });
			expect(task?.failureMessage).toContain('no such key: [redacted]');
			expect(JSON.stringify([run, task])).not.toContain('sk-very-secret');
		});
	});

	describe('Requests that are harmless to repeat', () => {
		const delaysSeconds = () => {
			const times = taskReads().map(({ atMs }) => atMs / 1000);
			return times.slice(1).map((time, index) => time - (times[index] ?? 0));
		};

		it.each([
			['503', { kind: 'status', statusCode: 503 }],
			['a reset', { kind: 'reset' }],
			['a page of a proxy', { kind: 'html', statusCode: 502 }],
		] as const)('are repeated after %s with growing, random pauses', async (_case, effect) => {
			lab.simulator.faults.add({ route: 'tasks.get', times: 3, effect });
			expect((await readTask()).error).toBeUndefined();
			const delays = delaysSeconds();
			expect(delays).toHaveLength(3);
			for (const [index, delay] of delays.entries()) {
				expect(delay).toBeGreaterThanOrEqual(2 ** index / 2);
				expect(delay).toBeLessThanOrEqual(2 ** index);
			}
		});

		it('come back when the provider says', async () => {
			lab.simulator.faults.add({ route: 'tasks.get', effect: { kind: 'status', statusCode: 429, retryAfterSeconds: 42 } });
			expect((await readTask()).error).toBeUndefined();
			expect(delaysSeconds()).toEqual([42]);
		});

		it('give up when the provider says to come back in an hour', async () => {
			lab.simulator.faults.add({ route: 'tasks.get', effect: { kind: 'status', statusCode: 429, retryAfterSeconds: 3600 } });
			const { error } = await readTask();
			expect(taskReads()).toHaveLength(1);
			expect(error?.message).toMatch(new RegExp(`^${displayName} refused this`));
			expect(error?.description).toContain('It asks to wait 3600 s.');
		});

		it('that are too large for a proxy are told how to become smaller', async () => {
			lab.simulator.faults.add({ route: 'tasks.get', effect: { kind: 'html', statusCode: 413 } });
			const { error } = await readTask();
			expect(error).toMatchObject({ httpCode: '413', context: { reason: 'input' } });
			expect(error?.description).toContain('Give files by public URL');
		});

		it.each([400, 401, 403, 404])('are not repeated after %d, not even the 401 that n8n would repeat', async (statusCode) => {
			lab.simulator.faults.add({ route: 'tasks.get', effect: { kind: 'status', statusCode } });
			const { error } = await readTask();
			const [call, ...repeats] = taskReads();
			expect(repeats).toEqual([]);
			expect(error).toMatchObject({ httpCode: String(statusCode) });
			const base = new URL(lab.simulator.baseUrls[provider]).pathname.replace(/\/$/, '');
			expect(error?.description).toContain(`[GET] "${call?.path.slice(base.length)}": ${statusCode}, request ID ${call?.requestId}`);
		});
	});
});
