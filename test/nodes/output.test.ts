import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { asTool } from '../../harness/engine/asTool';
import { runNode } from '../../harness/engine/engine';
import { sampleFiles } from '../../harness/media/sampleFiles';
import { operations as assetOperations } from '../../nodes/Asset/actions';
import { Asset } from '../../nodes/Asset/Asset.node';
import { operations as groupOperations } from '../../nodes/AssetGroup/actions';
import { AssetGroup } from '../../nodes/AssetGroup/AssetGroup.node';
import { operations as generateOperations } from '../../nodes/SeedanceGenerate/actions';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { operationsFor } from '../../nodes/shared/node/operation';
import { byId, Lab, type NodeName, simulatedProviders } from '../support/lab';

/** What leaves the nodes: few fields first, all of them on demand, the row that came in, and files with a name. */

/** n8n's guidelines for a simplified output. */
const maxFields = 10;
const prompt = 'A cat plays the piano';

describe.each(simulatedProviders)('%s', (_name, provider, adapter) => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open()));
	afterEach(async () => await lab.close());

	type Options = Parameters<Lab['run']>[2];
	const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
	const place = async (): Promise<INodeParameters> => {
		if (!adapter.assetGroups) return {};
		const [group] = await lab.json('assetGroup', { provider, operation: 'create', name: 'spring' });
		return { groupId: byId(textOf(group?.groupId)) };
	};
	const generation = { provider, operation: 'generate', mode: 'textToVideo', prompt };
	const generate = async (parameters: INodeParameters = {}, options: Options = {}) =>
		await lab.items('seedanceGenerate', { ...generation, ...parameters }, options);
	const submit = async () => byId(textOf((await generate({ waitForCompletion: 'dontWait' }))[0]?.json.taskId));
	const newAsset = async (parameters: INodeParameters = {}, options: Options = {}): Promise<INodeExecutionData[]> => {
		const url = 'https://example.com/face.png';
		return await lab.items('asset', { provider, operation: 'create', source: 'url', url, ...(await place()), ...parameters }, options);
	};

	/** @returns the fields of Finalize Draft, none where there are no drafts */
	const submitDraft = async (): Promise<INodeParameters> => {
		const model = adapter.videoModels.find(({ settings }) => settings?.includes('draft'));
		if (!model) return {};
		const fields = { ...generation, model: byId(model.id), settings: { draft: true }, waitForCompletion: 'dontWait' };
		const [draft] = await lab.json('seedanceGenerate', fields);
		return { draftTaskId: byId(textOf(draft?.taskId)), draftModel: model.id, waitForCompletion: 'inThisNode' };
	};

	/** Runs every operation that the provider offers, each by what it needs. */
	async function runAll(simplify: boolean, run: (node: NodeName, parameters: INodeParameters) => Promise<IDataObject[]>) {
		const given = await place();
		const taskId = await submit();
		const draft = await submitDraft();
		const assetId = byId(textOf((await newAsset())[0]?.json.assetId));
		lab.nowMs += 600_000;
		const needs: Record<string, INodeParameters> = {
			'assetGroup create': { name: 'autumn' },
			'assetGroup update': { ...given, name: 'winter' },
			'asset create': { ...given, source: 'url', url: 'https://example.com/tree.png' },
			'asset update': { assetId, updateFields: { name: 'oak' } },
			'seedanceGenerate finalizeDraft': draft,
			'seedanceGenerate check': { mode: 'textToVideo', prompt },
			'seedanceGenerate generate': { mode: 'textToVideo', prompt, waitForCompletion: 'inThisNode' },
		};
		const offered = [
			...operationsFor(adapter, groupOperations).map(({ option }) => ['assetGroup', option.value] as const),
			...operationsFor(adapter, assetOperations).map(({ option }) => ['asset', option.value] as const),
			...operationsFor(adapter, generateOperations).map(({ option }) => ['seedanceGenerate', option.value] as const),
		].sort(([, one], [, other]) => Number(one === 'delete') - Number(other === 'delete'));
		const byOperation: Record<string, IDataObject> = {};
		for (const [node, operation] of offered) {
			const key = `${node} ${operation}`;
			// One that is still queued.
			const own = operation === 'cancelTask' ? { taskId: await submit() } : needs[key];
			const parameters = { provider, operation, simplify, returnAll: true, taskId, assetId, ...given, ...own };
			byOperation[key] = (await run(node, parameters))[0] ?? {};
		}
		return byOperation;
	}
	const inWorkflow = async (node: NodeName, parameters: INodeParameters) =>
		(await lab.items(node, parameters)).map(({ json }) => json);
	const sizesOf = (outputs: Record<string, IDataObject>) =>
		Object.entries(outputs).map(([operation, json]) => [operation, Object.keys(json).length] as const);

	it('gives at most ten fields of every operation, the most useful first', async () => {
		const outputs = await runAll(true, inWorkflow);
		for (const [operation, size] of sizesOf(outputs)) {
			expect([operation, size <= maxFields && size > 2]).toEqual([operation, true]);
		}
		for (const operation of ['generate', 'getTask', 'waitForTask', 'downloadVideo']) {
			expect(Object.keys(outputs[`seedanceGenerate ${operation}`] ?? {})).toEqual([
				...['provider', 'taskId', 'status', 'videoUrl', 'videoUrlExpiresAt', 'lastFrameUrl'],
				// The estimate has the length, too.
				operation === 'generate' ? 'estimate' : 'durationSeconds',
				...['cost', 'failureReason', 'failureMessage'],
			]);
		}
		for (const operation of operationsFor(adapter, assetOperations).filter(({ option }) => option.value !== 'delete')) {
			expect(Object.keys(outputs[`asset ${operation.option.value}`] ?? {})).toEqual([
				...['provider', 'assetId', 'assetUri', 'name', 'mediaType', 'status', 'groupId', 'url', 'expiresAt', 'failureMessage'],
			]);
		}
	});

	it('gives a model no more than that', async () => {
		const types = { assetGroup: new AssetGroup(), asset: new Asset(), seedanceGenerate: new SeedanceGenerate() };
		const outputs = await runAll(true, async (node, parameters) => {
			const offered = { assetGroup: groupOperations, asset: assetOperations, seedanceGenerate: generateOperations }[node];
			if (!offered.some(({ option, toolDescription }) => option.value === parameters.operation && toolDescription)) return [];
			const host = lab.host({ nodeTypes: [asTool(types[node])] });
			const type = `n8n-nodes-seedance.${node}Tool`;
			const { output, error } = await lab.inVirtualTime(async () => await runNode(host, type, { parameters }));
			if (error) throw error;
			return (output[0] ?? []).map(({ json }) => json);
		});
		for (const [operation, size] of sizesOf(outputs)) {
			expect([operation, size <= maxFields]).toEqual([operation, true]);
		}
		expect(outputs['seedanceGenerate getTask']).toMatchObject({ status: 'succeeded', videoUrl: expect.any(String) });
	});

	it('gives everything it knows without Simplify, the same fields first', async () => {
		const [simple, full] = [await runAll(true, inWorkflow), await runAll(false, inWorkflow)];
		for (const operation of ['seedanceGenerate generate', 'seedanceGenerate getTask', 'asset get', 'asset create']) {
			const names = Object.keys(full[operation] ?? {});
			expect(names.slice(0, maxFields)).toEqual(Object.keys(simple[operation] ?? {}));
			expect(names).toEqual(expect.arrayContaining(['failureReason', 'failureCode', 'createdAt']));
		}
		expect(full['seedanceGenerate generate']).toMatchObject({
			prompt,
			model: expect.any(String),
			response: expect.any(Object),
		});
		// Of a task that another node has started only the provider can know the prompt.
		expect([prompt, null]).toContain(full['seedanceGenerate getTask']?.prompt);
	});

	describe('with Include Input Fields', () => {
		const options = { includeInputFields: true };
		const rows = [
			{ json: { title: 'One', row: 2, status: 'open' } },
			{ json: { title: 'Two', row: 3, status: 'open' } },
		];

		it.each(['inThisNode', 'dontWait'])('carries each row along, %s', async (waitForCompletion) => {
			const items = await generate({ waitForCompletion, downloadVideo: false, options }, { items: rows });
			const status = waitForCompletion === 'dontWait' ? 'queued' : 'succeeded';
			expect(items.map(({ json }) => [json.title, json.row, json.status])).toEqual([
				['One', 2, status],
				['Two', 3, status],
			]);
			expect(new Set(items.map(({ json }) => json.taskId)).size).toBe(2);
		});

		it('carries nothing without the option', async () => {
			const items = await generate({ downloadVideo: false }, { items: rows });
			for (const { json } of items) expect(json).not.toHaveProperty('title');
		});

		it('carries the first row if all items are used together', async () => {
			const together = { ...options, useAllItems: true };
			const [item, ...more] = await generate({ downloadVideo: false, options: together }, { items: rows });
			expect(more).toEqual([]);
			expect(item).toMatchObject({ json: { title: 'One', row: 2 }, pairedItem: [{ item: 0 }, { item: 1 }] });
		});

		it('carries no file of the input', async () => {
			const { image } = await sampleFiles();
			const [item] = await generate({ options }, { items: [{ ...rows[0]!, binary: { photo: image, data: image } }] });
			expect(Object.keys(item?.binary ?? {})).toEqual(['data']);
			expect(item?.binary?.data?.mimeType).toBe('video/mp4');
		});

		it.each(['getTask', 'waitForTask', 'downloadVideo'])('works for %s', async (operation) => {
			const taskId = await submit();
			lab.nowMs += 600_000;
			const parameters = { provider, operation, taskId, options };
			const [json] = await lab.json('seedanceGenerate', parameters, { items: [rows[0]!] });
			expect(json).toMatchObject({ title: 'One', taskId: taskId.value, status: 'succeeded' });
		});

		it('works for assets', async () => {
			const [created] = await newAsset({ options }, { items: [rows[0]!] });
			expect(created?.json).toMatchObject({ title: 'One', status: 'active' });
			const assetId = byId(textOf(created?.json.assetId));
			const parameters = { provider, operation: 'waitUntilActive', assetId, options };
			expect(await lab.json('asset', parameters, { items: [rows[1]!] })).toMatchObject([{ title: 'Two', status: 'active' }]);
		});

		it('carries the row of an item that fails, where n8n does not do that itself', async () => {
			const failing = { ...generation, prompt: '={{ $json.row === 3 ? "" : "A cat" }}', downloadVideo: false, options };
			for (const onError of ['continueRegularOutput', 'continueErrorOutput'] as const) {
				const { output } = await lab.run('seedanceGenerate', failing, { items: rows, settings: { onError } });
				const [good, bad] = output.flat();
				expect(good?.json).toMatchObject({ title: 'One', status: 'succeeded' });
				expect(bad?.json).toMatchObject({ title: 'Two', row: 3, error: expect.stringContaining('Prompt') });
			}
		});

		it('lets no row pass for a failure or a sample', async () => {
			const row = { title: 'One', error: 'The row has an error', isTest: true, details: { reason: 'unsure' } };
			const failing = { ...generation, prompt: '={{ $json.good ? "A cat" : "" }}', downloadVideo: false, options };
			const items = [{ json: { ...row, good: true } }, { json: row }];
			const { output } = await lab.run('seedanceGenerate', failing, { items, settings: { onError: 'continueRegularOutput' } });
			const [good, bad] = output[0] ?? [];
			expect(good?.json).toMatchObject({ title: 'One', status: 'succeeded' });
			expect(good?.json).not.toHaveProperty('error');
			expect(good?.json).not.toHaveProperty('isTest');
			expect(bad?.json).toMatchObject({ title: 'One', error: expect.stringContaining('Prompt'), details: { reason: 'input' } });
			expect(bad?.json).not.toHaveProperty('isTest');
		});

		it('refuses a value that is none, by the name of the option', async () => {
			const { error } = await lab.run('seedanceGenerate', { ...generation, options: { includeInputFields: 'perhaps' } });
			expect(error?.message).toContain('Include Input Fields');
			expect(lab.paid()).toEqual([]);
		});

		it('is no option of a tool', async () => {
			const host = lab.host({ nodeTypes: [asTool(new SeedanceGenerate())] });
			const { output } = await lab.inVirtualTime(
				async () =>
					await runNode(host, 'n8n-nodes-seedance.seedanceGenerateTool', {
						parameters: { ...generation, options },
						items: [rows[0]!],
					}),
			);
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'queued' });
			expect(output[0]?.[0]?.json).not.toHaveProperty('title');
		});
	});

	describe('names the file of a video', () => {
		const hasLastFrame = adapter.video.settings.includes('returnLastFrame');
		const settings = hasLastFrame ? { returnLastFrame: true } : {};
		const namesOf = (items: INodeExecutionData[]) =>
			items.map(({ binary = {} }) => Object.values(binary).map(({ fileName }) => fileName));

		it('by its prompt, and differently for the same prompt', async () => {
			const names = namesOf(await generate({ settings }, { items: [{ json: {} }, { json: {} }] }));
			const [first] = names;
			expect(first?.[0]).toMatch(/^a-cat-plays-the-piano-\w{6}\.mp4$/);
			if (hasLastFrame) expect(first?.[1]).toMatch(/^a-cat-plays-the-piano-\w{6}-last-frame\.png$/);
			expect(new Set(names.flat()).size).toBe(hasLastFrame ? 4 : 2);
		});

		it.each([
			['={{ $json.title }}', 'Ça va? – 第1話', 'Ça va_ – 第1話.mp4'],
			['={{ $json.title }}', 'clip.mp4', 'clip.mp4'],
			['={{ $json.title }}', '../etc/passwd', '_etc_passwd.mp4'],
		])('by File Name: %s with %j', async (fileName, title, expected) => {
			const [names] = namesOf(await generate({ options: { fileName } }, { items: [{ json: { title } }] }));
			expect(names).toEqual([expected]);
		});

		it.each(['waitForTask', 'downloadVideo'])('in %s too, by the prompt if the provider tells it', async (operation) => {
			const taskId = await submit();
			lab.nowMs += 600_000;
			const parameters = { provider, operation, taskId, downloadVideo: true };
			const tells = (await lab.json('seedanceGenerate', { provider, operation: 'getTask', taskId, simplify: false }))[0]?.prompt;
			const [[name] = []] = namesOf(await lab.items('seedanceGenerate', parameters));
			expect(name).toMatch(tells ? /^a-cat-plays-the-piano-\w{6}\.mp4$/ : new RegExp(`^${taskId.value}\\.mp4$`));
			const options = { fileName: 'Finale' };
			expect(namesOf(await lab.items('seedanceGenerate', { ...parameters, options }))).toEqual([['Finale.mp4']]);
		});
	});
});
