import { redactor } from '../../nodes/shared/request/redact';
import { excerpt, mapTexts, maxTextLength, maxValues } from '../../nodes/shared/text';
import { startCpuTime } from '../support/cpuTime';

const key = 'sk-Very/Secret+0123=\'"&<ü>';
const redact = redactor([key]);
const toEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

it('computes the forms of the secrets of a connection once, and with them those of one answer', () => {
	let reads = 0;
	const secrets = new Proxy([key], {
		get: (target, name, receiver) => {
			if (name === '0') reads++;
			return Reflect.get(target, name, receiver) as unknown;
		},
	});
	expect(redactor(secrets).text(key)).toBe('[redacted]');
	expect(redactor(secrets, ['a secret of the answer']).text(`${key} a secret of the answer`)).toBe('[redacted] [redacted]');
	expect(redactor(secrets).text('a secret of the answer')).toBe('a secret of the answer');
	expect(reads).toBe(1);
});

describe('A secret', () => {
	const encoded = encodeURIComponent(key);
	it.each([
		['as it is', key],
		['in JSON', JSON.stringify(key).slice(1, -1)],
		['in JSON whose slashes are escaped', JSON.stringify(key).slice(1, -1).replaceAll('/', '\\/')],
		['in JSON inside JSON', JSON.stringify(JSON.stringify(key)).slice(3, -3)],
		['in an address', encoded],
		['in an address with small digits', encoded.replace(/%../g, (escape) => escape.toLowerCase())],
		['in an address inside an address', encodeURIComponent(encoded)],
		['in an address inside JSON', JSON.stringify(encoded).slice(1, -1)],
		['of a form', new URLSearchParams({ key }).toString().slice(4)],
		['in HTML', key.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')],
		['in JSON as Go writes it', JSON.stringify(key).slice(1, -1).replace(/[&<>]/g, toEscape)],
		['in JSON without other letters than those of ASCII', JSON.stringify(key).slice(1, -1).replace(/[^ -~]/g, toEscape)],
		['in JSON as PHP writes it', JSON.stringify(key).slice(1, -1).replace(/[^ -~]/g, toEscape).replaceAll('/', '\\/')],
		['in HTML with a number for each sign', key.replace(/[^\w-]/g, (sign) => `&#${sign.charCodeAt(0)};`)],
		['in HTML with a hexadecimal number for each sign', key.replace(/[^\w-]/g, (sign) => `&#x${sign.charCodeAt(0).toString(16).toUpperCase()};`)],
		['in HTML as templates write it', key.replace(/[&<>"'`=/]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? `&#x${sign.charCodeAt(0).toString(16).toUpperCase()};`)],
		['in hexadecimal digits', Buffer.from(key).toString('hex')],
	])('%s does not show', (_form, form) => {
		expect(redact.text(`no such key: ${form}.`)).toBe('no such key: [redacted].');
	});

	it.each(['', 'a', 'ab', 'abc', 'Bearer ', 'user:'])('does not show in base64 after %j', (before) => {
		const text = base64(`${before}${key}`);
		const shown = redact.text(text);
		expect(shown).toContain('[redacted]');
		expect(Buffer.from(shown.replaceAll('[redacted]', ' '), 'base64').toString()).not.toMatch(/Secret|Very|sk-/);
		expect(redact.text(Buffer.from(`${before}${key}`).toString('base64url'))).toContain('[redacted]');
	});

	it('does not show in names, lists and objects', () => {
		expect(redact.answer({ [key]: [{ a: `${key}${key}` }], n: 1, none: null })).toEqual({
			'[redacted]': [{ a: '[redacted][redacted]' }],
			n: 1,
			none: null,
		});
	});

	it('does not show in part where a text is cut', () => {
		for (let before = maxTextLength - key.length - 2; before <= maxTextLength + 2; before++) {
			const shown = redact.text(`${' '.repeat(before)}${key}${key}`);
			expect(shown.replaceAll('[redacted]', '').trim()).toMatch(/^…?$/);
		}
	});

	it('of digits does not show as a number either', () => {
		expect(redactor(['20260427']).answer({ secret: 20260427, other: 2026, list: [20260427.5] })).toEqual({
			secret: '[redacted]',
			other: 2026,
			list: ['[redacted].5'],
		});
	});

	it('that overlaps with another one leaves nothing of either', () => {
		expect(redactor(['abcdefgh', 'efghijkl']).text('x abcdefghijkl x')).toBe('x [redacted] x');
	});

	it('with blanks around it is found without them', () => {
		expect(redactor(['  knock-knock ']).text('knock-knock!')).toBe('[redacted]!');
	});

	it('that is short is redacted as a whole word only, so that IDs stay intact', () => {
		const short = redactor(['ab12']);
		expect(short.text('secret "ab12" is wrong')).toBe('secret "[redacted]" is wrong');
		expect(short.text('?secret=ab12&x=1')).toBe('?secret=[redacted]&x=1');
		expect(short.text('task 3f5ab12a-ab12-4000')).toBe('task 3f5ab12a-ab12-4000');
		expect(redactor(['abc']).text('abc')).toBe('abc');
	});
});

describe('Other text', () => {
	it('stays as it is', () => {
		const answer = { list: [1, true, null, 'text'], object: { a: {} } };
		expect(redact.answer(answer)).toEqual(answer);
		expect(redactor([]).answer(answer)).toEqual(answer);
	});

	it('is cut where it is longer than any answer needs', () => {
		expect(redactor([]).text('x'.repeat(maxTextLength))).toHaveLength(maxTextLength);
		expect(redactor([]).text('x'.repeat(maxTextLength + 1))).toBe(`${'x'.repeat(maxTextLength)}…`);
	});
});

describe('An answer of 1 MB', () => {
	const megabyte = 1_000_000;
	const list = (value: (index: number) => string, length: number) => `[${Array.from({ length }, (_, index) => value(index)).join(',')}]`;
	const names = (name: (index: number) => string, length: number) =>
		`{${Array.from({ length }, (_, index) => `${JSON.stringify(name(index))}:0`).join(',')}}`;
	const shapes: ReadonlyArray<[name: string, json: string]> = [
		['short names', names((index) => `n${index}`, 90_000)],
		['names like keys', names((index) => `sk-simulated-${index}`, 40_000)],
		['names that are numbers', names(String, 100_000)],
		['numbers', list(() => '0', 490_000)],
		['long numbers', list((index) => String(1_777_288_506_123_456 + index), 55_000)],
		['empty objects', list(() => '{}', 330_000)],
		['small objects', list(() => '{"a":0}', 125_000)],
		['empty lists', list(() => '[]', 330_000)],
		['empty texts', list(() => '""', 330_000)],
		['texts as long as keys', list((index) => `"sk-Very-long-and-not-secret-${index}"`, 30_000)],
		['keys', list((index) => JSON.stringify(`${key}${index}`), 25_000)],
		['small objects, deep inside', `${'{"a":'.repeat(40)}${list(() => '{"b":1}', 120_000)}${'}'.repeat(40)}`],
		['a key cut off again and again', JSON.stringify(key.slice(0, -1).repeat(40_000))],
	];

	it.each(shapes)('of %s costs less than 50 ms until it is shown', (_name, json) => {
		expect(json.length).toBeLessThan(1.2 * megabyte);
		const answer: unknown = JSON.parse(json);
		const { answer: redact } = redactor([key, 'secret-of-a-webhook']);
		// The quickest of several, as the first is compiled meanwhile, and others are disturbed.
		const durations = Array.from({ length: 5 }, () => {
			const cpuTimeMs = startCpuTime();
			excerpt(redact(answer));
			return cpuTimeMs();
		});
		expect(Math.min(...durations)).toBeLessThan(50);
		expect(JSON.stringify(redact(answer))).not.toContain(key);
	});

	it.each(shapes)('of %s keeps a bounded number of values, and what stands beside them', (_name, json) => {
		const answer = { filler: JSON.parse(json) as unknown, id: 'task-1', output: { url: 'https://example.com/v.mp4' } };
		let texts = 0;
		const shown = mapTexts(answer, (text) => (texts++, text));
		expect(texts).toBeLessThanOrEqual(2 * maxValues);
		expect(shown).toMatchObject({ id: 'task-1', output: { url: 'https://example.com/v.mp4' } });
	});
});
