import type { IHttpRequestOptions } from 'n8n-workflow';
import { Readable } from 'node:stream';
import { openFile } from '../../nodes/shared/download/openFile';

/** Links of a provider on the internet cannot reach the private network; downloads themselves: nodes/download.test.ts. */
const start = 'https://files.example.com/a/video.mp4';

/** Records the requests to n8n's helper, and answers them with these redirects and then with bytes. */
function internet(...locations: string[]) {
	const requests: IHttpRequestOptions[] = [];
	const bodies: Readable[] = [];
	const httpRequest = async (request: IHttpRequestOptions) => {
		const location = locations[requests.length];
		requests.push(request);
		const body = Readable.from([Buffer.from('bytes')]);
		bodies.push(body);
		return await Promise.resolve({
			statusCode: location === undefined ? 200 : 302,
			headers: location === undefined ? {} : { location },
			body,
		});
	};
	const prepareBinaryData = async () => await Promise.reject(new Error('Nothing is stored'));
	return { requests, bodies, context: { helpers: { httpRequest, prepareBinaryData } } };
}

const open = async ({ context }: ReturnType<typeof internet>, mayBePrivate: boolean, url = start) =>
	await openFile(context, url, { headers: {}, mayBePrivate });

const privateAddresses = [
	'http://127.0.0.1/video.mp4',
	'http://localhost:5678/rest/settings',
	'http://169.254.169.254/latest/meta-data/',
	'http://2130706433/',
	'http://[::ffff:10.0.0.1]/',
	'http://metadata.google.internal/',
	'//192.168.0.1/video.mp4',
];

describe('With a provider on the internet', () => {
	it.each(privateAddresses)('a redirect to %s is refused before a request is sent', async (location) => {
		const host = internet(location);
		await expect(open(host, false)).rejects.toMatchObject({
			problem: 'final',
			message: expect.stringContaining('no address of the internet'),
		});
		expect(host.requests).toHaveLength(1);
	});

	it('also after others', async () => {
		const host = internet('https://cdn.example.com/1', '/2', 'http://10.0.0.1/3');
		await expect(open(host, false)).rejects.toMatchObject({ problem: 'final' });
		expect(host.requests.map(({ url }) => url)).toEqual([start, 'https://cdn.example.com/1', 'https://cdn.example.com/2']);
		expect(host.bodies.every(({ destroyed }) => destroyed)).toBe(true);
	});

	it('so is such a link itself', async () => {
		const host = internet();
		await expect(open(host, false, 'http://127.0.0.1/video.mp4')).rejects.toMatchObject({ problem: 'final' });
		expect(host.requests).toEqual([]);
	});
});

describe('With a provider in the private network', () => {
	it.each(privateAddresses)('a redirect to %s is followed', async (location) => {
		const host = internet(location);
		expect((await open(host, true)).statusCode).toBe(200);
		expect(host.requests.at(-1)?.url).toBe(new URL(location, start).href);
	});
});

describe('Any request', () => {
	it('requests uncompressed bytes, without automatic redirects, and can be aborted', async () => {
		const host = internet('https://cdn.example.com/1');
		const answer = await open(host, false);
		for (const { headers, disableFollowRedirect } of host.requests) {
			expect({ headers, disableFollowRedirect }).toEqual({
				headers: { 'Accept-Encoding': 'identity' },
				disableFollowRedirect: true,
			});
		}
		const isEnded = () => host.requests.map(({ abortSignal }) => abortSignal?.aborted);
		expect(isEnded()).toEqual([true, false]);
		answer.close();
		expect(isEnded()).toEqual([true, true]);
	});

	it.each(['http://', 'no address', 'javascript:alert(1)'])('is refused for %s', async (location) => {
		const host = internet();
		await expect(open(host, true, location)).rejects.toMatchObject({ problem: 'final' });
		expect(host.requests).toEqual([]);
	});
});
