import { InputError, mustBe } from '../../nodes/shared/errors';
import { booleanOf, locatorValueOf, numberOf, textOf, textsOf, wordsFor } from '../../nodes/shared/node/fieldValue';
import { Parameters } from '../../nodes/shared/node/parameters';

/** Reading values of expressions; in the fields of the nodes: nodes/givenValues.test.ts. */

const refusal = (allowed: string, found: string) => new InputError([mustBe('Field', allowed, found)]);

describe('Text', () => {
	it.each<[unknown, string | undefined]>([
		[undefined, undefined],
		[null, undefined],
		['', undefined],
		[' \n', undefined],
		[' a ', ' a '],
		[0, '0'],
		[1.5, '1.5'],
		[12345678901234567890n, '12345678901234567890'],
		[new Date(0), '1970-01-01T00:00:00.000Z'],
		[new URL('https://example.com/a'), 'https://example.com/a'],
	])('is read from %p', (value, text) => expect(textOf(value, 'Field')).toBe(text));

	it.each<[unknown, string]>([
		[true, 'true'],
		[NaN, 'NaN'],
		[Infinity, 'Infinity'],
		[{}, 'an empty object'],
		[{ a: 1, b: 2 }, 'an object with a, b'],
		[{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }, 'an object with a, b, c, d, e, …'],
		[{ toJSON: 'no function' }, 'an object with toJSON'],
		[[], 'a list of 0'],
		[['a'], 'a list of 1'],
		[new Date(NaN), 'a date that is none'],
		[Buffer.from('abc'), 'bytes'],
		[() => 'a', 'a function'],
	])('is not read from %p', (value, given) =>
		expect(() => textOf(value, 'Field')).toThrow(
			refusal('text', given),
		),
	);
});

describe('A boolean', () => {
	it.each<[unknown, boolean | undefined]>([
		[undefined, undefined],
		[null, undefined],
		['  ', undefined],
		[true, true],
		[false, false],
		[' Yes ', true],
		['nO', false],
		[1, true],
		[0, false],
	])('is read from %p', (value, boolean) => expect(booleanOf(value, 'Field')).toBe(boolean));

	it.each<[unknown, string]>([
		['on', '"on"'],
		['10', '"10"'],
		[-1, '-1'],
		[NaN, 'NaN'],
		[[true], 'a list of 1'],
		[{ value: true }, 'an object with value'],
	])('is not read from %p', (value, given) =>
		expect(() => booleanOf(value, 'Field')).toThrow(refusal('true or false', given)),
	);
});

describe('A number', () => {
	it.each<[unknown, number | undefined]>([
		[undefined, undefined],
		[null, undefined],
		[' ', undefined],
		[0, 0],
		[' 5 ', 5],
		['-1', -1],
		['0.5', 0.5],
		['007', 7],
	])('is read from %p', (value, number) => expect(numberOf(value, 'Field')).toBe(number));

	it.each<[unknown, string]>([
		['5%', '"5%"'],
		['0x5', '"0x5"'],
		['1e3', '"1e3"'],
		['.5', '".5"'],
		['5.', '"5."'],
		['5 s', '"5 s"'],
		['Infinity', '"Infinity"'],
		['9'.repeat(400), `"${'9'.repeat(60)}…"`],
		[NaN, 'NaN'],
		[true, 'true'],
		[[5], 'a list of 1'],
		[new Date(0), 'a date'],
	])('is not read from %p', (value, given) =>
		expect(() => numberOf(value, 'Field')).toThrow(refusal('a number in plain digits, such as 5', given)),
	);
});

describe('A resource locator', () => {
	it.each<[unknown, string | undefined]>([
		[{ __rl: true, mode: 'id', value: ' a ' }, 'a'],
		[{ __rl: true, mode: 'id', value: 5 }, '5'],
		[{ __rl: true, mode: 'list', value: '' }, undefined],
		['a', 'a'],
		[undefined, undefined],
	])('is read from %p', (value, text) => expect(locatorValueOf(value, 'Field')).toBe(text));

	it.each([[{ value: 'a' }], [{ mode: 'id', value: { id: 'a' } }], [['a']], [true]])('is not read from %p', (value) =>
		expect(() => locatorValueOf(value, 'Field')).toThrow(InputError),
	);
});

describe('Several texts', () => {
	it('are read from a list or from text with commas', () => {
		expect(textsOf(['a', 1], 'Field')).toEqual(['a', '1']);
		expect(textsOf(' a, b,, ', 'Field')).toEqual(['a', 'b']);
		expect(textsOf(undefined, 'Field')).toEqual([]);
	});

	it('are not read from a list with a gap or with something else in it', () => {
		expect(() => textsOf(['a', null], 'Field')).toThrow('Field must be a list without gaps; entry 2 of 2 is empty.');
		expect(() => textsOf([{ a: 1 }], 'Field')).toThrow(InputError);
	});
});

describe('The entries of a list', () => {
	const entries = (value: unknown) => new Parameters(() => value).entries('images', 'image', 'Images');

	it('are none if there is no list', () => {
		expect([undefined, null, '', {}, { image: null }].map((value) => entries(value).length)).toEqual([0, 0, 0, 0, 0]);
	});

	it.each<[unknown, string]>([
		['https://example.com/a.png', 'Images must be a list of entries; it is "https://example.com/a.png".'],
		[['https://example.com/a.png'], 'Images must be a list of entries; it is a list of 1.'],
		[{ image: { url: 'a' } }, 'Images must be a list of entries; it is an object with url.'],
		[{ image: [{ url: 'a' }, 'b'] }, 'Images 2 must be fields with values; it is "b".'],
	])('are not read from %j', (value, message) => expect(() => entries(value)).toThrow(message));
});

describe('A value in a message', () => {
	it('is cut when it is long', () => {
		expect(wordsFor('a'.repeat(100))).toBe(`"${'a'.repeat(60)}…"`);
		expect(wordsFor({ ['a'.repeat(100)]: 1 })).toBe(`an object with ${'a'.repeat(60)}…`);
	});
});
