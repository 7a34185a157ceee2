import type { IRun } from 'n8n-workflow';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { StoredExecution } from '../../../harness/engine/waiting';
import { answerResumeCall } from '../../../harness/engine/waiting';

export interface WebhookEndpoint {
	/** For `EngineHost.webhookBaseUrl`. */
	baseUrl: string;
	/** Finds an execution by its ID. */
	find: (executionId: string) => StoredExecution | undefined;
	/** Called with the run of each execution that a call has resumed. */
	onResumed: (run: IRun) => void;
	/** Whether no call is being handled. */
	isQuiet(): boolean;
	/** How many calls have no answer yet. Virtual time must not wait for them, or `webhook()` could not sleep. */
	openCalls: () => number;
	/** Resolves once every call so far has been handled. */
	allHandled(): Promise<unknown>;
	close(): Promise<void>;
}

/** n8n's `/webhook-waiting` on a port of this computer, where a simulated provider can call. */
export async function openWebhookEndpoint(): Promise<WebhookEndpoint> {
	const underWay = new Set<Promise<unknown>>();
	let openCalls = 0;
	const server = createServer((incoming, outgoing) => {
		void (async () => {
			const { method = '', url = '', headers } = incoming;
			const rawBody = await buffer(incoming);
			openCalls++;
			outgoing.once('close', () => openCalls--);
			const { response, run } = answerResumeCall((id) => endpoint.find(id), { method, url, headers, rawBody });
			const handling = run.then((resumed) => resumed && endpoint.onResumed(resumed)).finally(() => underWay.delete(handling));
			underWay.add(handling);
			const { statusCode, body } = await response;
			outgoing.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? ''));
		})();
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const endpoint: WebhookEndpoint = {
		baseUrl: `http://127.0.0.1:${port}`,
		find: () => undefined,
		onResumed: () => {},
		isQuiet: () => underWay.size === 0,
		openCalls: () => openCalls,
		allHandled: async () => await Promise.all(underWay),
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
	return endpoint;
}
