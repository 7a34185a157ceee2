import { once } from 'node:events';
import { createServer } from 'node:http';

/** Serves one file on 127.0.0.1, whatever the path. */
export async function serveFile(content: Buffer, mimeType: string) {
	const server = createServer((_request, response) => {
		response.writeHead(200, { 'content-type': mimeType, 'content-length': content.length }).end(content);
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
