import type {
	IDisplayOptions,
	INodeCredentialDescription,
	INodeProperties,
} from 'n8n-workflow';
import { providers } from '../providers';
import type { ProviderAdapter } from '../providers/adapter';
import type { LocalOperation, Operation } from './operation';
import { operationsFor, providersOf } from './operation';

/** Part of an expression that gives the name of the chosen provider, for subtitles. */
export const providerNameInExpression = `(${JSON.stringify(
	Object.fromEntries(providers.map(({ id, displayName }) => [id, displayName])),
)})[$parameter["provider"]]`;

/** The subtitle of a node on the canvas, by which nodes of a kind are told apart, e.g. "Get Task · AnyFast". */
export function operationSubtitle(operations: readonly Operation[]): string {
	return `={{ ${nameInExpression(operations)} + " · " + ${providerNameInExpression} }}`;
}

/** The same for a node without a provider, e.g. "Join Shots". */
export const localSubtitle = (operations: readonly LocalOperation[]) => `={{ ${nameInExpression(operations)} }}`;

function nameInExpression(operations: ReadonlyArray<Pick<LocalOperation, 'option' | 'subtitle'>>): string {
	const names = operations.map(({ option, subtitle }) => `${JSON.stringify(option.value)}: ${subtitle ?? JSON.stringify(option.name)}`);
	return `({ ${names.join(', ')} })[$parameter["operation"]]`;
}

/** One credential slot for each provider that the node supports, shown when that provider is chosen. */
export function credentialSlots(operations: readonly Operation[]): INodeCredentialDescription[] {
	return slotsOf(providersOf(operations));
}

/** One credential slot for each of these providers. */
export function slotsOf(supported: readonly ProviderAdapter[]): INodeCredentialDescription[] {
	return supported.map(({ id, credentialType }) => ({
		name: credentialType,
		required: true,
		// With a slash: without it, n8n's editor takes Provider for an authentication selector and hides it.
		displayOptions: { show: { '/provider': [id] } },
	}));
}

/** All fields of a node: the provider, its operations, and the fields of each operation. */
export function nodeProperties(operations: readonly Operation[]): INodeProperties[] {
	return [
		...toolDescriptionFields(operations),
		...providerFields(providersOf(operations)),
		...operationFields(operations),
		...sharedProperties(operations),
	];
}

/** All fields of a node without a provider: the operations, and the fields of each. */
export const localProperties = (operations: readonly LocalOperation[]): INodeProperties[] => [
	operationField(operations),
	...sharedProperties(operations),
];

/**
 * A field that operations share stands once, so that switching between them keeps what was entered; but each operation
 * has its fields in its own order, for which a field is repeated where that is needed.
 */
function sharedProperties(operations: ReadonlyArray<Pick<LocalOperation, 'option' | 'properties'>>): INodeProperties[] {
	const placed: Array<{ property: INodeProperties; operation: string[] }> = [];
	for (const { option, properties } of operations) {
		let last = -1;
		for (const property of properties) {
			const found = placed.findIndex((other, index) => index > last && other.property === property);
			last = found < 0 ? placed.push({ property, operation: [] }) - 1 : found;
			placed[last]?.operation.push(option.value);
		}
	}
	return placed.flatMap(({ property, operation }) => showWhen({ operation }, [property]));
}

/** The fields to choose a provider and its credential. */
export function providerFields(
	supported: readonly ProviderAdapter[],
	description = 'The service that makes the videos and bills you. After a change, choose the credential again, and whatever comes from a list, such as the model and assets.',
): INodeProperties[] {
	return [
		{
			displayName: 'Provider',
			name: 'provider',
			type: 'options',
			noDataExpression: true,
			options: supported.map(({ id, displayName }) => ({ name: displayName, value: id })),
			default: defaultOf(supported.map(({ id }) => id)),
			description,
		},
		// Without this the editor puts the credential above the provider.
		{ displayName: 'Credential', name: 'credentials', type: 'credentials', default: '' },
	];
}

/**
 * The tool description that the model reads, one for each operation. n8n then omits its own field, whose text would
 * be the same for every operation of a node without resources.
 */
function toolDescriptionFields(operations: readonly Operation[]): INodeProperties[] {
	return onlyInTools(
		operations.flatMap(({ option, toolDescription }) =>
			toolDescription === undefined
				? []
				: {
						displayName: 'Description',
						name: 'toolDescription',
						type: 'string',
						typeOptions: { rows: 6 },
						required: true,
						default: toolDescription,
						description: 'What the model reads about this tool; it decides by this when to call it',
						displayOptions: { show: { operation: [option.value] } },
					},
		),
	);
}

function operationFields(operations: readonly Operation[]): INodeProperties[] {
	const tools = operations.filter(({ toolDescription }) => toolDescription !== undefined);
	if (tools.length === operations.length) return operationFieldsOf(operations);
	return [...notInTools(operationFieldsOf(operations)), ...onlyInTools(operationFieldsOf(tools))];
}

/** Providers that offer the same operations share one Operation field. */
function operationFieldsOf(operations: readonly Operation[]): INodeProperties[] {
	const groups = new Map<string, { supported: Operation[]; providerIds: string[] }>();
	for (const provider of providersOf(operations)) {
		const supported = operationsFor(provider, operations);
		const key = supported.map(({ option }) => option.value).join();
		const group = groups.get(key) ?? { supported, providerIds: [] };
		group.providerIds.push(provider.id);
		groups.set(key, group);
	}
	return [...groups.values()].flatMap(({ supported, providerIds }) => showWhen({ provider: providerIds }, [operationField(supported)]));
}

const operationField = (operations: ReadonlyArray<Pick<LocalOperation, 'option'>>): INodeProperties => ({
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	options: operations.map(({ option }) => option),
	default: defaultOf(operations.map(({ option }) => option.value)),
});

/** Adds display conditions to those that the properties already have. */
export function showWhen(
	conditions: NonNullable<IDisplayOptions['show']>,
	properties: readonly INodeProperties[],
): INodeProperties[] {
	return properties.map((property) => ({
		...property,
		displayOptions: {
			...property.displayOptions,
			show: { ...conditions, ...property.displayOptions?.show },
		},
	}));
}

/** Shows properties only in the tool variant of the node, which n8n creates for AI agents. */
export const onlyInTools = (properties: readonly INodeProperties[]) => showWhen({ '@tool': [true] }, properties);

/** Hides properties in the tool variant of the node; hidden fields have no value there. */
export function notInTools(properties: readonly INodeProperties[]): INodeProperties[] {
	return properties.map((property) => ({
		...property,
		displayOptions: {
			...property.displayOptions,
			hide: { ...property.displayOptions?.hide, '@tool': [true] },
		},
	}));
}

/** Shows properties only for the providers that `has` accepts. */
export function showForProviders(
	has: (provider: ProviderAdapter) => boolean,
	properties: readonly INodeProperties[],
): INodeProperties[] {
	// With a slash, so that it works inside collections, too.
	return showWhen({ '/provider': providers.filter(has).map(({ id }) => id) }, properties);
}

/** A label with the providers that `has` accepts behind it, where those are not all: "Fixed Camera (Apiframe)". */
export function nameWithProviders(label: string, has: (provider: ProviderAdapter) => boolean): string {
	const able = providers.filter(has).map(({ displayName }) => displayName);
	return able.length === providers.length ? label : `${label} (${able.join(', ')})`;
}

const documents = 'https://github.com/n8n-nodes-seedance/n8n-nodes-seedance/blob/main/docs';

/** The address of a page of the documents, without its ending; each provider has one by its ID. */
export const documentOf = (page: string) => `${documents}/${page}.md`;

const defaultOf = (values: readonly string[]) => values[0] ?? '';
