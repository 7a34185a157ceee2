import type { INodeParameters, INodeProperties } from 'n8n-workflow';
import { Asset } from '../../nodes/Asset/Asset.node';
import { AssetGroup } from '../../nodes/AssetGroup/AssetGroup.node';
import { byId, Lab, type NodeName, simulatedProviders } from '../support/lab';

/** What the editor says above the output of a run, and in the fields where money is spent. */

let lab: Lab;
beforeEach(async () => (lab = await Lab.open()));
afterEach(async () => await lab.close());

async function hintsOf(node: NodeName, parameters: INodeParameters, options?: Parameters<Lab['run']>[2]) {
	const { run, output, error } = await lab.run(node, parameters, options);
	if (error) throw error;
	const hints = run.data.resultData.runData.Node?.[0]?.hints ?? [];
	// What a run costs is told in `cost.test.ts`.
	return { hints: hints.filter(({ message }) => !message.startsWith('Estimated: ')), items: output[0] ?? [] };
}

describe.each(simulatedProviders)('%s', (_name, provider, { assetGroups, billsAssets, displayName }) => {
	const generation = { provider, operation: 'generate', mode: 'textToVideo', prompt: 'A lighthouse' };
	const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
	const minute = (time: unknown) => `${textOf(time).slice(0, 16).replace('T', ' ')} UTC`;

	it('tells how long a link works, once for all items, if the video was not downloaded', async () => {
		const { hints, items } = await hintsOf(
			'seedanceGenerate',
			{ ...generation, downloadVideo: false },
			{ items: [{ json: {} }, { json: {} }] },
		);
		const [first] = items.map(({ json }) => textOf(json.videoUrlExpiresAt)).sort();
		expect(hints).toEqual([
			{
				type: 'info',
				message: `The first of these links works until ${minute(first)}. Later, Download Video fetches a fresh one by the task ID.`,
			},
		]);

		const taskId = byId(textOf(items[0]?.json.taskId));
		for (const operation of ['getTask', 'waitForTask']) {
			const again = await hintsOf('seedanceGenerate', { provider, operation, taskId, downloadVideo: false });
			expect(again.hints).toEqual([
				expect.objectContaining({ message: expect.stringMatching(/^The link to the video works until 2026-/) }),
			]);
		}
	});

	it('says nothing of links when the video was downloaded, or is not there yet', async () => {
		expect((await hintsOf('seedanceGenerate', generation)).hints).toEqual([]);
		expect((await hintsOf('seedanceGenerate', { ...generation, waitForCompletion: 'dontWait' })).hints).toEqual([]);
	});

	/** Where a new asset goes: nowhere special, if the provider has no groups. */
	const place = async (): Promise<INodeParameters> => {
		if (!assetGroups) return {};
		const [group] = await lab.json('assetGroup', { provider, operation: 'create', name: 'spring' });
		return { groupId: byId(textOf(group?.groupId)) };
	};

	const noticesOf = (properties: INodeProperties[]) =>
		properties.filter(
			({ type, displayOptions }) => type === 'notice' && displayOptions?.show?.['/provider']?.includes(provider),
		);

	it('has a notice where a new asset or group is billed, and nowhere else', async () => {
		const given = await place();
		const billedForGroups = lab.paid().length > 0;
		await lab.json('asset', { provider, operation: 'create', source: 'url', url: 'https://example.com/face.png', ...given });
		expect([lab.paid().length > 0, billedForGroups]).toEqual([billsAssets === true, billsAssets === true]);
		expect(noticesOf(new Asset().description.properties)).toHaveLength(billsAssets ? 1 : 0);
		expect(noticesOf(new AssetGroup().description.properties)).toHaveLength(billsAssets ? 1 : 0);
	});

	it('tells when assets are deleted that nothing uses, if that is so', async () => {
		const create = { provider, operation: 'create', source: 'url', url: 'https://example.com/face.png', name: '={{ $json.name }}' };
		const given = { ...create, ...(await place()) };
		const { hints, items } = await hintsOf('asset', given, { items: [{ json: { name: 'face' } }, { json: { name: 'hat' } }] });
		const [first, last] = items.map(({ json }) => json);
		const end = first?.expiresAt;
		const message = `${displayName} deletes assets that nothing uses: "face" at ${minute(end)}, then 1 more of these.`;
		expect(hints).toEqual(end ? [{ type: 'info', message }] : []);

		const get = { provider, operation: 'get', assetId: byId(textOf(last?.assetId)) };
		expect((await hintsOf('asset', get)).hints).toEqual(
			end ? [{ type: 'info', message: expect.stringMatching(/: "hat" at 2026-04-30 \d\d:\d\d UTC\.$/) }] : [],
		);
	});
});
