import { isObject } from '../json';
import type { MediaType } from '../media';
import type { ApiRequest } from '../provider';
import { defaultProject } from './accounts';
import { ControlError, invalidField, missingField } from './errors';

/** Readers of the bodies of the control plane, in PascalCase. */

export const groupTypes = ['AIGC', 'LivenessFace'] as const;
export type GroupType = (typeof groupTypes)[number];
export const assetTypes = { Image: 'image', Video: 'video', Audio: 'audio' } as const satisfies Record<string, MediaType>;
export type AssetType = keyof typeof assetTypes;
export const assetStatuses = ['Active', 'Processing', 'Failed'] as const;
export type AssetStatus = (typeof assetStatuses)[number];

const maxNameLength = 64;
const maxDescriptionLength = 300;
const maxPageSize = 100;

export type Fields = Record<string, unknown>;

/** @throws ControlError for a body that is no object or has an unknown field. `ProjectName` may be in each. */
export function readFields(body: ApiRequest['body'], known: readonly string[]): Fields {
	if (body.kind !== 'json' || !isObject(body.value)) {
		throw new ControlError(400, 'InvalidParameter', 'The request body must be a JSON object.');
	}
	refuseUnknown(body.value, [...known, 'ProjectName'], '');
	return body.value;
}

function refuseUnknown(value: Fields, known: readonly string[], prefix: string): void {
	const unknown = Object.keys(value).find((key) => !known.includes(key));
	if (unknown !== undefined) throw invalidField(`${prefix}${unknown}`, 'unknown parameter');
}

export function readProject({ ProjectName: name }: Fields): string {
	return readText(name, 'ProjectName', maxNameLength) ?? defaultProject;
}

export function readText(value: unknown, name: string, maxLength: number): string | undefined {
	if (value === undefined) return undefined;
	if (typeof value === 'string' && value.length <= maxLength) return value;
	throw invalidField(name, `must be a string of at most ${maxLength} characters`);
}

export function readName(value: unknown): string | undefined {
	return readText(value, 'Name', maxNameLength);
}

export function readDescription(value: unknown): string | undefined {
	return readText(value, 'Description', maxDescriptionLength);
}

export function readRequired(value: unknown, name: string): string {
	if (typeof value === 'string' && value !== '') return value;
	throw missingField(name);
}

export function readOneOf<T extends string>(value: unknown, name: string, allowed: readonly T[]): T {
	if (value === undefined || value === '') throw missingField(name);
	const found = allowed.find((candidate) => candidate === value);
	if (found === undefined) throw invalidField(name, `must be one of [${allowed.join(', ')}]`);
	return found;
}

/** Only the strategy Default: the other one needs a switch in the console that nobody can take back. */
export function checkModeration(value: unknown): void {
	if (value === undefined) return;
	if (!isObject(value)) throw invalidField('Moderation', 'must be an object');
	refuseUnknown(value, ['Strategy'], 'Moderation.');
	const strategy = readOneOf(value.Strategy, 'Moderation.Strategy', ['Default', 'Skip']);
	if (strategy === 'Skip') throw invalidField('Moderation.Strategy', 'Secure Mode is on');
}

export function checkAddress(value: unknown): string {
	const address = readRequired(value, 'URL');
	if (/^https?:\/\//i.test(address) && URL.canParse(address)) return address;
	throw invalidField('URL', 'must be a public URL');
}

export interface Filter {
	groupType: GroupType;
	groupIds?: readonly string[];
	statuses?: readonly AssetStatus[];
	name?: string;
}

/** The filter and its group type are obligatory. */
export function readFilter(value: unknown, known: readonly string[]): Filter {
	if (value === undefined) throw missingField('Filter');
	if (!isObject(value)) throw invalidField('Filter', 'must be an object');
	refuseUnknown(value, known, 'Filter.');
	const groupIds = readTexts(value.GroupIds, 'Filter.GroupIds');
	const statuses = readTexts(value.Statuses, 'Filter.Statuses')?.map((status) => {
		return readOneOf(status, 'Filter.Statuses', assetStatuses);
	});
	const name = readText(value.Name, 'Filter.Name', maxNameLength);
	return {
		groupType: readOneOf(value.GroupType, 'Filter.GroupType', groupTypes),
		...(groupIds && { groupIds }),
		...(statuses && { statuses }),
		...(name !== undefined && { name }),
	};
}

function readTexts(value: unknown, name: string): string[] | undefined {
	if (value === undefined) return undefined;
	if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
	throw invalidField(name, 'must be a list of strings');
}

interface Sortable {
	groupId?: string;
	createdAtMs: number;
	updatedAtMs: number;
}

/** The members of a list, in the order and the part that were asked for. */
export function pageOf<T extends Sortable>(
	fields: Fields,
	all: readonly T[],
	{ sortKeys, isPageRequired, describe }: { sortKeys: readonly string[]; isPageRequired: boolean; describe: (entry: T) => object },
): object {
	const sortBy = fields.SortBy === undefined ? 'CreateTime' : readOneOf(fields.SortBy, 'SortBy', sortKeys);
	const isAscending = fields.SortOrder !== undefined && readOneOf(fields.SortOrder, 'SortOrder', ['Desc', 'Asc']) === 'Asc';
	const sorted = all.toSorted((one, other) => {
		const order = compare(keyOf(one, sortBy), keyOf(other, sortBy));
		return isAscending ? order : -order;
	});
	const number = readPageValue(fields.PageNumber, 'PageNumber', isPageRequired ? undefined : 1, Number.MAX_SAFE_INTEGER);
	const size = readPageValue(fields.PageSize, 'PageSize', isPageRequired ? undefined : 10, maxPageSize);
	return {
		TotalCount: all.length,
		Items: sorted.slice((number - 1) * size, number * size).map(describe),
		PageNumber: number,
		PageSize: size,
	};
}

function keyOf({ groupId = '', createdAtMs, updatedAtMs }: Sortable, sortBy: string): string | number {
	if (sortBy === 'GroupId') return groupId;
	return sortBy === 'UpdateTime' ? updatedAtMs : createdAtMs;
}

function compare(one: string | number, other: string | number): number {
	if (one === other) return 0;
	return one < other ? -1 : 1;
}

function readPageValue(value: unknown, name: string, fallback: number | undefined, max: number): number {
	if (value === undefined) {
		if (fallback === undefined) throw missingField(name);
		return fallback;
	}
	if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) return value;
	throw invalidField(name, `must be an integer between 1 and ${max}`);
}

/** The name filter is fuzzy. */
export function matchesName(name: string, wanted: string | undefined): boolean {
	return wanted === undefined || name.toLowerCase().includes(wanted.toLowerCase());
}
