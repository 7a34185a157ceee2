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
	/** Looks an execution up by its ID. */
	find: (executionId: string) => StoredExecution | undefined;
	/** Told where an execution went that a call let go on. */
	onResumed: (run: IRun) => void;
	/** That no call is under way. */
	isQuiet(): boolean;
	/** How many calls wait for their answer. Virtual time must not, or `webhook()` could not sleep. */
	openCalls: () => number;
	/** Resolves once every call so far has had its effect. */
	settled(): Promise<unknown>;
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
			const { response, going } = answerResumeCall((id) => endpoint.find(id), { method, url, headers, rawBody });
			const heard = going.then((run) => run && endpoint.onResumed(run)).finally(() => underWay.delete(heard));
			underWay.add(heard);
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
		settled: async () => await Promise.all(underWay),
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
	return endpoint;
}
