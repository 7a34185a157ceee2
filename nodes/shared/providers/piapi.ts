import { noReason, UnexpectedAnswerError } from '../errors';
import { excerpt } from '../text';
import type {
	Asset,
	AssetStatus,
	Failure,
	FileSource,
	MediaReference,
	MediaType,
	ReferenceRole,
	TaskStatus,
	VideoTask,
	VideoTaskInput,
} from '../vocabulary';
import { megabyte } from '../quantities';
import { mediaTypes, modeLabels } from '../vocabulary';
import { videoSettings, type SettingName } from '../videoSettings';
import type {
	AssetOrder,
	AssetQuery,
	Balance,
	FailureHint,
	NewAsset,
	NewVideoTask,
	Page,
	PageQuery,
	Price,
	ProviderAdapter,
	ProviderFailure,
	ProviderRequest,
	UrlForm,
	VideoModel,
	VideoTaskQuery,
} from './adapter';
import { explainFailure, InlineFile, pathOf, toFailure, withoutUndefined } from './adapter';
import type { Json } from './read';
import {
	findUrl,
	isObject,
	readArray,
	readCode,
	readIsoTime,
	readNumber,
	readObject,
	readString,
	readUrl,
	readWords,
	requireString,
	tableOf,
} from './read';
import * as seedance from './seedance';

const hourMs = 60 * 60 * 1000;

/** The document: the link to a video works for 24 hours. */
const linkLifetimeMs = 24 * hourMs;

const commonSettings: ReadonlyArray<SettingName> = [
	'resolution',
	'ratio',
	'durationSeconds',
	'generateAudio',
	'serviceMode',
];

const allSettings: ReadonlyArray<SettingName> = [...commonSettings, 'autoUploadAssets', 'assetRetentionHours'];

const sameForAll = (forms: readonly UrlForm[]) => ({ image: forms, video: forms, audio: forms });

/** A model that knows no assets, and its less-restriction twin that does. */
function modelPair(
	id: string,
	model: Omit<VideoModel, 'id' | 'settings' | 'urlForms' | 'modelForAssets'>,
	ownSettings: readonly SettingName[] = [],
): [lessRestricted: VideoModel, restricted: VideoModel] {
	const twinId = `${id}-less-restriction`;
	return [
		{
			...model,
			...(ownSettings.length > 0 && { settings: [...allSettings, ...ownSettings] }),
			id: twinId,
			displayName: `${model.displayName} (Less Restriction)`,
			description: `${model.description}; cites assets`,
		},
		{
			...model,
			id,
			settings: [...commonSettings, ...ownSettings],
			urlForms: sameForAll(['url']),
			modelForAssets: twinId,
		},
	];
}

const allResolutions = ['480p', '720p', '1080p'];
const smallResolutions = ['480p', '720p'];

/** By resolution. */
type Amounts = Readonly<Record<string, number>>;

/**
 * US dollars for a second of both models of a pair. The price pages ask more for the less-restriction twin, while the
 * document "Private Asset Library" bills one at the usual price.
 */
function pricePair(id: string, { usual, lessRestriction }: Record<'usual' | 'lessRestriction', Amounts>) {
	const pricesOf = (amounts: Amounts, isUpperBound?: true): Record<string, Price> =>
		Object.fromEntries(
			Object.entries(amounts).map(([resolution, amount]) => [
				resolution,
				{ amount, currency: 'USD', per: 'second', ...(isUpperBound && { isUpperBound }) },
			]),
		);
	return { [id]: pricesOf(usual), [`${id}-less-restriction`]: pricesOf(lessRestriction, true) };
}

/** The page "Seedance 2 preview" bills 5 s at 0.15 USD with 7,500,000 points; "Private Asset Library" agrees. */
const pointsPerUsd = 10_000_000;
/** Seen by clients, for accounts that pay by credit packs. */
const creditsPerUsd = 500;
const balanceCurrency = 'USD';

const failureHints: readonly FailureHint[] = [
	// The table of errors in the document "Private Asset Library".
	{
		match: /'url' is required/i,
		reason: 'input',
		description: 'Give the public address of the file in the field URL.',
	},
	{
		match: /unsupported asset_type/i,
		reason: 'input',
		description:
			'PiAPI takes jpeg, jpg, png, webp, bmp, tiff, gif, heic and heif images, mp4 and mov videos, mp3 and wav audio. Convert the file, and let its address end in one of these.',
	},
	{
		match: /quota exceeded/i,
		reason: 'quota',
		description:
			'Delete assets that are not needed any more, or upgrade the plan at PiAPI. The operation "Get Many Assets" shows when each asset was last used, and the quota. Failed assets do not count.',
	},
	{
		match: /not owned by this account/i,
		reason: 'permission',
		description:
			'The asset belongs to another account. Upload the file again with this credential, or use the credential of that account.',
	},
	{
		match: /asset not found/i,
		reason: 'notFound',
		description:
			'Check the asset ID. The asset may have been deleted, also by PiAPI itself when nothing used it for the days of the plan; upload the file again then.',
	},
	{
		match: /asset still processing/i,
		nothingDone: true,
		reason: 'input',
		description:
			'The asset was not Active after two minutes of asking again. Wait for it with the operation "Wait Until Active", then run this again.',
		repeat: { intervalMs: 5_000, maxMs: 120_000 },
	},
	{
		match: /only allowed on -less-restriction/i,
		reason: 'input',
		description:
			'Choose the twin of this model whose name ends in -less-restriction; only these cite assets.',
	},
	{
		match: /status=Failed/i,
		reason: 'input',
		description:
			'PiAPI could not process this asset. The operation "Get Asset" shows why; create a new asset from a file that fits.',
	},
	// Seen by clients.
	{
		match: /plan not allowed to upload/i,
		reason: 'permission',
		description:
			'Files need a plan that has the upload storage of PiAPI. Upgrade the plan, or give the file by public URL.',
	},
	{
		match: /require.{0,60}plan.{0,60}hobbyist/i,
		reason: 'permission',
		description: 'Assets need the plan hobbyist or a higher one. Upgrade the plan at PiAPI.',
	},
	{
		match: /asset hard cap/i,
		reason: 'quota',
		description:
			'Auto Upload Assets keeps too many files at the moment. Wait until their Asset Retention (Hours) is over, or cite assets of your own.',
	},
	{
		match: /^402\b|insufficient (credit|point|balance|fund)/i,
		reason: 'quota',
		description:
			'Nothing was billed. Top up the account at PiAPI, or choose a lower resolution or a shorter video.',
	},
	{
		match: /active task count.{0,100}limit/i,
		reason: 'rateLimit',
		description:
			'As many tasks as the plan allows were under way for 15 minutes. Run this again when some of them have ended, or upgrade the plan at PiAPI.',
		repeat: { intervalMs: 10_000, maxMs: 15 * 60_000, isCapacity: true },
	},
	{
		match: /task.{0,100}(not found|not exist)/i,
		reason: 'notFound',
		description:
			'Check the task ID, which looks like 3f5ab17a-…, and that the credential belongs to the account that started the task.',
	},
	seedance.moderationHint,
	{ ...seedance.moderationHint, match: /real (person|face)|nsfw/i },
	{
		match: /^401\b|invalid api key/i,
		reason: 'authentication',
		description: 'Check the API key in the credential.',
	},
	{
		match: /^400\b|InvalidParameter/,
		reason: 'input',
		description: 'Change what the message names.',
	},
];

/**
 * Sources: the PiAPI documents "Private Asset Library", "Seedance 2", "Get Task", "User Task History" and "Unified
 * Webhook"; for the upload storage, the values of `input` and the rows of the history, the clients that PiAPI and others
 * have published. No document has batch endpoints or a way to cancel a task. `GET /account/active_tasks` is no list: it
 * counts the tasks of each family of models.
 */
export const piapi = {
	id: 'piapi',
	displayName: 'PiAPI',
	credentialType: 'piapiApi',
	// The first one is the default: of each pair the twin that cites assets comes first, because it
	// takes all that the other takes, for a tenth more at most.
	videoModels: [
		...modelPair('seedance-2', {
			displayName: 'Seedance 2.0',
			description: 'The full model, up to 1080p',
			resolutions: allResolutions,
		}),
		...modelPair('seedance-2-fast', {
			displayName: 'Seedance 2.0 Fast',
			description: 'Quicker and cheaper, up to 720p',
			resolutions: smallResolutions,
		}),
		...modelPair('seedance-2-mini', {
			displayName: 'Seedance 2.0 Mini',
			description: 'The small model, up to 720p',
			resolutions: smallResolutions,
		}),
		...modelPair(
			'seedance-2.5',
			{
				displayName: 'Seedance 2.5',
				description: 'The newer model, up to 1080p and 30 seconds; 1080p is H.265',
				resolutions: allResolutions,
				durationSeconds: { min: 4, max: 30 },
				// PiAPI's page "Seedance 2.5", audio requirement.
				maxReferenceSeconds: { audio: 15 },
			},
			['draft'],
		),
	],
	video: {
		...seedance.video,
		settings: allSettings,
		maxReferencesInAll: 12,
		urlForms: sameForAll(['url', 'asset']),
		prompt: { maxCharacters: 4000, isRequired: true },
		// The page "Seedance 2". For some models the resolution is 480p, say public clients.
		defaults: { resolutions: ['480p', '720p'], durationSeconds: 5 },
		linkLifetimeMs,
	},
	assets: {
		newAssetFields: ['name'],
		sources: ['url'],
		filters: ['statuses', 'order'],
		create: {
			request: ({ mediaType, name, source }: NewAsset): ProviderRequest => ({
				method: 'POST',
				path: '/api/v1/asset/upload',
				body: withoutUndefined({ url: source, asset_type: assetTypes[mediaType], name }),
				repeatable: false,
			}),
			parse(body: unknown) {
				const asset = unwrap(body);
				return {
					id: requireString(asset.asset_id, 'asset ID (asset_id)', body),
					status: readAssetStatus(asset.status),
					expiresAt: readString(asset.expires_at),
				};
			},
		},
		list: {
			request: ({ statuses, order, pageNumber, pageSize }: AssetQuery & PageQuery): ProviderRequest => ({
				method: 'GET',
				path: '/api/v1/asset/list',
				query: {
					page: pageNumber,
					size: pageSize,
					...(statuses?.length && { status: statuses.join(',') }),
					...(order && { order: assetOrders[order] }),
				},
				repeatable: true,
			}),
			parse: parseAssets,
		},
		get: {
			request: ({ assetId }: { assetId: string }) => oneAsset('GET', assetId),
			parse: (body: unknown) => parseAsset(unwrap(body), body),
		},
		delete: {
			request: ({ assetId }: { assetId: string }): ProviderRequest => ({
				...oneAsset('DELETE', assetId),
				isDeletion: true,
			}),
			// Clients have seen 200 and 204, with and without a body.
			parse: () => {},
		},
	},
	// The table of formats in the document "Private Asset Library", whose round brackets leave the bounds out.
	mediaLimits: {
		image: {
			...seedance.media.image,
			sizeBytes: { below: 30 * megabyte },
			sidePixels: { above: 300, below: 6000 },
			aspectRatio: { above: 0.4, below: 2.5 },
		},
		video: {
			...seedance.media.video,
			sizeBytes: { max: 50 * megabyte },
			resolutions: ['480p', '720p', '1080p'],
		},
		audio: {
			...seedance.media.audio,
			sizeBytes: { max: 15 * megabyte },
		},
	},
	uploads: {
		create: {
			request: ({ file }: { file: FileSource }): ProviderRequest => ({
				method: 'POST',
				host: 'uploads',
				path: '/api/ephemeral_resource',
				body: { file_name: shortened(file.fileName), file_data: new InlineFile(file, 'base64') },
				// One file too many costs nothing and is gone within a day.
				repeatable: true,
			}),
			parse(body: unknown) {
				// PiAPI's own command line reads `url`, other clients `data.url`.
				return { url: requireString(readUrl(unwrap(body).url), 'URL of the file (url)', body) };
			},
		},
		maxBytes: { image: 10 * megabyte, video: 10 * megabyte, audio: 10 * megabyte },
		extensions: ['jpg', 'jpeg', 'png', 'webp', 'mp4', 'mp3', 'wav'],
		lifetimeMs: 24 * hourMs,
	},
	videoTasks: {
		create: {
			request: (input: NewVideoTask): ProviderRequest => ({
				method: 'POST',
				path: '/api/v1/task',
				body: taskBody(input),
				repeatable: false,
			}),
			parse(body: unknown) {
				const answer = withoutWebhookSecret(body);
				return { id: requireString(unwrap(answer).task_id, 'task ID (task_id)', answer) };
			},
		},
		get: {
			request: ({ taskId }: { taskId: string }): ProviderRequest => ({
				method: 'GET',
				path: pathOf`/api/v1/task/${taskId}`,
				repeatable: true,
			}),
			parse: (body: unknown) => parseTask(withoutWebhookSecret(body)),
		},
		list: {
			// The values of the parameter `model` do not include Seedance, so all models are listed.
			request: ({ createdAfterMs, pageNumber, pageSize }: VideoTaskQuery & PageQuery): ProviderRequest => ({
				method: 'GET',
				path: '/api/open/tasks/histories',
				query: {
					page: pageNumber,
					page_size: pageSize,
					...(createdAfterMs !== undefined && { start_time: Math.floor(createdAfterMs / 1000) }),
				},
				repeatable: true,
			}),
			parse: parseHistory,
		},
		// The answers of the page "Seedance 2 preview" repeat the whole request, but the secret was taken out of them.
		echo: {
			ofRequest: ({ model, task_type: taskType, input, config }: Json) => echoOf(model, taskType, input, config),
			ofTask: ({ raw }: VideoTask) => {
				const { model, task_type: taskType, input, config } = unwrap(raw);
				return echoOf(model, taskType, input, config);
			},
		},
		callback: {
			fields: ['url', 'secret'],
			proof: { kind: 'secret', header: 'x-webhook-secret' },
			// "Unified Webhook": the answer of "Get task" in an envelope.
			taskIdOf: (body: unknown) => readString(readObject(readObject(body).data).task_id),
		},
	},
	balance: {
		currency: balanceCurrency,
		request: () => ({ method: 'GET', path: '/account/info', repeatable: true }),
		parse: parseBalance,
	},
	priceList: {
		asOf: '2026-11-28',
		source: 'the pages "Seedance 2.0" and "Seedance 2.5" of piapi.ai',
		prices: {
			...pricePair('seedance-2', {
				usual: { '480p': 0.1, '720p': 0.2, '1080p': 0.5 },
				lessRestriction: { '480p': 0.11, '720p': 0.22, '1080p': 0.55 },
			}),
			...pricePair('seedance-2-fast', {
				usual: { '480p': 0.048, '720p': 0.096 },
				lessRestriction: { '480p': 0.053, '720p': 0.106 },
			}),
			...pricePair('seedance-2-mini', {
				usual: { '480p': 0.042, '720p': 0.084 },
				lessRestriction: { '480p': 0.046, '720p': 0.092 },
			}),
			...pricePair('seedance-2.5', {
				usual: { '480p': 0.15, '720p': 0.35, '1080p': 0.8 },
				lessRestriction: { '480p': 0.165, '720p': 0.385, '1080p': 0.88 },
			}),
		},
	},
	costUnitsPerUsd: pointsPerUsd,
	drafts: {
		...seedance.drafts,
		finalSettings: ['serviceMode'],
		isMadeBy: ({ model }, wanted) => (model === undefined ? undefined : model === wanted),
	},
	checkVideoTask: checkRatio,
	isRefusal,
	parseFailure,
	secretsIn,
	failureHints,
} satisfies ProviderAdapter;

function oneAsset(method: 'GET' | 'DELETE', assetId: string): ProviderRequest {
	return { method, path: pathOf`/api/v1/asset/${assetId}`, repeatable: true };
}

const assetTypes: Readonly<Record<MediaType, string>> = { image: 'Image', video: 'Video', audio: 'Audio' };

/** What a list is sorted by; a dash turns the order round. */
const assetOrders: Readonly<Record<AssetOrder, string>> = {
	lastUsed: '-last_used_at',
	newest: '-created_at',
	oldest: 'created_at',
};

const maxFileNameLength = 128;

/** The end decides the type of the file and has to stay. */
function shortened(fileName: string): string {
	const [, stem = fileName, extension = ''] = /^(.*)(\.[^.]*)$/s.exec(fileName) ?? [];
	// Half an emoji is no character.
	return stem.slice(0, maxFileNameLength - extension.length).replace(/[\ud800-\udbff]$/, '') + extension;
}

const roleOrder: readonly ReferenceRole[] = ['firstFrame', 'lastFrame', 'reference'];

function taskBody({ model, mode, prompt, references, settings, webhook, draftTaskId }: NewVideoTask) {
	const list = (mediaType: MediaType) => {
		const urls = roleOrder.flatMap((role) =>
			references
				.filter((reference) => reference.role === role && reference.mediaType === mediaType)
				.map(({ url }) => url),
		);
		return urls.length > 0 ? urls : undefined;
	};
	const config = withoutUndefined({
		service_mode: settings.serviceMode,
		webhook_config: webhook && withoutUndefined({ endpoint: webhook.url, secret: webhook.secret }),
	});
	return {
		model: 'seedance',
		task_type: model,
		input: withoutUndefined({
			// That of the draft is taken over.
			prompt: draftTaskId === undefined ? prompt : undefined,
			mode: looksLikeFrames(mode, references) ? 'omni_reference' : undefined,
			image_urls: list('image'),
			video_urls: list('video'),
			audio_urls: list('audio'),
			aspect_ratio: settings.ratio === 'adaptive' ? 'auto' : settings.ratio,
			duration: settings.durationSeconds,
			resolution: draftTaskId === undefined ? settings.resolution : seedance.drafts.finalResolution,
			// The page "Seedance 2.5" names both, and no source shows a request that has them.
			draft: settings.draft,
			draft_task_id: draftTaskId,
			audio: settings.generateAudio,
			auto_upload_assets: settings.autoUploadAssets,
			asset_retention_hours: settings.assetRetentionHours,
		}),
		...(Object.keys(config).length > 0 && { config }),
	};
}

/** PiAPI takes one or two images that come alone for frames, unless it is told what they are. */
function looksLikeFrames(mode: VideoTaskInput['mode'], references: ReadonlyArray<Pick<MediaReference, 'mediaType'>>): boolean {
	return (
		mode === 'multimodalReference' &&
		references.length <= 2 &&
		references.every(({ mediaType }) => mediaType === 'image')
	);
}

/** There is no frame to adapt to in the other modes. */
function checkRatio({ mode, settings }: VideoTaskInput) {
	if (settings.ratio !== 'adaptive' || mode === 'firstFrame' || mode === 'firstAndLastFrame') return [];
	const modes = `${modeLabels.firstFrame} and ${modeLabels.firstAndLastFrame}`;
	return [
		{
			field: videoSettings.ratio.label,
			message: `PiAPI offers the ${videoSettings.ratio.label} adaptive in ${modes} only; the Mode is ${modeLabels[mode]}.`,
			advice: `Choose another ${videoSettings.ratio.label}.`,
		},
	];
}

/** Tasks come as `{ code, data, message }` or `{ timestamp, data }`, assets as they are. */
function unwrap(body: unknown): Json {
	const answer = readObject(body);
	return isObject(answer.data) ? answer.data : answer;
}

function parseAssets(body: unknown): Page<Asset> {
	const { items, total, quota } = unwrap(body);
	const { used, limit, ttl_days: idleDays } = readObject(quota);
	return {
		items: readArray(items).map((item) => parseAsset(readObject(item), body)),
		totalCount: readNumber(total),
		quota: isObject(quota)
			? { used: readNumber(used), limit: readNumber(limit), idleDays: readNumber(idleDays) }
			: undefined,
	};
}

function parseAsset(asset: Json, body: unknown): Asset {
	const mediaType = readString(asset.asset_type)?.toLowerCase();
	const status = readAssetStatus(asset.status);
	return {
		id: requireString(asset.asset_id, 'asset ID (asset_id)', body),
		status,
		mediaType: mediaTypes.find((type) => type === mediaType),
		name: readString(asset.name),
		url: readUrl(asset.url),
		failure: status === 'failed' ? assetFailure(asset.error) : undefined,
		createdAt: readString(asset.created_at),
		lastUsedAt: readString(asset.last_used_at),
		expiresAt: readString(asset.expires_at),
		raw: asset,
	};
}

/**
 * The page "Get account information" has `equivalent_in_usd`; clients have seen it inside `quota`, and credit packs
 * beside it. Whether it includes these is nowhere said, so the larger one is what there is at least.
 */
function parseBalance(body: unknown): Balance {
	const account = unwrap(body);
	const credits = readNumber(readObject(account.credit_pack_info).available_credits);
	const points = readNumber(readObject(account.wallet).point_remain);
	const inUsd =
		readNumber(account.equivalent_in_usd) ??
		readNumber(readObject(account.quota).equivalent_in_usd) ??
		(points === undefined ? undefined : points / pointsPerUsd);
	const amounts = [inUsd ?? [], credits === undefined ? [] : credits / creditsPerUsd].flat();
	if (amounts.length === 0) throw new UnexpectedAnswerError('balance (equivalent_in_usd)', body);
	return {
		amount: Math.max(...amounts),
		currency: balanceCurrency,
		plan: readString(account.plan),
		maxConcurrentTasks: readNumber(account.max_concurrent_task_count),
	};
}

/** Anything but the two final ones may still become Active. */
function readAssetStatus(value: unknown): AssetStatus | undefined {
	const status = readString(value)?.toLowerCase();
	if (status === undefined) return undefined;
	return status === 'active' || status === 'failed' ? status : 'processing';
}

function assetFailure(error: unknown): Failure {
	const { code, message } = readObject(error);
	const words = { message: readWords(message) ?? readWords(error), code: readCode(code) };
	return toFailure(failureHints, { ...words, message: words.message ?? words.code ?? noReason });
}

const taskStatuses = tableOf<TaskStatus>({
	pending: 'queued',
	staged: 'queued',
	queued: 'queued',
	processing: 'running',
	completed: 'succeeded',
	success: 'succeeded',
	// In the history.
	finished: 'succeeded',
	failed: 'failed',
});

function parseTask(body: unknown): VideoTask {
	const task = unwrap(body);
	const status = taskStatuses.get((readString(task.status) ?? '').trim().toLowerCase()) ?? 'running';
	const input = readObject(task.input);
	const meta = readObject(task.meta);
	const usage = isObject(meta.usage) ? meta.usage : undefined;
	const finishedAtMs = readIsoTime(meta.ended_at);
	const ratio = readString(input.aspect_ratio);
	return {
		id: requireString(task.task_id, 'task ID (task_id)', body),
		status,
		model: readString(task.task_type),
		prompt: readString(input.prompt),
		videoUrl: status === 'succeeded' ? findUrl(task.output, urlNames) : undefined,
		failure: status === 'failed' ? taskFailure(task) : undefined,
		usage,
		cost: readCost(status, usage),
		isDraft: typeof input.draft === 'boolean' ? input.draft : undefined,
		citesVideos: isObject(task.input) ? readArray(input.video_urls).length > 0 : undefined,
		resolution: readString(input.resolution),
		ratio: ratio === 'auto' ? 'adaptive' : ratio,
		durationSeconds: readNumber(input.duration),
		createdAtMs: readIsoTime(meta.created_at),
		startedAtMs: readIsoTime(meta.started_at),
		finishedAtMs,
		linksExpireAtMs:
			status === 'succeeded' && finishedAtMs !== undefined ? finishedAtMs + linkLifetimeMs : undefined,
		raw: body,
	};
}

/** The prompt comes back with "Image 1" where it cited @image1. */
function echoOf(model: unknown, taskType: unknown, input: unknown, config: unknown): Json {
	const { prompt } = readObject(input);
	const { webhook_config: webhook, ...settings } = readObject(config);
	const endpoint = readString(readObject(webhook).endpoint);
	return withoutUndefined({
		model,
		task_type: taskType,
		input: isObject(input)
			? { ...input, prompt: readString(prompt)?.replace(/@?\b(image|video|audio) ?(\d+)/gi, (_, type: string, place) => `@${type.toLowerCase()}${place}`) }
			: undefined,
		config: { ...settings, ...(endpoint !== undefined && { webhook_config: { endpoint } }) },
	});
}

/** The page "User Task History" has the parameters; the rows are as clients have seen them. */
function parseHistory(body: unknown, { status, model, pageNumber, pageSize }: VideoTaskQuery & PageQuery): Page<VideoTask> {
	const { data, total } = unwrap(body);
	const rows = readArray(data);
	const tasks = rows.map(readObject).filter(isOfSeedance).map((row) => parseRow(row, body));
	const totalCount = readNumber(total);
	// What is of other models counts too, so the number of tasks does not tell whether there is another page.
	const isLast = rows.length === 0 || (totalCount === undefined ? rows.length < pageSize : pageNumber * pageSize >= totalCount);
	return {
		items: tasks.filter((task) => (!status || task.status === status) && (!model || task.model === model)),
		nextCursor: isLast ? null : String(pageNumber + 1),
	};
}

/** The account may have used any other model. */
const isOfSeedance = ({ task_model: family, action }: Json) =>
	readString(family) === 'seedance' || readString(action)?.startsWith('seedance') === true;

function parseRow(row: Json, body: unknown): VideoTask {
	const status = taskStatuses.get((readString(row.status) ?? '').trim().toLowerCase()) ?? 'running';
	const points = readNumber(row.usage);
	const isSettled = status === 'succeeded' || status === 'failed';
	return {
		id: requireString(row.task_id, 'task ID (task_id)', body),
		status,
		model: readString(row.action),
		videoUrl: status === 'succeeded' ? findUrl(readObject(row.detail).output, urlNames) : undefined,
		failure: status === 'failed' ? { reason: 'provider', message: noReasonInHistory } : undefined,
		cost: isSettled && points !== undefined ? { amount: points, unit: 'points' } : undefined,
		createdAtMs: readIsoTime(row.created_at),
		raw: row,
	};
}

const noReasonInHistory = 'the list does not say why; "Get Task" does';

/** Until a task has ended they are held back, not consumed. */
function readCost(status: TaskStatus, usage: Json | undefined): VideoTask['cost'] {
	const amount = readNumber(usage?.consume);
	const isSettled = status === 'succeeded' || status === 'failed';
	return isSettled && amount !== undefined ? { amount, unit: 'points' } : undefined;
}

/** The document has `output.video`; other task types and older pages have other names. */
const urlNames = ['video', 'video_url', 'videoUrl', 'url', 'resource', 'videos', 'works', 'video_urls'];

/** The error of a failed task often says nothing; what happened is then in the logs only. */
function taskFailure(task: Json): Failure {
	const error = readObject(task.error);
	const code = readCode(error.code);
	const words = [error.message, error.raw_message, task.error, error.detail];
	return toFailure(failureHints, {
		message: mostTelling(words, readArray(task.logs)) ?? noReason,
		// 0 is no error, and so no code of one.
		code: code === '0' ? undefined : code,
	});
}

/** What says nothing, and what the logs say of every task. */
const generalWords =
	/^(internal (server )?error\W*)?((please )?try again later\W*)?$|^(success|fail(ed|ure)?|error)\W*$|frozen points|auto-detected|audio: enabled/i;
const failingWords = /fail|error|reject|refus|invalid|denied|unable|cannot|could not|exceed|time(d )?.?out/i;
/** An attempt that failed, after which there was another one. */
const retryingWords = /\bretrying\b|will (be )?retr(y|ied)\b|\btry(ing)? again\b/i;

const maxLogLines = 50;

/**
 * The text that explains most: known words of the error, those of the logs, then what the error says. Of the
 * logs, what was noted last, as the lines before tell of attempts that were followed by others.
 */
function mostTelling(words: readonly unknown[], logs: readonly unknown[] = []): string | undefined {
	const texts = readTexts(words);
	const said = texts.filter(saysSomething);
	const cause = lastCause(logs);
	const isKnown = (message: string | undefined) =>
		message !== undefined && explainFailure(failureHints, { message }) !== undefined;
	return said.find(isKnown) ?? (isKnown(cause) ? cause : undefined) ?? said[0] ?? cause ?? texts[0];
}

function lastCause(logs: readonly unknown[]): string | undefined {
	const lines = logs
		.slice(-maxLogLines)
		.flatMap((log) => readString(log) ?? readString(readObject(log).message) ?? [])
		.flatMap((log) => log.split('\n').slice(-maxLogLines))
		.slice(-maxLogLines)
		.flatMap((line) => readWords(line) ?? [])
		.filter(saysSomething)
		.reverse();
	const ends = lines.filter((line) => !retryingWords.test(line));
	return (
		ends.find((line) => explainFailure(failureHints, { message: line })) ??
		ends.find((line) => failingWords.test(line)) ??
		lines.find((line) => failingWords.test(line)) ??
		lines[0]
	);
}

const saysSomething = (text: string) => !generalWords.test(text);

const readTexts = (values: readonly unknown[]) => values.flatMap((value) => readWords(value) ?? []);

/** The envelope names its own status, which no proxy does; a task and an asset have an `error` all the time. */
function isRefusal(body: unknown): boolean {
	const answer = readObject(body);
	const { code, success, data } = answer;
	// A task was accepted, whatever became of it; its ID must not get lost.
	if (readString(readObject(data).task_id) !== undefined) return false;
	if (success === false) return true;
	if (typeof code === 'number') return code < 200 || code > 299;
	// No document has the envelope of the errors of assets, but all their words.
	const words = readWords(answer.message) ?? readWords(answer.error);
	return words !== undefined && answer.asset_id === undefined && explainFailure(failureHints, { message: words }) !== undefined;
}

/** `{ code, message, data: { error } }` is documented for tasks only, so other shapes are read too. */
function parseFailure(body: unknown): ProviderFailure {
	const answer = readObject(body);
	const error = isObject(answer.error) ? answer.error : readObject(readObject(answer.data).error);
	const words = [error.message, error.raw_message, answer.message, answer.error, error.detail];
	return {
		message: mostTelling(words) ?? excerpt(withoutWebhookSecret(body)),
		code: readCode(answer.code) ?? readCode(error.code),
		statusCode: isErrorStatus(answer.code) ? answer.code : undefined,
	};
}

const isErrorStatus = (code: unknown): code is number =>
	typeof code === 'number' && code >= 400 && code <= 599;

/** A task tells the secret of its webhook to everybody who may read it; answers are shown to users. */
function withoutWebhookSecret(body: unknown): unknown {
	const answer = readObject(body);
	if (isObject(answer.data)) return { ...answer, data: withoutWebhookSecret(answer.data) };
	const config = readObject(answer.config);
	const webhook = readObject(config.webhook_config);
	if (readString(webhook.secret) === undefined) return body;
	return { ...answer, config: { ...config, webhook_config: { ...webhook, secret: '[redacted]' } } };
}

/** So that it does not show in the logs of the task either. */
function secretsIn(body: unknown): string[] {
	const { secret } = readObject(readObject(unwrap(body).config).webhook_config);
	return [readString(secret) ?? []].flat();
}
