import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import { isObject, readArray } from '../providers/read';
import type { Parameters } from './parameters';

/**
 * The option that carries the fields of the input item along, so that the next node finds the title or the row that a
 * video belongs to. Files of the input are not carried: one of them could pass for the video.
 */

export const includeInputFieldsOption: INodeProperties = {
	displayName: 'Include Input Fields',
	name: 'includeInputFields',
	type: 'boolean',
	default: false,
	description:
		'Whether to return the fields of the input item too, such as a title or a row number. A field that this node also has gets the value of this node. Files of the input are not included, nor are the fields error and isTest.',
};

/**
 * @returns the fields of an input item that its output items carry; undefined if the option is off
 * @throws InputError if the option has an invalid value
 */
export function readInputFields(
	context: IExecuteFunctions,
	itemIndex: number,
	parameters: Parameters,
): IDataObject | undefined {
	const { name, displayName } = includeInputFieldsOption;
	const isIncluded = parameters.collection('options', 'Options').boolean(name, displayName) ?? false;
	if (!isIncluded) return undefined;
	const fields = Object.entries(context.getInputData()[itemIndex]?.json ?? {});
	return Object.fromEntries(fields.filter(([field]) => !reservedFields.has(field)));
}

/** They tell how an item of this node has ended, by being there or not: no paid video may pass for a failure or a sample. */
const reservedFields = new Set(['error', 'isTest']);

/** @returns the item with further fields beside its own, unless it is an error item for the error output, to which n8n adds those of the input itself */
export function withFields<Item extends INodeExecutionData>(
	node: INode,
	fields: IDataObject | undefined,
	item: Item,
): Item {
	// With more fields n8n would not know it for an error item, and send it to the other output.
	const isForErrorOutput = node.onError === 'continueErrorOutput' && 'error' in item.json;
	return fields === undefined || isForErrorOutput ? item : { ...item, json: { ...fields, ...item.json } };
}

const memoryKey = 'input fields';

/**
 * Keeps the fields until a callback resumes the execution: by then the input of the node is the suspended items.
 * @param memory the context of the node
 * @param fields in the order of the suspended items
 */
export function storeInputFields(memory: IDataObject, fields: ReadonlyArray<IDataObject | undefined>): void {
	// Replaces those of an earlier suspension, which is over.
	memory[memoryKey] = fields.map((one) => ({ ...one }));
}

/** Reads, and forgets, what `storeInputFields` has kept. */
export function takeInputFields(memory: IDataObject): Array<IDataObject | undefined> {
	const stored = readArray(memory[memoryKey]);
	Reflect.deleteProperty(memory, memoryKey);
	return stored.map((fields) => (isDataObject(fields) ? fields : undefined));
}

const isDataObject = (value: unknown): value is IDataObject => isObject(value);
