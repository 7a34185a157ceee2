import { CapacityQueue } from '../../nodes/shared/request/capacityQueue';
import { limiter } from '../../nodes/shared/limiter';
import { linkHints, deletionHints } from '../../nodes/shared/node/hints';
import { shapeAsset, shapeAssetGroup, shapeVideoTask } from '../../nodes/shared/node/shape';
import { outcomeOf } from '../../nodes/shared/outcome';
import type { Endpoint, ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { callProvider } from '../../nodes/shared/request/callProvider';
import type { ProviderConnection } from '../../nodes/shared/request/connection';
import type { FileSource, VideoTask } from '../../nodes/shared/vocabulary';
import type { SampleAnswer } from './sampleAnswers';
import { createVirtualClock } from '../../harness/engine/virtualTime';

export interface Answer {
	statusCode: number;
	headers?: Record<string, unknown>;
	body?: unknown;
}

export const sampleKey = 'sk-very-secret/0123+456789';

/** A provider that gives the same answer to everything. @returns also how often it was called */
export function answeredWith(provider: ProviderAdapter, { headers = {}, ...answer }: Answer) {
	const asked = { times: 0 };
	const connection: ProviderConnection = {
		provider,
		baseUrl: 'https://api.example.com',
		uploadBaseUrl: 'https://upload.example.com',
		apiKey: sampleKey,
		secrets: [sampleKey],
		clock: createVirtualClock({ startMs: Date.UTC(2026, 3, 27, 16) }),
		inFlight: limiter(10),
		capacityQueue: new CapacityQueue(),
		send: async () => {
			asked.times++;
			return await Promise.resolve({ ...answer, headers });
		},
	};
	return { connection, asked };
}

export const sampleFile: FileSource = {
	fileName: 'face.png',
	mimeType: 'image/png',
	sizeBytes: 1,
	async *open() {
		yield await Promise.resolve(Buffer.from('x'));
	},
};

/** A generation that every provider takes. */
export const sampleTask = (provider: ProviderAdapter) => ({
	model: provider.videoModels[0]?.id ?? '',
	mode: 'textToVideo' as const,
	prompt: 'a cat',
	references: [],
	settings: {},
});

/** Makes the call that a sample answer belongs to, and shapes the answer as the nodes output it. */
export async function readAnswer(provider: ProviderAdapter, call: SampleAnswer['call'], answer: Answer) {
	const { connection } = answeredWith(provider, answer);
	const { videoTasks, assets, assetGroups, models, uploads } = provider;
	const nowMs = connection.clock.now();
	const ask = async <Input, Output>(endpoint: Endpoint<Input, Output> | undefined, input: Input, shape: (output: Output) => unknown) => {
		if (!endpoint) throw new Error(`${provider.id} has no ${call}`);
		return shape(await callProvider(connection, endpoint, input));
	};
	const taskItem = (task: VideoTask) => {
		const item = shapeVideoTask(provider, task, nowMs, false);
		return [item, linkHints([item], nowMs)];
	};
	const place = { pageNumber: 1, pageSize: 10 };
	const asset = { mediaType: 'image', groupId: 'group-1', source: 'https://example.com/face.png' } as const;
	const work = async (): Promise<unknown> => {
		switch (call) {
			case 'createTask':
				return await ask(videoTasks.create, sampleTask(provider), (created) => created);
			case 'getTask':
				return await ask(videoTasks.get, { taskId: 'task-1' }, taskItem);
			case 'listTasks':
				return await ask(videoTasks.list, place, ({ items }) => items.map(taskItem));
			case 'createAsset':
				return await ask(assets.create, asset, (created) => created);
			case 'getAsset':
				return await ask(assets.get, { assetId: 'asset-1' }, (found) => shapeAsset(provider, found, false));
			case 'listAssets':
				return await ask(assets.list, place, ({ items, quota }) => {
					const shaped = items.map((item) => shapeAsset(provider, item, false, quota));
					return [shaped, deletionHints(shaped, nowMs, provider)];
				});
			case 'listGroups':
				return await ask(assetGroups?.list, place, ({ items }) => items.map((item) => shapeAssetGroup(provider, item, false)));
			case 'models':
				return await ask(models, undefined, (found) => found);
			case 'upload':
				return await ask(uploads?.create, { file: sampleFile }, (hosted) => hosted);
		}
	};
	return await outcomeOf(work());
}
