import { invalid } from './errors';
import { serviceTiers, type ServiceTier } from './generationRequest';

export interface TaskQuery {
	pageNumber: number;
	pageSize: number;
	status?: string;
	taskIds: string[];
	model?: string;
	serviceTier: ServiceTier;
}

/** `expired` is not among the documented ones. */
const statuses = ['queued', 'running', 'cancelled', 'succeeded', 'failed'];
const names = ['page_num', 'page_size', 'filter.status', 'filter.task_ids', 'filter.model', 'filter.service_tier'];
const maxPageValue = 500;
/** The documents name none; what clients keep to. */
const maxTaskIds = 100;

/** The query of "List video generation tasks". */
export function readTaskQuery(searchParams: URLSearchParams): TaskQuery {
	const unknown = [...searchParams.keys()].find((name) => !names.includes(name));
	if (unknown !== undefined) throw invalid(unknown, 'unknown parameter');
	const status = searchParams.get('filter.status') ?? undefined;
	if (status !== undefined && !statuses.includes(status)) {
		throw invalid('filter.status', `must be one of ${statuses.join(', ')}`);
	}
	const tierText = searchParams.get('filter.service_tier') ?? 'default';
	const serviceTier = serviceTiers.find((tier) => tier === tierText);
	if (serviceTier === undefined) throw invalid('filter.service_tier', `must be one of ${serviceTiers.join(', ')}`);
	// A repeated name; with commas it is one ID that nobody has.
	const taskIds = searchParams.getAll('filter.task_ids');
	if (taskIds.length > maxTaskIds) throw invalid('filter.task_ids', `must be at most ${maxTaskIds} IDs`);
	const model = searchParams.get('filter.model') ?? undefined;
	return {
		pageNumber: readPageValue(searchParams, 'page_num', 1),
		pageSize: readPageValue(searchParams, 'page_size', 20),
		...(status !== undefined && { status }),
		taskIds,
		...(model !== undefined && { model }),
		serviceTier,
	};
}

function readPageValue(searchParams: URLSearchParams, name: string, fallback: number): number {
	const text = searchParams.get(name);
	if (text === null) return fallback;
	const value = Number(text);
	if (/^\d+$/.test(text) && value >= 1 && value <= maxPageValue) return value;
	throw invalid(name, `must be an integer between 1 and ${maxPageValue}`);
}
