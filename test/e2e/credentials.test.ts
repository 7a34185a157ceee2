import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../../harness/n8n/process';
import { eachProvider } from '../../harness/providers';
import { setStage, type Stage } from './support/stage';

/** Sends everybody to the same path of another host. */
async function startRedirecting(target: string) {
	const server = createServer(({ url = '' }, response) => {
		response.writeHead(308, { location: `${target}${url}` }).end();
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	const { port } = server.address() as AddressInfo;
	return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

let stage: Stage;
const wrongKey = 'sk-wrong-key-of-the-end-to-end-test';

beforeAll(async () => {
	stage = await setStage('credentials');
});

afterAll(async () => {
	await stage?.close();
});

describe.each(eachProvider)('the $displayName credential', ({ provider, displayName, credentialType, adapter }) => {
	it('passes its test with the right key', async () => {
		const data = stage.credentialData(provider);
		const result = await stage.n8n.client.testCredential(credentialType, data);
		expect(result).toMatchObject({ status: 'OK' });
	});

	it('passes its test with a slash at the end of the base URL', async () => {
		const { baseUrl, ...rest } = stage.credentialData(provider);
		const data = { ...rest, baseUrl: `${baseUrl}/` };
		const result = await stage.n8n.client.testCredential(credentialType, data);
		expect(result).toMatchObject({ status: 'OK' });
	});

	it('says that the provider does not know a wrong key', async () => {
		const data = { ...stage.credentialData(provider), apiKey: wrongKey };
		const result = await stage.n8n.client.testCredential(credentialType, data);
		expect(result.status).toBe('Error');
		expect(result.message).toContain(displayName);
		expect(result.message).toMatch(/API key/);
	});

	it('says that the address is wrong when there is no API', async () => {
		const { baseUrl, ...rest } = stage.credentialData(provider);
		const data = { ...rest, baseUrl: `${baseUrl}/elsewhere` };
		const result = await stage.n8n.client.testCredential(credentialType, data);
		expect(result).toMatchObject({ status: 'Error', message: expect.stringContaining('at this Base URL') });
	});

	it('says that nobody answers at an unreachable address', async () => {
		const baseUrl = `http://127.0.0.1:${await freePort()}`;
		const data = { ...stage.credentialData(provider), baseUrl };
		const result = await stage.n8n.client.testCredential(credentialType, data);
		expect(result.status).toBe('Error');
		expect(result.message).toMatch(/ECONNREFUSED|refused|reach/);
	});

	const unsafe = ['http://example.com', 'http://localhost.example.com', 'http://localhost:80@example.com', 'ftp://127.0.0.1', 'example.com'];
	// An empty one is that of the region.
	const hasRegions = 'regions' in adapter;
	it.each(hasRegions ? unsafe : [...unsafe, ''])(
		'does not send the key to %p',
		async (baseUrl) => {
			const data = { ...stage.credentialData(provider), baseUrl };
			const result = await stage.n8n.client.testCredential(credentialType, data);
			expect(result).toMatchObject({ status: 'Error', message: 'ERR_INVALID_URL' });
		},
	);

	it('passes its test in Test Mode without sending anything, also with a key that is still there', async () => {
		const callsBefore = stage.simulator.calls.length;
		for (const data of [{ testMode: true }, { ...stage.credentialData(provider), testMode: true }]) {
			expect(await stage.n8n.client.testCredential(credentialType, data)).toMatchObject({ status: 'OK' });
		}
		expect(stage.simulator.calls).toHaveLength(callsBefore);
	});

	it('does not send the key on to where a redirect leads', async () => {
		const { url, close } = await startRedirecting(stage.simulator.baseUrls[provider]);
		const data = { ...stage.credentialData(provider), baseUrl: url };
		const callsBefore = stage.simulator.calls.length;
		const result = await stage.n8n.client.testCredential(credentialType, data);
		close();
		expect(result).toMatchObject({ status: 'Error', message: expect.stringContaining('Redirect') });
		expect(stage.simulator.calls).toHaveLength(callsBefore);
	});

	it('bills nothing for a test', () => {
		const calls = stage.simulator.calls.filter((call) => call.provider === provider);
		expect(calls.length).toBeGreaterThan(0);
		expect(calls.map(({ method }) => method)).not.toContain('POST');
		expect(stage.simulator.ledger).toHaveLength(0);
	});

	it('leaves no key in the database or the log once it is saved and tested', async () => {
		const { client } = stage.n8n;
		const { id } = await client.createCredential(displayName, credentialType, stage.credentialData(provider));
		expect(await stage.filesHolding(id)).toContainEqual(expect.stringContaining('database.sqlite'));
		expect(await stage.filesHolding(stage.simulator.apiKey)).toEqual([]);
		expect(await stage.filesHolding(wrongKey)).toEqual([]);
	});
});
