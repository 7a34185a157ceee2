import type {
	IDataObject,
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
import { groupCalled } from '../request/groupCalled';
import { cut } from '../text';
import { parseTime, toIsoTime, toMoment } from '../time';
import type { Asset, AssetGroup, MediaType, VideoTask } from '../vocabulary';
import { wordsFor } from './fieldValue';
import { supported, type Session } from './operation';
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

const nameOfNewGroup = 'n8n';

/**
 * The first entry of the list of groups: makes one, and chooses it.
 * @param payload has the text that was typed into the list as its name
 * @throws n8n's errors, which the editor shows
 */
export async function createAssetGroup(
	this: ILoadOptionsFunctions,
	payload: IDataObject | string | undefined,
): Promise<string> {
	const name = readString(readObject(payload).name)?.trim() ?? nameOfNewGroup;
	const groupId = await outcomeOf(newAssetGroup(this, name));
	if (groupId.ok) return groupId.value;
	throw toNodeError(this.getNode(), groupId.error, 0);
}

async function newAssetGroup(context: ILoadOptionsFunctions, name: string): Promise<string> {
	const provider = chosenProvider(context);
	if (!provider.ok) throw provider.error;
	// The field of a group is shown only where there are groups.
	const endpoints = supported(provider.value.assetGroups);
	return await groupCalled(await connect(context, provider.value), endpoints, name);
}

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
		(model) => /seedance/i.test(model.id) && !videoModels.some(({ id }) => id === model.id),
	);
	// A key finds the models of its own region only.
	const region = connection.ok ? connection.value.region : undefined;
	const own = videoModels.filter((model) => region === undefined || model.region === undefined || model.region === region);
	const items = [
		...own.map(({ id, displayName, description }) => ({
			name: `${displayName} (${id})`,
			value: id,
			description,
		})),
		...others.map(({ id }) => ({ name: id, value: id })),
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
	toItems: (item: Item) => Entry | Entry[],
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
		const entries = page.items.flatMap(toItems).filter((entry) => matches(entry, filter));
		results.push(...entries.map(({ name, value }) => ({ name, value })));
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

/** An entry of a list. */
interface Entry {
	name: string;
	value: string;
	/** What a search finds it by, where the name is shortened. */
	text?: string;
}

const matches = ({ name, text = name }: Entry, filter = '') => text.toLowerCase().includes(filter.toLowerCase());

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

/** A date rather than an age, as n8n stores the name of the chosen entry in the workflow. */
function assetItem({ id, name, mediaType, status, createdAt }: Asset): Entry {
	const unusual = status === 'active' ? undefined : status;
	return entry(id, name ?? id, [mediaType, unusual, dayOf(parseTime(createdAt))]);
}

function taskItem({ id, model, status, createdAtMs, prompt }: VideoTask): Entry {
	const moment = createdAtMs === undefined ? undefined : toMoment(createdAtMs);
	return entry(id, prompt ?? id, [status, moment, model]);
}

function entry(id: string, name: string, facts: Array<string | undefined>): Entry {
	const known = facts.filter(Boolean);
	return { name: [shortened(name), ...known].join(' · '), value: id, text: [name, id, ...known].join(' ') };
}

/** The editor shows about 45 characters of an entry. */
const maxNameCharacters = 24;
const endCharacters = 9;

/** The start and the end of a name, which has the extension, or what distinguishes an ID. */
function shortened(name: string): string {
	const line = name.replace(/\s+/g, ' ').trim();
	if (line.length <= maxNameCharacters) return line;
	return `${cut(line, maxNameCharacters - endCharacters)}${line.slice(-endCharacters).replace(/^\p{Cs}/u, '')}`;
}

const dayOf = (timeMs: number | undefined) => (timeMs === undefined ? undefined : toIsoTime(timeMs)?.slice(0, 10));

const groupItem = ({ id, name }: AssetGroup): Entry => ({ name: name ?? id, value: id });

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

export function draftTaskLocator(): INodeProperties {
	return locator('Draft Task', 'draftTaskId', 'searchTasks', 'e.g. asyntask_h81efT0q', {
		required: true,
		default: { mode: 'id', value: '' },
		description: 'The ID that Generate returned for the draft',
	});
}

export function assetGroupLocator(overrides: Partial<INodeProperties> = {}): INodeProperties {
	return locator('Asset Group', 'groupId', 'searchAssetGroups', 'e.g. group-20260427160000-abcde', {
		required: true,
		description: 'The asset group to use',
		...overrides,
	});
}

const billingNames = providers
	.filter(({ assetGroups, billsAssets }) => assetGroups && billsAssets)
	.map(({ displayName }) => displayName)
	.join(' and ');

/** The group of an asset, whose list can also make one. The node needs the method `createAssetGroup`. */
export function targetGroupLocator(overrides: Partial<INodeProperties> = {}): INodeProperties {
	const { modes = [], ...field } = assetGroupLocator(overrides);
	const allowNewResource = {
		label: `Create new asset group${billingNames && ` (paid at ${billingNames})`}`,
		method: 'createAssetGroup',
		defaultName: nameOfNewGroup,
	};
	return {
		...field,
		modes: modes.map((mode) =>
			mode.name === 'list' ? { ...mode, typeOptions: { ...mode.typeOptions, allowNewResource } } : mode,
		),
	};
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
