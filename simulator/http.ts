import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface UploadedFile {
	name: string;
	type: string;
	bytes: Buffer;
}

/** A request body by its content type. */
export type RequestBody =
	| { kind: 'none' }
	| { kind: 'json'; value: unknown }
	| { kind: 'form'; fields: Record<string, string>; files: Record<string, UploadedFile> }
	| { kind: 'invalid'; reason: string };

/** Clients of the gateway keep request bodies under 64 MB. */
const maxBodyBytes = 64 * 1024 * 1024;

/** Starts a server on the loopback interface only. */
export async function listen(
	port: number,
	handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<{ url: string; close: () => Promise<void> }> {
	const server = createServer((request, response) => {
		handle(request, response).catch((error: unknown) => {
			// A client that went away is no news; anything else is a bug of the simulator.
			if (!request.socket.destroyed) console.error(error);
			request.socket.destroy();
		});
	});
	await new Promise<void>((resolve, reject) => {
		const fail = (error: NodeJS.ErrnoException) => {
			const isTaken = error.code === 'EADDRINUSE';
			reject(isTaken ? new Error(`Port ${port} is taken; is a simulator running already?`, { cause: error }) : error);
		};
		server.once('error', fail).listen(port, '127.0.0.1', resolve);
	});
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('The server has no port');
	return { url: `http://127.0.0.1:${address.port}`, close: async () => await closeNow(server) };
}

async function closeNow(server: Server): Promise<void> {
	await new Promise<void>((resolve) => {
		server.close(() => resolve());
		server.closeAllConnections();
	});
}

/** Parses the body; never throws for what the client sent. */
export async function parseBody(bytes: Buffer, contentType = ''): Promise<RequestBody> {
	if (bytes.length === 0) return { kind: 'none' };
	if (bytes.length > maxBodyBytes) return { kind: 'invalid', reason: 'request body too large' };
	if (/^application\/json\b/i.test(contentType)) {
		try {
			const value: unknown = JSON.parse(bytes.toString('utf8'));
			return { kind: 'json', value };
		} catch {
			return { kind: 'invalid', reason: 'invalid character in JSON body' };
		}
	}
	if (/^multipart\/form-data\b/i.test(contentType)) return await readForm(bytes, contentType);
	return { kind: 'invalid', reason: `unsupported content type "${contentType}"` };
}

async function readForm(bytes: Buffer, contentType: string): Promise<RequestBody> {
	try {
		const response = new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } });
		const form = await response.formData();
		const fields: Record<string, string> = {};
		const files: Record<string, UploadedFile> = {};
		for (const [name, value] of form) {
			if (typeof value === 'string') fields[name] = value;
			else {
				const content = Buffer.from(await value.arrayBuffer());
				files[name] = { name: value.name, type: value.type, bytes: content };
			}
		}
		return { kind: 'form', fields, files };
	} catch {
		return { kind: 'invalid', reason: 'malformed multipart body' };
	}
}

export function send(
	response: ServerResponse,
	statusCode: number,
	contentType: string,
	body: string,
	headers: Record<string, string> = {},
): void {
	response.writeHead(statusCode, {
		'content-type': contentType,
		'content-length': Buffer.byteLength(body),
		...headers,
	});
	response.end(body);
}

export function retryAfterHeader(seconds: number | undefined): Record<string, string> {
	return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

/** Percent-decodes a piece of a path; what is no valid encoding stays as it is. */
export function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
