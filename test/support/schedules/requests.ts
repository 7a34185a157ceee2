import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** What the nodes send, seen from their side. n8n sends with node:http; the simulator's own calls do not. */
export class RequestWatch {
	/** Whether an execution is running, which may send requests. */
	mayAsk = false;

	/** Requests that were sent while none was allowed. */
	readonly unexpected: string[] = [];

	/** The calls whose answer has arrived completely. */
	readonly answeredRequestIds = new Set<string>();

	private readonly onStart = (message: unknown) => {
		const { request } = message as { request: ClientRequest };
		if (!this.mayAsk) this.unexpected.push(`${request.method} ${request.path}`);
	};

	private readonly onAnswer = (message: unknown) => {
		const { response } = message as { response: IncomingMessage };
		const { headers } = response;
		const requestId = headers['x-oneapi-request-id'] ?? headers['x-request-id'];
		if (typeof requestId === 'string') response.once('end', () => this.answeredRequestIds.add(requestId));
	};

	constructor() {
		subscribe('http.client.request.start', this.onStart);
		subscribe('http.client.response.finish', this.onAnswer);
	}

	close() {
		unsubscribe('http.client.request.start', this.onStart);
		unsubscribe('http.client.response.finish', this.onAnswer);
	}
}
