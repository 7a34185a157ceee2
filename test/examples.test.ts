import type { INode, INodeExecutionData, INodeParameters, INodeTypeDescription, IRun } from 'n8n-workflow';
import { jsonParse } from 'n8n-workflow';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Asset } from '../nodes/Asset/Asset.node';
import { AssetGroup } from '../nodes/AssetGroup/AssetGroup.node';
import { SeedanceFilm } from '../nodes/SeedanceFilm/SeedanceFilm.node';
import { SeedanceGenerate } from '../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { SeedanceGenerateTrigger } from '../nodes/SeedanceGenerateTrigger/SeedanceGenerateTrigger.node';
import { fieldsLeftEmpty, loadExample, startedByHand } from '../harness/loadExample';
import { stockNodes } from '../harness/engine/stockNodes';
import type { Effect } from '../simulator/types';
import { asTool } from '../harness/engine/asTool';
import { manualTrigger, outputOf, readBinary, runWorkflow, type WorkflowJson } from '../harness/engine/engine';
import { serveFile } from '../harness/media/serveFile';
import { Lab, simulatedProviders, takesFiles } from './support/lab';
import { probe, sampleFiles } from '../harness/media/sampleFiles';
import { credentialSlots, missingFields, problemsOf } from '../harness/nodeProblems';
import { runInVirtualTime } from '../harness/engine/virtualTime';

const folder = path.join(__dirname, '../examples');
const ownNodes = [new AssetGroup(), new Asset(), new SeedanceFilm(), new SeedanceGenerate(), new SeedanceGenerateTrigger()];
const descriptions = new Map<string, INodeTypeDescription>([
	...[manualTrigger, ...stockNodes].map(
		({ description }) => [description.name, description] as const,
	),
	...ownNodes
		.flatMap((node) => [node, ...(node.description.usableAsTool ? [asTool(node)] : [])])
		.map(({ description }) => [`n8n-nodes-seedance.${description.name}`, description] as const),
]);

const examples = readdirSync(folder).map((file) => {
	const text = readFileSync(path.join(folder, file), 'utf8');
	return { file, text, workflow: jsonParse<WorkflowJson>(text) };
});

const nodes = examples.flatMap(({ file, workflow }) =>
	workflow.nodes.map((node) => ({ file, name: node.name, node })),
);
const nodesOfProviders = nodes.filter(({ node }) => node.type.startsWith('n8n-nodes-seedance.') && node.parameters.provider !== undefined);

/** The others are of n8n-nodes-base; the end-to-end tests hold them against the real ones. */
const describedNodes = nodes.filter(({ node }) => descriptions.has(node.type));

it('finds the examples', () => {
	expect(examples.map(({ file }) => file)).toEqual(
		expect.arrayContaining([
			'01-text-to-video.json',
			'02-consistent-character.json',
			'03-scheduled-content-pipeline.json',
			'04-wait-by-callback.json',
			'05-wait-in-a-loop.json',
			'06-fallback-between-providers.json',
			'07-shot-after-shot.json',
			'08-recover-by-task-id.json',
			'09-product-video.json',
			'10-ai-agent.json',
			'11-publish-finished-videos.json',
			'11-submit-without-waiting.json',
			'12-photo-to-drive-and-email.json',
			'13-short-to-youtube.json',
			'14-approve-on-telegram.json',
			'15-vertical-for-reels-shorts-tiktok.json',
			'16-spending-log.json',
			'17-storyboard-film.json',
		]),
	);
});

it.each(examples)('$file has its number in its name, by which the documents and other examples speak of it', ({ file, workflow }) => {
	expect(workflow.name).toMatch(new RegExp(`^${file.slice(0, 2)} Seedance: [A-Z0-9]`));
});

it('has each name once', () => {
	expect(new Set(examples.map(({ workflow }) => workflow.name)).size).toBe(examples.length);
});

it('needs no other package than this one and n8n', () => {
	const types = nodes.map(({ node }) => node.type);
	const known = /^(n8n-nodes-base|n8n-nodes-seedance|@n8n\/n8n-nodes-langchain)\.\w+$/;
	expect(types.filter((type) => !known.test(type))).toEqual([]);
});

describe.each(describedNodes)('$file, node $name', ({ file, node }) => {
	it('is of a type and version that exists', () => {
		expect([descriptionOf(node).version].flat()).toContain(node.typeVersion);
	});

	it('has only fields that exist, are shown and hold an allowed value', () => {
		expect(problemsOf(node, descriptionOf(node))).toEqual([]);
	});

	it('has every field that is required, except for those that its note asks to fill in', () => {
		const missing = Object.keys(missingFields(node, descriptionOf(node))?.parameters ?? {});
		expect(missing).toEqual(fieldsLeftEmpty[file]?.[node.name] ?? []);
	});
});

it('names no credential, so that n8n fills in that of the person who imports it', () => {
	expect(nodes.filter(({ node }) => 'credentials' in node)).toEqual([]);
});

it.each(nodesOfProviders)('$file, node $name, asks for the credential of one provider', ({ node }) => {
	expect(credentialSlots(node, descriptionOf(node))).toHaveLength(1);
});

it('reads and writes no file of a server: n8n Cloud has no node for that', () => {
	expect(nodes.filter(({ node }) => /readWriteFile|ssh|executeCommand/i.test(node.type))).toEqual([]);
});

it('speaks to a person who makes videos: no words of administrators', () => {
	const words = /\bworkers?\b|N8N_[A-Z_]+|WEBHOOK_URL|~\/|\/home\/|polling|idempoten|payload|database/i;
	const notes = nodes.filter(({ node }) => node.type === 'n8n-nodes-base.stickyNote');
	expect(notes.filter(({ node }) => words.test(JSON.stringify(node.parameters.content)))).toEqual([]);
});

describe.each(examples)('$file', ({ text, workflow }) => {
	it('connects nodes that exist, and all but the notes', () => {
		const names = workflow.nodes
			.filter(({ type }) => type !== 'n8n-nodes-base.stickyNote')
			.map(({ name }) => name);
		const ends = Object.entries(workflow.connections).flatMap(([source, outputs]) => [
			source,
			...Object.values(outputs)
				.flat()
				.flatMap((targets) => (targets ?? []).map(({ node }) => node)),
		]);
		expect(new Set(ends)).toEqual(new Set(names));
	});

	it('refers in its expressions to nodes that exist', () => {
		const names = workflow.nodes.map(({ name }) => name);
		const cited = [...text.matchAll(/\$\('([^']+)'\)/g)].map(([, name]) => name);
		expect(names).toEqual(expect.arrayContaining(cited));
	});

	it('gives each node its own ID and name', () => {
		const { length } = workflow.nodes;
		expect(new Set(workflow.nodes.map(({ id }) => id)).size).toBe(length);
		expect(new Set(workflow.nodes.map(({ name }) => name)).size).toBe(length);
	});

	it('has a note that says what to fill in and what is paid', () => {
		const notes = workflow.nodes.filter(({ type }) => type === 'n8n-nodes-base.stickyNote');
		expect(JSON.stringify(notes)).toMatch(/Fill in.*credential.*\*\*pays for /);
	});

	it('is switched off, and its nodes stand apart on the grid of the editor', () => {
		expect(workflow).toMatchObject({ active: false, pinData: {} });
		const boxes = workflow.nodes.map(({ name, position, parameters, type }) => {
			const isNote = type === 'n8n-nodes-base.stickyNote';
			const [width, height] = isNote ? [parameters.width, parameters.height] : [100, 100];
			return { name, left: position[0], top: position[1], width: Number(width), height: Number(height) };
		});
		expect(boxes.filter(({ left, top }) => left % 20 !== 0 || top % 20 !== 0)).toEqual([]);
		const overlaps = boxes.flatMap((box, index) =>
			boxes.slice(index + 1).flatMap((other) => {
				const isApart =
					box.left + box.width <= other.left ||
					other.left + other.width <= box.left ||
					box.top + box.height <= other.top ||
					other.top + other.height <= box.top;
				return isApart ? [] : [`${box.name} covers ${other.name}`];
			}),
		);
		expect(overlaps).toEqual([]);
	});

	it('holds no key', () => {
		expect(text).not.toMatch(/\bsk-|bearer|api.?key/i);
	});
});

let clipHost: Awaited<ReturnType<typeof serveFile>>;

beforeAll(async () => {
	const { video } = await sampleFiles();
	clipHost = await serveFile(Buffer.from(video.data, 'base64'), video.mimeType);
});

afterAll(async () => await clipHost.close());

/** What the forms of the examples give once a person has filled them in. */
async function filledInForm(file: string): Promise<INodeExecutionData[] | undefined> {
	const { image, video, audio } = await sampleFiles();
	const forms: Record<string, INodeExecutionData> = {
		'02-consistent-character.json': {
			json: { Character: 'Mia' },
			binary: { Picture: image, Clip: video, Voice: audio },
		},
		'09-product-video.json': {
			json: { 'Address of the clip': `${clipHost.origin}/clip.mp4`, 'What is replaced': 'the bottle' },
			binary: { Product: image },
		},
	};
	return forms[file] && [forms[file]];
}

/** Runs an example as it is, after its form was filled in if it has one. */
async function runExample(lab: Lab, file: string, provider?: string): Promise<IRun> {
	const workflow = startedByHand(await loadExample(file, { provider }));
	const items = await filledInForm(file);
	const { nodeTypes, ...host } = lab.host();
	const run = await runInVirtualTime(
		async () => await runWorkflow({ ...host, nodeTypes: [...nodeTypes, ...stockNodes] }, workflow, { items }),
	);
	expect(run.data.resultData.error).toBeUndefined();
	return run;
}

/** Each video file that a node gave. */
async function videosOf(run: IRun, node: string): Promise<Buffer[]> {
	const files = (outputOf(run, node)[0] ?? []).flatMap(({ binary }) => binary?.data ?? []);
	return await Promise.all(files.map(async (file) => await readBinary(file)));
}

describe.each(simulatedProviders)('with %s', (_name, provider, adapter) => {
	let lab: Lab;

	beforeAll(async () => {
		lab = await Lab.open({ rendersVideos: true });
	});

	afterAll(async () => {
		await lab.close();
	});

	it.each([
		{ file: '01-text-to-video.json', node: 'Generate Video', videoCount: 1 },
		// Its form brings files, of which not every provider makes assets.
		...(takesFiles(adapter) ? [{ file: '02-consistent-character.json', node: 'Generate Shots', videoCount: 3 }] : []),
		{ file: '09-product-video.json', node: 'Put Product into Video', videoCount: 1 },
	])(
		'$file runs on n8n, pays for as many videos as it says and gives them',
		async ({ file, node, videoCount }) => {
			const paidBefore = lab.paid('generation').length;
			const run = await runExample(lab, file, provider);
			expect(lab.paid('generation')).toHaveLength(paidBefore + videoCount);
			const videos = await videosOf(run, node);
			expect(videos).toHaveLength(videoCount);
			for (const video of videos) {
				expect(await probe(video)).toMatchObject({
					durationSeconds: 5,
					video: { codec: 'h264' },
					audio: { codec: 'aac' },
				});
			}
		},
		60_000,
	);

	it('15-vertical-for-reels-shorts-tiktok.json hands over a vertical video by a public address, with a caption', async () => {
		const paidBefore = lab.paid('generation').length;
		const run = await runExample(lab, '15-vertical-for-reels-shorts-tiktok.json', provider);
		expect(lab.paid('generation')).toHaveLength(paidBefore + 1);
		const [[post] = []] = outputOf(run, 'Ready to Post');
		expect(post?.json).toMatchObject({ caption: expect.stringContaining('#'), linkExpiresAt: expect.any(String) });
		// Without a credential, as Instagram and TikTok fetch it.
		const answer = await fetch(post?.json.videoUrl as string);
		const { video, durationSeconds } = await probe(Buffer.from(await answer.arrayBuffer()));
		expect(durationSeconds).toBe(8);
		expect(Number(video?.width) / Number(video?.height)).toBeCloseTo(9 / 16, 1);
	}, 60_000);

	// PiAPI returns no last frame.
	if (adapter.video.settings.includes('returnLastFrame')) {
		it('07-shot-after-shot.json begins each shot with the last frame of the one before', async () => {
			const [paidBefore, sentBefore] = [lab.paid('generation').length, lab.callsOf('tasks.create').length];
			const run = await runExample(lab, '07-shot-after-shot.json', provider);
			expect(lab.paid('generation')).toHaveLength(paidBefore + 3);

			const sent = lab.callsOf('tasks.create').slice(sentBefore).map(({ body }) => JSON.stringify(body));
			const shots = ['Shot 1', 'Shot 2', 'Shot 3'].map((name) => outputOf(run, name)[0]?.[0]?.json);
			expect(shots.map((shot) => typeof shot?.lastFrameUrl === 'string')).toEqual([true, true, false]);
			expect(sent.map((body) => /"(first_frame|start_image)"/.test(body))).toEqual([false, true, true]);
			expect(sent[1]).toContain(JSON.stringify(shots[0]?.lastFrameUrl));
			expect(sent[2]).toContain(JSON.stringify(shots[1]?.lastFrameUrl));

			const [inOrder = []] = outputOf(run, 'All Shots in Order');
			expect(inOrder.map(({ json }) => json.taskId)).toEqual(shots.map((shot) => shot?.taskId));
			for (const video of await videosOf(run, 'All Shots in Order')) {
				expect(await probe(video)).toMatchObject({ durationSeconds: 5 });
			}
			const films = await videosOf(run, 'Join Shots');
			expect(films).toHaveLength(1);
			for (const film of films) {
				expect(await probe(film)).toMatchObject({ durationSeconds: 15, video: { codec: 'h264' }, audio: { codec: 'aac' } });
			}
		}, 60_000);
	}
});

describe('06-fallback-between-providers.json', () => {
	const [firstChoice, secondChoice] = ['Generate with First Choice', 'Generate with Second Choice'];
	let lab: Lab;

	beforeEach(async () => {
		lab = await Lab.open({ rendersVideos: true });
	});

	afterEach(async () => {
		await lab.close();
	});

	async function runWith(effect?: Effect) {
		if (effect) lab.simulator.faults.add({ route: 'tasks.create', provider: 'anyfast', effect });
		return await runExample(lab, '06-fallback-between-providers.json');
	}

	const submittedTo = () => lab.callsOf('tasks.create').map(({ provider }) => provider);
	const paidAt = () => lab.paid('generation').map(({ provider }) => provider);

	it('does not call the second provider when the first one makes the video', async () => {
		const run = await runWith();
		expect(submittedTo()).toEqual(['anyfast']);
		expect(paidAt()).toEqual(['anyfast']);
		expect(outputOf(run, 'Use the Video')[0]).toHaveLength(1);
	});

	it.each<[string, string, Effect]>([
		['no balance', 'quota', { kind: 'status', statusCode: 402 }],
		['a wrong key', 'authentication', { kind: 'status', statusCode: 401 }],
		[
			'no free channel',
			'permission',
			{
				kind: 'status',
				statusCode: 503,
				body: { error: { code: 'model_not_found', message: 'No available channel for model seedance' } },
			},
		],
	])('sends the same input to the second provider after %s', async (_what, reason, effect) => {
		const run = await runWith(effect);
		const [[refused] = []] = outputOf(run, 'Nothing Started?');
		expect(refused?.json.details).toMatchObject({ provider: 'anyfast', reason });
		expect(submittedTo()).toEqual(['anyfast', 'piapi']);
		expect(paidAt()).toEqual(['piapi']);

		const [settings] = (outputOf(run, 'Settings')[0] ?? []).map(({ json }) => json);
		const [, sent] = lab.callsOf('tasks.create');
		expect(sent?.body).toMatchObject({
			input: {
				prompt: settings?.prompt,
				resolution: settings?.resolution,
				aspect_ratio: settings?.ratio,
				duration: settings?.durationSeconds,
			},
		});
		const videos = await videosOf(run, 'Use the Video');
		expect(videos).toHaveLength(1);
		for (const video of videos) expect(await probe(video)).toMatchObject({
			durationSeconds: settings?.durationSeconds,
			video: { codec: 'h264' },
		});
	});

	it.each<[string, Effect, object, RegExp]>([
		[
			'a request that may have been accepted',
			{ kind: 'reset', afterAcceptance: true },
			{ reason: 'unsure' },
			/may have been accepted and paid/,
		],
		[
			'a server error that says nothing',
			{ kind: 'status', statusCode: 503 },
			{ reason: 'unsure' },
			/may have been accepted and paid/,
		],
		[
			'a task that was accepted and failed',
			{ kind: 'taskFails' },
			{ taskId: expect.stringMatching(/^asyntask_/) },
			/^Task asyntask_\w+ was accepted/,
		],
	])('keeps %s away from the second provider and says so', async (_what, effect, details, note) => {
		const run = await runWith(effect);
		expect(submittedTo()).toEqual(['anyfast']);
		expect(outputOf(run, secondChoice)).toEqual([]);
		expect(outputOf(run, firstChoice)[1]).toHaveLength(1);
		const items = (outputOf(run, 'Check First')[0] ?? []).map(({ json }) => json);
		expect(items).toMatchObject([
			{
				error: expect.stringContaining('AnyFast'),
				details: expect.objectContaining(details),
				notSentElsewhere: expect.stringMatching(note),
			},
		]);
	});
});

describe('the check itself', () => {
	const generate = { provider: 'anyfast', operation: 'generate', mode: 'multimodalReference' };

	it.each<[string, INodeParameters, string]>([
		['a field that does not exist', { ...generate, promt: 'x' }, 'promt does not exist'],
		['a field of another operation', { ...generate, taskId: 'x' }, 'taskId is not shown'],
		['an unknown option', { ...generate, mode: 'magic' }, 'mode cannot be "magic"'],
		[
			'a wrong type',
			{ ...generate, simplify: 'yes' },
			'simplify is no boolean',
		],
		['a wrong locator', { ...generate, model: 'seedance' }, 'model is no resource locator'],
		[
			'a setting of another mode',
			{ ...generate, settings: { webSearch: true } },
			'settings.webSearch is not shown',
		],
		['a wrong list', { ...generate, images: { picture: [] } }, 'images.picture does not exist'],
		[
			'an option deep in a list',
			{ ...generate, images: { image: [{}, { source: 'disk' }] } },
			'images.image.1.source cannot be "disk"',
		],
		[
			'a field deep in a list',
			{ ...generate, images: { image: [{ source: 'asset', url: '' }] } },
			'images.image.0.url is not shown',
		],
	])('finds %s', (_what, parameters, problem) => {
		const { description } = new SeedanceGenerate();
		expect(problemsOf({ ...nodes[0]!.node, parameters }, description)).toContain(problem);
	});
});

function descriptionOf({ type }: INode): INodeTypeDescription {
	const description = descriptions.get(type);
	if (!description) throw new Error(`Unknown node type ${type}`);
	return description;
}
