import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { InputError } from '../errors';
import { providers } from '../providers';
import type { Endpoint, Page, PageQuery } from '../providers/adapter';
import { readString } from '../providers/read';
import { callProvider } from '../request/callProvider';
import type { ProviderConnection } from '../request/connection';
import { connect } from '../request/connection';
import { isLastPage, listAll } from '../request/listItems';
import { settle } from '../settle';
import type { Asset, AssetGroup, MediaType, VideoTask } from '../vocabulary';
import { toNodeError } from './toNodeError';

/** The fields in which one thing of the provider is picked, and the lists behind them. */

const pickerPageSize = 50;

type PickerMethod = (
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
) => Promise<INodeListSearchResult>;

export const searchAssetGroups: PickerMethod = async function (filter, paginationToken) {
	return await search(this, ({ provider }) => provider.assetGroups?.list, filter, paginationToken, groupItem);
};

/** The tasks of the account, newest first. */
export const searchTasks: PickerMethod = async function (filter, paginationToken) {
	const { results, ...rest } = await search(
		this,
		({ provider }) => provider.videoTasks.list,
		undefined,
		paginationToken,
		taskItem,
	);
	return { ...rest, results: results.filter((item) => isNote(item) || matches(item, filter)) };
};

export const searchAssets = assetSearch();
export const referencePickers = {
	searchImageAssets: assetSearch('image'),
	searchVideoAssets: assetSearch('video'),
	searchAudioAssets: assetSearch('audio'),
};

/** The documented models first, then what else the key may use; the former even without an answer. */
export const searchModels: PickerMethod = async function (filter = '') {
	const connection = await open(this);
	const { models, videoModels } = connection.provider;
	const live = models ? await settle(callProvider(connection, models, undefined)) : undefined;
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
	const connection = await open(this);
	const list = connection.provider.assetGroups?.list;
	return list ? (await listAll(connection, list, {})).map(groupItem) : [];
}

function assetSearch(mediaType?: MediaType): PickerMethod {
	return async function (filter, paginationToken) {
		const { results, ...rest } = await search(
			this,
			({ provider }) => provider.assets.list,
			filter,
			paginationToken,
			(asset) => (mediaType === undefined || isCitable(asset, mediaType) ? assetItem(asset) : []),
		);
		// Not every provider can search by name.
		return { ...rest, results: results.filter((item) => isNote(item) || matches(item, filter)) };
	};
}

async function search<Item>(
	context: ILoadOptionsFunctions,
	endpointOf: (
		connection: ProviderConnection,
	) => Endpoint<{ name?: string } & PageQuery, Page<Item>> | undefined,
	filter: string | undefined,
	paginationToken: string | undefined,
	toItems: (item: Item) => INodeListSearchItems | INodeListSearchItems[],
): Promise<INodeListSearchResult> {
	const connection = await open(context);
	const endpoint = endpointOf(connection);
	if (!endpoint) return noListResult(connection.provider.displayName);
	// Where pages are not counted the token is the cursor.
	const [pageText = '1', cursor] = (paginationToken ?? '1').split(/:(.*)/s);
	const pageNumber = Number(pageText);
	const query = { name: filter, pageNumber, cursor, pageSize: pickerPageSize };
	const page = await settle(callProvider(connection, endpoint, query));
	if (!page.ok) throw toNodeError(context.getNode(), page.error, 0);
	const isLast = isLastPage(page.value, pickerPageSize, pageNumber * pickerPageSize);
	const next = [pageNumber + 1, page.value.nextCursor ?? []].flat().join(':');
	return { results: page.value.items.flatMap(toItems), paginationToken: isLast ? undefined : next };
}

const matches = ({ name }: INodeListSearchItems, filter = '') =>
	name.toLowerCase().includes(filter.toLowerCase());

/** Providers that do not tell the status or the type in a list leave the choice to the user. */
const isCitable = ({ mediaType, status }: Asset, wanted: MediaType) =>
	(mediaType ?? wanted) === wanted && (status ?? 'active') === 'active';

const isNote = ({ value }: INodeListSearchItems) => value === '';

/** A note in the place of a list; choosing it leaves the field empty. */
function noListResult(providerName: string): INodeListSearchResult {
	return { results: [{ name: `${providerName} has no list: choose By ID`, value: '' }] };
}

async function open(context: ILoadOptionsFunctions): Promise<ProviderConnection> {
	const providerId = readString(context.getCurrentNodeParameter('provider')) ?? '(empty)';
	const provider = providers.find(({ id }) => id === providerId);
	if (!provider) {
		const error = new InputError([
			{ field: 'Provider', allowed: 'one of the list', given: providerId },
		]);
		throw toNodeError(context.getNode(), error, 0);
	}
	const connection = await settle(connect(context, provider));
	if (!connection.ok) throw toNodeError(context.getNode(), connection.error, 0);
	return connection.value;
}

function assetItem({ id, name, mediaType, status, createdAt }: Asset): INodeListSearchItems {
	return { name: withFacts(name ?? id, [mediaType, status, moment(Date.parse(createdAt ?? ''))]), value: id };
}

function taskItem({ id, model, status, createdAtMs }: VideoTask): INodeListSearchItems {
	return { name: withFacts(id, [model, status, moment(createdAtMs)]), value: id };
}

function withFacts(name: string, facts: Array<string | undefined>): string {
	const known = facts.filter(Boolean).join(', ');
	return known ? `${name} (${known})` : name;
}

/** No age: n8n keeps the name of what was picked in the workflow. @returns e.g. "2026-04-27 16:05 UTC" */
function moment(timeMs = NaN): string | undefined {
	return Number.isNaN(timeMs) ? undefined : `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

const groupItem = ({ id, name }: AssetGroup) => ({ name: name ?? id, value: id });

export function assetLocator(overrides: Partial<INodeProperties> = {}): INodeProperties {
	return locator('Asset', 'assetId', 'searchAssets', 'e.g. asset-20260427160000-abcde', {
		required: true,
		description: 'The asset to use',
		...overrides,
	});
}

/** An asset field that lists assets of one media type only. */
export function citedAssetLocator(mediaType: MediaType, overrides: Partial<INodeProperties> = {}) {
	const method = `search${mediaType.charAt(0).toUpperCase()}${mediaType.slice(1)}Assets`;
	return locator('Asset', 'asset', method, 'e.g. asset-20260427160000-abcde', {
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
		locator('Model', 'model', 'searchModels', 'e.g. seedance', {
			required: true,
			default: { mode: 'list', value: first?.id ?? '', cachedResultName: first?.displayName },
			description: 'The model that makes the video. By ID takes any model that the key may use.',
			displayOptions: { show: { provider: [id] } },
		}),
	);
}
