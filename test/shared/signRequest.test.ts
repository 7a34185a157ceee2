import { signRequest } from '../../credentials/signRequest';

const key = { accessKeyId: 'AKTEST', secretAccessKey: 'sk-test', service: 'ark' };
const sign = (host: string, region: string, query: string, body: string, atMs: number) =>
	signRequest(
		{ method: 'post', url: new URL(`https://${host}/?${query}`), body, contentType: 'application/json' },
		{ ...key, region },
		atMs,
	);

/** The first vector is that of a public client (openstory), recomputed; the second was made with the same words of the document. */
const vectors = [
	{
		host: 'ark.ap-southeast-1.byteplusapi.com',
		region: 'ap-southeast-1',
		action: 'CreateAsset',
		atMs: Date.UTC(2026, 2, 28),
		date: '20260328T000000Z',
		body: '{"GroupId":"group-1","URL":"https://example.com/a.jpg","AssetType":"Image"}',
		hash: 'dae0308da6736880b14ad100423ea55e7ef3f9d4c015d090d8471d0c6d636ccf',
		signature: 'a9018c46e81801d55cdb9d0b0b20cf0f5868262df9a77369c3a6a6423ecbc808',
	},
	{
		host: 'ark.cn-beijing.volcengineapi.com',
		region: 'cn-beijing',
		action: 'ListAssetGroups',
		atMs: Date.UTC(2026, 10, 28),
		date: '20261128T000000Z',
		body: '{}',
		hash: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
		signature: 'f4657c77f3f4da65a511358fd7d3ef3930aaa604ac239474df8aac7346ca2ec2',
	},
];

describe('The signature of a request to Volcengine or BytePlus', () => {
	it.each(vectors)('is the known one of $action in $region', ({ host, region, action, atMs, date, body, hash, signature }) => {
		expect(sign(host, region, `Action=${action}&Version=2024-01-01`, body, atMs)).toEqual({
			'Content-Type': 'application/json',
			'X-Content-Sha256': hash,
			'X-Date': date,
			Authorization: `HMAC-SHA256 Credential=AKTEST/${date.slice(0, 8)}/${region}/ark/request, SignedHeaders=content-type;host;x-content-sha256;x-date, Signature=${signature}`,
		});
	});

	const authorization = (query: string, body = '{}', atMs = 0, host = 'example.com') =>
		sign(host, 'cn-beijing', query, body, atMs).Authorization;

	it('does not depend on the order of the query', () => {
		expect(authorization('Version=2024-01-01&Action=GetAsset')).toBe(authorization('Action=GetAsset&Version=2024-01-01'));
	});

	it.each([
		['another query', authorization('Action=DeleteAsset')],
		['another body', authorization('Action=GetAsset', '{ }')],
		['another time', authorization('Action=GetAsset', '{}', 1000)],
		['another host', authorization('Action=GetAsset', '{}', 0, 'example.com:8443')],
	])('is another one with %s', (_what, other) => {
		expect(other).not.toBe(authorization('Action=GetAsset'));
	});

	it('covers the bytes of a body that is not ASCII', () => {
		expect(sign('example.com', 'cn-beijing', 'Action=CreateAsset', '{"Name":"春"}', 0)['X-Content-Sha256']).toBe(
			'aa015ebb89c499141c4d7cca25023965dc29ce09fa4ec59d6de991f0a20b87ec',
		);
	});
});
