import type { IDisplayOptions, INodeParameters, INodeProperties, INodePropertyCollection, INodeTypeDescription } from 'n8n-workflow';
import { NodeHelpers } from 'n8n-workflow';
import { Asset } from '../../nodes/Asset/Asset.node';
import { AssetGroup } from '../../nodes/AssetGroup/AssetGroup.node';
import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { byId, Lab, type NodeName, simulatedProviders } from '../support/lab';

/** Values that people, agents and other nodes give through expressions: none is lost on the way to a paid request. */

const nodes: Array<[NodeName, INodeTypeDescription]> = [
	['assetGroup', new AssetGroup().description],
	['asset', new Asset().description],
	['seedanceGenerate', new SeedanceGenerate().description],
];

interface Field {
	node: NodeName;
	operation: string;
	/** As the editor shows it. */
	label: string;
	/** All parameters, with the value in the tested field and valid values in all others. */
	withValue: (value: string) => INodeParameters;
}

/** Values for all other fields, so that only the tested one can be wrong. */
const right: INodeParameters = {
	assetId: byId('asset-1'),
	groupId: byId('group-1'),
	taskId: byId('task-1'),
	draftTaskId: byId('task-1'),
	name: 'a name',
	source: 'url',
	url: 'https://example.com/face.png',
	prompt: 'A cat',
	waitForCompletion: 'inThisNode',
	base64: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUg',
	binaryPropertyName: 'data',
};

/** Fields that count only beside others. */
const needed: Readonly<Record<string, INodeParameters>> = {
	'Asset Group': {
		mode: 'multimodalReference',
		images: { image: [{ source: 'url', url: 'https://example.com/a.png', newAsset: true }] },
	},
};

/** What makes a field visible: the first value that each condition allows. */
function conditionsOf({ displayOptions }: INodeProperties): INodeParameters {
	const shown = Object.entries(displayOptions?.show ?? {}).map(([name, values]) => [name.replace('/', ''), values?.[0]]);
	return Object.fromEntries(shown) as INodeParameters;
}

const readable = ['string', 'options', 'multiOptions', 'number', 'boolean', 'resourceLocator'];

/** The fields of a property: itself, or those inside of it. */
function fieldsIn(property: INodeProperties): Array<{ option?: INodeProperties; label: string; path: (value: string) => INodeParameters; conditions: INodeParameters }> {
	const conditions = conditionsOf(property);
	const { name, displayName, type } = property;
	if (property.noDataExpression) return [];
	if (readable.includes(type)) {
		return [{ label: displayName, path: (value) => ({ [name]: value }), conditions }];
	}
	if (type === 'collection') {
		return (property.options as INodeProperties[]).flatMap((option) =>
			fieldsIn(option).map((field) => ({
				option,
				// Without the providers that have it, which messages do not repeat.
				label: field.label.replace(/ \((?:AnyFast|Alad|PiAPI|Apiframe)\b.*\)$/, ''),
				path: (value) => ({ [name]: field.path(value) }),
				conditions: { ...conditions, ...conditionsOf(option) },
			})),
		);
	}
	if (type !== 'fixedCollection') return [];
	return (property.options as INodePropertyCollection[]).flatMap((group) =>
		group.values.map((inner) => {
			const entry = (value: string) => ({ source: 'url', url: 'https://example.com/a', amount: 1, ...conditionsOf(inner), [inner.name]: value });
			return {
				label: inner.displayName,
				path: (value) => ({ [name]: { [group.name]: property.typeOptions?.multipleValues ? [entry(value)] : entry(value) } }),
				conditions,
			};
		}),
	);
}

/** An option names the fields of the node with a slash. */
function rooted({ displayOptions, ...property }: INodeProperties): INodeProperties {
	const show = Object.entries(displayOptions?.show ?? {}).map(([name, values]) => [name.replace('/', ''), values]);
	return { ...property, displayOptions: { ...displayOptions, show: Object.fromEntries(show) as IDisplayOptions['show'] } };
}

/** Every field in which a value can be given, found in the descriptions of the nodes. */
function allFields(provider: string): Field[] {
	return nodes.flatMap(([node, description]) => {
		const operations = description.properties.filter(
			({ name, displayOptions }) => name === 'operation' && (displayOptions?.show?.provider?.includes(provider) ?? true),
		);
		const operationIds = operations.flatMap(({ options = [] }) => options.flatMap((option) => ('value' in option ? String(option.value) : [])));
		return operationIds.flatMap((operation) =>
			description.properties
				.filter(({ name }) => name !== 'provider' && name !== 'operation')
				.flatMap((property) =>
					fieldsIn(property).flatMap(({ option, label, path, conditions }): Field[] => {
						const base = { mode: 'textToVideo', ...right, ...needed[label], ...conditions, provider, operation };
						const withValue = (value: string) => ({ ...base, ...path(value) });
						const all = NodeHelpers.getNodeParameters(description.properties, base, true, true, null, description) ?? {};
						const isVisible = [property, option ?? property].every((each) =>
							NodeHelpers.displayParameter({ ...all, ...base }, rooted(each), { typeVersion: 1 }, description),
						);
						return isVisible ? [{ node, operation, label, withValue }] : [];
					}),
				),
		);
	});
}

describe.each(simulatedProviders)('%s', (_name, provider, adapter) => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open()));
	afterEach(async () => await lab.close());

	const generate = async (parameters: INodeParameters) =>
		await lab.run('seedanceGenerate', {
			provider,
			operation: 'generate',
			mode: 'textToVideo',
			prompt: 'A cat',
			waitForCompletion: 'dontWait',
			...parameters,
		});
	const sent = () => JSON.stringify(lab.callsOf('tasks.create').map(({ body }) => body));
	/** The list of the models' prices may have been read for the estimate, free of charge. */
	const expectNothingSent = () =>
		expect(lab.simulator.calls.map(({ route }) => route).filter((route) => route !== 'models.list')).toEqual([]);

	it.each(allFields(provider).map((field) => [`${field.node} ${field.operation}: ${field.label}`, field] as const))(
		'%s refuses an object instead of leaving it out',
		async (_field, { node, operation, label, withValue }) => {
			const { error, output } = await lab.run(node, withValue('={{ ({ surprise: 1 }) }}'));
			// Check Video tells of it in its output; Simplify concerns that output, so it is no part of the video.
			const isTold = operation === 'check' && error === undefined;
			const told = isTold ? JSON.stringify(output[0]?.[0]?.json.problems) : error?.message;
			expect(told).toContain(label);
			expect(told).toMatch(isTold ? /(it|entry 1 of 1) is an object with surprise\./ : /(it|entry 1 of 1) is an object with surprise\.$/);
			if (isTold) expect(output[0]?.[0]?.json.isValid).toBe(false);
			else expect(error?.description).toContain('Nothing was paid.');
			expectNothingSent();
		},
	);

	describe('A prompt', () => {
		const frame = { mode: 'firstFrame', firstFrameSource: 'url', firstFrameUrl: 'https://example.com/first.png' };

		it.each([
			['an object', '={{ ({ scene: "A cat", camera: "slow" }) }}', 'an object with scene, camera'],
			['an empty object', '={{ ({}) }}', 'an empty object'],
			['a list', '={{ ["A cat", "A dog"] }}', 'a list of 2'],
			['a boolean', '={{ true }}', 'true'],
			['a number that is none', '={{ 0 / 0 }}', 'NaN'],
		])('that is %s is refused, also where none is needed', async (_what, prompt, given) => {
			const { error } = await generate({ ...frame, prompt });
			expect(error?.message).toBe(`Prompt must be text; it is ${given}.`);
			expect(error?.description).toBe('Choose the part that is text, for example {{ $json.output.prompt }}. Nothing was paid.');
			expectNothingSent();
		});

		it.each([
			['a number', '={{ 5 }}', '"5"'],
			['a date', '={{ new Date(0) }}', '"1970-01-01T00:00:00.000Z"'],
			['a moment of Luxon', '={{ DateTime.fromMillis(0, { zone: "utc" }) }}', '"1970-01-01T00:00:00.000Z"'],
		])('that is %s becomes text', async (_what, prompt, text) => {
			const { error } = await generate({ prompt });
			expect(error).toBeUndefined();
			expect(sent()).toContain(text);
		});
	});

	describe('A choice', () => {
		it.each<[string, NodeName, INodeParameters, string]>([
			['On Timeout', 'seedanceGenerate', { options: { onTimeout: 'returnNothing' } }, 'fail, returnTask'],
			['Images 1 Source', 'seedanceGenerate', { mode: 'multimodalReference', images: { image: [{ source: 'link', url: 'https://example.com/a.png' }] } }, 'url'],
			['First Frame Source', 'seedanceGenerate', { mode: 'firstFrame', firstFrameSource: 'URL', firstFrameUrl: 'https://example.com/a.png' }, 'url'],
			['Media Type', 'asset', { operation: 'create', url: 'https://example.com/a.png', mediaType: 'picture', groupId: 'group-1' }, 'image, video, audio'],
			['Source', 'asset', { operation: 'create', url: 'https://example.com/a.png', source: 'link', groupId: 'group-1' }, 'url'],
		])('in %s that the menu does not have is refused instead of being another one', async (label, node, parameters, allowed) => {
			const { error } = await lab.run(node, {
				provider,
				operation: 'generate',
				mode: 'textToVideo',
				prompt: 'A cat',
				waitForCompletion: 'inThisNode',
				...parameters,
			});
			expect(error?.message).toMatch(new RegExp(`^${label} must be one of `));
			expect(error?.message).toContain(allowed);
			expectNothingSent();
		});
	});

	describe('Yes or no', () => {
		const isAudio = (text: string) => (/"(?:generate_audio|audio)":(true|false)/.exec(text) ?? [])[1];

		it.each([
			...['true', 'TRUE', ' True ', 'yes', 'YES', '1'].map((value) => [JSON.stringify(value), value, 'true']),
			...['false', 'FALSE', 'no', 'No', '0'].map((value) => [JSON.stringify(value), value, 'false']),
			['the number 1', '={{ 1 }}', 'true'],
			['the number 0', '={{ 0 }}', 'false'],
			['true itself', '={{ true }}', 'true'],
		])('can be %s', async (_what, generateAudio = '', wanted) => {
			const { error } = await generate({ settings: { generateAudio } });
			expect(error).toBeUndefined();
			expect(isAudio(sent())).toBe(wanted);
		});

		it.each(['maybe', 'on', '2', '={{ 2 }}', 'yes please'])('cannot be %s', async (generateAudio) => {
			const { error } = await generate({ settings: { generateAudio } });
			expect(error?.message).toMatch(/^Generate Audio must be true or false; it is .*\.$/);
			expectNothingSent();
		});

		it('is read the same way outside of collections', async () => {
			const [item] = await lab.json('seedanceGenerate', {
				provider,
				operation: 'generate',
				mode: 'textToVideo',
				prompt: 'A cat',
				waitForCompletion: 'inThisNode',
				downloadVideo: 'No',
				simplify: 'FALSE',
			});
			expect(item).toHaveProperty('response');
			expect(lab.simulator.storageCalls).toEqual([]);
		});
	});

	describe('A number', () => {
		it.each(['5%', '0x5', '5e0', '5s', '5,0', '٥', '--5', '1_0'])('cannot be %s', async (durationSeconds) => {
			const { error } = await generate({ durationSeconds });
			expect(error?.message).toBe(`Duration (Seconds) must be a number in plain digits, such as 5; it is "${durationSeconds}".`);
			expectNothingSent();
		});

		it.each(['5', ' 5 ', '5.0', '={{ 5 }}'])('can be %s', async (durationSeconds) => {
			const { error } = await generate({ durationSeconds });
			expect(error).toBeUndefined();
			expect(sent()).toMatch(/"duration":5\b/);
		});
	});

	describe('A list of references', () => {
		const list = async (given: string) =>
			await generate({ mode: 'multimodalReference', prompt: '@image1 and @image2', images: { image: [{ source: 'list', list: given }] } });
		const [a, b] = ['https://example.com/a.png', 'https://example.com/b.png'];

		it.each([
			['null in the middle', `={{ ["${a}", null, "${b}"] }}`, 'entry 2 of 3 is empty'],
			['null at the end', `={{ ["${a}", "${b}", null] }}`, 'entry 3 of 3 is empty'],
			['an empty text at the start', `={{ ["", "${a}", "${b}"] }}`, 'entry 1 of 3 is empty'],
			['blanks', `={{ ["${a}", "  ", "${b}"] }}`, 'entry 2 of 3 is empty'],
			['null in JSON', `["${a}", null, "${b}"]`, 'entry 2 of 3 is empty'],
			['an object without an address', `={{ [{ url: "${a}" }, { link: "${b}" }, { url: "${b}" }] }}`, 'entry 2 of 3 is an object with link'],
			['an object whose address is empty', `={{ [{ url: "${a}" }, { url: "" }, { url: "${b}" }] }}`, 'entry 2 of 3 is an object with url'],
			['a boolean', `={{ ["${a}", false, "${b}"] }}`, 'entry 2 of 3 is false'],
			['a list in the list', `={{ ["${a}", ["${b}"]] }}`, 'entry 2 of 2 is a list of 1'],
			['an empty line', `${a}\n\n${b}`, 'entry 2 of 3 is empty'],
			['an empty first line', `\n${a}\n${b}`, 'entry 1 of 3 is empty'],
			['two commas', `${a},,${b}`, 'entry 2 of 3 is empty'],
			['two commas with a blank', `${a}, , ${b}`, 'entry 2 of 3 is empty'],
		])('with %s is refused, as later pictures would move up', async (_what, given, place) => {
			const { error } = await list(given);
			expect(error?.message).toMatch(/^Each entry of Images 1 List must have an address; /);
			expect(error?.message).toContain(place);
			expectNothingSent();
		});

		it.each([
			['one object', `={{ ({ url: "${a}" }) }}`, [a]],
			['an asset whose link is gone', `={{ [{ assetUri: null, url: "${a}" }, { assetUri: "", url: "${b}" }] }}`, [a, b]],
			['commas at the ends of lines', `${a},\n${b},\n`, [a, b]],
			['lines of Windows', `${a}\r\n${b}\r\n`, [a, b]],
		])('can be %s', async (_what, given, urls) => {
			const { error } = await generate({ mode: 'multimodalReference', images: { image: [{ source: 'list', list: given }] } });
			expect(error).toBeUndefined();
			expect(sent().match(/https:\/\/example\.com\/\w+\.png/g)).toEqual(urls);
		});
	});

	describe('An ID', () => {
		const impossible = ['.', '..', 'a/b', '../models', 'a?b', 'a#b', 'a\\b', 'a%2Fb', 'a b', 'a\tb', 'a\u0000b', 'a\u200bb'];

		it.each(impossible)('cannot be %j: it would lead to another place of the API', async (id) => {
			const task = await lab.run('seedanceGenerate', { provider, operation: 'getTask', taskId: id });
			expect(task.error?.message).toMatch(/^Task must be an ID, /);
			expect(task.error?.description).toContain('Nothing was paid.');
			const asset = await lab.run('asset', { provider, operation: 'get', assetId: byId(id) });
			expect(asset.error?.message).toMatch(/^Asset must be an ID, /);
			const cited = await generate({ mode: 'firstFrame', firstFrameSource: 'asset', firstFrameAsset: byId(id) });
			expect(cited.error?.message).toMatch(/^First Frame must be an ID, /);
			const uri = await generate({ mode: 'firstFrame', firstFrameSource: 'url', firstFrameUrl: `asset://${id}` });
			expect(uri.error?.message).toMatch(/^First Frame must be an ID, /);
			if (adapter.assets.delete) {
				const deleted = await lab.run('asset', { provider, operation: 'delete', assetId: id });
				expect(deleted.error?.message).toMatch(/^Asset must be an ID, /);
			}
			expectNothingSent();
		});
	});

	it.each(['constructor', '__proto__'])(
		'a task whose status is %s is running, like all that nobody knows',
		async (status) => {
			lab.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskStatus', status } });
			const { output } = await generate({
				waitForCompletion: 'inThisNode',
				options: { timeoutSeconds: 30, onTimeout: 'returnTask' },
			});
			expect(output[0]?.[0]?.json).toMatchObject({ status: 'running', failureReason: null });
		},
	);
});
