import type { INodeParameters } from 'n8n-workflow';
import { arkAccess } from '../../simulator';
import { byId, Lab } from '../support/lab';

/** What only the maker has: two keys, two regions, signed requests, projects. */

let lab: Lab;
beforeEach(async () => (lab = await Lab.open()));
afterEach(async () => await lab.close());

const hostWith = (changes: Record<string, string>) => {
	const host = lab.host();
	return { ...host, credentials: { ...host.credentials, arkApi: { ...host.credentials?.arkApi, ...changes } } };
};
const generation: INodeParameters = {
	...{ provider: 'ark', operation: 'generate', mode: 'textToVideo', prompt: 'A cat', waitForCompletion: 'dontWait' },
};
const listGroups: INodeParameters = { provider: 'ark', operation: 'getMany', returnAll: true };
const newAsset: INodeParameters = { provider: 'ark', operation: 'create', source: 'url', url: 'https://example.com/face.png', name: 'face' };

const makeAsset = async () => {
	const [group] = await lab.json('assetGroup', { provider: 'ark', operation: 'create', name: 'spring' });
	const [asset] = await lab.json('asset', { ...newAsset, groupId: byId(String(group?.groupId)) });
	return String(asset?.assetId);
};

it('makes videos with the API key alone, and says which keys assets need before it sends anything', async () => {
	const host = hostWith({ accessKeyId: '', secretAccessKey: '' });
	const made = await lab.run('seedanceGenerate', generation, { host });
	expect(made.error).toBeUndefined();
	const calls = lab.simulator.calls.length;
	const { error } = await lab.run('assetGroup', listGroups, { host });
	expect(error?.message).toBe('2 fields need a change.');
	expect(error?.description).toContain('Access Key ID in the BytePlus / Volcengine credential is empty.');
	expect(error?.description).toContain('Asset groups and assets need Access Key ID and Secret Access Key besides the API Key');
	expect(lab.simulator.calls).toHaveLength(calls);
});

it('cites an asset with the API key alone, which cannot read it', async () => {
	const assetId = await makeAsset();
	const images = { image: [{ source: 'asset', asset: byId(assetId) }] };
	const cited = await lab.run(
		'seedanceGenerate',
		{ ...generation, mode: 'multimodalReference', prompt: '@image1 dances', images },
		{ host: hostWith({ accessKeyId: '', secretAccessKey: '' }) },
	);
	expect(cited.error).toBeUndefined();
	expect(lab.paid('generation')).toHaveLength(1);
});

it.each<[string, Record<string, string>, RegExp, string]>([
	['a secret that is not that of the access key', { secretAccessKey: 'wrong-secret-123' }, /Check Access Key ID, Secret Access Key and Region/, 'authentication'],
	['the region of another account', { region: 'china' }, /Check Access Key ID, Secret Access Key and Region/, 'authentication'],
])('says what to do about %s', async (_what, changes, words, reason) => {
	const { error } = await lab.run('assetGroup', listGroups, { host: hostWith(changes) });
	expect(error?.description).toMatch(words);
	expect(error).toMatchObject({ context: { reason } });
	expect(JSON.stringify(error)).not.toContain('wrong-secret-123');
});

it('says so when an access key stands where the API key belongs, and sends nothing', async () => {
	const { error } = await lab.run('seedanceGenerate', generation, { host: hostWith({ apiKey: 'AKLTexample0123456789' }) });
	expect(error?.message).toContain('must be an API key of Ark; it is an access key ID');
	expect(JSON.stringify(error)).not.toContain('AKLTexample0123456789');
	expect(lab.simulator.calls).toEqual([]);
});

it('refuses a model of the other region before anything is sent', async () => {
	const { error } = await lab.run('seedanceGenerate', { ...generation, model: byId('doubao-seedance-2-0-260128') });
	expect(error?.message).toBe(
		'The Model doubao-seedance-2-0-260128 is one of the region China (Volcengine Ark); the credential is of the region International (BytePlus ModelArk).',
	);
	expect(lab.simulator.calls).toEqual([]);
});

it('works in China with the keys, models and addresses of China', async () => {
	const china = arkAccess(lab.simulator, 'china');
	const host = hostWith({
		region: 'china',
		...{ apiKey: china.apiKey, accessKeyId: china.accessKeyId, secretAccessKey: china.secretAccessKey },
		...{ baseUrl: china.baseUrl, assetBaseUrl: china.controlBaseUrl },
	});
	const made = await lab.run('seedanceGenerate', { ...generation, model: byId('doubao-seedance-2-0-260128') }, { host });
	expect(made.error).toBeUndefined();
	expect((await lab.run('assetGroup', listGroups, { host })).error).toBeUndefined();
	const { results } = await lab.search('seedanceGenerate', 'searchModels', { host, parameters: { provider: 'ark' } });
	expect(results.map(({ value }) => String(value)).filter((id) => id.startsWith('dreamina'))).toEqual([]);
});

it('finds assets in the project of the credential only', async () => {
	const assetId = await makeAsset();
	const { error } = await lab.run(
		'asset',
		{ provider: 'ark', operation: 'get', assetId: byId(assetId) },
		{ host: hostWith({ projectName: 'studio' }) },
	);
	expect(error).toMatchObject({ context: { reason: 'notFound' } });
	expect(error?.description).toContain('Project Name in the credential');
});

it('signs a request anew when it is repeated, and never sends the secret', async () => {
	const { secretAccessKey } = arkAccess(lab.simulator);
	lab.simulator.faults.add({ route: 'assetGroups.list', effect: { kind: 'status', statusCode: 503 } });
	expect((await lab.run('assetGroup', listGroups)).error).toBeUndefined();
	expect(lab.callsOf('assetGroups.list')).toHaveLength(2);
	expect(JSON.stringify(lab.simulator.calls)).not.toContain(secretAccessKey);
});
