import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ReceivedRequest } from '../provider';
import type { AccessKey } from './accounts';
import { ControlError } from './errors';

/** How far a clock may be off is not documented; a quarter of an hour is usual. */
const maxClockSkewMs = 15 * 60 * 1000;
const service = 'ark';
const terminator = 'request';
const mustBeSigned = ['host', 'x-content-sha256', 'x-date'];

interface Verification {
	headers: IncomingHttpHeaders;
	received: ReceivedRequest;
	signingRegion: string;
	accessKeys: ReadonlyMap<string, AccessKey>;
	nowMs: number;
}

/**
 * Whose key signed a request, by the page "How to calculate a signature" of BytePlus and Volcengine.
 * @throws ControlError when the signature does not fit what came in
 */
export function verifySignature({ headers, received, signingRegion, accessKeys, nowMs }: Verification): AccessKey {
	const { credential, signedHeaders, signature } = readAuthorization(headers.authorization);
	const date = readDate(headers['x-date'], nowMs);
	const [accessKeyId = '', day, region, scopeService, last, ...rest] = credential.split('/');
	if (last !== terminator || scopeService !== service || rest.length > 0 || day === undefined || region === undefined) {
		throw new ControlError(401, 'InvalidCredential', 'The Credential in the header Authorization is not valid.');
	}
	const accessKey = accessKeys.get(accessKeyId);
	if (!accessKey) {
		throw new ControlError(401, 'InvalidAccessKey', 'The security token or the access key in the request is not valid.');
	}
	checkToken(headers['x-security-token'], accessKey, signedHeaders);

	const bodyHash = createHash('sha256').update(received.bytes).digest('hex');
	const absent = mustBeSigned.find((name) => !signedHeaders.includes(name));
	const isSorted = signedHeaders.join() === signedHeaders.toSorted().join();
	const stringToSign = [
		'HMAC-SHA256',
		date,
		[day, region, service, terminator].join('/'),
		sha256(canonicalRequest(received, headers, signedHeaders, bodyHash)),
	].join('\n');
	const expected = sign([day, region, service, terminator], accessKey.secretAccessKey, stringToSign);
	const isGood =
		absent === undefined &&
		isSorted &&
		day === date.slice(0, 8) &&
		region === signingRegion &&
		headers['x-content-sha256'] === bodyHash &&
		isSame(signature, expected);
	if (isGood) return accessKey;
	throw new ControlError(
		403,
		'SignatureDoesNotMatch',
		'The request signature we calculated does not match the signature you provided. Check your Secret Access Key and signing method.',
	);
}

function readAuthorization(header: string | undefined) {
	if (header === undefined || header === '') {
		throw new ControlError(400, 'MissingRequestInfo', 'The request is missing the header Authorization.');
	}
	const match = /^HMAC-SHA256 Credential=([^,\s]+), ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(header);
	const [, credential, signedHeaders, signature] = match ?? [];
	if (credential === undefined || signedHeaders === undefined || signature === undefined) {
		throw new ControlError(401, 'InvalidAuthorization', 'The header Authorization of the request is not valid.');
	}
	return { credential, signedHeaders: signedHeaders.split(';'), signature };
}

/** `X-Date`, such as 20261128T000000Z. */
function readDate(header: string | string[] | undefined, nowMs: number): string {
	if (typeof header !== 'string') {
		throw new ControlError(400, 'MissingRequestInfo', 'The request is missing the header X-Date.');
	}
	const atMs = Date.parse(header.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
	if (/^\d{8}T\d{6}Z$/.test(header) && Math.abs(nowMs - atMs) <= maxClockSkewMs) return header;
	throw new ControlError(400, 'InvalidTimestamp', 'The timestamp of the request is expired or not valid.');
}

function checkToken(
	sent: string | string[] | undefined,
	{ securityToken }: AccessKey,
	signedHeaders: readonly string[],
): void {
	const isSigned = sent === undefined || signedHeaders.includes('x-security-token');
	if (sent === securityToken && isSigned) return;
	throw new ControlError(401, 'InvalidSecretToken', 'The security token in the request is not valid.');
}

function canonicalRequest(
	{ method, path, searchParams }: ReceivedRequest,
	headers: IncomingHttpHeaders,
	signedHeaders: readonly string[],
	bodyHash: string,
): string {
	const query = [...searchParams]
		.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
		.sort()
		.join('&');
	const lines = signedHeaders.map((name) => {
		const value = String(headers[name] ?? '').trim();
		return `${name}:${name === 'host' ? value.replace(/:(80|443)$/, '') : value}\n`;
	});
	return [method, path, query, lines.join(''), signedHeaders.join(';'), bodyHash].join('\n');
}

/** Only A–Z a–z 0–9 - _ . ~ stay as they are. */
function percentEncode(text: string): string {
	return encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
		return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
	});
}

/** The chain begins with the secret as it was issued. */
function sign(scope: readonly string[], secretAccessKey: string, text: string): string {
	const start: string | Buffer = secretAccessKey;
	const key = scope.reduce<string | Buffer>((last, part) => createHmac('sha256', last).update(part).digest(), start);
	return createHmac('sha256', key).update(text).digest('hex');
}

function sha256(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

function isSame(one: string, other: string): boolean {
	const [left, right] = [Buffer.from(one), Buffer.from(other)];
	return left.length === right.length && timingSafeEqual(left, right);
}
