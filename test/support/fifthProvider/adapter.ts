import type { Endpoint, NewAsset, NewVideoTask, ProviderAdapter } from '../../../nodes/shared/providers/adapter';
import { pathOf, withoutUndefined } from '../../../nodes/shared/providers/adapter';
import { readObject, readString, readUrl, requireString, tableOf } from '../../../nodes/shared/providers/read';
import type { AssetStatus, TaskStatus } from '../../../nodes/shared/vocabulary';
import { assetIdOf } from '../../../nodes/shared/vocabulary';

/**
 * "Fable", a provider that does not exist and is like none of the others: it takes everything by PUT,
 * answers 200 to whatever it refuses, nests what it says two levels deep and has its own words for all.
 */
export const fable: ProviderAdapter = {
	id: 'fable',
	displayName: 'Fable',
	credentialType: 'fableApi',
	videoModels: [
		{ id: 'reel', displayName: 'Reel', description: 'Everyday films', resolutions: ['540p'] },
		{
			id: 'reel-noir',
			displayName: 'Reel Noir',
			description: 'Without colours, longer',
			resolutions: ['540p', '900p'],
			durationSeconds: { min: 2, max: 40 },
		},
	],
	video: {
		modes: ['textToVideo', 'multimodalReference'],
		settings: ['resolution', 'ratio', 'durationSeconds'],
		ratios: ['2:1'],
		durationSeconds: { min: 2, max: 6 },
		maxReferences: { image: 2, video: 0, audio: 0 },
		urlForms: { image: ['asset'], video: [], audio: [] },
		prompt: { maxCharacters: 300, isRequired: true },
		linkLifetimeMs: 60 * 60 * 1000,
	},
	assets: {
		newAssetFields: [],
		sources: ['file'],
		create: {
			request: ({ source, mediaType }: NewAsset) => ({
				method: 'PUT',
				path: '/props',
				body:
					typeof source === 'string'
						? { href: source, kind: mediaType }
						: { fields: { kind: mediaType }, file: { fieldName: 'prop', source } },
				repeatable: false,
			}),
			parse: (body: unknown) => ({ id: requireString(reply(body, 'prop').ref, 'prop ref', body) }),
		},
		get: readBack('/props', 'prop', (prop, body) => ({
			id: requireString(prop.ref, 'prop ref', body),
			status: assetPhases.get(readString(prop.phase) ?? '') ?? 'processing',
			mediaType: 'image',
			raw: body,
		}), 'assetId'),
	},
	videoTasks: {
		create: {
			request: ({ model, prompt, references, settings }: NewVideoTask) => ({
				method: 'PUT',
				path: '/jobs',
				body: withoutUndefined({
					reel: model,
					script: prompt,
					cast: references.length > 0 ? references.map(({ url }) => (typeof url === 'string' ? assetIdOf(url) : undefined)) : undefined,
					lines: settings.resolution && Number.parseInt(settings.resolution),
					shape: settings.ratio,
					runs: settings.durationSeconds,
				}),
				repeatable: false,
			}),
			parse: (body: unknown) => ({ id: requireString(reply(body, 'job').ref, 'job ref', body) }),
		},
		get: readBack('/jobs', 'job', (job, body) => ({
			id: requireString(job.ref, 'job ref', body),
			status: jobPhases.get(readString(job.phase) ?? '') ?? 'running',
			videoUrl: readUrl(readObject(job.film).href),
			raw: body,
		}), 'taskId'),
	},
	isRefusal: (body) => readObject(body).ok === false,
	parseFailure: (body) => ({ message: readString(readObject(body).trouble) ?? 'it gave no reason' }),
	failureHints: [{ match: /ticket/i, reason: 'authentication', description: 'Buy a ticket.' }],
};

const assetPhases = tableOf<AssetStatus>({ ready: 'active', spoiled: 'failed' });
const jobPhases = tableOf<TaskStatus>({
	waiting: 'queued',
	rolling: 'running',
	wrapped: 'succeeded',
	scrapped: 'failed',
});

/** `{ ok, reply: { <what>: … } }` */
function reply(body: unknown, what: string) {
	return readObject(readObject(readObject(body).reply)[what]);
}

function readBack<Id extends string, Output>(
	path: string,
	what: string,
	read: (found: ReturnType<typeof reply>, body: unknown) => Output,
	id: Id,
): Endpoint<Readonly<Record<Id, string>>, Output> {
	return {
		request: (input) => ({ method: 'GET', path: path + pathOf`/${input[id]}`, repeatable: true }),
		parse: (body) => read(reply(body, what), body),
	};
}
