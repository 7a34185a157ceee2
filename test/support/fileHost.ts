import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

interface HostedFile {
	statusCode?: number;
	mimeType?: string;
	sizeBytes?: number;
	location?: string;
}

export interface FileHost {
	/** Without a trailing slash. */
	url: string;
	/** What came, in order. */
	requests: Array<{ method: string; path: string; headers: IncomingHttpHeaders }>;
	close(): Promise<void>;
}

/** A web server of a user, which says what its files are. @param files by path */
export async function openFileHost(files: Readonly<Record<string, HostedFile>>): Promise<FileHost> {
	const requests: FileHost['requests'] = [];
	const server = createServer(({ method = '', url: path = '', headers }, response) => {
		requests.push({ method, path, headers });
		const { statusCode = 200, mimeType, sizeBytes, location } = files[path.replace(/\?.*/, '')] ?? { statusCode: 404 };
		response.writeHead(statusCode, {
			// The files have no content: whoever gets one learns that at once, and not as an idle connection is closed.
			Connection: 'close',
			...(mimeType && { 'Content-Type': mimeType }),
			...(sizeBytes !== undefined && { 'Content-Length': sizeBytes }),
			...(location && { Location: location }),
		});
		response.end();
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		requests,
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
