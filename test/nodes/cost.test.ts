import type { INodeParameters } from 'n8n-workflow';
import { credentialData } from '../../harness/credentialData';
import { sampleFiles } from '../../harness/media/sampleFiles';
import { eachProvider } from '../../harness/providers';
import { readEstimate } from '../../nodes/shared/estimate/estimate';
import type { ApiCall, ProviderId } from '../../simulator';
import { type JsonObject, Lab, type LabOptions, modelsOfRegion, simulatedProviders, byId } from '../support/lab';

/** Check, estimates, what was billed, and Get Balance: nothing here is paid that was not asked for. */

let lab: Lab;
const open = async (options: LabOptions = {}) => (lab = await Lab.open(options));
afterEach(async () => await lab.close());

const isPaid = ({ route }: ApiCall) => route === 'tasks.create' || route === 'assets.create' || route === 'uploads.create';

/** The credentials of the simulated providers, with prices of the user's own. */
const hostWithPrices = (prices: unknown) =>
	lab.host({
		credentials: Object.fromEntries(
			eachProvider.map(({ provider, credentialType }) => [
				credentialType,
				{ ...credentialData(lab.simulator, provider), prices: { price: prices } as never },
			]),
		),
	});

describe.each(simulatedProviders)('%s', (_name, provider, adapter) => {
	const { displayName, videoModels } = adapter;
	const video: INodeParameters = {
		provider,
		mode: 'textToVideo',
		prompt: 'A lighthouse',
		resolution: '720p',
		ratio: '16:9',
		durationSeconds: 5,
	};
	const check = async (parameters: INodeParameters = {}, options: Parameters<Lab['items']>[2] = {}) =>
		(await lab.items('seedanceGenerate', { ...video, operation: 'check', ...parameters }, options)).map(({ json }) => json);

	it('Check pays nothing and tells the request as Generate sends it', async () => {
		await open();
		const [found] = await check();
		expect(found).toMatchObject({ provider, isValid: true, problems: [] });
		expect(lab.simulator.calls.filter(isPaid)).toEqual([]);
		await lab.json('seedanceGenerate', { ...video, operation: 'generate' });
		const sent = lab.callsOf('tasks.create')[0];
		expect(found?.request).toEqual({
			method: 'POST',
			url: `${new URL(lab.simulator.baseUrls[provider]).origin}${sent?.path}`,
			body: sent?.body,
		});
		expect(JSON.stringify(found)).not.toContain(lab.simulator.apiKey);
	});

	it('Check tells every problem of every item, and lets the others be', async () => {
		await open();
		const found = await check(
			{ prompt: '={{ $json.prompt }}', durationSeconds: '={{ $json.seconds }}' },
			{
				items: [
					{ json: { prompt: 'A cat and @image1', seconds: 99 } },
					{ json: { prompt: 'A cat', seconds: 5 } },
					{ json: { prompt: 'A cat', seconds: 'five' } },
				],
			},
		);
		expect(found.map(({ isValid }) => isValid)).toEqual([false, true, false]);
		const [first = [], second, third = []] = found.map(({ problems }) => problems as string[]);
		expect(first.join('\n')).toMatch(/Prompt[^]*@image1/);
		expect(first.join('\n')).toMatch(/Duration[^]*99/);
		expect(first).toHaveLength(2);
		expect(second).toEqual([]);
		expect(third).toEqual([expect.stringMatching(/Duration.*five/)]);
		expect(found[2]?.request).toBeNull();
		expect(lab.simulator.calls.filter(isPaid)).toEqual([]);
	});

	it('Check tells of every option that Generate would refuse', async () => {
		await open();
		const [found] = await check({ options: { timeoutSeconds: 0, tasksAtOnce: 0, maxFileSizeMegabytes: 0 } });
		const labels = ['Timeout (Seconds)', 'Tasks at Once', 'Maximum File Size (MB)'];
		expect(found).toMatchObject({ isValid: false, problems: labels.map((label): unknown => expect.stringContaining(label)) });
	});

	it('Check shows no key, also if a field repeats it', async () => {
		await open();
		const { apiKey } = lab.simulator;
		const { callback } = adapter.videoTasks;
		const hasSecret = callback?.fields.includes('secret') ?? false;
		const options = {
			...(callback && { webhookUrl: `https://example.com/?key=${apiKey}` }),
			...(hasSecret && { webhookSecret: 'swordfish' }),
		};
		const [found] = await check({ prompt: `The key ${apiKey} opens a door, swordfish`, options });
		expect(found?.isValid).toBe(true);
		expect(JSON.stringify(found)).toContain('The key [redacted] opens a door');
		expect(JSON.stringify(found)).not.toContain(apiKey);
		if (hasSecret) expect(JSON.stringify(found)).not.toContain('swordfish');
	});

	it('Check asks for an asset that does not exist, and shows a file by its name', async () => {
		await open();
		const { image } = await sampleFiles();
		const references = { mode: 'multimodalReference', prompt: '@image1 dances' };
		const [unknown] = await check({ ...references, images: { image: [{ source: 'asset', asset: byId('asset-none') }] } });
		expect(unknown).toMatchObject({ isValid: false, problems: [expect.stringContaining('asset-none')] });
		const [withFile] = await check(
			{ ...references, images: { image: [{ source: 'binary', binaryPropertyName: 'file' }] } },
			{ items: [{ json: {}, binary: { file: image } }] },
		);
		expect(withFile?.isValid).toBe(true);
		expect(JSON.stringify(withFile?.request)).toContain('face.png');
		expect(JSON.stringify(withFile?.request).length).toBeLessThan(1_000);
		expect(lab.simulator.calls.filter(isPaid)).toEqual([]);
	});

	it('Check of 100 items takes less than 2 s and makes no request twice', async () => {
		await open({ latencySeconds: 0.3 });
		const startMs = lab.nowMs;
		const found = await check({}, { items: Array.from({ length: 100 }, () => ({ json: {} })) });
		expect(found).toHaveLength(100);
		expect(lab.nowMs - startMs).toBeLessThan(2_000);
		const asked = lab.simulator.calls.map(({ method, path }) => `${method} ${path}`);
		expect(new Set(asked).size).toBe(asked.length);
	});

	it('Generate returns the estimate beside what was billed, and it is never too low', async () => {
		await open();
		const models = modelsOfRegion(adapter).map(({ id }) => id);
		const made = await lab.json(
			'seedanceGenerate',
			{ ...video, operation: 'generate', model: byId('={{ $json.model }}'), simplify: false },
			{ items: models.map((model) => ({ json: { model } })) },
		);
		for (const [index, bill] of lab.simulator.ledger.entries()) {
			const item = made.find(({ taskId }) => taskId === bill.id);
			const estimate = readEstimate(item?.estimate);
			const { charge } = bill;
			// Of a model with sizes of its own nobody has written down what is counted.
			const ownSizes = videoModels.find(({ id }) => id === models[index])?.tokenPixels;
			if (charge?.unit === 'tokens' && adapter.priceList) {
				expect(estimate).toMatchObject({ basis: 'listPrice', currency: 'USD' });
				// A part of a token is none.
				expect((estimate?.tokens ?? 0) - charge.amount).toBeLessThanOrEqual(1);
				expect(estimate?.tokens).toBeGreaterThanOrEqual(charge.amount);
			} else if (charge?.unit === 'tokens') {
				expect(estimate).toMatchObject({ amount: null, tokens: ownSizes ? null : charge.amount, isUpperBound: false });
			}
			if (charge?.unit === 'credits') {
				expect(estimate).toMatchObject({ currency: 'credits', basis: 'livePrice', isUpperBound: true });
				expect(estimate?.amount).toBeGreaterThanOrEqual(charge.amount);
			}
			if (charge?.unit === 'points') {
				const usd = charge.amount / 10_000_000;
				expect(item).toMatchObject({ cost: charge.amount, costUnit: 'points', costInUsd: usd });
				expect(estimate).toMatchObject({ currency: 'USD', basis: 'listPrice', asOf: '2026-11-28' });
				const isTwin = models[index]?.includes('less-restriction') ?? false;
				expect(estimate?.isUpperBound).toBe(isTwin);
				if (!isTwin) expect(estimate?.amount).toBe(usd);
				expect(estimate?.amount).toBeGreaterThanOrEqual(usd);
			}
		}
		expect(lab.simulator.ledger).toHaveLength(models.length);
	});

	it('a price in the credential is what estimates go by, for its model and resolution', async () => {
		await open();
		const model = videoModels[0]?.id ?? '';
		const prices = [
			{ model: '', resolution: '', amount: 9, per: 'video', currency: 'EUR' },
			{ model, resolution: '720p', amount: '0.1', per: 'second', currency: 'eur' },
		];
		const run = { host: hostWithPrices(prices) };
		const [found] = await check({}, run);
		const own = { amount: 0.5, currency: 'EUR', basis: 'yourPrice', isUpperBound: false, seconds: 5 };
		expect(found).toMatchObject({ estimate: own, estimateReason: null });
		expect(lab.callsOf('models.list')).toEqual([]);
		const [item] = await lab.items('seedanceGenerate', { ...video, operation: 'generate' }, run);
		expect(item?.json.estimate).toMatchObject(own);
		const price = { price: { amount: 2, per: 'video', currency: 'USD' } };
		const [overridden] = await check({ options: { price } }, run);
		expect(overridden?.estimate).toMatchObject({ amount: 2, currency: 'USD', basis: 'yourPrice' });
	});

	it.each([
		['no number', { amount: 'much' }, /^Price of price 1 in the .* credential.*much/],
		['empty', { amount: '' }, /^Price of price 1 in the .* credential/],
		['0', { amount: 0 }, /^Price of price 1 in the .* credential must be a number above 0; it is 0/],
		['negative', { amount: -1 }, /^Price of price 1 in the .* credential.*-1/],
		['for a model that nobody has', { amount: 1, model: 'seedance-9' }, /^Model of price 1 in the .* credential.*seedance-9/],
		['for no resolution', { amount: 1, resolution: 'large' }, /^Resolution of price 1 in the .* credential.*large/],
		['in no currency', { amount: 1, currency: '$' }, /^Currency of price 1 in the .* credential.*\$/],
		['per nothing', { amount: 1, per: 'day' }, /^Per of price 1 in the .* credential.*day/],
	])('a price that is %s is refused by its field before anything is paid', async (_what, price, message) => {
		await open();
		const { error } = await lab.run('seedanceGenerate', { ...video, operation: 'generate' }, { host: hostWithPrices([price]) });
		expect(error?.message).toMatch(message);
		expect(lab.simulator.calls.filter(isPaid)).toEqual([]);
	});

	it('Get Balance has one shape, or is not offered', async () => {
		await open();
		const { output, error } = await lab.run('seedanceGenerate', { provider, operation: 'getBalance' }, { items: [{ json: {} }, { json: {} }] });
		if (!adapter.balance) {
			expect(error?.message).toContain(`${displayName} does not offer`);
			return;
		}
		expect(output[0]?.map(({ json }) => json)).toEqual(
			Array.from({ length: 2 }, () => ({
				provider,
				balance: provider === 'piapi' ? 1_000 : 100_000,
				currency: provider === 'piapi' ? 'USD' : 'credits',
				plan: expect.any(String),
				maxConcurrentTasks: provider === 'piapi' ? 20 : null,
			})),
		);
		expect(lab.callsOf('account.get')).toHaveLength(1);
	});
});

describe('PiAPI', () => {
	const provider: ProviderId = 'piapi';
	const generation: INodeParameters = {
		provider,
		operation: 'generate',
		mode: 'textToVideo',
		prompt: 'A lighthouse',
		resolution: '720p',
		durationSeconds: 5,
	};
	const dollarsBilled = () => (lab.simulator.ledger[0]?.charge?.amount ?? NaN) / 10_000_000;
	const estimateOf = (item: JsonObject | undefined) => readEstimate(item?.estimate);

	it.each(['seedance-2', 'seedance-2-fast', 'seedance-2-mini', 'seedance-2.5'])(
		'is estimated to the cent where it asks a tenth more for the less-restriction twin: %s',
		async (model) => {
			await open({ piapi: { lessRestrictionPrice: 'surcharge' } });
			const [item] = await lab.json('seedanceGenerate', { ...generation, model: byId(`${model}-less-restriction`) });
			expect(estimateOf(item)?.amount).toBe(dollarsBilled());
		},
	);

	it.each([
		['full', true],
		['half', false],
	] as const)('is estimated with reference videos in full; where they cost %s, that is exact: %s', async (referenceVideoPrice, isExact) => {
		await open({ piapi: { referenceVideoPrice } });
		const { video } = await sampleFiles();
		const [item] = await lab.items(
			'seedanceGenerate',
			{
				...generation,
				model: byId('seedance-2'),
				mode: 'multimodalReference',
				prompt: 'Like @video1',
				videos: { video: [{ source: 'binary', binaryPropertyName: 'file' }] },
			},
			{ items: [{ json: {}, binary: { file: video } }] },
		);
		const estimate = estimateOf(item?.json);
		expect(estimate).toMatchObject({ amount: 1.6, isUpperBound: true, seconds: 5 });
		if (isExact) expect(estimate?.amount).toBe(dollarsBilled());
		else expect(estimate?.amount).toBeGreaterThan(dollarsBilled());
	});

	it('says what a failed task has cost all the same', async () => {
		await open();
		lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated', keptPercent: 5 } });
		const { error } = await lab.run('seedanceGenerate', { ...generation, model: byId('seedance-2') });
		expect(error?.message).toContain('gave no video');
		expect(error?.description).toContain('PiAPI has charged 0.05 USD for it all the same.');
		const [task] = await lab.json('seedanceGenerate', {
			provider,
			operation: 'getTask',
			taskId: byId(lab.simulator.ledger[0]?.id ?? ''),
			simplify: false,
		});
		expect(task).toMatchObject({ status: 'failed', cost: 500_000, costUnit: 'points', costInUsd: 0.05 });
	});

	it('counts no item without a price that has failed', async () => {
		await open();
		const { run } = await lab.run(
			'seedanceGenerate',
			{ ...generation, model: byId('seedance-2'), prompt: '={{ $itemIndex ? "" : "A cat" }}' },
			{ items: [{ json: {} }, { json: {} }], settings: { onError: 'continueRegularOutput' } },
		);
		const hints = run.data.resultData.runData.Node?.[0]?.hints ?? [];
		expect(hints.map(({ message }) => message)).toContain('Estimated: 1.00 USD for one video by the list price of 2026-11-28.');
	});

	it('sums up the estimates of all items, and what they were billed, in a hint', async () => {
		await open();
		const { run } = await lab.run(
			'seedanceGenerate',
			{ ...generation, model: byId('seedance-2') },
			{ items: [{ json: {} }, { json: {} }, { json: {} }] },
		);
		const hints = run.data.resultData.runData.Node?.[0]?.hints ?? [];
		expect(hints.map(({ message }) => message)).toContain(
			'Estimated: 3.00 USD for 3 videos by the list price of 2026-11-28. Billed: 3.00 USD.',
		);
	});
});
