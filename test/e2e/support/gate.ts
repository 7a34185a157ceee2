import { createServer, type ServerResponse } from 'node:http';
import { listen } from '../../../harness/listen';

/** A server on 127.0.0.1 that answers nobody before `count` requests have come, so that executions go on side by side. */
export async function startGate(count: number) {
	const waiting: ServerResponse[] = [];
	const server = createServer((_request, response) => {
		waiting.push(response);
		if (waiting.length < count) return;
		for (const held of waiting.splice(0)) held.writeHead(200, { 'content-type': 'application/json' }).end('{}');
	});
	return await listen(server);
}
