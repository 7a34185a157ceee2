import { createServer } from 'node:http';
import { listen } from '../listen';

/** Serves one file on 127.0.0.1, whatever the path. */
export async function serveFile(content: Buffer, mimeType: string) {
	const server = createServer((_request, response) => {
		response.writeHead(200, { 'content-type': mimeType, 'content-length': content.length }).end(content);
	});
	return await listen(server);
}
