import type {
	GenericValue,
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
	IPairedItemData,
} from 'n8n-workflow';
import { jsonParse, NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';

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
		const items = this.getInputData().flatMap(({ json, binary = {} }, item): INodeExecutionData[] => {
			const field = this.getNodeParameter('fieldToSplitOut', item) as string;
			if (field === '$binary') {
				return Object.entries(binary).map(([name, file]) => ({ json: {}, binary: { [name]: file }, pairedItem: { item } }));
			}
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

class MergeStandIn implements INodeType {
	description: INodeTypeDescription = {
		...base({
			displayName: 'Merge',
			name: 'n8n-nodes-base.merge',
			version: 3.2,
			properties: [
				{
					displayName: 'Mode',
					name: 'mode',
					type: 'options',
					options: [
						{ name: 'Append', value: 'append' },
						{ name: 'Combine', value: 'combine' },
					],
					default: 'append',
				},
				{
					displayName: 'Combine By',
					name: 'combineBy',
					type: 'options',
					options: [
						{ name: 'Matching Fields', value: 'combineByFields' },
						{ name: 'Position', value: 'combineByPosition' },
					],
					default: 'combineByFields',
					displayOptions: { show: { mode: ['combine'] } },
				},
				{
					displayName: 'Fields to Match',
					name: 'fieldsToMatchString',
					type: 'string',
					default: '',
					displayOptions: { show: { combineBy: ['combineByFields'] } },
				},
				{ displayName: 'Number of Inputs', name: 'numberInputs', type: 'number', default: 2 },
				...['advanced', 'joinMode', 'outputDataFrom'].map((name): INodeProperties => {
					return { displayName: name, name, type: 'json', default: '', displayOptions: { show: { combineBy: ['combineByFields'] } } };
				}),
				{ ...optionsField, displayOptions: { show: { mode: ['combine'] } } },
			],
		}),
		inputs: `={{ Array.from({ length: $parameter.numberInputs || 2 }, () => '${NodeConnectionTypes.Main}') }}`,
		requiredInputs: 1,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const mode = this.getNodeParameter('mode', 0);
		const inputs = this.getNodeInputs().map((_, index) => this.getInputData(index));
		if (mode === 'append') return [inputs.flat()];
		if (this.getNodeParameter('combineBy', 0) !== 'combineByPosition') {
			throw new NodeOperationError(this.getNode(), 'The stand-in combines by position only');
		}
		const [first = [], ...others] = inputs;
		const combined = first.map((item, index) => {
			const items = [item, ...others.flatMap((input) => input[index] ?? [])];
			return {
				json: Object.assign({}, ...items.map(({ json }) => json)) as IDataObject,
				binary: Object.assign({}, ...items.map(({ binary }) => binary)) as IBinaryKeyData,
				pairedItem: items.flatMap(({ pairedItem }) => (pairedItem === undefined ? [] : [pairedItem].flat())) as IPairedItemData[],
			};
		});
		return [combined];
	}
}

class NoOperationStandIn implements INodeType {
	description = base({
		displayName: 'No Operation, do nothing',
		name: 'n8n-nodes-base.noOp',
		version: 1,
		properties: [],
	});

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [this.getInputData()];
	}
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
	new MergeStandIn(),
	new NoOperationStandIn(),
	new SplitOutStandIn(),
	new StickyNoteStandIn(),
];
