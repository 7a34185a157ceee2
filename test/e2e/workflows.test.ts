import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetch, FormData } from 'undici';
import { serveFile } from '../../harness/media/serveFile';
import { startN8n } from '../../harness/n8n/n8n';
import { until } from '../../harness/n8n/until';
import { makeMediaFiles, probeVideo, type MediaFiles } from '../../harness/n8n/media';
import type { Execution } from '../../harness/n8n/n8nClient';
import type { WorkflowBuilder } from '../../harness/n8n/workflow';
import { eachProvider, type Provider } from '../../harness/providers';
import { outputFolder } from './support/globalSetup';
import { setStage, type Stage } from './support/stage';
import {
	binaryReferenceWorkflow,
	continueOnFailWorkflow,
	draftWorkflow,
	fullWorkflow,
	retriedWorkflow,
} from './support/workflows';

let stage: Stage;
let media: MediaFiles;
const mediaServers: Array<Awaited<ReturnType<typeof serveFile>>> = [];
let urls: Record<'imageUrl' | 'videoUrl' | 'audioUrl', string>;

beforeAll(async () => {
	stage = await setStage('workflows');
	media = await makeMediaFiles(stage.filesFolder);
	const serve = async (name: keyof MediaFiles, mimeType: string) => {
		const server = await serveFile(await readFile(media[name]), mimeType);
		mediaServers.push(server);
		return `${server.origin}/${name}`;
	};
	urls = {
		imageUrl: await serve('character.png', 'image/png'),
		videoUrl: await serve('motion.mp4', 'video/mp4'),
		audioUrl: await serve('voice.mp3', 'audio/mpeg'),
	};
});

afterAll(async () => {
	for (const server of mediaServers.splice(0)) await server.close();
	await stage?.close();
});

async function run(builder: WorkflowBuilder, body?: FormData): Promise<Execution> {
	const { client } = stage.n8n;
	const workflowId = await client.createWorkflow(builder.build());
	await client.activate(workflowId);
	await client.callWebhook(builder.webhookPath, body);
	return await client.executionOf(workflowId);
}

async function credentialsFor(provider: Provider, credentialType: string, apiKey?: string) {
	const data = { ...stage.credentialData(provider), ...(apiKey !== undefined && { apiKey }) };
	return { [credentialType]: await stage.n8n.client.createCredential(provider, credentialType, data) };
}

const billed = (provider: Provider) =>
	stage.simulator.ledger.filter((bill) => bill.provider === provider);

/** How each provider is told of the assets that a generation cites. */
function citations(provider: Provider, image: unknown, video: unknown, audio: unknown) {
	switch (provider) {
		case 'piapi':
			return { input: { image_urls: [image], video_urls: [video], audio_urls: [audio] } };
		case 'apiframe':
			return {
				seedanceParams: {
					reference_image_urls: [image],
					reference_video_urls: [video],
					reference_audio_urls: [audio],
				},
			};
		default:
			return {
				content: [
					{ type: 'text' },
					{ type: 'image_url', role: 'reference_image', image_url: { url: image } },
					{ type: 'video_url', role: 'reference_video', video_url: { url: video } },
					{ type: 'audio_url', role: 'reference_audio', audio_url: { url: audio } },
				],
			};
	}
}

describe.each(eachProvider)('a production workflow with $displayName', (entry) => {
	const { provider, credentialType, adapter } = entry;
	const returnsLastFrame = adapter.video.settings.includes('returnLastFrame');
	let execution: Execution;
	let videoFile: string;
	let againFile: string;

	beforeAll(async () => {
		videoFile = join(stage.filesFolder, `${provider}.mp4`);
		againFile = join(stage.filesFolder, `${provider}-again.mp4`);
		const credentials = await credentialsFor(provider, credentialType);
		const audio = (await readFile(media['voice.mp3'])).toString('base64');
		const body = new FormData();
		body.append('groupName', 'end-to-end');
		body.append('prompt', 'The character of @image1 moves like @video1 and speaks with @audio1');
		for (const [name, url] of Object.entries(urls)) body.append(name, url);
		body.append('audio', `data:audio/mpeg;base64,${audio}`);
		const image = new Blob([await readFile(media['character.png'])], { type: 'image/png' });
		body.append('image', image, 'character.png');
		const files = { video: videoFile, again: againFile };
		execution = await run(fullWorkflow(entry, credentials, files), body);
	});

	it('runs to its end', () => {
		expect(execution.errors).toEqual([]);
		expect(execution.status).toBe('success');
	});

	it('writes a playable video of the asked size and duration', async () => {
		const facts = await probeVideo(videoFile);
		expect(facts).toMatchObject({ videoCodec: 'h264', audioCodec: 'aac', frameRate: '24/1' });
		expect(facts.durationSeconds).toBeCloseTo(4, 0);
		expect(facts.height).toBeGreaterThan(facts.width ?? Infinity);
	});

	it('downloads the same video again by its task ID', async () => {
		expect((await readFile(againFile)).equals(await readFile(videoFile))).toBe(true);
	});

	it('pays for exactly one generation', () => {
		const generations = billed(provider).filter(({ kind }) => kind === 'generation');
		expect(generations).toHaveLength(1);
		const [generated] = execution.itemsOf('Generate');
		expect(generated?.json).toMatchObject({ provider, taskId: generations[0]?.id, status: 'succeeded' });
	});

	it('cites the three assets in the order of their numbers', () => {
		const sent = stage.simulator.calls.find(
			(call) => call.provider === provider && call.route === 'tasks.create',
		);
		const [image, video, audio] = ['Create Image Asset', 'Create Video Asset', 'Create Audio Asset'].map(
			(node) => execution.itemsOf(node)[0]?.json.assetUri,
		);
		expect(image).toMatch(/^asset:\/\//);
		expect(sent?.body).toMatchObject(citations(provider, image, video, audio));
	});

	it('puts files on the storage of the provider where that takes URLs only', () => {
		const uploads = stage.simulator.calls.filter(
			(call) => call.provider === provider && call.route === 'uploads.create',
		);
		// The picture is a file, the sound a data URI; the clip has an address of its own.
		expect(uploads).toHaveLength(adapter.uploads ? 2 : 0);
	});

	it('pairs every item with the item it came from', () => {
		const waited = execution.itemsOf('Look Back');
		expect(waited).toHaveLength(3);
		for (const { json } of waited) expect(json.createdAs).toBe(json.assetId);
		expect(waited.map(({ json }) => json.createdFrom)).toEqual(['image', 'video', 'audio']);
		expect(waited.map(({ json }) => json.status)).toEqual(['active', 'active', 'active']);
		const pairs = execution.itemsOf('Wait Until Active').map(({ pairedItem }) => pairedItem);
		expect(pairs).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	});

	it('outputs the video, and the last frame where there is one, as binary fields', () => {
		const { binary } = execution.itemsOf('Generate')[0] ?? {};
		expect(binary).toEqual({
			data: expect.objectContaining({ mimeType: 'video/mp4', fileExtension: 'mp4' }),
			...(returnsLastFrame && {
				lastFrame: expect.objectContaining({ mimeType: 'image/png', fileExtension: 'png' }),
			}),
		});
	});

	it('sends no credential to the storage host', () => {
		expect(stage.simulator.storageCalls.length).toBeGreaterThan(0);
		expect(stage.simulator.storageCalls.flatMap(({ credentials }) => credentials)).toEqual([]);
	});

	it('keeps the API key out of the stored execution', () => {
		const taskId = String(execution.itemsOf('Generate')[0]?.json.taskId);
		// Not toContain: a failure would print the run with all its files.
		expect(execution.raw.includes(taskId)).toBe(true);
		expect(execution.raw.includes(stage.simulator.apiKey)).toBe(false);
	});
});

describe.each(eachProvider)('a file of the item as a reference with $displayName', (entry) => {
	const { provider, credentialType, adapter } = entry;

	async function runWith(source: 'binary' | 'signedLink'): Promise<Execution> {
		const credentials = await credentialsFor(provider, credentialType);
		const body = new FormData();
		const image = new Blob([await readFile(media['character.png'])], { type: 'image/png' });
		body.append('image', image, 'character.png');
		return await run(binaryReferenceWorkflow(entry, credentials, source), body);
	}

	it(`is sent ${adapter.uploads ? 'through the storage of the provider' : 'inside the request'}`, async () => {
		const callsBefore = stage.simulator.calls.length;
		const execution = await runWith('binary');
		expect(execution.errors).toEqual([]);
		expect(execution.itemsOf('Generate')[0]?.json).toMatchObject({ provider, status: 'succeeded' });

		const calls = stage.simulator.calls.slice(callsBefore);
		const [upload, ...more] = calls.filter(({ route }) => route === 'uploads.create');
		const sent = JSON.stringify(calls.find(({ route }) => route === 'tasks.create')?.body);
		expect(more).toEqual([]);
		if (adapter.uploads) {
			expect(upload).toMatchObject({ provider, method: 'POST' });
			expect(sent).toContain(stage.simulator.storageUrl);
			expect(sent).not.toContain('base64');
		} else {
			expect(upload).toBeUndefined();
			expect(sent).toContain('data:image/png;base64,');
		}
	});

	it('is fetched by a link that n8n has signed, without a login, also when the execution is over', async () => {
		const callsBefore = stage.simulator.calls.length;
		const execution = await runWith('signedLink');
		expect(execution.errors).toEqual([]);

		const calls = stage.simulator.calls.slice(callsBefore);
		expect(calls.filter(({ route }) => route === 'uploads.create')).toEqual([]);
		const sent = JSON.stringify(calls.find(({ route }) => route === 'tasks.create')?.body);
		const [link = ''] = /http[^"]+\/signed\?token=[^"]+/.exec(sent) ?? [];
		const response = await fetch(link);
		expect(response.headers.get('content-type')).toBe('image/png');
		const bytes = Buffer.from(await response.arrayBuffer());
		expect(bytes.equals(await readFile(media['character.png']))).toBe(true);

		// Not by any other link.
		const forged = await fetch(link.replace(/token=[^.]+/, 'token=e30'));
		expect(forged.ok).toBe(false);
	});
});

/** The output items whose JSON tells of an error, with what it tells a workflow. */
function failuresOf(execution: Execution, output: number) {
	return execution
		.itemsOf('Generate', output)
		.flatMap(({ json }) => ('error' in json ? [{ message: json.error, details: json.details }] : []));
}

const forms = [
	{ form: 'the regular output', onError: 'continueRegularOutput', errorOutput: 0 },
	{ form: 'the error output', onError: 'continueErrorOutput', errorOutput: 1 },
] as const;

const cases = eachProvider.flatMap((provider) => forms.map((form) => ({ ...provider, ...form })));

describe.each(cases)(
	'continuing on fail with $displayName by $form',
	({ provider, displayName, credentialType, onError, errorOutput }) => {
		const prompts = (count: number) => {
			const body = new FormData();
			for (let index = 0; index < count; index++) body.append('prompts', `A lighthouse, take ${index}`);
			return body;
		};

		it('gives an item that says which task was refused by moderation, and the other video', async () => {
			stage.simulator.faults.add({
				route: 'tasks.create',
				provider,
				effect: { kind: 'taskModerated' },
			});
			const before = billed(provider).length;
			const credentials = await credentialsFor(provider, credentialType);
			const name = `moderated-${provider}-${onError}`;
			const execution = await run(
				continueOnFailWorkflow({ provider, credentials }, onError, name),
				prompts(2),
			);
			const bills = billed(provider).slice(before);
			const moderatedId = bills.find(({ refunded }) => refunded)?.id;
			const finishedId = bills.find(({ refunded }) => !refunded)?.id;

			expect(execution.status).toBe('success');
			const items = [0, 1].flatMap((output) => execution.itemsOf('Generate', output));
			expect(items.map(({ pairedItem }) => pairedItem)).toEqual(
				expect.arrayContaining([{ item: 0 }, { item: 1 }]),
			);
			expect(failuresOf(execution, errorOutput)).toEqual([
				{
					message: expect.stringContaining(displayName),
					details: expect.objectContaining({ provider, taskId: moderatedId, reason: 'moderation' }),
				},
			]);
			const finished = execution.itemsOf('Generate').filter(({ json }) => !('error' in json));
			expect(finished.map(({ json }) => json.taskId)).toEqual([finishedId]);
			expect(execution.itemsOf('Generate', errorOutput === 0 ? 1 : 0)).toHaveLength(errorOutput);
		});

		it('gives an item that says that the key is wrong, and pays nothing', async () => {
			const before = billed(provider).length;
			const wrongKey = 'sk-wrong-key-of-the-end-to-end-test';
			const credentials = await credentialsFor(provider, credentialType, wrongKey);
			const name = `wrong-key-${provider}-${onError}`;
			const execution = await run(
				continueOnFailWorkflow({ provider, credentials }, onError, name),
				prompts(1),
			);
			expect(execution.status).toBe('success');
			expect(failuresOf(execution, errorOutput)).toEqual([
				{
					message: expect.stringContaining(displayName),
					details: expect.objectContaining({ provider, reason: 'authentication' }),
				},
			]);
			expect(billed(provider)).toHaveLength(before);
			expect(execution.raw.includes(wrongKey)).toBe(false);
		});
	},
);

describe.each(eachProvider)('retrying with $displayName', ({ provider, credentialType }) => {
	/** The key is refused once the task is accepted, so that the wait for it fails at once. */
	const losePaidTask = (times: number) =>
		stage.simulator.faults.add({
			route: 'tasks.get',
			provider,
			times,
			effect: { kind: 'status', statusCode: 401 },
		});

	it('by Retry On Fail waits for the task that was accepted and pays once', async () => {
		const before = billed(provider).length;
		losePaidTask(2);
		const credentials = await credentialsFor(provider, credentialType);
		const settings = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };
		const execution = await run(
			retriedWorkflow({ provider, credentials }, `retry-on-fail-${provider}`, settings),
		);
		expect(execution.errors).toEqual([]);
		const bills = billed(provider).slice(before);
		expect(bills).toHaveLength(1);
		expect(execution.itemsOf('Generate')[0]?.json).toMatchObject({
			taskId: bills[0]?.id,
			status: 'succeeded',
		});
	});

	it('a failed execution from the list waits for the task that was accepted and pays once', async () => {
		const before = billed(provider).length;
		losePaidTask(1);
		const { client } = stage.n8n;
		const credentials = await credentialsFor(provider, credentialType);
		const builder = retriedWorkflow({ provider, credentials }, `retry-from-list-${provider}`, {});
		const workflowId = await client.createWorkflow(builder.build());
		await client.activate(workflowId);
		await client.callWebhook(builder.webhookPath);
		const failed = await client.executionOf(workflowId);
		const bills = billed(provider).slice(before);
		expect(failed.status).toBe('error');
		expect(bills).toHaveLength(1);
		expect(failed.errors).toEqual([expect.stringContaining(bills[0]?.id ?? 'no bill')]);

		const retried = await client.retry(failed.id, workflowId);
		expect(retried.errors).toEqual([]);
		expect(retried.itemsOf('Generate')[0]?.json).toMatchObject({
			taskId: bills[0]?.id,
			status: 'succeeded',
		});
		expect(billed(provider).slice(before)).toHaveLength(1);
	});
});

const listing = eachProvider.filter(({ adapter: { videoTasks } }) => videoTasks.list && videoTasks.echo);

describe.each(listing)('a lost answer of $displayName', ({ provider, credentialType }) => {
	it('ends in the video, with one bill', async () => {
		const before = billed(provider).length;
		const times = 4;
		stage.simulator.faults.add({ route: 'tasks.create', provider, times, effect: { kind: 'reset', afterAcceptance: true } });
		const credentials = await credentialsFor(provider, credentialType);
		const execution = await run(retriedWorkflow({ provider, credentials }, `lost-answer-${provider}`, {}));
		stage.simulator.faults.clear();
		expect(execution.errors).toEqual([]);
		const bills = billed(provider).slice(before);
		expect(bills).toHaveLength(1);
		expect(execution.itemsOf('Generate')[0]?.json).toMatchObject({ taskId: bills[0]?.id, status: 'succeeded' });
	});
});

describe.each(eachProvider.filter(({ adapter: { drafts } }) => drafts))('a draft of $displayName', ({ provider, credentialType, adapter }) => {
	it('becomes the same shot in full quality, and both are billed once', async () => {
		const before = billed(provider).length;
		const model = adapter.videoModels.find(({ settings }) => settings?.includes('draft'))?.id ?? '';
		const credentials = await credentialsFor(provider, credentialType);
		const execution = await run(draftWorkflow({ provider, credentials }, `draft-${provider}`, model));
		expect(execution.errors).toEqual([]);
		const ids = billed(provider).slice(before).map(({ id }) => id);
		expect(ids).toHaveLength(2);
		const [draft, final] = ['Draft', 'Final'].map((name) => execution.itemsOf(name)[0]?.json);
		expect([draft?.taskId, final?.taskId]).toEqual(ids);
		expect(draft).toMatchObject({ status: 'succeeded' });
		expect(final).toMatchObject({ status: 'succeeded', videoUrl: expect.stringMatching(/^http/) });
	}, 180_000);
});

it('leaves no API key in the database and the log of n8n', async () => {
	expect(await stage.filesHolding(stage.simulator.apiKey)).toEqual([]);
});

it('finds the tasks of executions that ended with n8n, and pays each once', async () => {
	const waiting: Array<{ provider: Provider; workflowId: string; before: number }> = [];
	for (const { provider, credentialType } of listing) {
		const before = billed(provider).length;
		const credentials = await credentialsFor(provider, credentialType);
		// Still waits when n8n ends.
		const builder = retriedWorkflow({ provider, credentials }, `killed-${provider}`, {}, 20);
		const workflowId = await stage.n8n.client.createWorkflow(builder.build());
		await stage.n8n.client.activate(workflowId);
		await stage.n8n.client.callWebhook(builder.webhookPath);
		waiting.push({ provider, workflowId, before });
	}
	await until('the tasks', async () => waiting.every(({ provider, before }) => billed(provider).length > before) || undefined, 30_000);
	await stage.n8n.stop();
	const n8n = await startN8n({ folder: join(outputFolder, 'workflows'), packageTarball: process.env.SEEDANCE_PACKAGE_TARBALL ?? '' });
	const deliverAgain = async ({ provider, workflowId, before }: (typeof waiting)[number]) => {
		const { client } = n8n;
		const crashed = await client.executionOf(workflowId);
		expect([provider, crashed.status]).toEqual([provider, 'crashed']);
		const retried = await client.retry(crashed.id, workflowId);
		const bills = billed(provider).slice(before);
		expect(retried.errors).toEqual([]);
		expect(retried.itemsOf('Generate')[0]?.json).toMatchObject({ taskId: bills[0]?.id, status: 'succeeded' });
		expect(bills).toHaveLength(1);
	};
	try {
		for (const one of waiting) await deliverAgain(one);
	} finally {
		await n8n.stop();
	}
}, 300_000);
