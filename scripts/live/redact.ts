import type { Answer } from './answer';

/** Keys whose texts say who somebody is or what somebody makes. */
const privateKey = /^(name|title|user_?name|file_?name|display_?name|email|customer_?id|prompt|text|prefix|token|secret)$/i;
/** Parameters with the lifetime of a link, which are useful and not secret. */
const expiry = /^X-(Amz|Tos)-(Expires|Date)$/i;

/** Takes out the key, people, file names and signatures; shapes, types and IDs stay. */
export function redact(answer: Answer, secrets: readonly string[]): Answer {
	const isAccount = answer.call === 'credential.test';
	const clean = (value: unknown, key = ''): unknown => {
		if (typeof value === 'string') {
			return isAccount || privateKey.test(key) ? placeholder(value) : redactText(value, secrets);
		}
		if (typeof value === 'number') return isAccount ? 0 : value;
		if (Array.isArray(value)) return value.map((item) => clean(item, key));
		if (typeof value === 'object' && value !== null) {
			return Object.fromEntries(
				Object.entries(value)
					.filter(([, item]) => typeof item !== 'function')
					.map(([name, item]) => [redactText(name, secrets), clean(item, name)]),
			);
		}
		return value;
	};
	const headers = Object.entries(answer.headers).map(([name, value]) => [name, redactText(value, secrets)] as const);
	return {
		...answer,
		input: clean(answer.input),
		query: clean(answer.query),
		requestBody: clean(answer.requestBody),
		headers: Object.fromEntries(headers),
		body: clean(answer.body),
		...(answer.problem && { problem: redactText(answer.problem, secrets) }),
	};
}

const isolationPrefix = /^\[u-[^\]]*\]-\[t-[^\]]*\][-_ ]?/;

/** The isolation prefix of a group's name is part of its shape; the number in it is the user's. */
function placeholder(text: string): string {
	if (text === '') return '';
	return isolationPrefix.test(text) ? text.replace(isolationPrefix, '[u-0]-[t-0]').replace(/\][^\]]*$/, ']redacted') : 'redacted';
}

export function redactText(text: string, secrets: readonly string[]): string {
	return secrets
		.filter((secret) => secret !== '')
		.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
		.replace(/data:([\w.+/-]+);base64,[\w+/=-]+/g, 'data:$1;base64,redacted')
		.replace(/\b[A-Za-z0-9+/]{512,}={0,2}/g, 'redacted')
		.replace(/https?:\/\/[^\s"'<>\\]+/g, redactUrl)
		.replace(/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, 'somebody@example.com');
}

/** Keeps the host, the extension and how long the link lives. */
function redactUrl(text: string): string {
	if (!URL.canParse(text)) return 'https://redacted.invalid';
	const { origin, pathname, searchParams } = new URL(text);
	const extension = /\.\w{1,5}$/.exec(pathname)?.[0] ?? '';
	const kept = [...searchParams].filter(([name]) => expiry.test(name));
	const query = kept.length > 0 ? `?${new URLSearchParams(kept).toString()}` : '';
	return `${origin}/redacted${extension}${query}`;
}
