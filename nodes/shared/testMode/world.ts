import { createHash } from 'crypto';
import type { Clock } from '../clock';
import { InputError, type InputProblem, ProviderError } from '../errors';
import type { AssetQuery, Endpoint, NewAsset, NewVideoTask, Page, PageQuery, ProviderAdapter, VideoTaskQuery } from '../providers/adapter';
import { readNumber, readString } from '../providers/read';
import { testModeOrigin } from '../publicUrl';
import { toIsoTime } from '../time';
import { automaticDuration } from '../videoSettings';
import { type Asset, type AssetGroup, assetIdOf, type Failure, mediaTypes, type VideoTask } from '../vocabulary';
import { memoryOf } from './memory';
import { sampleRatio, sampleUrls } from './sample';
import { liveIdInTestMode, makeTestId, readTestId, type TestKind } from './testId';

/** A small world in place of a provider: it answers every request at once, and nothing leaves n8n. */
export interface TestWorld {
	/** How often a task is worth a check: it ends within seconds. Milliseconds. */
	taskIntervalMs: number;
	/**
	 * Answers in place of the provider.
	 * @throws ProviderError with reason `notFound`; InputError for an ID that is not of Test Mode
	 */
	answer<Input, Output>(endpoint: Endpoint<Input, Output>, input: Input): Output;
	/** The task as it will have ended: nobody calls n8n when it does. `finishedAtMs` says when. */
	endOf(taskId: string): VideoTask & { finishedAtMs: number };
}

/** How a person orders a task that fails: by a word in the prompt. */
export const testModeWords = { failed: '[fail]', moderated: '[moderated]' } as const;

const outcomes = ['succeeded', 'failed', 'moderated'] as const;
type Outcome = (typeof outcomes)[number];

/** Real ones take minutes. */
const queuedMs = 1_500;
const taskMs = 6_000;
/** An asset can be cited after that. */
const processingMs = 4_000;

const failures: Readonly<Record<Exclude<Outcome, 'succeeded'>, Failure>> = {
	failed: {
		reason: 'provider',
		message: `Test Mode: the task has failed because the prompt contains ${testModeWords.failed}`,
		code: 'test_mode_failed',
	},
	moderated: {
		reason: 'moderation',
		message: `Test Mode: the task was refused by moderation because the prompt contains ${testModeWords.moderated}`,
		code: 'test_mode_moderated',
	},
};

/** What `raw` has in place of an answer. */
const raw = { testMode: 'No request was sent, so there is no answer of the provider.' };

/** @param credentialId with another credential other things exist */
export function openTestWorld(provider: ProviderAdapter, credentialId: string, clock: Pick<Clock, 'now'>): TestWorld {
	const account = createHash('sha256').update(JSON.stringify([provider.id, credentialId])).digest('hex');
	const memory = memoryOf(account);
	const book = new AnswerBook();
	const momentNow = () => clock.now().toString(momentBase);

	/** @returns what the ID was made of */
	const find = (kind: TestKind, id: string): readonly unknown[] => {
		requireNone(liveIdInTestMode(id, kind));
		const facts = readTestId(kind, account, id);
		if (!facts || memory.deleted.has(id)) throw notFound(kind, id);
		return facts;
	};

	const taskAt = (taskId: string, nowMs: number): VideoTask => {
		const [created, outcomeIndex = 0, model, ratio, durationSeconds, resolution, hasLastFrame, seed, isDraft] = find('task', taskId);
		const createdMs = readMoment(created);
		const ageMs = nowMs - createdMs;
		const outcome = outcomes[Number(outcomeIndex)] ?? 'succeeded';
		const facts: VideoTask = {
			id: taskId,
			status: 'queued',
			model: typeof model === 'string' ? model : provider.videoModels[readNumber(model) ?? -1]?.id,
			resolution: readString(resolution),
			ratio: readString(ratio),
			durationSeconds: readNumber(durationSeconds),
			seed: readNumber(seed),
			isDraft: isDraft === 1,
			createdAtMs: createdMs,
			progressPercent: 0,
			...memory.tasks.get(taskId),
			raw,
		};
		if (memory.cancelled.has(taskId)) return { ...facts, status: 'cancelled', failure: { reason: 'cancelled', message: 'the task was cancelled' } };
		if (ageMs < queuedMs) return facts;
		const begun = { ...facts, startedAtMs: createdMs + queuedMs };
		if (ageMs < taskMs) {
			return { ...begun, status: 'running', progressPercent: Math.floor((ageMs / taskMs) * 100) };
		}
		const ended = { ...begun, progressPercent: 100, finishedAtMs: createdMs + taskMs, cost: { amount: 0, unit: 'USD' } };
		if (outcome !== 'succeeded') return { ...ended, status: 'failed', failure: failures[outcome] };
		const { videoUrl, lastFrameUrl } = sampleUrls(taskId, sampleRatio(facts.ratio));
		return { ...ended, status: 'succeeded', videoUrl, ...(hasLastFrame === 1 && { lastFrameUrl }) };
	};

	const assetOf = (assetId: string): Asset => {
		const [created, mediaType, groupId] = find('asset', assetId);
		const createdMs = readMoment(created);
		return {
			id: assetId,
			mediaType: mediaTypes.find((known) => known === mediaType),
			groupId: readString(groupId),
			createdAt: toIsoTime(createdMs),
			status: clock.now() - createdMs < processingMs ? 'processing' : 'active',
			...memory.assets.get(assetId),
			raw,
		};
	};

	const groupOf = (groupId: string): AssetGroup => {
		const [created] = find('group', groupId);
		return { id: groupId, createdAt: toIsoTime(readMoment(created)), ...memory.groups.get(groupId), raw };
	};

	const createTask = ({ model, prompt, settings, references, draftTaskId }: NewVideoTask) => {
		for (const { url } of references) {
			const assetId = typeof url === 'string' ? assetIdOf(url) : undefined;
			if (assetId !== undefined && assetOf(assetId).status !== 'active') throw notActive(assetId);
		}
		const { returnLastFrame } = settings;
		const draft = draftTaskId === undefined ? undefined : taskAt(draftTaskId, clock.now());
		const { ratio, durationSeconds, resolution, seed } = draft ? { ...draft, resolution: provider.drafts?.finalResolution } : settings;
		const id = makeTestId('task', account, [
			momentNow(),
			outcomes.indexOf(outcomeOf(draft?.prompt ?? prompt)),
			shortModel(provider, model),
			ratio === undefined ? null : sampleRatio(ratio),
			durationSeconds === automaticDuration ? null : (durationSeconds ?? null),
			resolution ?? null,
			returnLastFrame ? 1 : 0,
			seed ?? null,
			settings.draft ? 1 : 0,
		]);
		memory.setTask(id, { prompt: draft?.prompt ?? prompt });
		return { id };
	};

	const createAsset = ({ mediaType, name, groupId }: NewAsset) => {
		if (groupId !== undefined) find('group', groupId);
		const { newAssetFields } = provider.assets;
		const id = makeTestId('asset', account, [momentNow(), mediaType, shortId(groupId)]);
		memory.setAsset(id, { ...(newAssetFields.includes('name') && { name }), groupId });
		return { id, status: 'processing' as const };
	};

	const { assetGroups, assets, uploads, videoTasks, models, balance } = provider;
	book.add(models, () => provider.videoModels.map(({ id }) => ({ id })));
	book.add(balance, () => ({ ...testBalance, currency: balance?.currency ?? 'USD' }));
	book.add(uploads?.create, ({ file }) => ({ url: `${testModeOrigin}/uploads/${makeTestId('asset', account, [file.sizeBytes])}` }));

	book.add(assetGroups?.create, ({ name }) => {
		const id = makeTestId('group', account, [momentNow()]);
		memory.setGroup(id, { name, storedName: name });
		return { id };
	});
	book.add(assetGroups?.list, (query) => {
		const groups = newestFirst(memory.groups).map(groupOf);
		return pageOf(groups.filter(({ name = '' }) => name.includes(query.name ?? '')), query);
	});
	book.add(assetGroups?.update, ({ groupId, name }) => {
		find('group', groupId);
		memory.setGroup(groupId, { name, storedName: name, updatedAt: toIsoTime(clock.now()) });
	});
	book.add(assetGroups?.delete, ({ groupId }) => {
		find('group', groupId);
		memory.delete(groupId);
	});

	book.add(assets.create, createAsset);
	book.add(assets.get, ({ assetId }) => assetOf(assetId));
	book.add(assets.list, (query) => {
		const found = newestFirst(memory.assets).map(assetOf).filter(fits(query));
		return pageOf(query.order === 'oldest' ? found.reverse() : found, query);
	});
	book.add(assets.update, ({ assetId, name, groupId }) => {
		find('asset', assetId);
		if (groupId !== undefined) find('group', groupId);
		memory.setAsset(assetId, { ...(name !== undefined && { name }), ...(groupId !== undefined && { groupId }), updatedAt: toIsoTime(clock.now()) });
	});
	book.add(assets.delete, ({ assetId }) => {
		find('asset', assetId);
		memory.delete(assetId);
	});

	book.add(videoTasks.create, createTask);
	book.add(videoTasks.get, ({ taskId }) => taskAt(taskId, clock.now()));
	book.add(videoTasks.cancel, ({ taskId }) => {
		if (taskAt(taskId, clock.now()).status === 'queued') memory.cancel(taskId);
	});
	book.add(videoTasks.list, (query) => {
		const tasks = newestFirst(memory.tasks).map((taskId) => taskAt(taskId, clock.now()));
		return pageOf(tasks.filter(isTaskOf(query)), query);
	});

	const notFound = (kind: TestKind, id: string) =>
		new ProviderError(`Test Mode has no ${kind} ${id}`, {
			reason: 'notFound',
			nothingAccepted: 'notSent',
			description: 'Check the ID. What was deleted, or made with another credential, does not exist here either.',
			providerName: provider.displayName,
		});

	return {
		taskIntervalMs: 1_000,
		answer: (endpoint, input) => book.answer(endpoint, input),
		endOf: (taskId) => {
			const { createdAtMs = 0 } = taskAt(taskId, 0);
			const finishedAtMs = createdAtMs + taskMs;
			return { ...taskAt(taskId, finishedAtMs), finishedAtMs };
		},
	};
}

/** Round and large enough for any cap, so that nobody takes it for an account. */
const testBalance = { amount: 1_000_000, plan: 'Test Mode' };

/** Shortens the times in IDs. */
const momentBase = 36;

/** @returns milliseconds since the epoch */
const readMoment = (fact: unknown) => parseInt(readString(fact) ?? '0', momentBase);

/** An ID has room for that. */
const maxModelLength = 60;
const maxGroupIdLength = 80;

/** @returns the place of the model among those of the provider, or a model that it has no table of */
function shortModel({ videoModels }: ProviderAdapter, model: string): string | number | null {
	const index = videoModels.findIndex(({ id }) => id === model);
	if (index >= 0) return index;
	return model.length <= maxModelLength ? model : null;
}

const shortId = (id: string | undefined) => (id !== undefined && id.length <= maxGroupIdLength ? id : null);

function outcomeOf(prompt: string): Outcome {
	const words = prompt.toLowerCase();
	if (words.includes(testModeWords.moderated)) return 'moderated';
	return words.includes(testModeWords.failed) ? 'failed' : 'succeeded';
}

const notActive = (assetId: string) =>
	new InputError([
		{
			field: 'Asset',
			message: `The asset ${assetId} is still processing; it must be Active.`,
			advice: 'Wait for it with the operation "Wait Until Active".',
		},
	]);

function requireNone(problem: InputProblem | undefined): void {
	if (problem) throw new InputError([problem]);
}

const newestFirst = (entries: ReadonlyMap<string, unknown>) => [...entries.keys()].reverse();

const fits =
	({ name = '', groupIds = [], statuses = [] }: AssetQuery) =>
	(asset: Asset) =>
		(asset.name ?? '').includes(name) &&
		(groupIds.length === 0 || groupIds.includes(asset.groupId ?? '')) &&
		(statuses.length === 0 || statuses.some((status) => status === asset.status));

const isTaskOf =
	({ status, model }: VideoTaskQuery) =>
	(task: VideoTask) =>
		(status === undefined || status === task.status) && (!model || model === task.model);

function pageOf<Item>(all: readonly Item[], { pageNumber, pageSize }: PageQuery): Page<Item> {
	const start = (pageNumber - 1) * pageSize;
	return { items: all.slice(start, start + pageSize), totalCount: all.length };
}

/** The answers by the endpoint that asks, whatever the provider. */
class AnswerBook {
	private readonly answers = new Map<unknown, (input: never) => unknown>();

	/** @param endpoint undefined where the provider does not have it */
	add<Input, Output>(endpoint: Endpoint<Input, Output> | undefined, answer: (input: Input) => Output): void {
		if (endpoint) this.answers.set(endpoint, answer);
	}

	/** @throws Error for an endpoint that a provider was given without an answer here */
	answer<Input, Output>(endpoint: Endpoint<Input, Output>, input: Input): Output {
		// `add` has put it there with these types.
		const answer = this.answers.get(endpoint) as ((input: Input) => Output) | undefined;
		if (!answer) throw new Error('Test Mode has no answer to this; nothing was sent');
		return answer(input);
	}
}
