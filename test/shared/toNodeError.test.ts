import type { INode } from 'n8n-workflow';
import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import { InputError, SeedanceError, TaskNotFinishedError } from '../../nodes/shared/errors';
import { combineFailures } from '../../nodes/shared/node/combineFailures';
import { toErrorItem, toNodeError } from '../../nodes/shared/node/toNodeError';

/** Whatever is thrown after tasks were accepted, no task ID is lost. */

const node: INode = {
	id: '1',
	name: 'Generate',
	type: 'n8n-nodes-seedance.seedanceGenerate',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};
const tool = { ...node, type: `${node.type}Tool` };
const accepted = new Map([
	[0, 'task-0'],
	[1, 'task-1'],
	[2, 'task-2'],
]);
const taskIds = ['task-1', 'task-0', 'task-2'];

const thrown: Array<[string, () => unknown]> = [
	['a TypeError', () => new TypeError("Cannot read properties of undefined (reading 'id')")],
	['a RangeError', () => new RangeError('Invalid time value')],
	['an error without words', () => new Error('')],
	['an error that names a network fault, for which n8n has a text of its own', () => new Error('getaddrinfo ENOTFOUND db')],
	['an error of n8n', () => new NodeOperationError(node, 'The binary store is full')],
	['an error of n8n about HTTP', () => new NodeApiError(node, { message: 'Bad gateway' }, { httpCode: '502' })],
	['text', () => 'it broke'],
	['nothing', () => undefined],
	['an object without a prototype', () => Object.create(null) as unknown],
	['an error of ours that knows no task', () => new SeedanceError('No answer', { reason: 'network' })],
	[
		'an error of ours with a network fault in its words',
		() => new TaskNotFinishedError('Fable', 'task-1', 'could not be followed: connect ECONNREFUSED', 'network'),
	],
];

describe.each(thrown)('%s, thrown after acceptance,', (_what, make) => {
	it('names every task of the run in its message, and which is its own', () => {
		const error = toNodeError(node, make(), 1, accepted);
		expect(error.message).toMatch(/^\S/);
		for (const taskId of taskIds) expect(error.message).toContain(taskId);
		expect(error.context).toMatchObject({ taskId: 'task-1', taskIds, reason: expect.any(String) });
		for (const [itemIndex, taskId] of accepted) {
			if (error.description?.includes('Other tasks') && taskId === 'task-1') continue;
			expect(error.description).toContain(`item ${itemIndex}: ${taskId}`);
		}
	});

	it('does so in the details of an error item', () => {
		const { json } = toErrorItem('fable', toNodeError(node, make(), 1, accepted));
		expect(Object.keys(json)).toEqual(['error', 'details']);
		expect(json.details).toMatchObject({ provider: 'fable', taskId: 'task-1', taskIds, reason: expect.any(String) });
		for (const taskId of taskIds) expect(json.error).toContain(taskId);
	});

	it('tells the model of an agent as well, which gets only the message', () => {
		const { message } = toNodeError(tool, make(), 0, new Map([[0, 'task-1']]));
		expect(message).toContain('task-1');
	});

	it('that concerns no single item names every task', () => {
		const error = toNodeError(node, make(), undefined, accepted);
		for (const taskId of taskIds) expect(error.message).toContain(taskId);
		expect(new Set(error.context.taskIds as string[])).toEqual(new Set(taskIds));
	});
});

it('says nothing of tasks where none was accepted', () => {
	const error = toNodeError(node, new TypeError('x is no function'), 0);
	expect(error.message).toBe('x is no function');
	expect(error.description ?? '').toBe('');
	expect(toErrorItem('fable', error).json.details).toEqual({ provider: 'fable', reason: 'unknown' });
});

it('does not mistake the ID of one task for a part of another', () => {
	const { message } = toNodeError(node, new Error('job-12 broke'), 0, new Map([[0, 'job-1']]));
	expect(message).toBe('job-12 broke (task job-1)');
});

it('names the task that an item is about if the error is unforeseen', () => {
	const foreseen = new SeedanceError('No such task', { reason: 'notFound' });
	const errors = [foreseen, new TypeError('x is no function')].map((error) =>
		toNodeError(node, error, 0, undefined, 'task-9'),
	);
	expect(errors.map(({ message }) => message)).toEqual(['No such task', 'x is no function (task task-9)']);
	for (const error of errors) {
		expect(error.context.taskId).toBe('task-9');
		expect(toErrorItem('fable', error).json.details).toMatchObject({ taskId: 'task-9' });
	}
});

describe('A problem with fields, beside tasks that an earlier attempt has paid for,', () => {
	const problem = { field: 'Limit', message: 'Limit is empty.', advice: 'Fill it in.' };

	it('says for whom nothing was paid, and names the tasks', () => {
		const { description } = toNodeError(node, new InputError([problem]), 3, accepted);
		expect(description).toMatch(/^Fill it in\. Nothing was paid for this item this time\.\n\nTasks accepted in this run, which are paid: item 0: task-0, /);
	});

	it('does so for all items together', () => {
		const others = { ...problem, message: 'Limit must be more than 0; it is -1.' };
		const failures = [problem, others].map((each, itemIndex) => ({ itemIndex, error: new InputError([each]) }));
		const { error, itemIndex } = combineFailures(failures, 4);
		const { message, description } = toNodeError(node, error, itemIndex, accepted);
		expect(message).toContain('2 of 4 items need a change.');
		expect(description).toMatch(/\nNothing new was paid this time\. n8n counts items from 0\.\n\nTasks accepted in this run, which are paid: item 0: task-0, /);
	});

	it('comes first, and one that is about a task stays alone with what it says of payment', () => {
		const offline = { itemIndex: 0, error: new SeedanceError('No answer', { reason: 'network' }) };
		const ofField = { itemIndex: 1, error: new InputError([problem]) };
		expect(combineFailures([offline, ofField], 2)).toEqual(ofField);
		expect(combineFailures([offline], 2)).toEqual(offline);
		const ofTask = { itemIndex: 0, error: new InputError([problem], 'Task 7 is already paid.').with({ taskId: '7' }) };
		expect(combineFailures([ofTask, { ...ofTask, itemIndex: 1 }], 2)).toEqual(ofTask);
	});
});
