/**
 * `npm run demo [-- --provider <id>] [-- --test-mode] [-- --film]`: runs an example workflow on n8n's own engine
 * against the simulator, with real media, and leaves a video that can be played. No account, no key, no cost. In Test
 * Mode there is no simulator either: the nodes answer by themselves. With `--film`, three shots become one film.
 */
import { PackageDirectoryLoader } from 'n8n-core';
import type { IBinaryData, INodeExecutionData, IRun } from 'n8n-workflow';
import { jsonParse } from 'n8n-workflow';
import { exec } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual, parseArgs, promisify } from 'node:util';
import { fetch } from 'undici';
import { credentialData } from '../harness/credentialData';
import { type EngineHost, outputOf, readBinary, runWorkflow, type RunOptions, type WorkflowJson } from '../harness/engine/engine';
import { stockNodes } from '../harness/engine/stockNodes';
import { loadExample, startedByHand } from '../harness/loadExample';
import { makeMedia } from '../harness/media/exampleFiles';
import { runFfmpeg } from '../harness/media/ffmpeg';
import { probe } from '../harness/media/sampleFiles';
import { eachProvider, type ProviderEntry } from '../harness/providers';
import { readArray, readObject, readString } from '../nodes/shared/providers/read';
import type { ApiCall, Bill, Simulator } from '../simulator';
import { startSimulator } from '../simulator';

const projectRoot = path.join(__dirname, '..');
const exampleFile = '02-consistent-character.json';
const filmExampleFile = '07-shot-after-shot.json';
/** The simulator's minute-long jobs take a tenth of their time. */
const timeScale = 10;

async function main() {
	const { values } = parseArgs({
		options: {
			provider: { type: 'string', default: 'anyfast' },
			'test-mode': { type: 'boolean', default: false },
			film: { type: 'boolean', default: false },
		},
	});
	if (values.film && values['test-mode']) throw new RangeError('--film makes real videos; leave out --test-mode');
	const { provider, displayName } = readProvider(values.provider);
	const isTestMode = values['test-mode'];
	const kind = isTestMode ? '-test-mode' : values.film ? '-film' : '';
	const folder = path.join(projectRoot, '.work/demo', `${provider}${kind}`);
	const videoFile = path.join(folder, 'shot-1.mp4');

	say(
		`Seedance demo with ${displayName}, ${isTestMode ? 'in Test Mode' : 'simulated'}: nothing leaves this computer, nothing is paid\n`,
	);
	await step(
		'Building the package',
		async () => await promisify(exec)('npm run build', { cwd: projectRoot }),
	);
	await rm(folder, { recursive: true, force: true });
	if (values.film) {
		await makeFilm(provider, folder);
		return;
	}
	const mediaFolder = path.join(folder, 'media');
	const media = await step('Making a picture, a clip and a sound', async () => await makeMedia(mediaFolder));
	say(`  ${media.join(', ')} in ${relative(mediaFolder)}`);

	if (isTestMode) {
		await runInTestMode(provider, mediaFolder, media, videoFile);
		return;
	}
	const watcher = new Watcher();
	const simulator = await startSimulator({
		timeScale,
		onBill: (bill) => watcher.onBill(bill),
		onCall: (call) => watcher.onCall(call, simulator.baseUrls[provider], simulator.apiKey),
	});
	try {
		say(
			`Simulator at ${simulator.baseUrls[provider]}: a job of a minute takes ${60 / timeScale} seconds\n`,
		);
		say(`Running examples/${exampleFile}, its first shot, on n8n's engine`);
		const workflow = await loadExample(exampleFile, { provider, pollingIntervalSeconds: 1 });
		const run = await runWorkflow(await host(credentialsOf(simulator)), withFirstShot(startedByHand(workflow)), {
			items: [await filledInForm(mediaFolder, media)],
			configureHooks: (hooks) => watcher.follow(hooks),
		});
		await report(run, videoFile, simulator);
	} finally {
		await simulator.close();
	}
}

/** Three shots, each of which begins with the last frame of the one before, and the film of them. */
async function makeFilm(provider: ProviderEntry['provider'], folder: string): Promise<void> {
	const watcher = new Watcher();
	const simulator = await startSimulator({
		timeScale,
		onBill: (bill) => watcher.onBill(bill),
		onCall: (call) => watcher.onCall(call, simulator.baseUrls[provider], simulator.apiKey),
	});
	try {
		say(`Running examples/${filmExampleFile} on n8n's engine; a job of a minute takes ${60 / timeScale} seconds\n`);
		const run = await runWorkflow(
			await host(credentialsOf(simulator)),
			await loadExample(filmExampleFile, { provider, pollingIntervalSeconds: 1 }),
			{ configureHooks: (hooks) => watcher.follow(hooks) },
		);
		await reportFilm(run, path.join(folder, 'film.mp4'), simulator);
	} finally {
		await simulator.close();
	}
}

/** @throws Error unless the film is as long as its shots, has picture and sound, decodes, and each shot was paid once */
async function reportFilm(run: IRun, filmFile: string, { ledger }: Simulator): Promise<void> {
	const { error } = run.data.resultData;
	if (error) throw new Error(`The workflow failed: ${error.message}`, { cause: error });
	const [film] = outputOf(run, 'Join Shots')[0] ?? [];
	const shots = outputOf(run, 'All Shots in Order')[0] ?? [];
	if (!film?.binary?.data) throw new Error('Join Shots gave no file');
	await mkdir(path.dirname(filmFile), { recursive: true });
	await writeFile(filmFile, await readBinary(film.binary.data));
	// Decodes every frame.
	await runFfmpeg('-xerror', '-i', filmFile, '-f', 'null', '-');
	const { durationSeconds, video, audio } = await probe(await readFile(filmFile));
	const bills = ledger.filter(({ kind, refunded }) => kind === 'generation' && !refunded);
	const lengths = await Promise.all(
		shots.map(async ({ binary }) => (binary?.data ? (await probe(await readBinary(binary.data))).durationSeconds : 0)),
	);
	const expectedSeconds = lengths.reduce((sum, seconds) => sum + seconds, 0);

	say('');
	say(`Film      ${relative(filmFile)}`);
	say(`          ${((await stat(filmFile)).size / 1e6).toFixed(1)} MB, ${durationSeconds} s from ${shots.length} shots, ${video?.width ?? 0} × ${video?.height ?? 0}`);
	say(`Bill      would have been ${plural(bills.length, 'generation')}: ${sumOf(bills)}`);
	if (!video || !audio) throw new Error('The film lacks its picture or its sound');
	if (Math.abs(durationSeconds - expectedSeconds) > 0.1) throw new Error(`The shots are ${expectedSeconds} s long together`);
	if (shots.length !== 3 || bills.length !== 3) throw new Error('Not exactly three shots were made and paid');
}

/** What the bills come to, in the unit of the provider. */
function sumOf(bills: readonly Bill[]): string {
	const unit = bills[0]?.charge?.unit;
	const amount = bills.reduce((sum, { charge }) => sum + (charge?.amount ?? 0), 0);
	return unit === undefined ? 'nobody tells what' : `${amount.toLocaleString('en')} ${unit}`;
}

/** With a credential that has Test Mode on and nothing else. @throws Error if a request is sent all the same */
async function runInTestMode(provider: ProviderEntry['provider'], mediaFolder: string, media: string[], videoFile: string) {
	const sent = watchRequests();
	say(`Running examples/${exampleFile}, its first shot, on n8n's engine\n`);
	const run = await runWorkflow(
		await host(Object.fromEntries(eachProvider.map(({ credentialType }) => [credentialType, { testMode: true }]))),
		withFirstShot(startedByHand(await loadExample(exampleFile, { provider }))),
		{
			items: [await filledInForm(mediaFolder, media)],
			configureHooks: (hooks) => new Watcher().follow(hooks),
		},
	);
	const { error } = run.data.resultData;
	if (error) throw new Error(`The workflow failed: ${error.message}`, { cause: error });
	const [item] = outputOf(run, 'Generate Shots')[0] ?? [];
	if (!item?.binary?.data) throw new Error('Generate Shots gave no file');
	await writeFile(videoFile, await readBinary(item.binary.data));
	if (sent.length > 0) throw new Error(`Something left n8n: ${sent.join(', ')}`);
	const { size } = await stat(videoFile);
	say('');
	say(`Video     ${relative(videoFile)}, a sample of ${(size / 1e3).toFixed(1)} kB with sound`);
	say(`Task      ${readString(item.json.taskId) ?? ''}`);
	say(`Estimate  ${describeEstimate(readObject(item.json.estimate))}`);
	say('Sent      nothing: no request left n8n, and nothing is paid');
}

function describeEstimate({ amount, currency, seconds, tokens }: ReturnType<typeof readObject>): string {
	const facts = [
		typeof seconds === 'number' ? `${seconds} s` : [],
		typeof tokens === 'number' ? `${tokens.toLocaleString('en')} tokens` : [],
		typeof amount === 'number' ? `${amount} ${readString(currency) ?? ''}` : 'no price is known: enter yours in the credential',
	];
	return `${facts.flat().join(', ')}, if it was real`;
}

/** @returns the requests that this process sends from now on, by Node's own client and by that of fetch */
function watchRequests(): unknown[] {
	const sent: unknown[] = [];
	for (const channel of ['http.client.request.start', 'undici:request:create']) {
		subscribe(channel, (message) => {
			const { host, origin, path: target } = readObject(readObject(message).request);
			sent.push(`${readString(host) ?? readString(origin) ?? 'somewhere'}${readString(target) ?? ''}`);
		});
	}
	return sent;
}

/** What the form of the example gives once a person has filled it in. */
async function filledInForm(folder: string, media: string[]): Promise<INodeExecutionData> {
	const mimeTypes = ['image/png', 'video/mp4', 'audio/mpeg'];
	const files = await Promise.all(
		media.map(async (fileName, index): Promise<IBinaryData> => {
			const data = await readFile(path.join(folder, fileName), 'base64');
			return { data, fileName, mimeType: mimeTypes[index] ?? '' };
		}),
	);
	const [Picture, Clip, Voice] = files;
	if (!Picture || !Clip || !Voice) throw new Error('There is no picture, no clip or no sound');
	return { json: { Character: 'Mia' }, binary: { Picture, Clip, Voice } };
}

/** One generation is enough for the demo, so the list of shots of the example is cut to one. */
function withFirstShot(workflow: WorkflowJson): WorkflowJson {
	const [shots] = workflow.nodes
		.filter(({ name }) => name === 'Write Shots')
		.flatMap(({ parameters }) => readArray(readObject(parameters.assignments).assignments))
		.map((assignment) => readString(readObject(assignment).value));
	if (shots === undefined) throw new Error(`examples/${exampleFile} writes no shots`);
	const [firstShot] = readArray(jsonParse(shots));
	const quoted = (text: string) => JSON.stringify(text).slice(1, -1);
	const text = JSON.stringify(workflow).replace(quoted(shots), () => quoted(JSON.stringify([firstShot])));
	return jsonParse<WorkflowJson>(text);
}

/** n8n with the package as it was built, loaded the way n8n loads it. */
async function host(credentials: EngineHost['credentials']) {
	const loader = new PackageDirectoryLoader(projectRoot);
	await loader.loadAll();
	return {
		nodeTypes: [...Object.values(loader.nodeTypes).map(({ type }) => type), ...stockNodes],
		credentialTypes: Object.values(loader.credentialTypes).map(({ type }) => type),
		credentials,
		binaryMode: 'filesystem' as const,
	};
}

const credentialsOf = (simulator: Simulator) =>
	Object.fromEntries(eachProvider.map(({ provider, credentialType }) => [credentialType, credentialData(simulator, provider)]));

/** Prints what happens: the nodes as n8n's hooks tell, bills and tasks as the simulator sees them. */
class Watcher {
	private lastStatus = '';

	private isAsking = false;

	follow(hooks: Parameters<NonNullable<RunOptions['configureHooks']>>[0]) {
		hooks.addHandler('nodeExecuteBefore', (name) => say(`▸ ${name}`));
		hooks.addHandler('nodeExecuteAfter', (_name, { data, error, executionTime }) => {
			const items = data?.main?.[0] ?? [];
			for (const { json } of items) {
				const { groupId, assetId, mediaType, status } = json as Record<
					string,
					string | undefined
				>;
				// Not every provider says again what kind of file it is.
				if (assetId) say(`  ${mediaType ?? 'asset'} ${assetId} is ${status}`);
				else if (groupId) say(`  group ${groupId}`);
			}
			const outcome = error ? `✗ ${error.message}` : `✓ ${plural(items.length, 'item')}`;
			say(`  ${outcome}, ${(executionTime / 1000).toFixed(1)} s`);
		});
	}

	onBill({ kind, id, model }: Bill) {
		if (kind === 'generation') say(`  task ${id} accepted by the model ${model}`);
	}

	/** Each time the node asks for its task, the demo asks too and shows the answer. */
	onCall({ route, path: taskPath }: ApiCall, baseUrl: string, apiKey: string) {
		if (route !== 'tasks.get' || this.isAsking) return;
		this.isAsking = true;
		fetch(`${baseUrl}${taskPath}`, {
			headers: { authorization: `Bearer ${apiKey}`, 'x-api-key': apiKey },
		})
			.then(async (answer) => this.showStatus(await answer.text()))
			.catch(() => {}) // The simulator may have closed meanwhile.
			.finally(() => (this.isAsking = false));
	}

	private showStatus(answer: string) {
		const [, status = '?'] = /"status":"(\w+)"/.exec(answer) ?? [];
		// Not every provider tells how far it is.
		const [, percent] = /"progress":"?(\d+)/.exec(answer) ?? [];
		const line = `  the task is ${status}${percent === undefined ? '' : `, ${percent}%`}`;
		if (line !== this.lastStatus) say(line);
		this.lastStatus = line;
	}
}

/** @throws Error unless the video is as requested and was paid once */
async function report(run: IRun, videoFile: string, { calls, ledger, storageCalls }: Simulator) {
	const { error } = run.data.resultData;
	if (error) throw new Error(`The workflow failed: ${error.message}`, { cause: error });
	const [item] = outputOf(run, 'Generate Shots')[0] ?? [];
	if (!item?.binary?.data) throw new Error('Generate Shots gave no file');
	await writeFile(videoFile, await readBinary(item.binary.data));
	const paid = (kind: Bill['kind']) =>
		ledger.filter((bill) => bill.kind === kind && !bill.refunded).length;
	const created = (route: ApiCall['route']) =>
		calls.filter((call) => call.route === route && call.statusCode && call.statusCode < 300).length;

	say('');
	await reportVideo(videoFile);
	say(`Task      ${readString(item.json.taskId) ?? ''}`);
	const uploads = created('uploads.create');
	if (uploads > 0) say(`Uploaded  ${plural(uploads, 'file')} to storage of the provider`);
	say(
		`Created   ${list([
			[created('assetGroups.create'), 'asset group'],
			[created('assets.create'), 'asset'],
		])}`,
	);
	say(
		`Bill      would have been ${list([
			[paid('generation'), 'generation'],
			[paid('asset'), 'asset'],
			[paid('assetGroup'), 'asset group'],
		])}`,
	);

	const credentialsAtStorage = storageCalls.flatMap(({ credentials }) => credentials);
	if (paid('generation') !== 1) throw new Error('Not exactly one generation was paid');
	if (created('assets.create') !== 3) throw new Error('Not exactly three assets were created');
	if (credentialsAtStorage.length > 0) {
		throw new Error(`The storage host was sent ${credentialsAtStorage.join(', ')}`);
	}
}

async function reportVideo(videoFile: string): Promise<void> {
	const { size } = await stat(videoFile);
	const { durationSeconds, video, audio } = await probe(await readFile(videoFile));
	if (!video) throw new Error(`${videoFile} has no picture`);
	if (!audio) throw new Error(`${videoFile} was ordered with sound but has none`);
	const { codec, width, height, framesPerSecond } = video;
	say(`Video     ${relative(videoFile)}`);
	say(
		`          ${(size / 1e6).toFixed(1)} MB, ${codec}, ${width} × ${height}, ${durationSeconds} s, ` +
			`${framesPerSecond} frames per second, sound (${audio.codec})`,
	);
	const expected = {
		codec: 'h264',
		width: 1280,
		height: 720,
		framesPerSecond: 24,
		durationSeconds: 5,
	};
	if (!isDeepStrictEqual({ codec, width, height, framesPerSecond, durationSeconds }, expected)) {
		throw new Error(`The video is not what was ordered: ${JSON.stringify(expected)}`);
	}
}

function readProvider(name: string): ProviderEntry {
	const entry = eachProvider.find(({ provider }) => provider === name);
	if (entry) return entry;
	const known = eachProvider.map(({ provider }) => provider).join(', ');
	throw new RangeError(`--provider must be one of ${known}, not ${name}`);
}

async function step<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
	const startedMs = performance.now();
	const result = await work();
	say(`${what}: done in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
	return result;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const list = (counts: Array<[count: number, noun: string]>) =>
	counts.flatMap(([count, noun]) => (count > 0 ? plural(count, noun) : [])).join(', ');
const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
const relative = (file: string) => `./${path.relative(process.cwd(), file)}`;

main().catch((error: unknown) => {
	process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
