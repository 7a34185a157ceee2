import type { INode, INodeParameters, INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import {
	isExpression,
	isINodeProperties,
	isINodePropertyCollection,
	NodeHelpers,
} from 'n8n-workflow';

export type { INodeTypeDescription };

/** Validates the nodes of a stored workflow against the descriptions of their types, as the editor does. */

/** The fields that are required and have no value, as n8n says it; null if there are none. */
export function missingFields(node: INode, description: INodeTypeDescription) {
	const complete = { ...node, parameters: withDefaults(node, description) };
	return NodeHelpers.getNodeParametersIssues(description.properties, complete, description);
}

/** The names of the credentials that the editor asks for. */
export function credentialSlots(node: INode, description: INodeTypeDescription): string[] {
	const parameters = withDefaults(node, description);
	return (description.credentials ?? [])
		.filter((slot) => NodeHelpers.displayParameter(parameters, slot, node, description))
		.map(({ name }) => name);
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
export function problemsOf(node: INode, description: INodeTypeDescription): string[] {
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
		{ type, options = [], modes = [], typeOptions = {} }: INodeProperties,
	): string[] {
		if (isExpression(value)) return [];
		const members = Object(value) as INodeParameters;
		switch (type) {
			case 'options': {
				// A list that n8n asks a service for is not known here.
				if (typeOptions.loadOptionsMethod !== undefined) return [];
				const isAllowed = options.some((option) => 'value' in option && option.value === value);
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
