import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ApiframeOptions } from './options';

/**
 * Signs the calls to webhooks: HMAC-SHA256 of the body, with SHA-256 of the API key as the key.
 * Sources: the page "Webhooks"; the official SDK, whose check has the form of key and signature.
 */
export class WebhookSigner {
	private readonly keyForm: 'digest' | 'hex';
	private readonly prefix: string;

	constructor({ webhookKey = 'digest', webhookSignature = 'prefixed' }: ApiframeOptions) {
		this.keyForm = webhookKey;
		this.prefix = webhookSignature === 'prefixed' ? 'sha256=' : '';
	}

	/** Of the API key that a request came with. */
	keyOf(headers: IncomingHttpHeaders): string | Buffer {
		const hash = createHash('sha256').update(headers['x-api-key']?.toString() ?? '');
		return this.keyForm === 'hex' ? hash.digest('hex') : hash.digest();
	}

	sign(body: string, key: string | Buffer): string {
		return this.prefix + createHmac('sha256', key).update(body).digest('hex');
	}
}
