import { InputError, type InputProblem } from '../errors';
import type { ProviderRequest } from '../providers/adapter';
import { isObject } from '../providers/read';
import { isMadeTestId, liveIdInTestMode, testIdAtLive, type TestKind } from '../testMode/testId';
import { assetIdOf } from '../vocabulary';
import type { ProviderConnection } from './connection';

/** What is of Test Mode and what is live must not meet: the one is free, and the other does not know it. */

/** @returns why this connection cannot know the ID, undefined if it can */
export function strangerProblem(
	{ provider, testMode }: Pick<ProviderConnection, 'provider' | 'testMode'>,
	kind: TestKind,
	id: string,
	field?: string,
): InputProblem | undefined {
	return testMode ? liveIdInTestMode(id, kind, field) : testIdAtLive(id, provider.displayName, field);
}

/** @throws InputError if a request to a live provider names anything of Test Mode */
export function requireNoTestId({ displayName }: ProviderConnection['provider'], { path, query, body }: ProviderRequest): void {
	const parts = path.split('/');
	for (const text of [...parts, ...textsIn(query, 0), ...textsIn(body, 0)]) {
		const id = assetIdOf(text) ?? text;
		const problem = isMadeTestId(id) ? testIdAtLive(id, displayName) : undefined;
		if (problem) throw new InputError([problem]);
	}
}

/** Deeper than any request. */
const maxDepth = 8;

function textsIn(value: unknown, depth: number): string[] {
	if (typeof value === 'string') return [value];
	if (depth > maxDepth) return [];
	if (Array.isArray(value)) return value.flatMap((entry) => textsIn(entry, depth + 1));
	return isObject(value) ? Object.values(value).flatMap((entry) => textsIn(entry, depth + 1)) : [];
}
