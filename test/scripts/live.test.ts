import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providers } from '../../nodes/shared/providers';
import type { ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { replay, type Recording } from '../../scripts/live/recording';
import { redact } from '../../scripts/live/redact';
import { compareShapes } from '../../scripts/live/shape';
import type { ProviderId, Simulator } from '../../simulator';
import { arkAccess, startSimulator } from '../../simulator';

/** `npm run live` as a user runs it, a process of its own, against a simulator in the provider's place. */

const projectRoot = join(__dirname, '../..');
const apiKey = 'sk-live-4711-must-not-leak';

let simulator: Simulator;
let folder: string;
beforeEach(async () => {
	simulator = await startSimulator({ apiKey, timeScale: 100, ark: { rates: 'none' } });
	folder = mkdtempSync(join(tmpdir(), 'live-'));
});
afterEach(async () => {
	await simulator.close();
	rmSync(folder, { recursive: true, force: true });
});

async function live(provider: ProviderId, options: string[] = [], key = apiKey) {
	const baseUrl = simulator.baseUrls[provider];
	const { controlBaseUrl, accessKeyId, secretAccessKey } = arkAccess(simulator);
	const urls = ['--base-url', baseUrl, '--upload-url', baseUrl, '--asset-url', controlBaseUrl];
	const args = ['--import', 'tsx', 'scripts/live.ts', '--provider', provider, ...urls, '--record', folder, ...options];
	const { PATH = '', HOME = '' } = process.env;
	return await new Promise<{ exitCode: number; output: string }>((resolve) => {
		const env = { PATH, HOME, SEEDANCE_API_KEY: key, SEEDANCE_ACCESS_KEY_ID: accessKeyId, SEEDANCE_SECRET_ACCESS_KEY: secretAccessKey };
		execFile(process.execPath, args, { cwd: projectRoot, env }, (error, stdout, stderr) => {
			resolve({ exitCode: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr });
		});
	});
}

const recorded = () => readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
const readRecording = (text: string) => JSON.parse(text) as Recording;
const createdRoutes = () => simulator.calls.flatMap(({ route = '' }) => (/\.(create|update|delete)$/.test(route) ? route : []));

describe.each(providers.map((adapter): [string, ProviderId, ProviderAdapter] => [adapter.displayName, adapter.id as ProviderId, adapter]))(
	'%s',
	(_name, provider, adapter) => {
		const isGivenAddresses = !adapter.uploads && adapter.assets.sources.every((source) => source === 'url');
		const picture = isGivenAddresses ? ['--image-url', 'https://example.com/picture.png'] : [];

		it('is asked what is free, without a trace at the provider or of the key', async () => {
			const { exitCode, output } = await live(provider);
			expect(output).toMatch(/\n\d+ kinds of answers matched, 0 drifted\n/);
			expect(exitCode).toBe(0);
			expect(simulator.calls.length).toBeGreaterThan(2);
			expect(createdRoutes()).toEqual([]);
			expect(simulator.ledger).toEqual([]);
			expect(output + recorded().join()).not.toContain(apiKey);
		});

		it('is paid for one video, and its recorded answers can be read again', async () => {
			const { exitCode, output } = await live(provider, ['--pay', '--poll-seconds', '0.1', ...picture]);
			expect(output).toContain('The video is an MP4.');
			expect(output).toMatch(/\n\d+ kinds of answers matched, 0 drifted\n/);
			expect(exitCode).toBe(0);

			const generations = simulator.ledger.filter(({ kind }) => kind === 'generation');
			expect(generations).toEqual([expect.objectContaining({ provider, refunded: false })]);
			expect(createdRoutes().filter((route) => route === 'assets.create')).toHaveLength(1);
			expect(createdRoutes().includes('assets.delete')).toBe(adapter.assets.delete !== undefined);
			expect(simulator.storageCalls.flatMap(({ credentials }) => credentials)).toEqual([]);

			const [text = ''] = recorded();
			expect(output + text).not.toContain(apiKey);
			expect(text).not.toMatch(/Signature|seedance-live-check|@image1/);
			const replayed = replay(adapter, readRecording(text));
			expect(replayed.flatMap(({ answer, value }) => (answer.call === 'videoTasks.get' ? (value ?? []) : []))).toContainEqual(
				expect.objectContaining({
					id: generations[0]?.id,
					status: 'succeeded',
					videoUrl: expect.stringMatching(/^http.*\/redacted\.mp4/),
				}),
			);
			const refusals = replayed.flatMap(({ refusal }) => refusal ?? []);
			expect(refusals).toContainEqual(expect.stringMatching(/task|job/i));
		});
	},
);

describe('an answer that is not as expected', () => {
	it('is named path by path, and the command fails', async () => {
		const models = { object: 'list', data: [{ id: 7, mood: `sunny with ${apiKey}` }] };
		const assets = { Items: [{ Id: 'asset-1', Status: `Sleeping on ${apiKey}` }], TotalCount: 1, PageNumber: 1, PageSize: 10 };
		// The first list of models is the test of the credential.
		simulator.faults.add({ route: 'models.list', skip: 1, effect: { kind: 'status', statusCode: 200, body: models } });
		simulator.faults.add({ route: 'assets.list', effect: { kind: 'status', statusCode: 200, body: assets } });
		// As read from a file, with a line break at the end that is not sent.
		const { exitCode, output } = await live('alad', [], `${apiKey}\n`);
		expect(exitCode).toBe(1);
		expect(output).toContain('✗ models');
		expect(output).toContain('changed data[].id: string → number');
		expect(output).toContain('additional data[].mood (string)');
		expect(output).toMatch(/missing data\[\]\.\w+/);
		expect(output).toContain('unknown status Items[].Status: Sleeping on [redacted]');
		expect(output).toContain('missing Items[].CreateTime');
		expect(output).toMatch(/\n\d+ kinds of answers matched, 2 drifted\n/);
		expect(output + recorded().join()).not.toContain(apiKey);
	});

	it('stops a paid round trip, and what was made is deleted', async () => {
		simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails', message: 'two faces' } });
		const { exitCode, output } = await live('anyfast', ['--pay', '--poll-seconds', '0.1']);
		expect(exitCode).toBe(1);
		expect(output).toContain('two faces');
		expect(simulator.ledger.filter(({ kind }) => kind === 'generation')).toEqual([]);
		expect(createdRoutes().slice(-2)).toEqual(['assets.delete', 'assetGroups.delete']);
	});
});

/** What users have recorded and given us; see CONTRIBUTING.md. */
describe('recordings', () => {
	const recordings = join(__dirname, '../recordings');
	for (const file of existsSync(recordings) ? readdirSync(recordings) : []) {
		it(`${file} can be read by the adapter of today`, () => {
			const recording = readRecording(readFileSync(join(recordings, file), 'utf8'));
			const adapter = providers.find(({ id }) => id === recording.provider)!;
			expect(replay(adapter, recording).length).toBeGreaterThan(0);
		});
	}

	it('of answers that an adapter cannot read are told', () => {
		const [adapter] = providers as [ProviderAdapter];
		const answer = { call: 'videoTasks.get', input: { taskId: '1' }, method: 'GET', path: '', headers: {}, statusCode: 200, body: {} };
		expect(() => replay(adapter, { provider: adapter.id, answers: [answer] })).toThrow('the answer has no task ID');
	});
});

describe('without the right key', () => {
	it('asks nothing but whether the key is right', async () => {
		const wrong = 'sk-wrong-0815-must-not-leak';
		const { exitCode, output } = await live('piapi', ['--pay'], wrong);
		expect(exitCode).toBe(2);
		expect(output).toContain('The free test of the key failed');
		expect(output).not.toContain(wrong);
		expect(simulator.calls.map(({ route }) => route)).toEqual(['account.get']);
	});

	it('asks nothing at all without any', async () => {
		const { exitCode, output } = await live('piapi', [], '');
		expect(exitCode).toBe(2);
		expect(output).toContain('SEEDANCE_API_KEY');
		expect(simulator.calls).toEqual([]);
	});
});

describe('a recorded answer', () => {
	const answer = { call: 'assets.list', input: undefined, method: 'GET', path: '/', headers: {} };

	it('keeps its shape and loses who and what it is about', () => {
		const body = {
			Items: [{ Id: 'asset-1', Name: '[u-17]-[t-42]my face', URL: 'https://cdn.example.com/me/face.png?X-Tos-Expires=43200&X-Tos-Signature=abc' }],
			note: `mail me@example.org with ${apiKey}`,
			file: `data:image/png;base64,${'A'.repeat(600)}`,
			[apiKey]: 1,
		};
		expect(redact({ ...answer, body }, [apiKey]).body).toEqual({
			Items: [{ Id: 'asset-1', Name: '[u-0]-[t-0]redacted', URL: 'https://cdn.example.com/redacted.png?X-Tos-Expires=43200' }],
			note: 'mail somebody@example.com with [redacted]',
			file: 'data:image/png;base64,redacted',
			'[redacted]': 1,
		});
	});

	it('of an account keeps nothing but the shape', () => {
		const body = { user: { id: 'u1', email: 'me@example.org' }, team: { credits: 12, plan: 'pro' }, isActive: true };
		expect(redact({ ...answer, call: 'credential.test', body }, []).body).toEqual({
			user: { id: 'redacted', email: 'redacted' },
			team: { credits: 0, plan: 'redacted' },
			isActive: true,
		});
	});
});

describe('the shapes of two answers', () => {
	it('differ in what is missing, additional or of another type, named once', () => {
		const seen = { id: 1, extra: { deep: { deeper: 1 } }, list: [{ name: 'a' }] };
		const expected = { id: '1', list: [{ name: 'b', size: { width: 1 } }] };
		expect(compareShapes([seen], [expected])).toEqual({
			// The answer, its list, an entry and its name.
			matching: 4,
			missing: ['list[].size'],
			additional: ['extra (object)'],
			changed: ['id: string → number'],
		});
	});

	it.each([
		['an empty list', { items: [], next: 'a' }, { items: [{ id: '1' }], next: 'b' }],
		['null', { error: null, next: 'a' }, { error: { code: 1 }, next: 'b' }],
		['what only some have', { next: 'a' }, [{ next: 'b', error: 'x' }, { next: 'c' }]],
	])('cannot be compared on %s', (_what, seen, expected) => {
		const { missing, additional, changed } = compareShapes([seen], [expected].flat());
		expect({ missing, additional, changed }).toEqual({ missing: [], additional: [], changed: [] });
	});
});
