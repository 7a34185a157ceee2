import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { InputError, mustBe } from '../errors';
import { providers } from '../providers';
import type { AssetQuery, ListEndpoint, PageQuery, ProviderAdapter } from '../providers/adapter';
import { readObject, readString } from '../providers/read';
import { callProvider } from '../request/callProvider';
import { connect } from '../request/connection';
import { listAll, placeAfter, readPage } from '../request/listItems';
import { type Outcome, outcomeOf } from '../outcome';
import { parseTime, toMoment } from '../time';
import type { Asset, AssetGroup, MediaType, VideoTask } from '../vocabulary';
import { wordsFor } from './fieldValue';
import type { Session } from './operation';
import { toNodeError } from './toNodeError';

/** The resource locators of the nodes, and the searches behind their lists. */

const pickerPageSize = 50;
/** How many pages one search reads until it finds an entry to show: n8n requests the next page only when a user scrolls. */
const maxPagesPerSearch = 10;

type PickerMethod = (
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
) => Promise<INodeListSearchResult>;

export const searchAssetGroups: PickerMethod = async function (filter, paginationToken) {
	const query = { name: filter };
	return await search(this, ({ assetGroups }) => assetGroups?.list, query, { filter, paginationToken }, groupItem);
};

/** The tasks of the account, newest first. */
export const searchTasks: PickerMethod = async function (filter, paginationToken) {
	return await search(this, ({ videoTasks }) => videoTasks.list, {}, { filter, paginationToken }, taskItem);
};

export const searchAssets: PickerMethod = async function (filter, paginationToken) {
	const query = { name: filter };
	return await search(this, ({ assets }) => assets.list, query, { filter, paginationToken }, assetItem);
};

export const referencePickers = {
	searchImageAssets: citableAssetSearch('image'),
	searchVideoAssets: citableAssetSearch('video'),
	searchAudioAssets: citableAssetSearch('audio'),
};

/** The documented models, then others that the key may use; if those cannot be read, the documented ones alone. */
export const searchModels: PickerMethod = async function (filter) {
	const provider = chosenProvider(this);
	if (!provider.ok) return noList(provider.error);
	const { models, videoModels } = provider.value;
	const connection = await outcomeOf(connect(this, provider.value));
	const live =
		connection.ok && models ? await outcomeOf(callProvider(connection.value, models, undefined)) : undefined;
	const others = (live?.ok ? live.value : []).filter(
		(model) => /seedance/i.test(model) && !videoModels.some(({ id }) => id === model),
	);
	const items = [
		...videoModels.map(({ id, displayName, description }) => ({
			name: `${displayName} (${id})`,
			value: id,
			description,
		})),
		...others.map((id) => ({ name: id, value: id })),
	];
	return { results: items.filter((item) => matches(item, filter)) };
};

/** For fields that take several groups. */
export async function getAssetGroups(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const groups = await outcomeOf(listAssetGroups(this));
	if (groups.ok) return groups.value.map(groupItem);
	throw toNodeError(this.getNode(), groups.error, 0);
}

async function listAssetGroups(context: ILoadOptionsFunctions): Promise<AssetGroup[]> {
	const provider = chosenProvider(context);
	if (!provider.ok) throw provider.error;
	const list = provider.value.assetGroups?.list;
	return list ? await listAll(await connect(context, provider.value), list, {}) : [];
}

/** Active assets of a media type, limited to the group of the option Asset Group if that is set. */
function citableAssetSearch(mediaType: MediaType): PickerMethod {
	return async function (filter, paginationToken) {
		const { assetGroupId } = readObject(this.getCurrentNodeParameter('options'));
		const groupId = readString(readObject(assetGroupId).value) ?? '';
		// Here the editor passes expressions unevaluated.
		const isKnown = groupId !== '' && !groupId.startsWith('=');
		const query: AssetQuery = {
			name: filter,
			statuses: ['active'],
			...(isKnown && { groupIds: [groupId] }),
		};
		const toItems = (asset: Asset) => (isCitable(asset, mediaType) ? assetItem(asset) : []);
		return await search(this, ({ assets }) => assets.list, query, { filter, paginationToken }, toItems);
	};
}

async function search<Query, Item>(
	context: ILoadOptionsFunctions,
	listOf: (provider: ProviderAdapter) => ListEndpoint<Query, Item> | undefined,
	query: Query,
	{ filter, paginationToken = '1' }: { filter?: string; paginationToken?: string },
	toItems: (item: Item) => INodeListSearchItems | INodeListSearchItems[],
): Promise<INodeListSearchResult> {
	const provider = chosenProvider(context);
	if (!provider.ok) return noList(provider.error);
	const list = listOf(provider.value);
	if (!list) return message(`${provider.value.displayName} has no list: choose By ID`);
	const connection = await outcomeOf(connect(context, provider.value));
	if (!connection.ok) return noList(connection.error);

	let token: string | undefined = paginationToken;
	const results: INodeListSearchItems[] = [];
	for (let pages = 0; token !== undefined && results.length === 0 && pages < maxPagesPerSearch; pages++) {
		const read = await outcomeOf(readPage(connection.value, list, query, placeOf(token)));
		if (!read.ok) return noList(read.error);
		const { page, place } = read.value;
		token = tokenOf(placeAfter(read.value, place.pageNumber * place.pageSize));
		// Not every provider can search by name.
		results.push(...page.items.flatMap(toItems).filter((item) => matches(item, filter)));
	}
	return { results, paginationToken: token };
}

/** A token is the page number, a star if the default filter is off, and, for lists with cursors, a colon and the cursor. */
function placeOf(token: string): PageQuery {
	const [pageText = '', cursor] = token.split(/:(.*)/s);
	return {
		pageNumber: parseInt(pageText, 10),
		cursor,
		pageSize: pickerPageSize,
		...(pageText.endsWith('*') && { withoutDefaultFilter: true }),
	};
}

function tokenOf(place: PageQuery | undefined): string | undefined {
	if (!place) return undefined;
	return [`${place.pageNumber}${place.withoutDefaultFilter ? '*' : ''}`, place.cursor ?? []].flat().join(':');
}

const matches = ({ name }: INodeListSearchItems, filter = '') =>
	name.toLowerCase().includes(filter.toLowerCase());

/** An asset without a type or status is shown: some providers do not list these. */
const isCitable = ({ mediaType, status }: Asset, wanted: MediaType) =>
	(mediaType ?? wanted) === wanted && (status ?? 'active') === 'active';

/** A message in place of a list; choosing it leaves the field empty. */
const message = (text: string): INodeListSearchResult => ({ results: [{ name: text, value: '' }] });

/** Says what to do first, as the editor cuts off long entries. */
const noList = (error: unknown) =>
	message(`Choose By ID. ${error instanceof Error ? error.message : String(error)}`);

function chosenProvider(context: ILoadOptionsFunctions): Outcome<ProviderAdapter> {
	const providerId = readString(context.getCurrentNodeParameter('provider'));
	const provider = providers.find(({ id }) => id === providerId);
	if (provider) return { ok: true, value: provider };
	return { ok: false, error: new InputError([mustBe('Provider', 'one of the list', wordsFor(providerId))]) };
}

function assetItem({ id, name, mediaType, status, createdAt }: Asset): INodeListSearchItems {
	return { name: withFacts(name ?? id, [mediaType, status, momentOf(parseTime(createdAt))]), value: id };
}

function taskItem({ id, model, status, createdAtMs }: VideoTask): INodeListSearchItems {
	return { name: withFacts(id, [model, status, momentOf(createdAtMs)]), value: id };
}

function withFacts(name: string, facts: Array<string | undefined>): string {
	const known = facts.filter(Boolean).join(', ');
	return known ? `${name} (${known})` : name;
}

/** A date rather than an age, as n8n stores the name of the chosen entry in the workflow. */
const momentOf = (timeMs: number | undefined) => (timeMs === undefined ? undefined : toMoment(timeMs));

const groupItem = ({ id, name }: AssetGroup) => ({ name: name ?? id, value: id });

const assetPlaceholder = 'e.g. asset-20260427160000-abcde or asset://asset-20260427160000-abcde';

export function assetLocator(overrides: Partial<INodeProperties> = {}): INodeProperties {
	return locator('Asset', 'assetId', 'searchAssets', assetPlaceholder, {
		required: true,
		description: 'The asset to use',
		...overrides,
	});
}

/** An asset field that lists active assets of one media type. */
export function citedAssetLocator(mediaType: MediaType, overrides: Partial<INodeProperties> = {}) {
	const method = `search${mediaType.charAt(0).toUpperCase()}${mediaType.slice(1)}Assets`;
	return locator('Asset', 'asset', method, assetPlaceholder, {
		description: `The ${mediaType} asset to cite; it must be Active`,
		...overrides,
	});
}

/**
 * Reads the field of `taskLocator`; from then on every error of the item names the task.
 * @throws InputError if it is empty
 */
export function readTaskId({ parameters, run, itemIndex }: Session): string {
	const taskId = parameters.requiredId('taskId', 'Task');
	run.askedTaskIds.set(itemIndex, taskId);
	return taskId;
}

/** By ID by default: that is what workflows pass on, and not every provider has a list of tasks. */
export function taskLocator(): INodeProperties {
	return locator('Task', 'taskId', 'searchTasks', 'e.g. asyntask_h81efT0q', {
		required: true,
		default: { mode: 'id', value: '' },
		description: 'The ID that Generate returned, or that one of its messages names',
	});
}

export function assetGroupLocator(overrides: Partial<INodeProperties> = {}): INodeProperties {
	return locator('Asset Group', 'groupId', 'searchAssetGroups', 'e.g. group-20260427160000-abcde', {
		required: true,
		description: 'The asset group to use',
		...overrides,
	});
}

function locator(
	displayName: string,
	name: string,
	searchListMethod: string,
	placeholder: string,
	overrides: Partial<INodeProperties>,
): INodeProperties {
	return {
		displayName,
		name,
		type: 'resourceLocator',
		default: { mode: 'list', value: '' },
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				typeOptions: { searchListMethod, searchable: true },
			},
			{ displayName: 'By ID', name: 'id', type: 'string', placeholder },
		],
		...overrides,
	};
}

/** The Model field of one provider; its default is the first model of the provider. */
export function modelLocators(): INodeProperties[] {
	return providers.map(({ id, videoModels: [first] }) =>
		locator('Model', 'model', 'searchModels', `e.g. ${first?.id ?? 'seedance'}`, {
			required: true,
			default: { mode: 'list', value: first?.id ?? '', cachedResultName: first?.displayName },
			description: 'The model that makes the video. By ID takes any model that the key may use.',
			displayOptions: { show: { provider: [id] } },
		}),
	);
}
