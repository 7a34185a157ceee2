import * as fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sampleFiles } from '../support/media';
import { breachesOf } from '../support/schedules/invariants';
import type { Performance } from '../support/schedules/perform';
import { perform } from '../support/schedules/perform';
import { schedules } from '../support/schedules/schedule';

/**
 * Random schedules of faults, delays, stops, retries and callbacks, over providers and ways of waiting, on
 * n8n's engine in virtual time. Whatever happens, the promises of `invariants.ts` hold.
 *
 * A failure prints the shrunk schedule, what happened, and how to run it again.
 */
const numRuns = Number(process.env.SCHEDULES ?? 300);
const seed = process.env.SCHEDULES_SEED === undefined ? undefined : Number(process.env.SCHEDULES_SEED);
const replayPath = process.env.SCHEDULES_PATH;

let folder: string;
let videoFile: string;
beforeAll(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'schedules-'));
	videoFile = path.join(folder, 'video.mp4');
	await writeFile(videoFile, Buffer.from((await sampleFiles()).video.data, 'base64'));
});
afterAll(async () => await rm(folder, { recursive: true }));

it(
	`holds its promises in ${numRuns} random schedules`,
	async () => {
		let failing: Performance | undefined;
		const property = fc.asyncProperty(schedules, async (schedule) => {
			const performed = await perform(schedule, videoFile);
			const breaches = breachesOf(performed);
			if (breaches.length === 0) return;
			failing = performed;
			throw new Error(breaches.join('\n'));
		});
		const started = performance.now();
		const result = await fc.check(property, { numRuns, seed, path: replayPath, endOnFailure: false });
		console.log((performance.now() - started) / numRuns, 'ms per schedule');
		if (result.failed) {
			const [schedule] = result.counterexample ?? [];
			throw new Error(
				[
					String(result.errorInstance),
					`SCHEDULES_SEED=${result.seed} SCHEDULES_PATH=${result.counterexamplePath}`,
					JSON.stringify(schedule),
					failing?.executions.map(({ run, timesAside }) => `${run.status} ${timesAside} ${run.data.resultData.error?.message}`).join('\n'),
					failing?.calls
						.map((c) => `${((c.atMs - (failing?.startMs ?? 0)) / 1000).toFixed(1)} ${c.route} ${c.method} ${c.path} ${c.statusCode} ${c.fault ?? ''} ${failing?.answeredRequestIds.has(c.requestId)}`)
						.join('\n'),
				].join('\n\n'),
			);
		}
	},
	30 * 60_000,
);
