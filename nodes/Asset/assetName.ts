import { listItems } from '../shared/request/listItems';
import { limiter } from '../shared/limiter';
import { extensionOf } from '../shared/media/formats';
import { perRun, type Session } from '../shared/node/operation';
import { outcomeOf } from '../shared/outcome';
import { parseUrl } from '../shared/parseUrl';
import type { AssetMedium } from '../shared/vocabulary';

/** The name of an asset to which the user gives none, so that the lists show more than an ID. */

/** Ark, "CreateAsset", has the only documented limit. */
const maxCharacters = 64;

/** @returns the name of a file, or the last part of the path of a URL; undefined if there is none */
export function nameOfMedium(medium: AssetMedium): string | undefined {
	if (medium.kind === 'dataUri') return undefined;
	const path = medium.kind === 'file' ? medium.file.fileName : (parseUrl(medium.url)?.pathname ?? '');
	const last = path.split(/[/\\]/).at(-1) ?? '';
	const name = (medium.kind === 'url' ? decoded(last) : last).replace(/\p{C}+/gu, ' ').trim();
	return name === '' ? undefined : bounded(name);
}

/**
 * A name that no asset of the group has, as each may be there once: a number is added where it is taken. Providers
 * without groups take the same name again.
 */
export async function unusedName(session: Session, name: string, groupId: string | undefined): Promise<string> {
	if (groupId === undefined) return name;
	const { givenIn, oneAtATime } = namesOfRun(session);
	const given = givenIn.get(groupId) ?? [];
	givenIn.set(groupId, given);
	return await oneAtATime(async () => {
		const listed = await outcomeOf(listNames(session, name, groupId));
		// Without a list the name is tried as it is: the provider refuses what is there already, free of charge.
		const taken = new Set([...given, ...(listed.ok ? listed.value : [])].map(comparable));
		let unused = name;
		for (let number = 2; taken.has(comparable(unused)); number++) unused = numbered(name, number);
		given.push(unused);
		return unused;
	});
}

/** By group. Items run at the same time, and an asset can be missing in the list for some seconds. */
const namesOfRun = perRun(() => ({ givenIn: new Map<string, string[]>(), oneAtATime: limiter(1) }));

async function listNames({ connection }: Session, name: string, groupId: string): Promise<string[]> {
	const { list } = connection.provider.assets;
	const names: string[] = [];
	if (!list) return names;
	for await (const asset of listItems(connection, list, { name: stemOf(name), groupIds: [groupId] })) {
		names.push(asset.name ?? '');
	}
	return names;
}

const comparable = (name: string) => name.toLowerCase();

const extensionWithDot = (name: string) => (extensionOf(name) === '' ? '' : name.slice(name.lastIndexOf('.')));
const stemOf = (name: string) => name.slice(0, name.length - extensionWithDot(name).length);

/** @returns another name for each number */
export const numbered = (name: string, number: number) => bounded(name, ` (${number})`);

/** Shortens what is before the extension. */
function bounded(name: string, suffix = ''): string {
	// The suffix stays whole: names that differ by it alone must not become the same.
	const end = `${suffix}${extensionWithDot(name).slice(-maxCharacters / 2)}`;
	return `${stemOf(name).slice(0, maxCharacters - end.length).replace(/\p{Cs}/gu, '')}${end}`;
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
