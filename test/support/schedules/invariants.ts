import type { INodeExecutionData, IRun } from 'n8n-workflow';
import type { Bill, Effect } from '../../../simulator';
import { agentName } from '../agent';
import type { JsonObject } from '../lab';
import type { Execution, Performance } from './perform';
import { isRecoveredRun } from './restart';
import type { Schedule } from './schedule';
import { bodyPartOf, generateName, waitName } from './workflow';

/** @returns the broken promises of the package, in words; empty if there are none */
export function breachesOf(performance: Performance): string[] {
	const tasks = tasksOf(performance);
	return [
		...paidOnce(performance, tasks),
		...everyTaskReported(performance, tasks),
		...everyVideoReachable(performance, tasks),
		...nothingSecretShown(performance),
		...quietAfterTheEnd(performance),
		...everyItemInItsPlace(performance, tasks),
		...goodUnlessDisturbed(performance),
	];
}

/** Stored as it was at some moment. */
const isCutShort = ({ run: { status } }: Execution) => status === 'canceled' || status === 'crashed';

/** A generation that the provider has accepted. */
interface Task extends Bill {
	itemIndex: number;
	/** The execution that has paid it. */
	execution?: Execution;
	/** The answer with its ID has arrived. */
	isAnswered: boolean;
	/** What a fault has made of it. */
	fate?: Effect['kind'];
}

const answerFaults: ReadonlyArray<Effect['kind'] | undefined> = [
	'status',
	'reset',
	'hang',
	'html',
	'malformedJson',
	'refusalInside200',
	'missingId',
];

function tasksOf({ bills, calls, schedule, executions, answeredRequestIds }: Performance): Task[] {
	return bills.map((bill) => {
		const index = calls.findIndex(({ requestId }) => requestId === bill.requestId);
		const call = calls[index];
		const body = JSON.stringify(call?.body);
		return {
			...bill,
			itemIndex: wishesOf(schedule).findIndex((place) => body.includes(bodyPartOf(place))),
			execution: executions.find(({ calls: { from, to } }) => index >= from && index < to),
			isAnswered: answeredRequestIds.has(bill.requestId) && !answerFaults.includes(call?.fault),
			fate: call?.fault,
		};
	});
}

/**
 * 1. One bill for each item, in an execution and its retries; with Resubmit When Unsure another one after each
 * bill whose answer was lost.
 */
function paidOnce(performance: Performance, tasks: Task[]): string[] {
	const { schedule, billsOfReaching } = performance;
	if (schedule.way === 'agent') return paidOncePerCall(performance, tasks);
	const isUnsure = ({ isAnswered, execution }: Task) => !isAnswered || execution?.run.status === 'crashed';
	const mayBeRepeated = (task: Task) => schedule.resubmitWhenUnsure && isUnsure(task);
	return [
		...places(schedule.itemCount).flatMap((place) => {
			const bills = tasks.filter(({ itemIndex }) => itemIndex === place);
			return bills.slice(0, -1).every(mayBeRepeated)
				? []
				: [`Item ${place} was paid ${bills.length} times: ${bills.map(({ id }) => id).join(', ')}`];
		}),
		...tasks.filter(({ itemIndex }) => itemIndex < 0).map(({ id }) => `Task ${id} is of no item`),
		...(billsOfReaching > 0 ? [`Fetching the videos was billed ${billsOfReaching} times`] : []),
	];
}

/**
 * With an agent: no more bills for a video than it was asked for, no task for two calls; and unless something broke
 * off, all of the bills but those for which a call got nothing, which the next equal call has to find again.
 */
function paidOncePerCall({ schedule, executions, billsOfReaching }: Performance, tasks: Task[]): string[] {
	const { agent: { kind, turns }, resubmitWhenUnsure, promptFrom } = schedule;
	if (resubmitWhenUnsure) return [];
	const given = executions.map(({ run }) => (outputsOf(run, agentName) ?? []).flat().flatMap(({ json }) => text((json.answer as JsonObject | undefined)?.taskId) ?? []));
	// Only then the agent tells what it was given.
	const isWhole = executions.length === 1 && executions.every(({ run }) => run.status === 'success');
	const breaches = wishesOf(schedule).flatMap((video) => {
		const bills = tasks.filter(({ itemIndex }) => itemIndex === video).map(({ id }) => id);
		const callsOf = (turn: readonly number[]) => turn.filter((asked) => asked === video).length;
		const calls = turns.map(callsOf).reduce((sum, count) => sum + count, 0);
		const sideBySide = kind === 'nodes' ? 1 : Math.max(...turns.map(callsOf));
		const open = bills.filter((id) => !given.flat().includes(id));
		return [
			...(bills.length > calls ? [`Video ${video} was paid ${bills.length} times for ${calls} calls: ${bills.join(', ')}`] : []),
			...(isWhole && promptFrom !== 'clock' && open.length > sideBySide
				? [`Video ${video} was paid again although ${open.join(', ')} were not delivered`]
				: []),
		];
	});
	return [
		...breaches,
		...given.flatMap((ids) => (new Set(ids).size < ids.length ? [`Two calls got the same task: ${ids.join(', ')}`] : [])),
		...(billsOfReaching > 0 ? [`Fetching the videos was billed ${billsOfReaching} times`] : []),
	];
}

/** 2. The ID of every task whose answer has arrived is in the custom data, and in an output or the error. */
function everyTaskReported({ executions }: Performance, tasks: Task[]): string[] {
	return executions.flatMap((execution) => {
		const { runData, error } = execution.run.data.resultData;
		const outputsAndError = JSON.stringify({ runData, error });
		return tasks
			.filter((task) => task.execution === execution && task.isAnswered)
			.flatMap(({ id }) => [
				...(execution.customData.includes(id) ? [] : [`Task ${id} is not in the custom data`]),
				...(isCutShort(execution) || outputsAndError.includes(id) ? [] : [`Task ${id} is in no output and no error`]),
			]);
	});
}

/** PiAPI and Apiframe keep their files no longer; the message says so. */
const oneDayMs = 24 * 60 * 60 * 1000;

/** 3. Every finished video can be fetched with the ID that was reported. */
function everyVideoReachable({ reached, downloaded, endMs }: Performance, tasks: Task[]): string[] {
	const breaches: string[] = [];
	const isGone = (item: INodeExecutionData | undefined) => {
		const task = tasks.find(({ id }) => item && taskIdOf(item) === id);
		return task !== undefined && endMs - task.atMs > oneDayMs && reasonOf(item) === 'expired';
	};
	for (const { id, fate, isAnswered } of tasks) {
		if (!isAnswered) continue;
		const item = reached.find((one) => taskIdOf(one) === id);
		const { videoUrl, error } = item?.json ?? {};
		const status = text(item?.json.status) ?? text(error) ?? 'nothing';
		switch (fate) {
			case 'taskFails':
			case 'taskModerated':
			case 'taskUrlMissing':
				if (error === undefined) breaches.push(`Task ${id} has no video, but Wait for Task says ${status}`);
				break;
			case 'taskNeverEnds':
			case 'taskStatus':
				if (status !== 'running') breaches.push(`Task ${id} does not end, but Wait for Task says ${status}`);
				break;
			default:
				if (typeof videoUrl !== 'string' && !isGone(item)) {
					breaches.push(`The video of task ${id} is out of reach: ${JSON.stringify(item?.json)}`);
				}
		}
	}
	for (const item of downloaded) {
		if (item.binary?.data?.mimeType !== 'video/mp4' && !isGone(item)) {
			breaches.push(`No file: ${JSON.stringify(item.json)}`);
		}
	}
	return breaches;
}

/** 4. Neither the key nor the secret of a webhook is anywhere. */
function nothingSecretShown({ apiKey, calls, executions, reached, storageCalls, believed }: Performance): string[] {
	const log = JSON.stringify(calls);
	const webhookSecrets = [...log.matchAll(/"secret":"([^"]+)"/g)].map(([, secret = '']) => secret);
	const texts = [
		...executions.flatMap(({ stored, run }) => [stored, ...errorTexts(run.data.resultData.error)]),
		JSON.stringify(reached),
	];
	return [
		...(log.includes(apiKey) ? ['The key is in a request, outside of its header'] : []),
		...(texts.some((text) => text.includes(apiKey)) ? ['The key is in an output, an error or stored data'] : []),
		...new Set(
			webhookSecrets
				.filter((secret) => texts.some((text) => text.includes(secret)))
				.map(() => 'The secret of a webhook is in an output, an error or stored data'),
		),
		...storageCalls
			.filter(({ credentials }) => credentials.length > 0)
			.map(({ path, credentials }) => `${credentials.join(', ')} went to storage with ${path}`),
		...believed.map((forged) => `A call with ${forged} was believed`),
	];
}

const errorTexts = (error: IRun['data']['resultData']['error']): string[] =>
	error ? [error.message, error.stack ?? '', String(error.description), JSON.stringify(error)] : [];

/** 5. Nothing is asked once an execution has ended or was stopped. */
function quietAfterTheEnd({ requestsAfterTheEnd }: Performance): string[] {
	return requestsAfterTheEnd.map((request) => `Sent after the end: ${request}`);
}

/** 6. What leaves a node is in the order of its input and paired with it, and no item gets lost. */
function everyItemInItsPlace({ executions, schedule }: Performance, tasks: Task[]): string[] {
	return executions.flatMap((execution) => {
		const generated = outputsOf(execution.run, generateName);
		if (isCutShort(execution) || !generated) return [];
		const paidHere = tasks.filter((task) => task.isAnswered && task.execution === execution);
		const generatedIds = places(schedule.itemCount).map((place) => {
			return paidHere.find(({ itemIndex }) => itemIndex === place)?.id;
		});
		const waited = outputsOf(execution.run, waitName);
		const toWaitFor = (generated[0] ?? []).map(({ json }) => text(json.taskId));
		return [
			...misplaced(generateName, generated, generatedIds),
			...ofOthers(generated, tasks, schedule),
			...(waited && schedule.way === 'dontWaitThenWait' ? misplaced(waitName, waited, toWaitFor) : []),
			...(waited && schedule.way === 'dontWaitThenPauseBetweenChecks' ? lost(execution.run, toWaitFor) : []),
		];
	});
}

/** @param taskIds what the output of each input item has to name */
function misplaced(name: string, outputs: INodeExecutionData[][], taskIds: Array<string | undefined>): string[] {
	const items = outputs.flat();
	const isOrdered = outputs.every((output) => isAscending(output.map(placeOf)));
	return [
		...(String(items.map(placeOf).sort((one, other) => one - other)) === String(places(taskIds.length))
			? []
			: [`${name} got ${taskIds.length} items; what left it is paired with ${items.map(placeOf).join(', ') || 'none'}`]),
		...(isOrdered ? [] : [`${name} has changed the order of its items`]),
		...items.flatMap((item) => {
			const id = taskIds[placeOf(item)];
			return id === undefined || taskIdOf(item) === id
				? []
				: [`${name} returned for item ${placeOf(item)}, whose task is ${id}: ${JSON.stringify(item.json)}`];
		}),
	];
}

/** Also what was found although its answer was lost is given to the item that has asked for it, and to no second one. */
function ofOthers(outputs: INodeExecutionData[][], tasks: Task[], { way }: Schedule): string[] {
	const given = outputs.flat().flatMap((item) => {
		const task = tasks.find(({ id }) => id === taskIdOf(item));
		return task ? [{ task, place: placeOf(item) }] : [];
	});
	return given.flatMap(({ task, place }, index) => [
		...(way !== 'agent' && task.itemIndex !== place ? [`Item ${place} got task ${task.id}, which is of item ${task.itemIndex}`] : []),
		...(given.findIndex((one) => one.task === task) < index ? [`Task ${task.id} was given to two items`] : []),
	]);
}

/** In a loop the places change, so the tasks tell the items apart: each leaves once, in whatever round. */
function lost({ data }: IRun, taskIds: Array<string | undefined>): string[] {
	const rounds = (data.resultData.runData[waitName] ?? []).map((round) => round.data?.main ?? []);
	const outputs = rounds.flatMap((outputsOfRound) =>
		outputsOfRound.slice(1).map((items) => (items ?? []).map(taskIdOf)),
	);
	const leaving = outputs.flat();
	return [
		...taskIds.flatMap((id) => {
			const times = leaving.filter((leavingId) => leavingId === id).length;
			return id === undefined || times === 1 ? [] : [`Task ${id} has left ${waitName} ${times} times`];
		}),
		...(leaving.length === taskIds.length ? [] : [`${waitName} got ${taskIds.length} items, and ${leaving.length} have left it`]),
		...(outputs.every((output) => isAscending(output.flatMap((id) => (id === undefined ? [] : [taskIds.indexOf(id)]))))
			? []
			: [`${waitName} has changed the order of its items`]),
	];
}

/** What is asked for: items, or the videos of an agent. */
const wishesOf = ({ way, itemCount, agent }: Schedule) =>
	places(way === 'agent' ? Math.max(...agent.turns.flat()) + 1 : itemCount);
const places = (count: number) => Array.from({ length: count }, (_, place) => place);
/** Of an item, or of the error item in its place. */
const taskIdOf = ({ json: { taskId, details } }: INodeExecutionData) =>
	text(taskId) ?? text((details as JsonObject | undefined)?.taskId);
const reasonOf = (item?: INodeExecutionData) => text((item?.json.details as JsonObject | undefined)?.reason);
const placeOf = ({ pairedItem }: INodeExecutionData) =>
	typeof pairedItem === 'object' && !Array.isArray(pairedItem) ? pairedItem.item : -1;
const isAscending = (numbers: number[]) =>
	numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** The outputs of the last run of a node; undefined if it did not run or failed. */
function outputsOf({ data }: IRun, name: string): INodeExecutionData[][] | undefined {
	const last = data.resultData.runData[name]?.at(-1);
	return !last || last.error || isRecoveredRun(last) ? undefined : last.data?.main?.map((items) => items ?? []);
}

/** That the others hold is worth nothing if nothing works: without faults every item has its video. */
function goodUnlessDisturbed({ schedule, executions }: Performance): string[] {
	const { faults, executions: [first], clockSteps, itemCount, maxTasks, queueSeconds, runSeconds, timeoutSeconds, way } = schedule;
	const isDisturbed = faults.length > 0 || first?.interruption !== undefined || itemCount > maxTasks || clockSteps.length > 0 || way === 'agent';
	// A later Wait for Task begins with the second check.
	if (isDisturbed || timeoutSeconds < queueSeconds + runSeconds + 80) return [];
	const [execution] = executions;
	const isLater = way === 'dontWaitThenWait' || way === 'dontWaitThenPauseBetweenChecks';
	const items = execution && outputsOf(execution.run, isLater ? waitName : generateName)?.flat();
	const finished = items?.filter(({ json }) => json.status === 'succeeded' && json.videoUrl) ?? [];
	return finished.length === itemCount
		? []
		: [`Nothing went wrong, but only ${finished.length} of ${itemCount} items have a video: ${execution?.run.data.resultData.error?.message ?? execution?.run.status}`];
}
