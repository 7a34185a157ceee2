import type { INode, INodeParameters, INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import {
	isExpression,
	isINodeProperties,
	isINodePropertyCollection,
	isINodePropertyOptions,
	jsonParse,
	NodeHelpers,
} from 'n8n-workflow';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Asset } from '../nodes/Asset/Asset.node';
import { AssetGroup } from '../nodes/AssetGroup/AssetGroup.node';
import { SeedanceGenerate } from '../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { hasOneProvider, loadExample } from '../scripts/demo/example';
import { stockNodes } from '../scripts/demo/stockNodes';
import type { Effect } from '../simulator/types';
import { manualTrigger, outputOf, runWorkflow, type WorkflowJson } from './support/engine';
import { Lab, simulatedProviders } from './support/lab';
import { probe, sampleFiles } from './support/media';
import { runInVirtualTime } from './support/virtualTime';

const folder = path.join(__dirname, '../examples');
const ownNodes = [new AssetGroup(), new Asset(), new SeedanceGenerate()];
const descriptions = new Map<string, INodeTypeDescription>([
	...[manualTrigger, ...stockNodes].map(
		({ description }) => [description.name, description] as const,
	),
	...ownNodes.map(
		({ description }) => [`n8n-nodes-seedance.${description.name}`, description] as const,
	),
]);

const examples = readdirSync(folder).map((file) => {
	const text = readFileSync(path.join(folder, file), 'utf8');
	return { file, text, workflow: jsonParse<WorkflowJson>(text) };
});

const nodes = examples.flatMap(({ file, workflow }) =>
	workflow.nodes.map((node) => ({ file, name: node.name, node })),
);
const seedanceNodes = nodes.filter(({ node }) => node.type.startsWith('n8n-nodes-seedance.'));

it('finds the examples', () => {
	expect(examples.map(({ file }) => file)).toEqual([
		'01-assets-and-multimodal-video.json',
		'02-text-to-video.json',
		'06-fallback-between-providers.json',
	]);
});

describe.each(nodes)('$file, node $name', ({ node }) => {
	it('is of a type and version that exists', () => {
		expect([descriptionOf(node).version].flat()).toContain(node.typeVersion);
	});

	it('has only fields that exist, are shown and hold an allowed value', () => {
		expect(problemsOf(node, descriptionOf(node))).toEqual([]);
	});

	it('has every field that is required', () => {
		const description = descriptionOf(node);
		const complete = { ...node, parameters: withDefaults(node, description) };
		expect(
			NodeHelpers.getNodeParametersIssues(description.properties, complete, description),
		).toBeNull();
	});
});

describe.each(seedanceNodes)('$file, node $name', ({ node }) => {
	it('has the credential of its provider and no other', () => {
		const description = descriptionOf(node);
		const parameters = withDefaults(node, description);
		const slots = (description.credentials ?? []).filter((slot) =>
			NodeHelpers.displayParameter(parameters, slot, node, description),
		);
		expect(Object.keys(node.credentials ?? {})).toEqual(slots.map(({ name }) => name));
	});
});

describe.each(examples)('$file', ({ text, workflow }) => {
	it('connects nodes that exist, and all but the notes', () => {
		const names = workflow.nodes
			.filter(({ type }) => type !== 'n8n-nodes-base.stickyNote')
			.map(({ name }) => name);
		const ends = Object.entries(workflow.connections).flatMap(([source, { main = [] }]) => [
			source,
			...main.flatMap((targets) => (targets ?? []).map(({ node }) => node)),
		]);
		expect(new Set(ends)).toEqual(new Set(names));
	});

	it('refers in its expressions to nodes that exist', () => {
		const names = workflow.nodes.map(({ name }) => name);
		const cited = [...text.matchAll(/\$\('([^']+)'\)/g)].map(([, name]) => name);
		expect(names).toEqual(expect.arrayContaining(cited));
	});

	it('gives each node its own ID and name', () => {
		const { length } = workflow.nodes;
		expect(new Set(workflow.nodes.map(({ id }) => id)).size).toBe(length);
		expect(new Set(workflow.nodes.map(({ name }) => name)).size).toBe(length);
	});

	it('has a note that says what to fill in and what is paid', () => {
		const notes = workflow.nodes.filter(({ type }) => type === 'n8n-nodes-base.stickyNote');
		expect(JSON.stringify(notes)).toMatch(/credential.*pays for one generation/);
	});

	it('holds no key and no credential of a real account', () => {
		expect(text).not.toMatch(/\bsk-|bearer|api.?key/i);
		const ids = workflow.nodes
			.flatMap(({ credentials = {} }) => Object.values(credentials))
			.map(({ id }) => id);
		expect(ids.filter((id) => id !== null)).toEqual([]);
	});
});

describe.each(simulatedProviders)('with %s', (_name, provider) => {
	let lab: Lab;
	let folder: string;

	beforeAll(async () => {
		folder = await mkdtemp(path.join(tmpdir(), 'examples-'));
		await mkdir(path.join(folder, 'seedance'));
		for (const { fileName = '', data } of Object.values(await sampleFiles())) {
			await writeFile(path.join(folder, 'seedance', fileName), data, 'base64');
		}
		lab = await Lab.open();
	});

	afterAll(async () => {
		await lab.close();
		await rm(folder, { recursive: true, force: true });
	});

	it.each(examples.filter(({ workflow }) => hasOneProvider(workflow)))(
		'$file runs on n8n, pays for one generation and leaves a video',
		async ({ file }) => {
			const workflow = await loadExample(file, {
				provider,
				folder,
				pollingIntervalSeconds: 15,
			});
			const { nodeTypes, ...host } = lab.host();
			const paidBefore = lab.paid('generation').length;
			const run = await runInVirtualTime(
				async () =>
					await runWorkflow(
						{ ...host, nodeTypes: [...nodeTypes, ...stockNodes] },
						workflow,
					),
			);
			expect(run.data.resultData.error).toBeUndefined();
			expect(lab.paid('generation')).toHaveLength(paidBefore + 1);

			const [[saved] = []] = outputOf(run, 'Save Video');
			const video = await probe(await readFile(saved?.json.fileName as string));
			expect(video).toMatchObject({
				durationSeconds: 5,
				video: { codec: 'h264' },
				audio: { codec: 'aac' },
			});
		},
		60_000,
	);
});

describe('06-fallback-between-providers.json', () => {
	const [firstChoice, secondChoice] = ['Generate with First Choice', 'Generate with Second Choice'];
	let lab: Lab;
	let folder: string;

	beforeEach(async () => {
		folder = await mkdtemp(path.join(tmpdir(), 'examples-'));
		lab = await Lab.open();
	});

	afterEach(async () => {
		await lab.close();
		await rm(folder, { recursive: true, force: true });
	});

	async function runExample(effect?: Effect) {
		if (effect) lab.simulator.faults.add({ route: 'tasks.create', provider: 'anyfast', effect });
		const workflow = await loadExample('06-fallback-between-providers.json', {
			provider: 'anyfast',
			folder,
			pollingIntervalSeconds: 15,
		});
		const { nodeTypes, ...host } = lab.host();
		const run = await runInVirtualTime(
			async () => await runWorkflow({ ...host, nodeTypes: [...nodeTypes, ...stockNodes] }, workflow),
		);
		expect(run.data.resultData.error).toBeUndefined();
		return run;
	}

	const submittedTo = () => lab.callsOf('tasks.create').map(({ provider }) => provider);
	const paidAt = () => lab.paid('generation').map(({ provider }) => provider);

	it('does not call the second provider when the first one makes the video', async () => {
		const run = await runExample();
		expect(submittedTo()).toEqual(['anyfast']);
		expect(paidAt()).toEqual(['anyfast']);
		expect(outputOf(run, 'Save Video')[0]).toHaveLength(1);
	});

	it.each<[string, string, Effect]>([
		['no balance', 'quota', { kind: 'status', statusCode: 402 }],
		['a wrong key', 'authentication', { kind: 'status', statusCode: 401 }],
		[
			'no free channel',
			'permission',
			{
				kind: 'status',
				statusCode: 503,
				body: { error: { code: 'model_not_found', message: 'No available channel for model seedance' } },
			},
		],
	])('sends the same input to the second provider after %s', async (_what, reason, effect) => {
		const run = await runExample(effect);
		const [[refused] = []] = outputOf(run, 'Nothing Started?');
		expect(refused?.json.details).toMatchObject({ provider: 'anyfast', reason });
		expect(submittedTo()).toEqual(['anyfast', 'piapi']);
		expect(paidAt()).toEqual(['piapi']);

		const [settings] = (outputOf(run, 'Settings')[0] ?? []).map(({ json }) => json);
		const [, sent] = lab.callsOf('tasks.create');
		expect(sent?.body).toMatchObject({
			input: {
				prompt: settings?.prompt,
				image_urls: [settings?.imageUrl],
				resolution: settings?.resolution,
				aspect_ratio: settings?.ratio,
				duration: settings?.durationSeconds,
			},
		});
		const [[saved] = []] = outputOf(run, 'Save Video');
		expect(await probe(await readFile(saved?.json.fileName as string))).toMatchObject({
			durationSeconds: settings?.durationSeconds,
			video: { codec: 'h264' },
		});
	});

	it.each<[string, Effect, object, RegExp]>([
		[
			'a request that may have been accepted',
			{ kind: 'reset', afterAcceptance: true },
			{ reason: 'unsure' },
			/may have been accepted and paid/,
		],
		[
			'a server error that says nothing',
			{ kind: 'status', statusCode: 503 },
			{ reason: 'unsure' },
			/may have been accepted and paid/,
		],
		[
			'a task that was accepted and failed',
			{ kind: 'taskFails' },
			{ taskId: expect.stringMatching(/^asyntask_/) },
			/^Task asyntask_\w+ was accepted/,
		],
	])('keeps %s away from the second provider and says so', async (_what, effect, details, note) => {
		const run = await runExample(effect);
		expect(submittedTo()).toEqual(['anyfast']);
		expect(outputOf(run, secondChoice)).toEqual([]);
		expect(outputOf(run, firstChoice)[1]).toHaveLength(1);
		const items = (outputOf(run, 'Look First')[0] ?? []).map(({ json }) => json);
		expect(items).toMatchObject([
			{
				error: expect.stringContaining('AnyFast'),
				details: expect.objectContaining(details),
				notSentElsewhere: expect.stringMatching(note),
			},
		]);
	});
});

describe('the check itself', () => {
	const generate = { provider: 'anyfast', operation: 'generate', mode: 'multimodalReference' };

	it.each<[string, INodeParameters, string]>([
		['a field that does not exist', { ...generate, promt: 'x' }, 'promt does not exist'],
		['a field of another operation', { ...generate, taskId: 'x' }, 'taskId is not shown'],
		['an unknown option', { ...generate, mode: 'magic' }, 'mode cannot be "magic"'],
		[
			'a wrong type',
			{ ...generate, simplify: 'yes' },
			'simplify is no boolean',
		],
		['a wrong locator', { ...generate, model: 'seedance' }, 'model is no resource locator'],
		[
			'a setting of another mode',
			{ ...generate, settings: { webSearch: true } },
			'settings.webSearch is not shown',
		],
		['a wrong list', { ...generate, images: { picture: [] } }, 'images.picture does not exist'],
		[
			'an option deep in a list',
			{ ...generate, images: { image: [{}, { source: 'disk' }] } },
			'images.image.1.source cannot be "disk"',
		],
		[
			'a field deep in a list',
			{ ...generate, images: { image: [{ source: 'asset', url: '' }] } },
			'images.image.0.url is not shown',
		],
	])('finds %s', (_what, parameters, problem) => {
		const { description } = new SeedanceGenerate();
		expect(problemsOf({ ...nodes[0]!.node, parameters }, description)).toContain(problem);
	});
});

function descriptionOf({ type }: INode): INodeTypeDescription {
	const description = descriptions.get(type);
	if (!description) throw new Error(`Unknown node type ${type}`);
	return description;
}

function withDefaults(node: INode, description: INodeTypeDescription): INodeParameters {
	const { properties } = description;
	return (
		NodeHelpers.getNodeParameters(
			properties,
			node.parameters,
			true,
			false,
			node,
			description,
		) ?? {}
	);
}

/** What is wrong with the stored fields of a node, as the editor would show them: by path. */
function problemsOf(node: INode, description: INodeTypeDescription): string[] {
	const root = withDefaults(node, description);
	return problemsOfFields('', node.parameters, root, description.properties);

	/** @param filled the values with their defaults, which decide what is shown */
	function problemsOfFields(
		parent: string,
		values: object,
		filled: INodeParameters,
		properties: INodeProperties[],
	): string[] {
		return Object.entries(values).flatMap(([name, value]: [string, unknown]) => {
			const field = `${parent}${name}`;
			const named = properties.filter((property) => property.name === name);
			if (named.length === 0) return [`${field} does not exist`];
			const property = named.find((candidate) => {
				return NodeHelpers.displayParameter(filled, candidate, node, description, root);
			});
			return property ? problemsOfValue(field, value, property) : [`${field} is not shown`];
		});
	}

	function problemsOfValue(
		field: string,
		value: unknown,
		{ type, options = [], modes = [] }: INodeProperties,
	): string[] {
		if (isExpression(value)) return [];
		const members = Object(value) as INodeParameters;
		switch (type) {
			case 'options': {
				const isAllowed = options
					.filter(isINodePropertyOptions)
					.some((option) => option.value === value);
				return isAllowed ? [] : [`${field} cannot be ${JSON.stringify(value)}`];
			}
			case 'collection':
				return problemsOfFields(
					`${field}.`,
					members,
					members,
					options.filter(isINodeProperties),
				);
			case 'fixedCollection':
				return Object.entries(members).flatMap(([name, entries]) => {
					const list = options
						.filter(isINodePropertyCollection)
						.find((option) => option.name === name);
					if (!list) return [`${field}.${name} does not exist`];
					return [entries].flat().flatMap((entry, index) => {
						const values = Object(entry) as INodeParameters;
						const filled = NodeHelpers.getNodeParameters(
							list.values,
							values,
							true,
							true,
							node,
							description,
						);
						return problemsOfFields(
							`${field}.${name}.${index}.`,
							values,
							filled ?? {},
							list.values,
						);
					});
				});
			case 'resourceLocator': {
				const isLocator =
					members.__rl === true && modes.some(({ name }) => name === members.mode);
				return isLocator ? [] : [`${field} is no resource locator`];
			}
			case 'boolean':
			case 'number':
			case 'string':
				return typeof value === type ? [] : [`${field} is no ${type}`];
			default:
				return [];
		}
	}
}
