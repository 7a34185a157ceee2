import type { IHttpRequestOptions } from 'n8n-workflow';
import { Readable } from 'node:stream';
import { checkUrls } from '../../nodes/shared/checks/checkUrls';
import { headerReader } from '../../nodes/shared/download/fetchHeaders';
import { providers } from '../../nodes/shared/providers';
import { urlRulesFor } from '../../nodes/shared/publicUrl';

/** Checking URLs reveals nothing about the network of n8n; what the checks find: nodes/mediaChecks.test.ts. */

const url = 'https://files.example.com/face.png?signature=abc';

/** Records the requests to n8n's helper, and answers each by its address. */
function internet(answers: Readonly<Record<string, { location?: string; type?: string; length?: number }>>) {
	const requests: IHttpRequestOptions[] = [];
	const httpRequest = async (request: IHttpRequestOptions) => {
		requests.push(request);
		const { location, type, length } = answers[request.url] ?? {};
		return await Promise.resolve({
			statusCode: location === undefined ? 200 : 302,
			headers: { location, 'content-type': type, 'content-length': length },
			body: Readable.from([]),
		});
	};
	return { requests, context: { helpers: { httpRequest } } };
}

const [provider] = providers;

async function check(answers: Parameters<typeof internet>[0], baseUrl: string, given = url) {
	if (!provider) throw new Error('There is no provider');
	const { requests, context } = internet(answers);
	const medium = { field: 'Images 1', mediaType: 'image', medium: { kind: 'url', url: given }, limits: provider.mediaLimits?.image } as const;
	const problems = await checkUrls(provider, [medium], headerReader(context, urlRulesFor({ baseUrl })));
	return { requests, problems };
}

const secret = { type: 'text/html', length: 31 * 1024 * 1024 };
const inside = [
	'http://127.0.0.1:5678/',
	'http://169.254.169.254/latest/meta-data/',
	'http://2130706433/',
	'http://[::ffff:10.0.0.1]/',
	'http://nas/',
	'https://user:pass@files.example.com/',
	'file:///etc/passwd',
	'//192.168.0.1/',
];

describe('Check URLs, with a provider on the internet', () => {
	it.each(inside)('does not follow a redirect to %s, and reveals nothing about what is there', async (location) => {
		const { requests, problems } = await check({ [url]: { location } }, 'https://api.example.com');
		expect(requests.map((request) => request.url)).toEqual([url]);
		expect(problems).toEqual([
			{
				field: 'Images 1',
				message: 'https://files.example.com/face.png (Images 1) leads on to an address that is not one of the internet, or in circles.',
				advice: expect.stringContaining('can fetch without a login'),
			},
		]);
	});

	it.each(inside.slice(0, 5))('sends no request to %s', async (given) => {
		const { requests, problems } = await check({ [given]: secret, [new URL(given).href]: secret }, 'https://api.example.com', given);
		expect(requests).toEqual([]);
		expect(JSON.stringify(problems)).not.toMatch(/html|31|200/);
	});

	it('follows redirects, each with the same few headers', async () => {
		const cdn = 'https://cdn.example.com/1';
		const { requests, problems } = await check(
			{ [url]: { location: cdn }, [cdn]: { location: '/2' }, 'https://cdn.example.com/2': { type: 'image/png', length: 1000 } },
			'https://api.example.com',
		);
		expect(problems).toEqual([]);
		expect(requests.map(({ method, url: asked, disableFollowRedirect }) => [method, asked, disableFollowRedirect])).toEqual([
			['HEAD', url, true],
			['HEAD', cdn, true],
			['HEAD', 'https://cdn.example.com/2', true],
		]);
		expect(requests.flatMap(({ headers }) => Object.keys(headers ?? {}))).toEqual(Array(3).fill('Accept-Encoding'));
	});
});

describe('Check URLs, with a provider in the private network', () => {
	it('follows redirects into it, and reports what it finds', async () => {
		const location = 'http://127.0.0.1:5678/';
		const { problems } = await check({ [url]: { location }, [location]: secret }, 'http://127.0.0.1:8080');
		expect(problems.map(({ message }) => message)).toEqual([
			'https://files.example.com/face.png (Images 1) is of type text/html; an image is needed.',
			expect.stringContaining('has 31 MB'),
		]);
	});
});
