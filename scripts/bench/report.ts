import { askedTogether, baseline, type Contender, inThisNode, onCallback } from './contenders';
import type { Effort } from './effort';
import { copying } from './film';
import type { Results, Waits } from './measure';
import { splitItemCounts } from './plan';
import { mean, median } from './waits';

/** The generated part of docs/benchmarks.md. */
export function describeResults(results: Results, plotFile: string): string {
	return [
		`![Bars of the figures below](${plotFile})`,
		describeEnvironment(results),
		...describeLags(results),
		...describeItems(results),
		...describeSlots(results),
		...describeFar(results),
		...describeFaults(results),
		...describeRestarts(results),
		...describeFirstPaid(results),
		...describeMemory(results),
		...describeFilm(results),
		...describeEfforts(results),
		...describeMethod(results),
	].join('\n\n');
}

function describeEnvironment({ environment }: Results): string {
	const { date, tookMinutes, packageVersion, n8nVersion, nodeVersion, cpu, cores, system } = environment;
	const { memoryGigabytes, loadBefore, loadAfter } = environment;
	return [
		`Measured on ${date} in ${Math.round(tookMinutes)} minutes: package ${packageVersion}, n8n ${n8nVersion} (main process,`,
		`SQLite), Node ${nodeVersion}, ${cores} cores (${cpu}), ${Math.round(memoryGigabytes)} GB, ${system}.`,
		`Load of the machine before ${loadBefore.toFixed(1)}, after ${loadAfter.toFixed(1)}.`,
		`Ratios are to "${baseline.name}"; the best of a column is bold.`,
	].join('\n');
}

function describeLags({ lags, plan }: Results): string[] {
	return [
		'## One video',
		'From the end of the job to the end of the execution, with the file in it, in seconds; by the length of the job:',
		...lagTables(lags, plan),
	];
}

/** The lags, then what they cost in status requests. */
function lagTables(lags: Waits['lags'], plan: Results['plan']): string[] {
	const lengths = plan.lagJobSeconds.map((seconds) => `${seconds} s`);
	const headers = ['', ...lengths, 'Mean', 'Ratio'];
	const rowsOf = (valuesOf: (row: Results['lags'][number]) => number[]) => {
		const reference = mean(lags.filter(isBaseline).flatMap(valuesOf));
		const columns = (row: Results['lags'][number]) => [...valuesOf(row), mean(valuesOf(row))];
		const best = bestOf(lags.map(columns));
		return lags.map((row) => [
			row.contender.name,
			...columns(row).map((value, index) => emphasize(inSeconds(value), value === best[index])),
			ratio(mean(valuesOf(row)), reference),
		]);
	};
	return [
		table(headers, rowsOf(({ lagsMs }) => lagsMs.map(toSeconds))),
		'Status requests for that:',
		table(headers, rowsOf(({ statusRequests }) => statusRequests)),
	];
}

function describeItems({ items, plan }: Results): string[] {
	return [
		'## Many videos in one execution',
		`Jobs of ${plan.itemsJobSeconds} s. The lag is that from the end of a job to the download of its file.`,
		...itemTables(items),
	];
}

function itemTables(items: Waits['items']): string[] {
	const counts = [...new Set(items.map((row) => row.items))];
	return counts.map((count) => {
		const rows = items.filter((row) => row.items === count);
		const reference = rows.find(isBaseline);
		const columns = (row: Results['items'][number]) => [
			toSeconds(row.totalMs ?? NaN),
			toSeconds(row.medianLagMs),
			toSeconds(row.worstLagMs),
			row.statusRequests,
		];
		const best = bestOf(rows.map(columns));
		return table(
			[`${count} videos`, 'Total (s)', 'Ratio', 'Lag, median (s)', 'Lag, worst (s)', 'Status requests', 'Ratio', 'Bills', 'Files'],
			rows.map((row) => {
				const [total = '', median = '', worst = '', requests = ''] = columns(row).map((value, index) =>
					emphasize(index < 3 ? inSeconds(value) : String(value), value === best[index]),
				);
				return [
					row.contender.name,
					total,
					ratio(row.totalMs ?? NaN, reference?.totalMs),
					median,
					worst,
					requests,
					ratio(row.statusRequests, reference?.statusRequests),
					String(row.bills),
					String(row.files),
				];
			}),
		);
	});
}

function describeSlots({ slots, plan }: Results): string[] {
	const { slots: limit, executions, jobSeconds } = plan.slots;
	return [
		`## ${executions} executions, of which ${limit} may run at once`,
		`Jobs of ${jobSeconds} s, all webhooks called at once, N8N_CONCURRENCY_PRODUCTION_LIMIT=${limit}.`,
		slotTable(slots),
	];
}

function slotTable(slots: Waits['slots']): string {
	const reference = slots.find(isBaseline);
	const columns = (row: Results['slots'][number]) =>
		[row.totalMs ?? NaN, row.meanFileMs, row.maxAnswerMs].map(toSeconds);
	const best = bestOf(slots.map(columns));
	return table(
		['', 'Total (s)', 'Ratio', 'To the file, mean (s)', 'Webhook answers after at most (s)', 'Bills', 'Files'],
		slots.map((row) => {
			const [total = '', file = '', answer = ''] = columns(row).map((value, index) =>
				emphasize(inSeconds(value), value === best[index]),
			);
			return [
				row.contender.name,
				total,
				ratio(row.totalMs ?? NaN, reference?.totalMs),
				file,
				answer,
				String(row.bills),
				String(row.files),
			];
		}),
	);
}

function describeFar({ far, plan, firstPaid }: Results): string[] {
	const { latencySeconds, latencyJitterSeconds } = plan.far.distance;
	const [leastMs, mostMs] = [latencySeconds, latencySeconds + latencyJitterSeconds].map((seconds) => Math.round(seconds * 1000));
	const { slots: limit, executions, jobSeconds } = plan.slots;
	return [
		'## At a real distance',
		[
			`The same with providers ${leastMs} to ${mostMs} ms away, there and back, for each request to their API. The files and n8n's`,
			'own webhooks stay near. What was aimed at:',
		].join('\n'),
		table(
			['', 'Aim', 'Measured', ''],
			aimsOf(far, firstPaid, plan).map(({ what, aim, measured, isMet }) => [what, aim, measured, isMet ? 'met' : '**missed**']),
		),
		'One video, as above:',
		...lagTables(far.lags, plan),
		`Many videos in one execution, jobs of ${plan.itemsJobSeconds} s:`,
		...itemTables(far.items),
		`${executions} executions, of which ${limit} may run at once, jobs of ${jobSeconds} s:`,
		slotTable(far.slots),
	];
}

interface Aim {
	what: string;
	aim: string;
	measured: string;
	isMet: boolean;
}

/** What should be reached at a distance. */
function aimsOf(far: Waits, firstPaid: Results['firstPaid'], plan: Results['plan']): Aim[] {
	const ofContender = <Row extends { contender: Contender }>(rows: readonly Row[], { id }: Contender) =>
		rows.find(({ contender }) => contender.id === id);
	const atMost = (what: string, limit: number, value: number, show: (value: number) => string): Aim => ({
		what,
		aim: `≤ ${show(limit)}`,
		measured: show(value),
		isMet: value <= limit,
	});
	const seconds = (value: number) => `${inSeconds(value)} s`;
	const timesJob = (value: number) => `${value.toFixed(2)} × the job`;
	const { itemsJobSeconds, slots, lagJobSeconds } = plan;
	const one = ofContender(far.lags, inThisNode);
	const many = [inThisNode, askedTogether].flatMap((contender) => ofContender(far.items, contender) ?? []);
	const byCallback = ofContender(far.items, onCallback);
	const stock = far.items.find(isBaseline);
	const length = lagJobSeconds.indexOf(itemsJobSeconds);
	const paid = firstPaid.find(({ isOurs }) => isOurs);
	return [
		atMost('One video, mean from the end of the job to the request for the file', 2, toSeconds(mean(one?.fileLagsMs ?? [])), seconds),
		...(length < 0 ? [] : [atMost(`Status requests for one video of ${itemsJobSeconds} s`, 12, one?.statusRequests[length] ?? NaN, String)]),
		...many.map(({ contender, items, totalMs = NaN }) =>
			atMost(`${items} videos in one execution, ${contender.name}`, 1.1, toSeconds(totalMs) / itemsJobSeconds, timesJob),
		),
		atMost(
			`${plan.firstPaid.items} items × ${plan.firstPaid.assetsPerItem} cited assets, the first paid request`,
			2,
			toSeconds(paid?.firstPaidMs ?? NaN),
			seconds,
		),
		atMost(
			`${slots.executions} executions on ${slots.slots} slots, by callback`,
			1.25,
			toSeconds(ofContender(far.slots, onCallback)?.totalMs ?? NaN) / slots.jobSeconds,
			timesJob,
		),
		...(['totalMs', 'medianLagMs', 'worstLagMs'] as const).map((column) =>
			atMost(
				`${byCallback?.items ?? 0} videos by callback, ${columnNames[column]}, beside "${baseline.name}"`,
				toSeconds(stock?.[column] ?? NaN),
				toSeconds(byCallback?.[column] ?? NaN),
				seconds,
			),
		),
	];
}

const columnNames = { totalMs: 'total', medianLagMs: 'median lag', worstLagMs: 'worst lag' };

function describeFaults({ faults }: Results): string[] {
	const names = faults[0]?.contenders.map(({ name }) => name) ?? [];
	return [
		'## Bills under Retry On Fail',
		'One video unless said, three attempts. Paid / files delivered / what n8n says; bold where more was paid than asked for.',
		table(
			['Fault', ...names],
			faults.map(({ title, items, contenders }) => [
				title,
				...contenders.map(({ bills, files, status }) => {
					return `${emphasize(String(bills), bills > items)} / ${files} / ${status}`;
				}),
			]),
		),
	];
}

function describeRestarts({ restarts, plan }: Results): string[] {
	const { jobSeconds, afterSeconds } = plan.restart;
	return [
		'## A restart of n8n during the wait',
		`SIGTERM ${afterSeconds} s into a job of ${jobSeconds} s, then a new start. "Retry" is that of the list of executions.`,
		table(
			['', 'Execution', 'Video', 'Lag (s)', 'ID in the log', 'Retry', 'Bills in the end'],
			restarts.map(({ contender, status, lagMs, isInLog, bills, retry }) => [
				contender.name,
				status,
				lagMs === undefined ? '**lost**' : 'delivered',
				lagMs === undefined ? '–' : toSeconds(lagMs).toFixed(1),
				isInLog ? 'yes' : 'no',
				retry ? describeRetry(retry) : 'not needed',
				emphasize(String(retry?.bills ?? bills), (retry?.bills ?? bills) > 1),
			]),
		),
	];
}

function describeRetry({ status, hasFile, namesJob }: NonNullable<Results['restarts'][number]['retry']>): string {
	const video = hasFile ? 'delivers a video' : 'delivers none';
	return `${status}, ${video}${!hasFile && namesJob ? ', names the ID' : ''}`;
}

function describeFirstPaid({ firstPaid, plan }: Results): string[] {
	const { items, assetsPerItem, latencySeconds } = plan.firstPaid;
	const reference = firstPaid.find(({ isOurs }) => !isOurs);
	return [
		'## Checks before paying',
		[
			`${items} items that cite ${assetsPerItem} assets each, all of them different, of a provider ${latencySeconds * 1000} ms away. From the first`,
			'request to the first one that is paid; everything is checked before.',
		].join('\n'),
		table(
			['', 'First paid request (s)', 'Ratio', 'Look-ups', 'Bills'],
			firstPaid.map(({ name, firstPaidMs, lookUps, bills }) => [
				name,
				inSeconds(toSeconds(firstPaidMs)),
				ratio(firstPaidMs, reference?.firstPaidMs),
				String(lookUps),
				String(bills),
			]),
		),
	];
}

/** Exported so that these rows can be had alone. */
export function describeMemory({ memory, plan }: Pick<Results, 'memory' | 'plan'>): string[] {
	const [reference] = memory[0]?.movers.filter(({ isOurs }) => !isOurs) ?? [];
	return [
		'## Memory while files pass',
		[
			`How far the resident memory of n8n goes beyond what it rests at, at its highest, in MB: the median of ${plan.memory.rounds}`,
			'(in brackets minimum and maximum). n8n keeps files in its filesystem mode; nothing else runs in it. Both look up',
			'the link of a finished task and download it, or read a file and upload it.',
			`Ratios are to "${reference?.name ?? ''}".`,
		].join('\n'),
		table(
			['', ...(memory[0]?.movers ?? []).map(({ name }) => name), 'Ratio'],
			memory.map(({ load, movers }) => {
				const stock = movers.find(({ isOurs }) => !isOurs);
				const ours = movers.find(({ isOurs }) => isOurs);
				return [
					describeLoad(load),
					...movers.map(({ growthBytes, filesMoved }) => {
						const isWhole = filesMoved.every((count) => count === load.files);
						return `${describeGrowth(growthBytes)}${isWhole ? '' : ', **incomplete**'}`;
					}),
					ratio(median(ours?.growthBytes ?? []), median(stock?.growthBytes ?? [])),
				];
			}),
		),
	];
}

function describeFilm({ film, plan: { film: plan } }: Results): string[] {
	const reference = film.find(({ name }) => name === copying);
	return [
		'## From shots to a film',
		[
			`How long ${plan.shots} shots of ${plan.megabytes} MB take until they are one file on the disk, in seconds: the median of ${plan.rounds}, without n8n,`,
			`which stores the file of each in the same way. Ratios are to "${copying}", after which they are still no film.`,
		].join('\n'),
		table(
			['', 'Seconds', 'Ratio'],
			film.map(({ name, tookMs }) => [name, inSeconds(toSeconds(median(tookMs))), ratio(median(tookMs), median(reference?.tookMs ?? []))]),
		),
	];
}

function describeLoad({ direction, files, megabytes }: Results['memory'][number]['load']): string {
	return `${files === 1 ? '' : `${files} × `}${megabytes} MB ${direction}${files === 1 ? '' : ' at once'}`;
}

function describeGrowth(growthBytes: number[]): string {
	const [medianMb, minMb, maxMb] = [median(growthBytes), Math.min(...growthBytes), Math.max(...growthBytes)].map(
		(bytes) => (bytes / 2 ** 20).toFixed(0),
	);
	return growthBytes.length === 1 ? `${medianMb}` : `${medianMb} (${minMb}–${maxMb})`;
}

function describeEfforts({ efforts }: Results): string[] {
	const count = ({ nodes, fields, wires }: Effort) => `${nodes} / ${fields} / ${wires}`;
	const reference = efforts.find(isBaseline);
	return [
		'## What a user has to set',
		'Nodes beyond the trigger / fields set / wires drawn, counted in the workflows that were run:',
		table(
			['', 'One video', 'Ratio of the fields', 'Many videos', 'Ratio of the fields'],
			efforts.map(({ contender, oneVideo, manyVideos }) => [
				contender.name,
				count(oneVideo),
				ratio(oneVideo.fields, reference?.oneVideo.fields),
				count(manyVideos),
				ratio(manyVideos.fields, reference?.manyVideos.fields),
			]),
		),
	];
}

function describeMethod({ plan }: Results): string[] {
	const [few, most] = splitItemCounts(plan.itemCounts);
	const groups = plan.itemGroups.map((group) => group.map(({ name }) => name).join(' with ')).join('; ');
	const together = [
		`"One video"${few.map((count) => ` with the row of ${count} videos`).join('')}: all contenders and lengths at once.`,
		`${most} videos, one group after the other: ${groups}.`,
		`Slots, faults and the restart at once; each contender of the slots and the restart in an n8n of its own.`,
	];
	return [
		'## How',
		[
			`- Providers are those of the simulator, each run with one of its own. It serves a real MP4 of ${plan.videoMegabytes} MB for every video.`,
			'  Everything is read from its call log and ledger and from n8n\'s REST interface; nothing is asked of the nodes.',
			'- Nodes have their defaults. "HTTP Request" is Webhook → HTTP Request (create) → Wait → HTTP Request (get) → IF → back to Wait,',
			'  or on to HTTP Request (download), in the newest versions of these nodes; for many videos with Split Out before, all at once.',
			'- On Provider Callback runs with Apiframe, whose calls to the webhook are simulated too, and so does "asked together", as Apiframe',
			'  tells the state of up to 100 tasks in one request. The others run with AnyFast.',
			'- "Wait 65 s" is the shortest Wait with which n8n holds no worker.',
			plan.isHurried ? '- **Everything ran at once: these figures mean nothing.**' : `- What ran together: ${together.join(' ')}`,
		].join('\n'),
	];
}

const toSeconds = (ms: number) => ms / 1000;
const inSeconds = (value: number) => (Number.isFinite(value) ? value.toFixed(1) : 'no end');
const isBaseline = ({ contender }: { contender: Contender }) => contender.id === baseline.id;
const emphasize = (text: string, isSo: boolean) => (isSo ? `**${text}**` : text);
const ratio = (value: number, reference = NaN) => {
	const quotient = value / reference;
	return Number.isFinite(quotient) ? `${quotient.toFixed(2)} ×` : '–';
};

/** The least of each column. */
function bestOf(rows: number[][]): number[] {
	return (rows[0] ?? []).map((_, index) => Math.min(...rows.map((row) => row[index] ?? NaN).filter(Number.isFinite)));
}

function table(headers: string[], rows: string[][]): string {
	const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
	const [, ...numbers] = headers;
	return [line(headers), line(['---', ...numbers.map(() => '--:')]), ...rows.map(line)].join('\n');
}
