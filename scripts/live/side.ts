import { SeedanceError } from '../../nodes/shared/errors';
import type { Endpoint } from '../../nodes/shared/providers/adapter';
import { readObject, readString } from '../../nodes/shared/providers/read';
import { callProvider } from '../../nodes/shared/request/callProvider';
import { outcomeOf, type Outcome } from '../../nodes/shared/outcome';
import type { Answer } from './answer';
import type { LiveConnection } from './connection';
import { redact } from './redact';

/** Whether the thing that is asked for exists; one that was just made may not be known everywhere yet. */
type Expectation = 'known' | 'new' | 'unknown';

/** A provider to ask, real or simulated, and all it has answered. */
export class Side {
	readonly answers: Answer[] = [];

	constructor(readonly connection: LiveConnection) {}

	get provider() {
		return this.connection.provider;
	}

	/** @throws SeedanceError as the nodes do, after the answer was recorded */
	async call<Input, Output>(
		call: string,
		endpoint: Endpoint<Input, Output>,
		input: Input,
		expectation: Expectation = 'known',
	): Promise<Output> {
		const outcome = await outcomeOf(callProvider(this.connection, endpoint, input));
		const reason = outcome.ok ? undefined : reasonOf(outcome.error);
		const problem = problemOf(outcome, expectation);
		const failedState = reason === 'notFound' ? 'unknown ID' : 'refused';
		const state = outcome.ok ? readString(readObject(outcome.value).status) : failedState;
		const { method, path, query, body } = endpoint.request(input);
		const { lastAnswer: { statusCode, headers = {}, body: answerBody } = {} } = this.connection;
		this.answers.push(
			redact(
				{
					call,
					...(state !== undefined && { state }),
					input,
					method,
					path,
					...(query && { query }),
					...(body && { requestBody: body }),
					statusCode,
					headers: Object.fromEntries(Object.entries(headers).filter(([name]) => isTelling(name))),
					body: answerBody,
					...(problem && { problem }),
				},
				this.connection.secrets,
			),
		);
		if (!outcome.ok) throw outcome.error;
		return outcome.value;
	}

	/** Records what went wrong outside of the calls. */
	record(what: string, problem: string): void {
		this.answers.push({ call: what, input: undefined, method: '', path: '', headers: {}, problem });
	}

	/** The value, or undefined after a failure, which is recorded. */
	async ask<Input, Output>(...call: Parameters<typeof this.call<Input, Output>>): Promise<Output | undefined> {
		const outcome = await outcomeOf(this.call(...call));
		return outcome.ok ? outcome.value : undefined;
	}
}

/** Headers that say something about the API rather than about the connection. */
const isTelling = (name: string) => /^(content-type|retry-after|x-.*request-?id)$|rate-?limit/.test(name);

function problemOf(outcome: Outcome<unknown>, expectation: Expectation): string | undefined {
	if (outcome.ok) {
		return expectation === 'unknown' ? 'an ID that nobody has was answered as if it were known' : undefined;
	}
	const reason = reasonOf(outcome.error);
	if (expectation === 'known') return wordsOf(outcome.error);
	return reason === 'notFound' ? undefined : `read as ${reason} instead of notFound: ${wordsOf(outcome.error)}`;
}

const reasonOf = (error: unknown) => (error instanceof SeedanceError ? error.details.reason : 'unknown');
export const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
