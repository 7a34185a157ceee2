import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { InputError } from '../errors';
import { providers } from '../providers';
import type { AssetQuery, ListEndpoint, PageQuery, ProviderAdapter } from '../providers/adapter';
import { readObject, readString } from '../providers/read';
import { callProvider } from '../request/callProvider';
import { connect } from '../request/connection';
import { listAll, placeAfter, readPage } from '../request/listItems';
import { type Outcome, outcomeOf } from '../outcome';
import { parseTime, toMoment } from '../time';
import type { Asset, AssetGroup, MediaType, VideoTask } from '../vocabulary';
import { toNodeError } from './toNodeError';

/** The fields in which one thing of the provider is picked, and the lists behind them. */

const pickerPageSize = 50;
/** Pages without an entry to show that are turned at once: n8n asks for the next page of a list that is scrolled. */
const maxConcurrentPages = 10;

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

/** The documented models first, then what else the key may use; the former even without an answer. */
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

/** For fields in which several groups can be chosen. */
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

/** What can be cited at once; of the group only that the option Asset Group names, if it does. */
function citableAssetSearch(mediaType: MediaType): PickerMethod {
	return async function (filter, paginationToken) {
		const { assetGroupId } = readObject(this.getCurrentNodeParameter('options'));
		const groupId = readString(readObject(assetGroupId).value) ?? '';
		// The editor gives an expression as it is written.
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
	if (!list) return note(`${provider.value.displayName} has no list: choose By ID`);
	const connection = await outcomeOf(connect(context, provider.value));
	if (!connection.ok) return noList(connection.error);

	let token: string | undefined = paginationToken;
	const results: INodeListSearchItems[] = [];
	for (let asked = 0; token !== undefined && results.length === 0 && asked < maxConcurrentPages; asked++) {
		const read = await outcomeOf(readPage(connection.value, list, query, placeOf(token)));
		if (!read.ok) return noList(read.error);
		const { page, place } = read.value;
		token = tokenOf(placeAfter(read.value, place.pageNumber * place.pageSize));
		// Not every provider can search by name.
		results.push(...page.items.flatMap(toItems).filter((item) => matches(item, filter)));
	}
	return { results, paginationToken: token };
}

/** The number of a page, a star if it is one without the default filter, and, where pages are not counted, the cursor. */
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

/** Providers that do not tell the status or the type in a list leave the choice to the user. */
const isCitable = ({ mediaType, status }: Asset, wanted: MediaType) =>
	(mediaType ?? wanted) === wanted && (status ?? 'active') === 'active';

/** A note in the place of a list; choosing it leaves the field empty. */
const note = (text: string): INodeListSearchResult => ({ results: [{ name: text, value: '' }] });

/** What to do comes first: the editor cuts off what is longer than the list is wide. */
const noList = (error: unknown) =>
	note(`Choose By ID. ${error instanceof Error ? error.message : String(error)}`);

function chosenProvider(context: ILoadOptionsFunctions): Outcome<ProviderAdapter> {
	const providerId = readString(context.getCurrentNodeParameter('provider')) ?? '(empty)';
	const provider = providers.find(({ id }) => id === providerId);
	if (provider) return { ok: true, value: provider };
	return { ok: false, error: new InputError([{ field: 'Provider', allowed: 'one of the list', given: providerId }]) };
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

/** No age: n8n keeps the name of what was picked in the workflow. */
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

/** An asset field that lists assets of one media type only. */
export function citedAssetLocator(mediaType: MediaType, overrides: Partial<INodeProperties> = {}) {
	const method = `search${mediaType.charAt(0).toUpperCase()}${mediaType.slice(1)}Assets`;
	return locator('Asset', 'asset', method, assetPlaceholder, {
		description: `The ${mediaType} asset to cite; it must be Active`,
		...overrides,
	});
}

/** The list is the convenience of one provider; an ID is what a workflow hands on. */
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
