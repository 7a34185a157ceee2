import fc from 'fast-check';
import { providers } from '../../nodes/shared/providers';
import { type Endpoint, pathOf, type ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { tableOf } from '../../nodes/shared/providers/read';
import { InputError } from '../../nodes/shared/errors';

/** IDs and words that come from outside, as parts of paths and as keys of tables. */

type IdEndpoint = Endpoint<{ taskId: string; assetId: string; groupId: string; name: string }, unknown>;

function idEndpoints({ videoTasks, assets, assetGroups }: ProviderAdapter): IdEndpoint[] {
	const all: Array<IdEndpoint | undefined> = [
		videoTasks.get,
		assets.get,
		assets.update,
		assets.delete,
		assetGroups?.update,
		assetGroups?.delete,
	];
	return all.flatMap((endpoint) => endpoint ?? []);
}

/** How a server reads a path: its parts, decoded. */
const partsOf = (path: string) => new URL(`https://api.example.com${path}`).pathname.split('/').map(decodeURIComponent);

const id = fc.oneof(
	fc.string({ unit: 'binary' }),
	fc.string(),
	fc.constantFrom('.', '..', '...', '%2e', '%2E%2e', '../x', '..\\x', '/', '//', '?', '#', '\t.', '.\n', '', ' ', '\uD800', 'asset-1'),
);

describe.each(providers)('$displayName', (provider) => {
	const endpoints = idEndpoints(provider);

	it('puts an ID into one segment of the path, or refuses it', () => {
		const usual = endpoints.map((endpoint) => partsOf(pathFor(endpoint, 'asset-1') ?? ''));
		fc.assert(
			fc.property(id, (given) => {
				for (const [index, endpoint] of endpoints.entries()) {
					const path = pathFor(endpoint, given);
					if (path === undefined) continue;
					expect(partsOf(path)).toEqual(usual[index]?.map((part) => (part === 'asset-1' ? given : part)));
				}
			}),
			{ numRuns: 500, seed: 16 },
		);
	});
});

/** @returns the path; undefined where the ID is refused */
function pathFor(endpoint: IdEndpoint, given: string): string | undefined {
	try {
		return endpoint.request({ taskId: given, assetId: given, groupId: given, name: 'a name' }).path;
	} catch (error) {
		if (error instanceof InputError) return undefined;
		throw error;
	}
}

describe('A path', () => {
	it.each(['.', '..', '', 'a/b', 'a\\b', 'a?b', 'a#b', 'a%2e', 'a b', 'a\nb', '\uD800', 'x'.repeat(301)])('is not made of %j', (given) => {
		expect(() => pathOf`/v1/tasks/${given}`).toThrow(InputError);
	});

	it.each(['asyntask_h81efT0q', '3f2b8c1e-0a', 'asset-20260427160000-abcde', 'a.b', '...', 'a:b=c', 'ähnlich'])('can have %j in it', (given) => {
		expect(decodeURIComponent(pathOf`/v1/tasks/${given}`)).toBe(`/v1/tasks/${given}`);
	});
});

describe('A table of words off the wire', () => {
	it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('does not contain %s unless it was added', (word) => {
		expect(tableOf({ failed: 1 }).get(word)).toBeUndefined();
	});
});
