/** The account behind each key of Apiframe. */
export interface ApiframeOptions {
	/** What the team has at the start. Default 100,000. */
	credits?: number;
	/** Pages disagree on `result`: an object with `videoUrl` (default) or the link as plain text. */
	result?: 'object' | 'text';
	/**
	 * Clients disagree on the key of the signature, which is SHA-256 of the API key: its bytes, as in
	 * the official SDK (default), or its hexadecimal text.
	 */
	webhookKey?: 'digest' | 'hex';
	/** `sha256=` and the digits, as the official SDK says (default), or the digits alone. */
	webhookSignature?: 'prefixed' | 'bare';
}
