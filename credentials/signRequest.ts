import { createHash, createHmac } from 'crypto';

/** What of a request its signature covers. */
export interface RequestToSign {
	method: string;
	/** With the query as it is sent. */
	url: URL;
	/** The text as it is sent, byte by byte. */
	body: string;
	contentType: string;
}

export interface SigningKey {
	accessKeyId: string;
	secretAccessKey: string;
	region: string;
	service: string;
}

/**
 * The headers that sign a request to the API of Volcengine or BytePlus with HMAC-SHA256. Pure.
 * Sources: the document "How to calculate a signature" and `signv4.py` of the official Python SDK. It differs from
 * AWS's signature in the names, and in that the key begins with the secret as it was issued.
 * @param atMs the time of the request, in milliseconds since the epoch
 */
export function signRequest(
	{ method, url, body, contentType }: RequestToSign,
	{ accessKeyId, secretAccessKey, region, service }: SigningKey,
	atMs: number,
): Record<string, string> {
	const date = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '');
	const headers: Readonly<Record<string, string>> = {
		'content-type': contentType,
		host: url.host,
		'x-content-sha256': sha256(body),
		'x-date': date,
	};
	const names = Object.keys(headers).sort();
	const signedNames = names.join(';');
	const canonicalRequest = [
		method.toUpperCase(),
		url.pathname,
		canonicalQuery(url),
		...names.map((name) => `${name}:${headers[name] ?? ''}`),
		'',
		signedNames,
		sha256(body),
	].join('\n');
	const day = date.slice(0, 8);
	const scope = [day, region, service, terminator].join('/');
	const textToSign = [algorithm, date, scope, sha256(canonicalRequest)].join('\n');
	const key = [day, region, service, terminator].reduce<string | Buffer>(
		(parent, part) => createHmac('sha256', parent).update(part).digest(),
		secretAccessKey,
	);
	const signature = createHmac('sha256', key).update(textToSign).digest('hex');
	return {
		'Content-Type': contentType,
		'X-Content-Sha256': sha256(body),
		'X-Date': date,
		Authorization: `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${signedNames}, Signature=${signature}`,
	};
}

const algorithm = 'HMAC-SHA256';
const terminator = 'request';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function canonicalQuery({ searchParams }: URL): string {
	return [...searchParams]
		.map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
		.sort()
		.join('&');
}

/** All but the unreserved characters of RFC 3986. */
const encoded = (text: string) =>
	encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
