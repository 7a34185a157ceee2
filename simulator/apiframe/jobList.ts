import { apiError } from './errors';
import { Fields, Issues } from './fields';

/** Where a page ended. */
interface Position {
	createdAtMs: number;
	id: string;
}

interface JobQuery {
	limit: number;
	after?: Position;
	status?: string;
	model?: string;
	search?: string;
	includesModels: boolean;
}

const statuses = ['QUEUED', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
	return uuid.test(text);
}

/**
 * The parameters of `GET /v2/jobs` in the openapi document. Both scopes come to the same here, as
 * nobody else is in the team.
 * @throws Refusal for a value that is not valid.
 */
export function readJobQuery(query: Record<string, string>): JobQuery {
	const { limit, cursor, model, search } = query;
	const issues = new Issues();
	const fields = new Fields({ ...query, limit: limit === undefined ? limit : Number(limit) }, issues);
	const status = fields.option('status', statuses);
	fields.option('scope', ['user', 'team']);
	const includesModels = fields.option('include_models', ['true', 'false']) === 'true';
	const count = fields.integer('limit', { min: 1, max: 100 }) ?? 20;
	if (search !== undefined && !isUuid(search)) issues.add('search', 'Invalid UUID');
	issues.refuse();
	const after = cursor === undefined ? undefined : readCursor(cursor);
	return { limit: count, after, status, model, search: search?.toLowerCase(), includesModels };
}

/** Newest first, "keyed on (createdAt desc, id desc)". */
export function pageOfJobs<T extends Position>(
	jobs: T[],
	{ limit, after }: Pick<JobQuery, 'limit' | 'after'>,
): { page: T[]; nextCursor: string | null } {
	const sorted = [...jobs].sort(newestFirst);
	const rest = after ? sorted.filter((job) => newestFirst(after, job) < 0) : sorted;
	const page = rest.slice(0, limit);
	const last = page.at(-1);
	return { page, nextCursor: last && rest.length > limit ? writeCursor(last) : null };
}

function newestFirst(one: Position, other: Position): number {
	return other.createdAtMs - one.createdAtMs || (one.id < other.id ? 1 : one.id > other.id ? -1 : 0);
}

function writeCursor({ createdAtMs, id }: Position): string {
	return Buffer.from(`${createdAtMs}_${id}`).toString('base64url');
}

function readCursor(cursor: string): Position {
	const [createdAtMs = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split('_');
	if (/^\d+$/.test(createdAtMs) && isUuid(id)) return { createdAtMs: Number(createdAtMs), id };
	throw apiError(400, 'Invalid cursor');
}
