import type { Workflow } from '../../harness/n8n/n8nClient';
import { contenders, type Contender } from './contenders';

/** What a user had to do in the editor, beyond the trigger. */
export interface Effort {
	nodes: number;
	fields: number;
	wires: number;
}

export interface EffortRow {
	contender: Contender;
	oneVideo: Effort;
	manyVideos: Effort;
}

const triggerType = 'n8n-nodes-base.webhook';
/** What the editor writes into the conditions of an IF by itself. */
const writtenByEditor = ['combinator', 'caseSensitive', 'typeValidation', 'version'];

export function countEfforts(): EffortRow[] {
	const site = { path: 'count', baseUrl: 'https://provider.example', credentials: { any: { id: '1', name: 'any' } } };
	return contenders.map((contender) => ({
		contender,
		oneVideo: countEffort(contender.build({ ...site, isList: false }).build()),
		manyVideos: countEffort(contender.build({ ...site, isList: true }).build()),
	}));
}

/** Of a workflow that holds nothing but what was set. */
export function countEffort({ nodes, connections }: Workflow): Effort {
	const placed = nodes.filter(({ type }) => type !== triggerType);
	return {
		nodes: placed.length,
		fields: placed.reduce((sum, { parameters, credentials = {} }) => {
			return sum + countFields(parameters) + Object.keys(credentials).length;
		}, 0),
		wires: Object.values(connections).flatMap(({ main }) => main.flat()).length,
	};
}

function countFields(value: unknown): number {
	if (typeof value !== 'object' || value === null) return 1;
	// Type and operation of a comparison are one menu.
	if ('operation' in value && 'type' in value) return 1;
	// The options of conditions are the editor's own.
	return Object.entries(value).reduce((sum, [key, part]) => {
		if (writtenByEditor.includes(key)) return sum;
		if (key === 'leftValue' && 'typeValidation' in value) return sum;
		return sum + countFields(part);
	}, 0);
}
