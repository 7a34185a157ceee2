import type { INodeType } from 'n8n-workflow';

/** A node as n8n gives it to an AI agent: by its name, `@tool` knows what it is. */
export function asTool(node: INodeType): INodeType {
	const { description } = node;
	return Object.create(node, {
		description: { value: { ...description, name: `${description.name}Tool` } },
	}) as INodeType;
}
