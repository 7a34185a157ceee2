import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

/** A server on 127.0.0.1 that answers nobody before `count` requests have come, so that executions go on side by side. */
export async function startGate(count: number) {
	const waiting: ServerResponse[] = [];
	const server = createServer((_request, response) => {
		waiting.push(response);
		if (waiting.length < count) return;
		for (const held of waiting.splice(0)) held.writeHead(200, { 'content-type': 'application/json' }).end('{}');
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
	return {
		origin: `http://127.0.0.1:${address.port}`,
		async close() {
			server.close();
			server.closeAllConnections();
			await once(server, 'close');
		},
	};
}
