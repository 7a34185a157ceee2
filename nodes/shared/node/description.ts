import type {
	IDisplayOptions,
	INodeCredentialDescription,
	INodeProperties,
} from 'n8n-workflow';
import { providers } from '../providers';
import type { ProviderAdapter } from '../providers/adapter';
import type { Operation } from './operation';
import { operationsFor, providersOf } from './operation';

/** For subtitles: the name of the chosen provider, as a part of an expression. */
export const providerNameInExpression = `${JSON.stringify(
	Object.fromEntries(providers.map(({ id, displayName }) => [id, displayName])),
)}[$parameter["provider"]]`;

/** What the canvas shows under the name of a node, e.g. "get many (AnyFast)". */
export const operationSubtitle = `={{ $parameter["operation"].replace(/([A-Z])/g, " $1").toLowerCase() + " (" + ${providerNameInExpression} + ")" }}`;

/** One slot for each provider that the node can use, shown when it does. */
export function credentialSlots(operations: readonly Operation[]): INodeCredentialDescription[] {
	return slotsOf(providersOf(operations));
}

/** One slot for each of these providers. */
export function slotsOf(supported: readonly ProviderAdapter[]): INodeCredentialDescription[] {
	return supported.map(({ id, credentialType }) => ({
		name: credentialType,
		required: true,
		// From the root: n8n's editor hides a field that it takes for the choice of an authentication.
		displayOptions: { show: { '/provider': [id] } },
	}));
}

/** All fields of a node: the provider, what that provider can do, and the fields of each operation. */
export function nodeProperties(operations: readonly Operation[]): INodeProperties[] {
	return [
		...toolDescriptionFields(operations),
		...providerFields(providersOf(operations)),
		...operationFields(operations),
		...operations.flatMap(({ option, properties }) => {
			return showWhen({ operation: [option.value] }, properties);
		}),
	];
}

/** The choice of a provider, and of its credential. */
export function providerFields(supported: readonly ProviderAdapter[]): INodeProperties[] {
	return [
		{
			displayName: 'Provider',
			name: 'provider',
			type: 'options',
			noDataExpression: true,
			options: supported.map(({ id, displayName }) => ({ name: displayName, value: id })),
			default: defaultOf(supported.map(({ id }) => id)),
			description: 'The service that runs Seedance for you and bills you',
		},
		// Without this the editor puts the credential above the provider.
		{ displayName: 'Credential', name: 'credentials', type: 'credentials', default: '' },
	];
}

/**
 * What the model reads. n8n leaves out its own field then, whose text would be the same for every
 * operation of a node that has no resources.
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
						description: 'What the model is told about this tool; by this it decides when to call it',
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
	return [...groups.values()].map(({ supported, providerIds }) => ({
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { provider: providerIds } },
		options: supported.map(({ option }) => option),
		default: defaultOf(supported.map(({ option }) => option.value)),
	}));
}

/** Adds conditions to those that the properties already have. */
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

/** For the node type that n8n makes for AI agents. */
export const onlyInTools = (properties: readonly INodeProperties[]) => showWhen({ '@tool': [true] }, properties);

/** For the node in a workflow. Hidden in tools, a field has no value there. */
export function notInTools(properties: readonly INodeProperties[]): INodeProperties[] {
	return properties.map((property) => ({
		...property,
		displayOptions: {
			...property.displayOptions,
			hide: { ...property.displayOptions?.hide, '@tool': [true] },
		},
	}));
}

/** Shows properties to those providers only that have what they are for. */
export function showForProviders(
	has: (provider: ProviderAdapter) => boolean,
	properties: readonly INodeProperties[],
): INodeProperties[] {
	// From the root, so that it works inside collections too.
	return showWhen({ '/provider': providers.filter(has).map(({ id }) => id) }, properties);
}

const defaultOf = (values: readonly string[]) => values[0] ?? '';
