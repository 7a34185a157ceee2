import type {
	GenericValue,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { jsonParse, NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Stand-ins for the nodes of n8n-nodes-base that the examples use, a package too big to install for
 * that. They have the names, versions and fields of the originals as far as the examples go.
 */

const base = (
	description: Pick<INodeTypeDescription, 'displayName' | 'name' | 'version' | 'properties'>,
): INodeTypeDescription => ({
	group: ['input'],
	description: 'Stand-in for the node of the same name in n8n-nodes-base',
	defaults: { name: description.displayName },
	inputs: [NodeConnectionTypes.Main],
	outputs: [NodeConnectionTypes.Main],
	...description,
});

const optionsField: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	default: {},
	options: [],
};

class EditFieldsStandIn implements INodeType {
	description = base({
		displayName: 'Edit Fields (Set)',
		name: 'n8n-nodes-base.set',
		version: 3.4,
		properties: [
			{
				displayName: 'Fields to Set',
				name: 'assignments',
				type: 'assignmentCollection',
				default: {},
			},
			{
				displayName: 'Include Other Input Fields',
				name: 'includeOtherFields',
				type: 'boolean',
				default: false,
			},
			optionsField,
		],
	});

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData().map(({ json }, item): INodeExecutionData => {
			const fields = this.getNodeParameter('assignments.assignments', item) as Field[];
			const others = this.getNodeParameter('includeOtherFields', item) === true ? json : {};
			return {
				json: { ...others, ...Object.fromEntries(fields.map((field) => [field.name, valueOf(field)])) },
				pairedItem: { item },
			};
		});
		return [items];
	}
}

interface Field {
	name: string;
	type: string;
	value: string | number;
}

/** Lists are written as JSON. */
const valueOf = ({ type, value }: Field) =>
	type === 'array' && typeof value === 'string' ? jsonParse<GenericValue>(value) : value;

class SplitOutStandIn implements INodeType {
	description = base({
		displayName: 'Split Out',
		name: 'n8n-nodes-base.splitOut',
		version: 1,
		properties: [
			{
				displayName: 'Fields To Split Out',
				name: 'fieldToSplitOut',
				type: 'string',
				required: true,
				default: '',
			},
			{
				displayName: 'Options',
				name: 'options',
				type: 'collection',
				default: {},
				options: [
					{
						displayName: 'Destination Field Name',
						name: 'destinationFieldName',
						type: 'string',
						default: '',
					},
				],
			},
		],
	});

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData().flatMap(({ json }, item) => {
			const field = this.getNodeParameter('fieldToSplitOut', item) as string;
			const name = this.getNodeParameter('options.destinationFieldName', item, field) as string;
			return [json[field]].flat().map((value) => ({ json: { [name]: value }, pairedItem: { item } }));
		});
		return [items];
	}
}

class IfStandIn implements INodeType {
	description: INodeTypeDescription = {
		...base({
			displayName: 'If',
			name: 'n8n-nodes-base.if',
			version: 2.2,
			properties: [
				{ displayName: 'Conditions', name: 'conditions', type: 'filter', default: {} },
				optionsField,
			],
		}),
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['true', 'false'],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const outputs: [whenTrue: INodeExecutionData[], whenFalse: INodeExecutionData[]] = [[], []];
		for (const [item, data] of this.getInputData().entries()) {
			const isTrue = this.getNodeParameter('conditions', item, false, { extractValue: true });
			outputs[isTrue === true ? 0 : 1].push({ ...data, pairedItem: { item } });
		}
		return outputs;
	}
}

class ReadWriteFilesStandIn implements INodeType {
	description = base({
		displayName: 'Read/Write Files from Disk',
		name: 'n8n-nodes-base.readWriteFile',
		version: 1.1,
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				options: [
					{ name: 'Read File(s) From Disk', value: 'read' },
					{ name: 'Write File to Disk', value: 'write' },
				],
				default: 'read',
			},
			{
				displayName: 'File(s) Selector',
				name: 'fileSelector',
				type: 'string',
				required: true,
				default: '',
				displayOptions: { show: { operation: ['read'] } },
			},
			{
				displayName: 'File Path and Name',
				name: 'fileName',
				type: 'string',
				required: true,
				default: '',
				displayOptions: { show: { operation: ['write'] } },
			},
			{
				displayName: 'Input Binary Field',
				name: 'dataPropertyName',
				type: 'string',
				required: true,
				default: 'data',
				displayOptions: { show: { operation: ['write'] } },
			},
			optionsField,
		],
	});

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const work = this.getNodeParameter('operation', 0) === 'read' ? readFiles : writeFile;
		const items: INodeExecutionData[] = [];
		for (const item of this.getInputData().keys()) items.push(...(await work(this, item)));
		return [items];
	}
}

/** Of the original's patterns only `folder/*`: every file of a folder. */
async function readFiles(context: IExecuteFunctions, item: number): Promise<INodeExecutionData[]> {
	const selector = context.getNodeParameter('fileSelector', item) as string;
	const folder = path.dirname(selector);
	if (path.basename(selector) !== '*') {
		throw new NodeOperationError(
			context.getNode(),
			`The stand-in reads "folder/*", not "${selector}"`,
		);
	}
	return await Promise.all(
		(await readdir(folder)).map(async (name) => {
			const file = path.join(folder, name);
			const data = await context.helpers.prepareBinaryData(createReadStream(file), file);
			return { json: { fileName: name }, binary: { data }, pairedItem: { item } };
		}),
	);
}

async function writeFile(context: IExecuteFunctions, item: number): Promise<INodeExecutionData[]> {
	const { helpers } = context;
	const fileName = context.getNodeParameter('fileName', item) as string;
	const field = context.getNodeParameter('dataPropertyName', item);
	const { id, data } = helpers.assertBinaryData(item, field);
	const content = id
		? await helpers.getBinaryStream(id)
		: Readable.from(Buffer.from(data, 'base64'));
	await pipeline(content, createWriteStream(fileName));
	return [{ ...context.getInputData()[item], json: { fileName }, pairedItem: { item } }];
}

/** The sub-workflow gets the items one by one, or all at once; the original's other sources and options are left out. */
class ExecuteWorkflowStandIn implements INodeType {
	description = base({
		displayName: 'Execute Workflow',
		name: 'n8n-nodes-base.executeWorkflow',
		version: 1.3,
		properties: [
			{ displayName: 'Workflow', name: 'workflowId', type: 'string', default: '' },
			{
				displayName: 'Mode',
				name: 'mode',
				type: 'options',
				options: [
					{ name: 'Run Once with All Items', value: 'once' },
					{ name: 'Run Once for Each Item', value: 'each' },
				],
				default: 'once',
			},
		],
	});

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const id = this.getNodeParameter('workflowId', 0) as string;
		const { $execution, $workflow } = this.getWorkflowDataProxy(0) as unknown as Record<'$execution' | '$workflow', { id: string }>;
		const items = this.getInputData();
		const calls = this.getNodeParameter('mode', 0) === 'each' ? items.map((item) => [item]) : [items];
		const outputs: INodeExecutionData[] = [];
		for (const given of calls) {
			// The original builds new items from the fields of the sub-workflow.
			const copies = given.map(({ json, ...item }) => ({ ...item, json: { ...json } }));
			try {
				const { data } = await this.executeWorkflow({ id }, copies, undefined, {
					parentExecution: { executionId: $execution.id, workflowId: $workflow.id, shouldResume: true },
					executionMode: this.getMode(),
				});
				outputs.push(...(data[0] ?? []));
			} catch (error) {
				if (!this.continueOnFail()) throw error;
				outputs.push({ json: { error: (error as Error).message } });
			}
		}
		return [outputs];
	}
}

class StickyNoteStandIn implements INodeType {
	description: INodeTypeDescription = {
		...base({
			displayName: 'Sticky Note',
			name: 'n8n-nodes-base.stickyNote',
			version: 1,
			properties: [
				{ displayName: 'Content', name: 'content', type: 'string', default: '' },
				{ displayName: 'Height', name: 'height', type: 'number', default: 160 },
				{ displayName: 'Width', name: 'width', type: 'number', default: 240 },
			],
		}),
		inputs: [],
		outputs: [],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [this.getInputData()];
	}
}

export const stockNodes: INodeType[] = [
	new EditFieldsStandIn(),
	new ExecuteWorkflowStandIn(),
	new IfStandIn(),
	new ReadWriteFilesStandIn(),
	new SplitOutStandIn(),
	new StickyNoteStandIn(),
];
