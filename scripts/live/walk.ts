import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { request } from 'undici';
import { checkVideoTaskInput } from '../../nodes/shared/checks/checkVideoTaskInput';
import { AssetFailedError, InputError, TaskFailedError } from '../../nodes/shared/errors';
import type { ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { findVideoModel, videoLimits } from '../../nodes/shared/providers/adapter';
import { outcomeOf } from '../../nodes/shared/outcome';
import type { Asset, FileSource, VideoTaskInput } from '../../nodes/shared/vocabulary';
import { assetUri, isSettledStatus } from '../../nodes/shared/vocabulary';
import { isTransientOrNew, pollUntil } from '../../nodes/shared/wait/pollUntil';
import type { Side } from './side';

/** What exists at a provider and can be read. */
export interface Things {
	groupId?: string;
	assetId?: string;
	taskId?: string;
}

const page = { pageNumber: 1, pageSize: 10 };
const unknownAssetId = 'asset-20200101000000-zzzzz';
const unknownTaskId = '00000000-0000-4000-8000-000000000000';

/**
 * Makes every free call that changes nothing. Failures are recorded, and the rest is called all the same unless
 * the key or the address is wrong.
 * @param things what was made before; of what is missing, the first one of a list is taken
 */
export async function readEverything(side: Side, things: Things = {}): Promise<void> {
	const { assets, videoTasks, models } = side.provider;
	const test = await outcomeOf(side.call('credential.test', side.connection.credentialTest, undefined));
	if (!test.ok) return;
	if (models) await side.ask('models', models, undefined);
	const { assetId, taskId } = { ...(await readLists(side)), ...things };
	if (assets.get) {
		if (assetId !== undefined) await side.ask('assets.get', assets.get, { assetId });
		await side.ask('assets.get', assets.get, { assetId: unknownAssetId }, 'unknown');
	}
	if (taskId !== undefined) await side.ask('videoTasks.get', videoTasks.get, { taskId });
	await side.ask('videoTasks.get', videoTasks.get, { taskId: unknownTaskId }, 'unknown');
}

/** @returns the first asset and task there are */
export async function readLists(side: Side): Promise<Things> {
	const { assetGroups, assets, videoTasks, videoModels } = side.provider;
	if (assetGroups) await side.ask('assetGroups.list', assetGroups.list, page);
	const assetPage = assets.list && (await side.ask('assets.list', assets.list, page));
	const things: Things = { assetId: assetPage?.items[0]?.id };
	// Of Seedance only: an account may have tasks of other models, which have another shape.
	for (const { id: model } of videoTasks.list ? videoModels : []) {
		if (!videoTasks.list || things.taskId !== undefined) break;
		things.taskId = (await side.ask('videoTasks.list', videoTasks.list, { ...page, model }))?.items[0]?.id;
	}
	return things;
}

export interface RoundTrip {
	/** Default: a picture of this repository, by the way in which the provider takes files; needed where it takes none. */
	imageUrl?: string;
	input: Omit<VideoTaskInput, 'references'>;
	/** Milliseconds between two checks of something of this age. */
	intervalMs: (kind: 'asset' | 'task', ageMs: number) => number;
}

const assetTimeoutMs = 5 * 60_000;
const taskTimeoutMs = 20 * 60_000;
const name = 'seedance-live-check';

/**
 * Makes what is billed, once each: a group and an asset where the provider has them, and a video.
 * @param things filled with what was made, also when it fails
 * @returns the link to the video
 * @throws SeedanceError for the first call that fails
 */
export async function makeThings(side: Side, things: Things, trip: RoundTrip): Promise<string> {
	const { provider } = side;
	const { assetGroups, assets, videoTasks } = provider;
	if (assetGroups) {
		things.groupId = (await side.call('assetGroups.create', assetGroups.create, { name })).id;
		if (assetGroups.update) {
			await side.call('assetGroups.update', assetGroups.update, { groupId: things.groupId, name: `${name}-2` }, 'new');
		}
	}
	const fields = assets.newAssetFields;
	const created = await side.call('assets.create', assets.create, {
		mediaType: 'image',
		source: await pictureFor(side, trip.imageUrl),
		...(fields.includes('name') && { name }),
		...(fields.includes('groupId') && { groupId: things.groupId }),
	});
	things.assetId = created.id;
	await waitForAsset(side, things, trip);
	if (assets.update) await side.call('assets.update', assets.update, { assetId: created.id, name: `${name}-2` });

	const reference = { mediaType: 'image', role: 'reference' } as const;
	const cited = { ...reference, by: 'asGiven', medium: { kind: 'asset', assetId: created.id } } as const;
	const problems = checkVideoTaskInput(provider, { ...trip.input, references: [cited] });
	if (problems.length > 0) throw new InputError(problems);
	const { id } = await side.call('videoTasks.create', videoTasks.create, {
		...trip.input,
		references: [{ ...reference, url: assetUri(created.id) }],
		...(videoTasks.idempotencyKeyLifetimeMs !== undefined && { idempotencyKey: randomUUID() }),
	});
	things.taskId = id;
	const videoUrl = await waitForVideo(side, id, trip);
	// Now there is something in them.
	await readLists(side);
	return videoUrl;
}

/** Deletes what was made, where the provider can; failures are recorded. */
export async function cleanUp(side: Side, { assetId, groupId }: Things): Promise<void> {
	const { assets, assetGroups } = side.provider;
	if (assets.delete && assetId !== undefined) await side.ask('assets.delete', assets.delete, { assetId });
	if (assetGroups?.delete && groupId !== undefined) {
		await side.ask('assetGroups.delete', assetGroups.delete, { groupId });
	}
}

/** The least that can be ordered: the fewest pixels and seconds of a model that cites assets. */
export function smallestVideo(
	provider: ProviderAdapter,
	{ modelId, region }: { modelId?: string; region?: string } = {},
): RoundTrip['input'] {
	const inRegion = provider.videoModels.filter((model) => model.region === undefined || model.region === region);
	const citing = inRegion.filter((model) => videoLimits(provider, model).urlForms.image.includes('asset'));
	const cheapest = citing.find(({ id }) => /mini/.test(id)) ?? citing.find(({ id }) => /fast/.test(id)) ?? citing[0];
	const model = modelId ?? cheapest?.id ?? '';
	const known = findVideoModel(provider, model);
	const { settings, durationSeconds } = known ? videoLimits(provider, known) : provider.video;
	const [resolution] = [...(known?.resolutions ?? ['480p'])].sort((one, other) => parseInt(one) - parseInt(other));
	return {
		model,
		mode: 'multimodalReference',
		prompt: 'The camera moves slowly closer to the scene of @image1',
		settings: {
			resolution,
			durationSeconds: durationSeconds.min,
			// Free of charge, and not documented well.
			...(settings.includes('returnLastFrame') && { returnLastFrame: true }),
			...(settings.includes('seed') && { seed: 7 }),
		},
	};
}

/** The first bytes of the video, fetched without a credential. @returns what is wrong with them */
export async function checkVideo(url: string): Promise<string | undefined> {
	const { statusCode, body } = await request(url, { headers: { range: 'bytes=0-1023' } });
	const head = Buffer.from(await body.arrayBuffer());
	if (statusCode !== 200 && statusCode !== 206) return `the storage answered ${statusCode}`;
	return head.toString('latin1', 4, 8) === 'ftyp' ? undefined : 'the file is no MP4';
}

/** Assets can be made of addresses only, so that the walk needs one. */
export const takesAddressesOnly = ({ assets, uploads }: ProviderAdapter) =>
	!uploads && assets.sources.every((source) => source === 'url');

async function pictureFor(side: Side, imageUrl: string | undefined): Promise<string | FileSource> {
	const { assets, uploads } = side.provider;
	const file = await pictureFile();
	const hosted = uploads && (await side.call('uploads.create', uploads.create, { file })).url;
	if (imageUrl !== undefined) return imageUrl;
	if (hosted !== undefined) return hosted;
	const asDataUri = async () => `data:${file.mimeType};base64,${await readFile(picture, 'base64')}`;
	return assets.sources.includes('dataUri') ? await asDataUri() : file;
}

const picture = path.join(__dirname, '../../docs/pictures/generate.png');

async function pictureFile(): Promise<FileSource> {
	const { size } = await stat(picture);
	return {
		fileName: path.basename(picture),
		mimeType: 'image/png',
		sizeBytes: size,
		async *open() {
			for await (const chunk of createReadStream(picture)) yield chunk as Uint8Array;
		},
	};
}

async function waitForAsset(side: Side, { assetId = '', groupId }: Things, { intervalMs }: RoundTrip): Promise<void> {
	const { assets, displayName } = side.provider;
	const check = async (): Promise<Asset | undefined> => {
		if (assets.get) return await side.call('assets.get', assets.get, { assetId }, 'new');
		if (!assets.list) throw new Error(`${displayName} cannot be asked for an asset`);
		const query = { ...page, ...(groupId !== undefined && { groupIds: [groupId] }) };
		return (await side.call('assets.list', assets.list, query)).items.find(({ id }) => id === assetId);
	};
	const result = await pollUntil(check, (asset) => asset?.status === 'active' || asset?.status === 'failed', {
		clock: side.connection.clock,
		timeoutMs: assetTimeoutMs,
		nextIntervalMs: (ageMs) => intervalMs('asset', ageMs),
		isTransient: isTransientOrNew,
	});
	const asset = result.value;
	if (asset?.status === 'active') return;
	const why = { reason: 'provider', message: `its status is ${asset?.status ?? 'unknown'}` } as const;
	throw new AssetFailedError(displayName, assetId, asset?.failure ?? why);
}

async function waitForVideo(side: Side, taskId: string, { intervalMs }: RoundTrip): Promise<string> {
	const { videoTasks, displayName } = side.provider;
	const { value: task } = await pollUntil(
		async () => await side.call('videoTasks.get', videoTasks.get, { taskId }, 'new'),
		({ status }) => isSettledStatus(status),
		{
			clock: side.connection.clock,
			timeoutMs: taskTimeoutMs,
			nextIntervalMs: (ageMs) => intervalMs('task', ageMs),
			isTransient: isTransientOrNew,
		},
	);
	if (task?.videoUrl !== undefined) return task.videoUrl;
	const why = { reason: 'provider', message: `its status is ${task?.status ?? 'unknown'}` } as const;
	throw new TaskFailedError(displayName, taskId, task?.failure ?? why);
}
