import { createHash, randomUUID } from 'crypto';
import { type InputProblem } from '../errors';
import { parseJson, readArray } from '../providers/read';

/**
 * The IDs of Test Mode. Each holds all that it is about, so that every process of n8n can answer for it, also after a
 * restart, and a checksum, so that what is mistyped, or was made with another credential, is not found.
 */

export type TestKind = 'task' | 'asset' | 'group';

type Fact = string | number | null;

const idPattern = /^test-(task|asset|group)-[\w-]+$/;
const checksumLength = 6;

export const isTestId = (id: string) => idPattern.test(id);

/** Whether a text that may be about anything is an ID that `makeTestId` has made: a name or a prompt can look like one. */
export function isMadeTestId(text: string): boolean {
	const [, kind = ''] = idPattern.exec(text) ?? [];
	if (kind === '') return false;
	const payload = text.slice(`test-${kind}-`.length, -checksumLength);
	return Array.isArray(parseJson(Buffer.from(payload, 'base64url').toString()));
}

/**
 * @param account tells one credential from another
 * @param facts what `readTestId` gives back; short ones, as an ID may have 300 characters
 */
export function makeTestId(kind: TestKind, account: string, facts: readonly Fact[]): string {
	const payload = Buffer.from(JSON.stringify([...facts, randomUUID().slice(0, 6)])).toString('base64url');
	return `test-${kind}-${payload}${checksum(kind, account, payload)}`;
}

/** @returns the facts that the ID was made of; undefined for what is no ID of this kind and account */
export function readTestId(kind: TestKind, account: string, id: string): readonly unknown[] | undefined {
	const prefix = `test-${kind}-`;
	if (!id.startsWith(prefix)) return undefined;
	const payload = id.slice(prefix.length, -checksumLength);
	if (id.slice(-checksumLength) !== checksum(kind, account, payload)) return undefined;
	return readArray(parseJson(Buffer.from(payload, 'base64url').toString()));
}

const checksum = (kind: TestKind, account: string, payload: string) =>
	createHash('sha256').update(JSON.stringify([kind, account, payload])).digest('base64url').slice(0, checksumLength);

const kindLabels: Readonly<Record<TestKind, string>> = { task: 'Task', asset: 'Asset', group: 'Asset Group' };

/** @returns why a live provider cannot be asked for this ID, undefined for one that is not of Test Mode */
export function testIdAtLive(id: string, providerName: string, field?: string): InputProblem | undefined {
	const kind = idPattern.exec(id)?.[1];
	if (kind !== 'task' && kind !== 'asset' && kind !== 'group') return undefined;
	return {
		field: field ?? kindLabels[kind],
		message: `${field ?? kindLabels[kind]} is ${id}, which exists in Test Mode only: ${providerName} does not know it.`,
		advice: `Give an ID that ${providerName} has made, or choose a credential with Test Mode on.`,
	};
}

/** @returns why Test Mode cannot be asked for this ID, undefined for one that looks as if it was of Test Mode */
export function liveIdInTestMode(id: string, kind: TestKind, field = kindLabels[kind]): InputProblem | undefined {
	if (isTestId(id)) return undefined;
	return {
		field,
		message: `${field} is ${id}, which is not one of Test Mode: its IDs begin with test-.`,
		advice: 'Switch Test Mode off in the credential, or choose what was made in Test Mode.',
	};
}
