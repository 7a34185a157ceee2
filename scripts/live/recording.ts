import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Endpoint, ProviderAdapter } from '../../nodes/shared/providers/adapter';
import type { Answer } from './answer';

/** What a provider has answered, free of secrets and of what is private. */
export interface Recording {
	provider: string;
	answers: readonly Answer[];
}

/** @returns the file that was written */
export async function saveRecording(folder: string, recording: Recording): Promise<string> {
	await mkdir(folder, { recursive: true });
	const file = path.join(folder, `${recording.provider}.json`);
	await writeFile(file, `${JSON.stringify(recording, null, '\t')}\n`);
	return file;
}

export interface Replayed {
	answer: Answer;
	/** What the adapter reads, for an answer that it took. */
	value?: unknown;
	/** The provider's words, for a refusal. */
	refusal?: string;
}

/**
 * Reads recorded answers with the adapter of today.
 * @throws UnexpectedAnswerError for an answer that it cannot read any more
 */
export function replay(provider: ProviderAdapter, { answers }: Recording): Replayed[] {
	return answers.flatMap((answer): Replayed[] => {
		const { call, input, statusCode = 0, body } = answer;
		const endpoint = memberOf(provider, call);
		if (!endpoint) return [];
		const isRefused = statusCode < 200 || statusCode > 299 || provider.isRefusal(body);
		if (isRefused) return [{ answer, refusal: provider.parseFailure(body).message }];
		return [{ answer, value: endpoint.parse(body, input) }];
	});
}

/** `videoTasks.get` of an adapter; the test of the credential is none of it. */
function memberOf(provider: ProviderAdapter, call: string): Endpoint<unknown, unknown> | undefined {
	const found = call.split('.').reduce<unknown>((value, name) => {
		return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
	}, provider);
	return typeof found === 'object' && found !== null && 'parse' in found
		? (found as Endpoint<unknown, unknown>)
		: undefined;
}
