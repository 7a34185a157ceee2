import type { INodeParameters } from 'n8n-workflow';
import { byId, Lab, simulatedProviders } from '../support/lab';

/** How long the checks of many items delay the first paid request, with a provider of high latency. */
describe.each(simulatedProviders)('%s', (_name, provider, adapter) => {
	const { assets, assetGroups } = adapter;
	const latencySeconds = 0.3;
	const itemCount = 100;
	const items = Array.from({ length: itemCount }, () => ({ json: {} }));
	let lab: Lab;

	beforeEach(async () => (lab = await Lab.open({ latencySeconds, piapi: { plan: 'enterprise', maxTasks: itemCount } })));
	afterEach(async () => await lab.close());

	/** @returns the IDs of so many Active assets */
	const upload = async (count: number) => {
		const [group] = assetGroups ? await lab.json('assetGroup', { provider, operation: 'create', name: 'g' }) : [];
		const created = await lab.json(
			'asset',
			{
				provider,
				operation: 'create',
				source: 'url',
				url: '=https://example.com/face{{ $itemIndex }}.png',
				...(group && { groupId: byId(String(group.groupId)) }),
				waitUntilActive: false,
			},
			{ items: Array.from({ length: count }, () => ({ json: {} })) },
		);
		lab.nowMs += 60_000;
		return created.map(({ assetId }) => String(assetId));
	};
	/** Each item cites three of them, one item after the other. */
	const citeThree = async (assetIds: readonly string[], parameters: INodeParameters = {}) => {
		const known = JSON.stringify(assetIds);
		const from = lab.simulator.calls.length;
		const startMs = lab.nowMs;
		const image = [0, 1, 2].map((place) => ({
			source: 'asset',
			asset: byId(`={{ ${known}[($itemIndex * 3 + ${place}) % ${assetIds.length}] }}`),
		}));
		const { error } = await lab.run(
			'seedanceGenerate',
			{
				provider,
				operation: 'generate',
				mode: 'multimodalReference',
				prompt: 'They dance',
				images: { image },
				waitForCompletion: 'dontWait',
				...parameters,
			},
			{ items },
		);
		const calls = lab.simulator.calls.slice(from);
		const firstPaid = calls.findIndex(({ route }) => route === 'tasks.create');
		return {
			error,
			reads: calls.filter(({ route }) => route === 'assets.get' || route === 'assets.list'),
			readsAfterPaying: calls.slice(Math.max(0, firstPaid)).filter(({ route }) => route?.startsWith('assets.')),
			paid: calls.filter(({ route }) => route === 'tasks.create').length,
			secondsBefore: ((calls[firstPaid]?.atMs ?? Infinity) - startMs) / 1000,
		};
	};

	it('reads the same three assets once for 100 items', async () => {
		const run = await citeThree(await upload(3));
		expect(run.error).toBeUndefined();
		expect(run.paid).toBe(itemCount);
		expect(run.reads.length).toBeLessThanOrEqual(3);
		expect(run.secondsBefore).toBeCloseTo(latencySeconds);
	});

	it('reads 300 assets of 100 items within 2 s, all before the first one is paid', async () => {
		const run = await citeThree(await upload(300));
		expect(run.error).toBeUndefined();
		expect(run.paid).toBe(itemCount);
		expect(run.readsAfterPaying).toEqual([]);
		expect(run.secondsBefore).toBeLessThan(2);
		// By page where there are pages.
		expect(run.reads.length).toBeLessThanOrEqual(assets.list ? 4 : 300);
	});

	if (!assets.list) {
		it('reads ten at a time once the provider has said that these are too many', async () => {
			const assetIds = await upload(300);
			const retryAfterSeconds = 5;
			lab.simulator.faults.add({ route: 'assets.get', skip: 60, effect: { kind: 'status', statusCode: 429, retryAfterSeconds } });
			const run = await citeThree(assetIds);
			expect(run.error).toBeUndefined();
			expect(run.paid).toBe(itemCount);
			const rounds = new Map<number, number>();
			for (const { atMs } of run.reads) rounds.set(atMs, (rounds.get(atMs) ?? 0) + 1);
			const refused = run.reads.find(({ statusCode }) => statusCode === 429);
			const isLater = ([atMs]: [number, number]) => atMs > (refused?.atMs ?? Infinity);
			const sizes = (later: boolean) => [...rounds].filter((round) => isLater(round) === later).map(([, size]) => size);
			expect(sizes(false)).toEqual([50, 50]);
			expect(sizes(true)).toHaveLength(21);
			expect(Math.max(...sizes(true))).toBe(10);
		});
	}

	it('tells of the items whose asset is unknown, the first one first, and pays nothing', async () => {
		const known = await upload(12);
		const run = await citeThree([...known.slice(0, 7), 'asset-none', ...known.slice(7), 'asset-nil']);
		expect(run.error?.message).toMatch(/^\d+ of 100 items need a change\.$/);
		expect(run.error?.description).toMatch(/^• Items 2, [\d, ]+.*: The asset asset-none \(Images 2\) is not known to this API key\./);
		expect(run.error?.description).toContain('The asset asset-nil (');
		expect(run.paid).toBe(0);
	});
});
