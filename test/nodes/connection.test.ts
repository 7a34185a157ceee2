import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Lab } from '../support/lab';

/** What leaves n8n, to whom, and what never shows. */
describe('Credential', () => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open()));
	afterEach(async () => await lab.close());

	const listGroups = { provider: 'anyfast', operation: 'getMany' };
	const listAt = async (baseUrl: string) =>
		await lab.run('assetGroup', listGroups, { host: lab.host({ baseUrl }) });

	it('is sent as a bearer token to its own host', async () => {
		await lab.json('assetGroup', listGroups);
		expect(lab.simulator.calls).toEqual([expect.objectContaining({ path: '/volc/asset/ListAssetGroups', statusCode: 200 })]);
	});

	it('may have a base URL with slashes at its end', async () => {
		expect((await listAt(`${lab.simulator.baseUrls.anyfast}//`)).error).toBeUndefined();
	});

	it.each([
		['http://api.example.com', 'http://api.example.com'],
		['ftp://127.0.0.1', 'ftp://127.0.0.1'],
		['api.example.com', 'api.example.com'],
		['https://user:secret@api.example.com', 'https://[redacted]@api.example.com'],
		['https://api.example.com/?key=1', 'https://api.example.com/?key=1'],
		['', '(empty)'],
	])('does not leave for the base URL %p', async (baseUrl, shown) => {
		const { error } = await listAt(baseUrl);
		expect(error?.message).toBe(
			`Base URL in the AnyFast credential: an https address without parameters, e.g. https://api.example.com. Given: ${shown}`,
		);
	});

	it('does not follow a redirect', async () => {
		const redirecting = createServer((_request, response) => {
			response.writeHead(307, { location: `${lab.simulator.baseUrls.anyfast}/volc/asset/ListAssetGroups` }).end();
		});
		await once(redirecting.listen(0, '127.0.0.1'), 'listening');
		const { port } = redirecting.address() as AddressInfo;
		const { error } = await listAt(`http://127.0.0.1:${port}`);
		redirecting.close();
		expect(error?.message).toBe(
			`AnyFast redirects from http://127.0.0.1:${port} to ${lab.simulator.baseUrls.anyfast}/volc/asset/ListAssetGroups`,
		);
		expect(error?.description).toContain('The API key is not sent to another address');
		expect(lab.simulator.calls).toEqual([]);
	});

	it.each([
		['a list with the host', '127.0.0.1, example.com', undefined],
		['a list without the host', 'example.com', 'Domain not allowed'],
		['an empty list', '', 'allows no domain'],
	])('is kept to the domains that n8n allows it: %s', async (_name, allowedDomains, message) => {
		const host = lab.host();
		Object.assign(host.credentials?.anyfastApi ?? {}, { allowedHttpRequestDomains: 'domains', allowedDomains });
		const { error } = await lab.run('assetGroup', listGroups, { host });
		if (message === undefined) expect(error).toBeUndefined();
		else expect(error?.message).toContain(message);
		expect(lab.simulator.calls).toHaveLength(message === undefined ? 1 : 0);
	});

	it('that is missing is asked for', async () => {
		const host = { ...lab.host(), credentials: {} };
		const { error } = await lab.run('assetGroup', listGroups, { host });
		expect(error?.message).toMatch(/credentials/i);
	});
});

describe('Key', () => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open({ apiKey: 'sk-very-secret-0123456789' })));
	afterEach(async () => await lab.close());

	const generate = {
		provider: 'anyfast',
		operation: 'generate',
		prompt: 'a cat',
		simplify: false,
		downloadVideo: false,
	};

	it.each([
		['in an error', { kind: 'status', statusCode: 400, body: { error: { message: 'bad key sk-very-secret-0123456789' } } }],
		['in a doubtful error', { kind: 'status', statusCode: 500, body: 'sk-very-secret-0123456789' }],
	] as const)('never shows, even when the provider repeats it %s', async (_name, effect) => {
		lab.simulator.faults.add({ route: 'tasks.create', effect });
		const { run, error } = await lab.run('seedanceGenerate', generate);
		expect(error?.message).toContain('[redacted]');
		expect(JSON.stringify(run)).not.toContain('sk-very-secret');
	});

	it('never shows in a result', async () => {
		lab.simulator.faults.add({
			route: 'tasks.get',
			effect: { kind: 'status', statusCode: 200, body: { code: 'success', data: { task_id: 'x', status: 'FAILURE', fail_reason: 'sk-very-secret-0123456789' } } },
		});
		const { run } = await lab.run('seedanceGenerate', generate, { settings: { onError: 'continueRegularOutput' } });
		expect(JSON.stringify(run)).toContain('[redacted]');
		expect(JSON.stringify(run)).not.toContain('sk-very-secret');
	});
});

describe('Requests that are harmless to repeat', () => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open()));
	afterEach(async () => await lab.close());

	const list = { provider: 'alad', operation: 'getMany' };
	const delaysSeconds = () => {
		const times = lab.simulator.calls.map(({ atMs }) => atMs / 1000);
		return times.slice(1).map((time, index) => time - (times[index] ?? 0));
	};

	it.each([
		['503', { kind: 'status', statusCode: 503 }],
		['a reset', { kind: 'reset' }],
		['a page of a proxy', { kind: 'html', statusCode: 502 }],
	] as const)('are repeated after %s with growing, random pauses', async (_name, effect) => {
		lab.simulator.faults.add({ route: 'assetGroups.list', times: 3, effect });
		await lab.json('assetGroup', list);
		const delays = delaysSeconds();
		expect(delays).toHaveLength(3);
		for (const [index, delay] of delays.entries()) {
			expect(delay).toBeGreaterThanOrEqual(2 ** index / 2);
			expect(delay).toBeLessThanOrEqual(2 ** index);
		}
	});

	it('come back when the provider says', async () => {
		lab.simulator.faults.add({ route: 'assetGroups.list', effect: { kind: 'status', statusCode: 429, retryAfterSeconds: 42 } });
		await lab.json('assetGroup', list);
		expect(delaysSeconds()).toEqual([42]);
	});

	it('give up when the provider says to come back in an hour', async () => {
		lab.simulator.faults.add({ route: 'assetGroups.list', effect: { kind: 'status', statusCode: 429, retryAfterSeconds: 3600 } });
		const { error } = await lab.run('assetGroup', list);
		expect(lab.simulator.calls).toHaveLength(1);
		expect(error?.message).toMatch(/^Alad refused this/);
	});

	it.each([400, 401, 403, 404])('are not repeated after %d, not even the 401 that n8n would repeat', async (statusCode) => {
		lab.simulator.faults.add({ route: 'assetGroups.list', effect: { kind: 'status', statusCode } });
		const { error } = await lab.run('assetGroup', list);
		expect(lab.simulator.calls).toHaveLength(1);
		expect(error).toMatchObject({ httpCode: String(statusCode) });
		expect(error?.description).toContain(`[POST] "/volc/asset/ListAssetGroups": ${statusCode}, request ID`);
	});
});
