import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface FableCall {
	method: string;
	path: string;
	ticket: string | null;
	/** Parsed JSON; of a form its fields, with each file as bytes. */
	body: unknown;
}

const ticket = 'ticket-of-a-tester';
const assetSeconds = 20;
const jobSeconds = 90;

/** The films of "Fable": as little of a server as its documents would ask for. Follows Date.now(). */
export async function startFable() {
	const calls: FableCall[] = [];
	/** When each job and each prop was put, in milliseconds since the epoch. */
	const putAtMs = new Map<string, number>();
	const film = Buffer.from('not quite an MP4');

	const put = (ref: string) => {
		putAtMs.set(ref, Date.now());
		return ref;
	};
	const ageSeconds = (ref: string) => (Date.now() - (putAtMs.get(ref) ?? NaN)) / 1000;
	const answer = ({ method, path, ...call }: FableCall) => {
		if (call.ticket !== ticket) return { ok: false, trouble: 'This ticket is not valid' };
		const [, collection = '', ref = ''] = path.split('/');
		const what = collection === 'jobs' ? 'job' : 'prop';
		if (method === 'PUT') return { ok: true, reply: { [what]: { ref: put(`${what}-${putAtMs.size + 1}`) } } };
		if (!putAtMs.has(ref)) return { ok: false, trouble: `There is no ${what} ${ref}` };
		const isDone = ageSeconds(ref) >= (what === 'job' ? jobSeconds : assetSeconds);
		if (what === 'prop') return { ok: true, reply: { prop: { ref, phase: isDone ? 'ready' : 'drying' } } };
		const result = isDone ? { phase: 'wrapped', film: { href: `${url}/films/${ref}.mp4?signed=1` } } : { phase: 'rolling' };
		return { ok: true, reply: { job: { ref, ...result } } };
	};

	const server = createServer((request, response) => {
		const { pathname, searchParams } = new URL(request.url ?? '', url);
		const method = request.method ?? '';
		void readBody(request).then((body) => {
			const call = { method, path: pathname, ticket: searchParams.get('ticket'), body };
			calls.push(call);
			if (pathname.startsWith('/films/')) response.end(film);
			else response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(call)));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const url = `http://127.0.0.1:${port}`;
	return {
		url,
		ticket,
		film,
		calls,
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

async function readBody(request: IncomingMessage): Promise<unknown> {
	const bytes = await buffer(request);
	const contentType = request.headers['content-type'] ?? '';
	if (contentType.startsWith('application/json')) return JSON.parse(bytes.toString());
	if (!contentType.startsWith('multipart/')) return undefined;
	const form = await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
	const entries = [...form].map(async ([name, value]) => {
		return [name, typeof value === 'string' ? value : Buffer.from(await value.arrayBuffer())] as const;
	});
	return Object.fromEntries(await Promise.all(entries));
}
