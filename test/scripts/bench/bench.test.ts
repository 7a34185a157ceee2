import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { contenders, contendersOfMany } from '../../../scripts/bench/contenders';
import { measure, type Results } from '../../../scripts/bench/measure';
import { quickPlan } from '../../../scripts/bench/plan';
import { writeReport } from '../../../scripts/bench/write';
import { outputFolder } from '../../e2e/support/globalSetup';

const timeoutMs = 600_000;

describe('npm run bench -- --quick', () => {
	let results: Results;
	let document: string;
	let plot: string;

	beforeAll(async () => {
		const packageTarball = process.env.SEEDANCE_PACKAGE_TARBALL;
		if (packageTarball === undefined) throw new Error('Start the tests with: npm run test:bench');
		const folder = join(outputFolder, 'bench');
		results = await measure({
			plan: quickPlan,
			folder: join(folder, 'run'),
			packageTarball,
			say: () => {},
		});
		const file = await writeReport(results, folder);
		document = await readFile(file, 'utf8');
		plot = await readFile(join(dirname(file), 'pictures', 'benchmarks.svg'), 'utf8');
	}, timeoutMs);

	it('gets each video once, and no earlier than it exists', () => {
		const { lagJobSeconds } = quickPlan;
		expect(results.lags).toHaveLength(contenders.length);
		expect(results.far.lags).toHaveLength(contenders.length);
		for (const { lagsMs, statusRequests, bills, files } of [...results.lags, ...results.far.lags]) {
			expect([lagsMs.length, statusRequests.length, bills, files]).toEqual(Array(4).fill(lagJobSeconds.length));
			expect(Math.min(...lagsMs)).toBeGreaterThan(0);
			expect(Math.min(...statusRequests)).toBeGreaterThan(0);
		}
	});

	it('joins shots to films that are as long as what FFmpeg joins', () => {
		const sizes = results.film.map(({ fileBytes }) => fileBytes);
		expect(results.film).toHaveLength(3);
		expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThan(1.01);
		expect(document).toContain('Seedance Film, Join Shots');
	});

	it('gets all videos of an execution, each once', () => {
		const [items = 0] = quickPlan.itemCounts;
		const ids = contendersOfMany.map(({ id }) => id);
		for (const rows of [results.items, results.far.items]) {
			expect(rows.map(({ contender }) => contender.id)).toEqual(ids);
			for (const row of rows) {
				expect(row).toMatchObject({ items, bills: items, files: items, status: 'success' });
				expect(row.statusRequests).toBeGreaterThanOrEqual(items);
			}
		}
	});

	it('gets the videos of executions that share slots, each once', () => {
		const { executions, slots } = quickPlan.slots;
		expect(results.far.slots.map(({ contender }) => contender.id)).toEqual(quickPlan.far.slotsContenders.map(({ id }) => id));
		for (const row of [...results.slots, ...results.far.slots]) {
			expect(row).toMatchObject({ bills: executions, files: executions, statuses: ['success'] });
		}
		const [held, freed] = results.slots;
		// Those that hold their slots keep the callers of the webhook waiting; the others do not.
		expect(slots).toBeLessThan(executions);
		expect(held?.maxAnswerMs).toBeGreaterThan(freed?.maxAnswerMs ?? NaN);
	});

	it('sees that the node pays once where the workflow of HTTP Requests pays twice', () => {
		const billsOf = (caseId: string) =>
			results.faults.find((row) => row.caseId === caseId)?.contenders.map(({ bills }) => bills);
		expect(billsOf('firstPollFails')).toEqual([1, 1, 1]);
		expect(billsOf('firstCreateUnsure')).toEqual([1, 2, 2]);
	});

	it('sees what becomes of a wait when n8n restarts', () => {
		const rows = Object.fromEntries(results.restarts.map((row) => [row.contender.id, row]));
		const survives = { status: 'success', bills: 1, lagMs: expect.any(Number) };
		expect(rows).toMatchObject({
			inThisNode: { status: 'crashed', isInLog: true, retry: { bills: 1 } },
			foundAgain: { status: 'crashed', isInLog: true, retry: { status: 'success', bills: 1, hasFile: true } },
			onCallback: survives,
			pauseBetweenChecks: survives,
			stock10: { status: 'crashed', retry: { bills: 2 } },
			stock65: survives,
		});
	});

	it('looks up every cited asset, and pays for every item', () => {
		const { items, assetsPerItem } = quickPlan.firstPaid;
		const row = { firstPaidMs: expect.any(Number), lookUps: items * assetsPerItem, bills: items };
		expect(results.firstPaid).toMatchObject([{ isOurs: true, ...row }, { isOurs: false, ...row }]);
	});

	it('moves every large file whole', () => {
		const { rounds, largeMegabytes, mediumMegabytes, files } = quickPlan.memory;
		expect(results.memory.map(({ load }) => load)).toEqual([
			{ direction: 'down', files: 1, megabytes: largeMegabytes },
			{ direction: 'up', files: 1, megabytes: mediumMegabytes },
			{ direction: 'down', files, megabytes: mediumMegabytes },
		]);
		for (const { load, movers } of results.memory) {
			expect(movers.map(({ isOurs }) => isOurs)).toEqual([true, false]);
			for (const { growthBytes, filesMoved } of movers) {
				expect(filesMoved).toEqual(Array(rounds).fill(load.files));
				expect(growthBytes).toEqual(Array(rounds).fill(expect.any(Number)));
			}
		}
	});

	it('counts what a user has to set', () => {
		const efforts = Object.fromEntries(
			results.efforts.map(({ contender, oneVideo, manyVideos }) => [contender.id, { oneVideo, manyVideos }]),
		);
		expect(efforts).toMatchObject({
			inThisNode: { oneVideo: { nodes: 1, fields: 3, wires: 1 }, manyVideos: { nodes: 2 } },
			stock10: { oneVideo: { nodes: 5, fields: 18, wires: 6 }, manyVideos: { nodes: 6 } },
		});
	});

	it('names every contender in the document and in the plot', () => {
		const rows = (name: string) => document.split('\n').filter((line) => line.startsWith(`| ${name} |`));
		for (const { name } of contenders) {
			// Lag, status requests, many videos, restart, effort; slots only where they were measured.
			expect(rows(name).length).toBeGreaterThanOrEqual(5);
			expect(plot).toContain(`>${name}</text>`);
		}
		expect(document).not.toMatch(/NaN|Infinity|undefined/);
		expect(plot).not.toMatch(/NaN|Infinity|undefined/);
	});
});
