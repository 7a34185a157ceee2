import type { Session } from '../../shared/node/operation';
import { outcomeOf } from '../../shared/outcome';
import type { ListEndpoint, PageQuery, ProviderAdapter, VideoTaskQuery } from '../../shared/providers/adapter';
import { callProvider } from '../../shared/request/callProvider';
import type { ProviderConnection } from '../../shared/request/connection';
import { maxPageSize, placeAfter, readPage } from '../../shared/request/listItems';
import { providerTimeMs } from '../../shared/request/providerTime';
import type { VideoTask } from '../../shared/vocabulary';
import type { CrashGuard } from './crashGuard';
import { compareEchoes, type Identification, identifyTask, type ListedTask, type OpenRequest } from './identifyTask';
import { type Account, type Moment, openAccount, type RequestWithoutAnswer } from './openRequests';

/** Looks for the task of a paid request whose answer was lost. All of it is free of charge. */

export type Finding =
	| Exclude<Identification, { kind: 'none' }>
	/** `isTimeKnown`: the provider has told its time, so that its list was read for the right one. */
	| { kind: 'none'; isTimeKnown: boolean }
	/** The provider lists no tasks, or the execution has ended, or there is nothing to recognize the task by. */
	| { kind: 'notSearched' }
	/** The list could not be read. */
	| { kind: 'unreadable'; message: string };

/** In one search, retries included. */
export const maxSearchRequests = 6;
const searchTimeoutMs = 60_000;
/** Before each look at the list, which may have a task late. */
const pausesMs = { untilListed: [2_000, 8_000, 18_000, 27_000], once: [0] };
/** Leaves requests for the next look. */
const maxPagesInLook = 2;

/** A gateway can hold a request that long before it passes it on, whether or not anybody still waits for the answer. */
const acceptanceMs = 5 * 60_000;
/** The Date of an answer has whole seconds, and so have the times of some tasks. */
const toleranceMs = 5_000;
/** What was sent by an earlier execution is known by the wall clock alone. */
const wallToleranceMs = 60_000;
/** Without a Date in its answers nobody knows how far the provider's clock is off. */
const unknownClockToleranceMs = 120_000;

/** Tasks can be listed, and show what has made them. */
export const showsRequests = ({ videoTasks }: ProviderAdapter) => videoTasks.list !== undefined && videoTasks.echo !== undefined;

interface Searched {
	session: Session;
	account: string;
	crashGuard: CrashGuard;
	/** See `CrashGuard`. */
	entry: string;
}

/**
 * Searches by what was sent, and when. What is found is taken: no other request gets it.
 * @param own the record of the request, by which it is known among the requests of the account
 * @param howLong `untilListed`: right after the answer was lost; `once`: in a later attempt
 */
export async function findTask(
	{ session, account, crashGuard, entry }: Searched,
	own: { recordId: string; request: RequestWithoutAnswer },
	howLong: keyof typeof pausesMs,
): Promise<Finding> {
	if (!showsRequests(session.provider)) return { kind: 'notSearched' };
	return await withSearch(session, async (search) => {
		let finding: Finding = { kind: 'notSearched' };
		for (const pauseMs of pausesMs[howLong]) {
			const pause = await outcomeOf(session.connection.clock.sleep(pauseMs, search.connection.signal));
			if (!pause.ok || search.left() === 0) break;
			const looked = await outcomeOf(look(search, openAccount(account), own));
			finding = looked.ok ? looked.value : unreadable(search, looked.error);
			if (finding.kind !== 'found') continue;
			const { taskId } = finding;
			openAccount(account).taken.add(taskId);
			if (await crashGuard.claim(entry, taskId)) return finding;
			// An execution in another process has it.
			finding = { kind: 'none', isTimeKnown: true };
		}
		if (finding.kind === 'ambiguous') for (const id of finding.taskIds) openAccount(account).ambiguous.add(id);
		return finding;
	});
}

/**
 * Searches for the task of an execution that was killed once it had the answer: the crash guard knows whose each task
 * is, whatever the fields say now.
 */
export async function findTaskOfKilled({ session, account, crashGuard, entry }: Searched): Promise<Finding> {
	return await withSearch(session, async (search) => {
		const taskIds: string[] = [];
		const listed = await outcomeOf(
			readPages(search, {}, maxSearchRequests, async (tasks) => {
				taskIds.push(...(await crashGuard.ownTasks(entry, tasks.map(({ id }) => id))));
				return taskIds.length > 0;
			}),
		);
		const [taskId, ...more] = taskIds;
		if (taskId !== undefined && more.length === 0) {
			openAccount(account).taken.add(taskId);
			return { kind: 'found', taskId };
		}
		if (taskId !== undefined) return { kind: 'ambiguous', taskIds };
		// It may have been killed before the answer came, which tells nothing.
		return listed.ok ? { kind: 'notSearched' } : unreadable(search, listed.error);
	});
}

interface Search {
	provider: ProviderAdapter;
	/** Sends no more requests than are allowed, within the time that is allowed. */
	connection: ProviderConnection;
	/** How many requests may be sent. */
	left: () => number;
}

async function withSearch({ provider, connection }: Session, work: (search: Search) => Promise<Finding>): Promise<Finding> {
	if (!provider.videoTasks.list || connection.testMode || connection.signal?.aborted) return { kind: 'notSearched' };
	const isOver = new AbortController();
	/** By time or by requests. */
	const spent = new AbortController();
	void connection.clock.sleep(searchTimeoutMs, isOver.signal).then(() => spent.abort(), () => {});
	let sent = 0;
	const limited: ProviderConnection = {
		...connection,
		signal: AbortSignal.any([spent.signal, ...(connection.signal ? [connection.signal] : [])]),
		async send(options) {
			if (sent >= maxSearchRequests) spent.abort();
			spent.signal.throwIfAborted();
			sent++;
			return await connection.send(options);
		},
	};
	try {
		return await work({ provider, connection: limited, left: () => maxSearchRequests - sent });
	} finally {
		isOver.abort();
	}
}

/** One look at the list, and at the tasks in it that could be the one. */
async function look(search: Search, account: Account, own: { recordId: string; request: RequestWithoutAnswer }): Promise<Finding> {
	const { connection } = search;
	const nowMs = providerTimeMs(connection);
	const tasks: VideoTask[] = [];
	const createdAfterMs = nowMs === undefined ? undefined : toOpenRequest(connection, own.request).fromMs;
	const isComplete = await readPages(search, { createdAfterMs }, maxPagesInLook, (page) => {
		tasks.push(...page);
		// The newest come first. By now an answer has told the provider's time.
		const { fromMs } = toOpenRequest(connection, own.request);
		return page.some(({ createdAtMs }) => createdAtMs !== undefined && createdAtMs < fromMs);
	});
	const { fromMs, untilMs } = toOpenRequest(connection, own.request);
	const isTaken = (id: string) => account.taken.has(id);
	const candidates = tasks.filter(
		({ id, model, createdAtMs = fromMs }) => !isTaken(id) && (model ?? own.request.model) === own.request.model && createdAtMs >= fromMs && createdAtMs <= untilMs,
	);
	const listed = await readEchoes(search, account, candidates, own.request);
	const others = [...account.requests].filter(([recordId]) => recordId !== own.recordId);
	const identification = identifyTask(toOpenRequest(connection, own.request), listed, {
		isTaken,
		isAmbiguous: (id) => account.ambiguous.has(id),
		requests: others.map(([, request]) => toOpenRequest(connection, request)),
	});
	if (!isComplete) return { kind: 'unclear', taskIds: candidates.map(({ id }) => id) };
	return identification.kind === 'none' ? { kind: 'none', isTimeKnown: providerTimeMs(connection) !== undefined } : identification;
}

/**
 * @param onPage gets the tasks of a page, and returns whether no more are needed
 * @returns whether all that is needed was read
 */
async function readPages(
	{ provider, connection, left }: Search,
	query: VideoTaskQuery,
	maxPages: number,
	onPage: (tasks: readonly VideoTask[]) => boolean | Promise<boolean>,
): Promise<boolean> {
	const list: ListEndpoint<VideoTaskQuery, VideoTask> | undefined = provider.videoTasks.list;
	let place: PageQuery | undefined = { pageNumber: 1, pageSize: maxPageSize };
	for (let seen = 0, pages = 0; list && place; pages++) {
		if (pages === maxPages || left() === 0) return false;
		const read: Awaited<ReturnType<typeof readPage<VideoTaskQuery, VideoTask>>> = await readPage(connection, list, query, place);
		if (await onPage(read.page.items)) return true;
		seen += read.page.items.length;
		place = placeAfter(read, seen);
	}
	return true;
}

/** Reads the tasks whose row in the list does not tell, as far as requests are left. What others read is shared. */
async function readEchoes(
	{ provider: { videoTasks }, connection, left }: Search,
	{ echoes }: Account,
	tasks: readonly VideoTask[],
	{ echo: sent }: RequestWithoutAnswer,
): Promise<ListedTask[]> {
	const { echo } = videoTasks;
	if (!echo) return [];
	let free = left();
	const reading = tasks.map(async (task): Promise<ListedTask> => {
		const { id, createdAtMs } = task;
		const inList = echo.ofTask(task);
		if (compareEchoes(sent, inList) !== 'unclear') return { id, createdAtMs, echo: inList };
		if (!echoes.has(id) && free-- > 0) {
			echoes.set(id, callProvider(connection, videoTasks.get, { taskId: id }).then((read) => echo.ofTask(read)));
		}
		const shown = await outcomeOf((async () => await echoes.get(id))());
		if (!shown.ok) echoes.delete(id);
		return { id, createdAtMs, echo: shown.ok ? shown.value : undefined };
	});
	return await Promise.all(reading);
}

/** @returns when the request can have been accepted, by the provider's clock */
function toOpenRequest(connection: ProviderConnection, { echo, sentAt, lostAt }: RequestWithoutAnswer): OpenRequest {
	const { clock } = connection;
	const providerNowMs = providerTimeMs(connection);
	const elapsedMs = (moment: Moment) => ('wallMs' in moment ? clock.now() - moment.wallMs : clock.monotonicMs() - moment.monotonicMs);
	const nowMs = providerNowMs ?? clock.now();
	const tolerance = providerNowMs === undefined ? unknownClockToleranceMs : 'wallMs' in sentAt ? wallToleranceMs : toleranceMs;
	return {
		echo,
		fromMs: nowMs - elapsedMs(sentAt) - tolerance,
		untilMs: lostAt ? nowMs - elapsedMs(lostAt) + acceptanceMs + tolerance : Infinity,
	};
}

function unreadable({ connection: { signal } }: Search, error: unknown): Finding {
	const isGivenUp = signal?.aborted === true;
	const message = isGivenUp ? `no usable answer came within a minute and ${maxSearchRequests} requests` : messageOf(error);
	return { kind: 'unreadable', message };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
