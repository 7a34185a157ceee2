import { freePort } from './support/process';
import { eachProvider } from './support/providers';
import { setStage, type Stage } from './support/stage';

let stage: Stage;
const wrongKey = 'sk-wrong-key-of-the-end-to-end-test';

beforeAll(async () => {
	stage = await setStage('credentials');
});

afterAll(async () => {
	await stage?.close();
});

describe.each(eachProvider)('the $displayName credential', ({ provider, displayName, credentialType }) => {
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
