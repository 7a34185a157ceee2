import type { INode, INodeParameters } from 'n8n-workflow';
import type { ResumeCall } from '../../../harness/engine/waiting';
import type { Order } from '../../support/suspending/nodes';

/** A call to the resume URL, as HTTP: what the webhook of the node is to do with it is in the body. */
export type SuspensionCall = Omit<ResumeCall, 'url' | 'body'> & { body?: Order & { status?: string } };

export type SuspensionStatus = 'waiting' | 'success' | 'error';

/** What happens to a suspended execution, and its status then; `success` by default. */
export type SuspensionStep =
	| { by: 'time'; then?: SuspensionStatus }
	| { by: 'call'; call: SuspensionCall; then?: SuspensionStatus }
	/** A call that does not resume the execution, or comes when it has ended. */
	| { by: 'vainCall'; call: SuspensionCall }
	/** Calls that come at the same time. */
	| { by: 'callsAtOnce'; calls: SuspensionCall[]; then?: SuspensionStatus };

/** One execution of Trigger → Suspending → After. */
export interface Suspension {
	/** Also the name of the workflow. */
	name: string;
	/** What the trigger gives, one word for an item. Default: a and b. */
	words?: string[];
	/** Of the node Suspending. */
	parameters?: INodeParameters;
	settings?: Partial<INode>;
	/** What After says of each item. */
	say?: string;
	steps: SuspensionStep[];
}

const sayPaired = '={{ $json.word + " from " + $("Trigger").item.json.word }}';
const withWords = (...words: string[]) => words.map((word) => ({ json: { word } }));
const goOn: SuspensionCall = { body: { outputs: [withWords('x', 'y')] } };
/** n8n checks once a minute which executions are due. Before that there is time to see that they wait, and to call. */
const soon = { waitSeconds: 10 };

export const suspensions: Suspension[] = [
	{ name: 'by time', parameters: soon, say: sayPaired, steps: [{ by: 'time' }] },
	{
		name: 'by time, with fewer items than came in',
		words: ['a', 'b', 'c'],
		parameters: { ...soon, keepEvery: 2 },
		say: sayPaired,
		steps: [{ by: 'time' }],
	},
	{ name: 'by time, with a file', parameters: { ...soon, file: true }, steps: [{ by: 'time' }] },
	{
		name: 'by time, twice',
		parameters: { ...soon, loop: true, rounds: 2, word: '={{ $json.word }} {{ $json.round }}' },
		say: sayPaired,
		steps: [{ by: 'time', then: 'waiting' }, { by: 'time' }],
	},
	{
		name: 'by time, then by a call',
		parameters: { waitSeconds: '={{ $json.round ? 3600 : 10 }}', loop: true, rounds: 2 },
		steps: [{ by: 'time', then: 'waiting' }, { by: 'call', call: { body: { outputs: [[], withWords('x')] } } }],
	},
	{
		name: 'by a call, then by time',
		words: ['a'],
		parameters: { waitSeconds: '={{ $json.word === "x" ? 10 : 3600 }}', loop: true, rounds: 1 },
		steps: [{ by: 'call', call: { body: { outputs: [withWords('x')] } }, then: 'waiting' }, { by: 'time' }],
	},
	{
		name: 'by a call, twice',
		parameters: { loop: true, rounds: 2 },
		steps: [
			{ by: 'call', call: { body: { outputs: [withWords('x')], customData: 'first' } }, then: 'waiting' },
			{ by: 'call', call: { body: { outputs: [[], withWords('y')], customData: 'second' } } },
		],
	},
	{
		name: 'by time, after a call in vain',
		parameters: soon,
		steps: [{ by: 'vainCall', call: { body: { customData: 'lost' } } }, { by: 'time' }],
	},
	{
		name: 'by a call, with other items than were suspended',
		say: sayPaired,
		steps: [{ by: 'call', call: { body: { outputs: [withWords('x', 'y')], webhookResponse: 'thanks' } } }],
	},
	{
		name: 'by a call, with a file',
		parameters: { file: true },
		steps: [{ by: 'call', call: { body: { outputs: [[{ json: { word: 'x' }, file: 'video' }]] } } }],
	},
	{
		name: 'by a call to another path',
		steps: [
			{ by: 'call', call: { method: 'PUT', path: 'other', body: { outputs: [withWords('x')], webhookResponse: 'thanks' } } },
		],
	},
	{
		name: 'by a call, after others in vain',
		steps: [
			{ by: 'vainCall', call: {} },
			{ by: 'vainCall', call: { body: { isSilent: true } } },
			{ by: 'vainCall', call: { body: { status: 'running', webhookResponse: { heard: 'running' }, customData: 'lost' } } },
			{ by: 'vainCall', call: { body: { refuseWith: 401 } } },
			{ by: 'call', call: goOn },
			{ by: 'vainCall', call: goOn },
		],
	},
	{
		name: 'the request',
		steps: [
			{
				by: 'vainCall',
				call: {
					rawBody: '{ "task" : "ä" }',
					headers: { 'content-type': 'application/json; charset=utf-8', 'x-signature': 'abc' },
					query: { item: '3' },
				},
			},
			{ by: 'vainCall', call: { rawBody: 'state=done', headers: { 'content-type': 'application/x-www-form-urlencoded' } } },
			{ by: 'vainCall', call: { rawBody: 'done', headers: { 'content-type': 'text/plain' } } },
			{ by: 'vainCall', call: { rawBody: '{"status":', headers: { 'content-type': 'application/json' } } },
		],
	},
	{
		name: 'a body of an unknown kind, for a node of version 2',
		settings: { typeVersion: 2 },
		steps: [{ by: 'vainCall', call: { rawBody: 'abc', headers: { 'content-type': 'application/octet-stream' } } }],
	},
	{
		name: 'refused calls',
		steps: [
			...['', 'abc', '0'.repeat(64)].map((signature): SuspensionStep => {
				return { by: 'vainCall', call: { ...goOn, query: { signature } } };
			}),
			{ by: 'vainCall', call: { ...goOn, path: 'other' } },
			{ by: 'vainCall', call: { method: 'GET' } },
			{ by: 'vainCall', call: { method: 'GET', path: 'start' } },
		],
	},
	{
		name: 'items for each output',
		parameters: { loop: true },
		say: sayPaired,
		steps: [{ by: 'call', call: { body: { outputs: [[], withWords('x', 'y')] } } }],
	},
	{
		name: 'items for the error output',
		settings: { onError: 'continueErrorOutput' },
		say: sayPaired,
		steps: [
			{
				by: 'call',
				call: {
					body: {
						outputs: [
							[
								{ json: { word: 'x' }, pairedItem: { item: 0 } },
								{ json: { error: 'It failed' }, pairedItem: { item: 1 } },
							],
						],
					},
				},
			},
		],
	},
	{
		name: 'a webhook() that throws',
		steps: [{ by: 'call', call: { body: { failWith: 'No' } }, then: 'error' }],
	},
	{
		name: 'a node after it that fails',
		say: '={{ $("Nobody").item }}',
		steps: [
			{ by: 'call', call: goOn, then: 'error' },
			{ by: 'vainCall', call: goOn },
		],
	},
	{
		name: 'calls at once',
		steps: [
			{
				by: 'callsAtOnce',
				calls: [
					{ body: { together: 2, outputs: [withWords('x')] } },
					{ body: { together: 2, outputs: [withWords('x')] } },
				],
			},
		],
	},
];
