import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Faults } from './faults';
import { decode, listen, retryAfterHeader, send } from './http';
import { errorXml, sendFile } from './sendFile';
import type { AnswerEffect, StorageCall } from './types';

interface StoredObject {
	contentType: string;
	/** Path of the file; made when first asked for. */
	file: () => Promise<string>;
	/** How often it may be fetched by all its links together. Default: without a limit. */
	maxDownloads?: number;
}

interface StorageOptions {
	port: number;
	now: () => number;
	linkSeconds: number;
	faults: Faults;
	/** Any header or query parameter that carries one of these counts as a credential. */
	secrets: readonly string[];
	onCall?: (call: StorageCall) => void;
}

const credentialName = /^(proxy-)?authorization$|^cookie$|(api|auth|access)[-_]?(key|token)|^token$/i;

/** An object store with pre-signed links, like the one that result links point to. */
export class Storage {
	readonly calls: StorageCall[] = [];
	private readonly objects = new Map<string, StoredObject>();
	private readonly downloads = new Map<string, number>();
	private readonly signingKey = randomBytes(32);
	private server?: { url: string; close: () => Promise<void> };

	constructor(private readonly options: StorageOptions) {}

	async start(): Promise<void> {
		this.server = await listen(this.options.port, async (request, response) => {
			await this.handle(request, response);
		});
	}

	async close(): Promise<void> {
		await this.server?.close();
	}

	get url(): string {
		if (!this.server) throw new Error('The storage server is not running');
		return this.server.url;
	}

	put(key: string, object: StoredObject): void {
		this.objects.set(key, object);
	}

	has(key: string): boolean {
		return this.objects.has(key);
	}

	/** A link to the object, that lives for the configured time from now on unless told otherwise. */
	link(key: string, life: { fromMs?: number; seconds?: number } = {}): string {
		const { fromMs = this.options.now(), seconds = this.options.linkSeconds } = life;
		const signedAt = formatAmzDate(fromMs);
		const url = new URL(key, `${this.url}/`);
		url.search = new URLSearchParams({
			'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
			'X-Amz-Credential': `simulator/${signedAt.slice(0, 8)}/ap-southeast-1/s3/aws4_request`,
			'X-Amz-Date': signedAt,
			'X-Amz-Expires': String(seconds),
			'X-Amz-SignedHeaders': 'host',
			'X-Amz-Signature': this.sign(key, signedAt, String(seconds)),
		}).toString();
		return url.href;
	}

	private sign(key: string, signedAt: string, linkSeconds: string): string {
		const text = [key, signedAt, linkSeconds].join('\n');
		return createHmac('sha256', this.signingKey).update(text).digest('hex');
	}

	private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const url = new URL(request.url ?? '/', this.url);
		const call: StorageCall = {
			method: request.method ?? '',
			path: url.pathname,
			atMs: this.options.now(),
			credentials: this.findCredentials(request, url),
			range: request.headers.range,
			isHeld: false,
			get statusCode() {
				return response.headersSent ? response.statusCode : undefined;
			},
		};
		this.calls.push(call);
		const fault = this.options.faults.take('storage.get', url.pathname).answer;
		call.fault = fault?.kind;
		response.once('close', () => {
			call.isHeld = false;
			this.options.onCall?.(call);
		});
		request.resume();
		await this.answer(request, response, url, fault, (isHeld) => (call.isHeld = isHeld));
	}

	private async answer(
		request: IncomingMessage,
		response: ServerResponse,
		url: URL,
		fault: AnswerEffect | undefined,
		hold: (isHeld: boolean) => void,
	): Promise<void> {
		if (fault?.kind === 'hang') {
			hold(true);
			return;
		}
		if (fault?.kind === 'redirect') {
			response.writeHead(302, { location: fault.location ?? url.href, 'content-length': 0 }).end();
			return;
		}
		if (fault?.kind === 'reset') {
			request.socket.resetAndDestroy();
			return;
		}
		if (fault?.kind === 'html') {
			send(response, fault.statusCode, 'text/html', '<html><body>Error</body></html>');
			return;
		}
		if (fault?.kind === 'status') {
			const headers = retryAfterHeader(fault.retryAfterSeconds);
			send(response, fault.statusCode, 'application/xml', errorXml('SlowDown', 'Injected fault'), headers);
			return;
		}
		if (request.method !== 'GET' && request.method !== 'HEAD') {
			send(response, 405, 'application/xml', errorXml('MethodNotAllowed', 'Not allowed'));
			return;
		}
		const key = decode(url.pathname.slice(1));
		const refusal = fault?.kind === 'linkExpired' ? 'Request has expired' : this.checkLink(key, url);
		if (refusal !== undefined) {
			send(response, 403, 'application/xml', errorXml('AccessDenied', refusal));
			return;
		}
		const object = this.objects.get(key);
		if (!object) {
			send(response, 404, 'application/xml', errorXml('NoSuchKey', 'The key does not exist.'));
			return;
		}
		if (request.method === 'GET') {
			const earlier = this.downloads.get(key) ?? 0;
			if (earlier >= (object.maxDownloads ?? Infinity)) {
				send(response, 403, 'application/xml', errorXml('AccessDenied', 'The number of downloads is used up'));
				return;
			}
			this.downloads.set(key, earlier + 1);
		}
		await sendFile(request, response, { contentType: object.contentType, file: await object.file(), fault, hold });
	}

	/** Why the link is refused, if it is. */
	private checkLink(key: string, url: URL): string | undefined {
		const signedAt = url.searchParams.get('X-Amz-Date') ?? '';
		const linkSeconds = url.searchParams.get('X-Amz-Expires') ?? '';
		const signature = Buffer.from(url.searchParams.get('X-Amz-Signature') ?? '', 'hex');
		const expected = Buffer.from(this.sign(key, signedAt, linkSeconds), 'hex');
		if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
			return 'The request signature does not match';
		}
		const expiresAtMs = parseAmzDate(signedAt) + Number(linkSeconds) * 1000;
		return this.options.now() >= expiresAtMs ? 'Request has expired' : undefined;
	}

	private findCredentials(request: IncomingMessage, url: URL): string[] {
		const sent: Array<[string, string]> = [...url.searchParams];
		for (const [name, value] of Object.entries(request.headers)) sent.push([name, String(value)]);
		return sent
			.filter(([name, value]) => {
				const holdsSecret = this.options.secrets.some((secret) => value.includes(secret));
				return holdsSecret || credentialName.test(name);
			})
			.map(([name]) => name);
	}
}

/** 20260427T160000Z */
function formatAmzDate(atMs: number): string {
	return new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function parseAmzDate(text: string): number {
	return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
