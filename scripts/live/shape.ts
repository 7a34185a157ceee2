/** The shape of JSON without its values: the types that each path has, e.g. `items[].id`. */
export type Shape = ReadonlyMap<string, ReadonlySet<string>>;

export interface Comparison {
	/** Paths that are alike on both sides. */
	matching: number;
	missing: string[];
	/** With their types. */
	additional: string[];
	/** With both types. */
	changed: string[];
}

/** Every path of a value with what is there, from the outside in. */
export function* entriesOf(value: unknown, path = ''): Generator<[path: string, value: unknown]> {
	if (value === undefined) return;
	yield [path, value];
	if (Array.isArray(value)) {
		for (const item of value) yield* entriesOf(item, `${path}[]`);
	} else if (typeof value === 'object' && value !== null) {
		for (const [key, item] of Object.entries(value)) yield* entriesOf(item, path === '' ? key : `${path}.${key}`);
	}
}

/** The shape that several values have together. */
export function shapeOf(...values: readonly unknown[]): Shape {
	const shape = new Map<string, Set<string>>();
	for (const value of values) {
		for (const [path, item] of entriesOf(value)) {
			shape.set(path, (shape.get(path) ?? new Set()).add(typeOf(item)));
		}
	}
	return shape;
}

/** Only the outermost path is named; what hangs on null or an empty list cannot be compared. */
export function compareShapes(seen: readonly unknown[], expected: readonly unknown[]): Comparison {
	const [seenShape, expectedShape] = [shapeOf(...seen), shapeOf(...expected)];
	const expectedShapes = expected.map((value) => shapeOf(value));
	const comparison: Comparison = { matching: 0, missing: [], additional: [], changed: [] };
	for (const [path, types] of expectedShape) {
		const isAlways = expectedShapes.every((shape) => shape.has(path));
		if (!seenShape.has(path) && isAlways && hasContent(seenShape, path)) comparison.missing.push(nameOf(path));
		const seenTypes = seenShape.get(path);
		if (!seenTypes) continue;
		const [one, other] = [withoutNull(seenTypes), withoutNull(types)];
		if (one.length === 0 || other.length === 0 || one.every((type) => types.has(type))) comparison.matching++;
		else comparison.changed.push(`${nameOf(path)}: ${other.join(' or ')} → ${one.join(' or ')}`);
	}
	for (const [path, types] of seenShape) {
		if (!expectedShape.has(path) && hasContent(expectedShape, path)) {
			comparison.additional.push(`${nameOf(path)} (${[...types].join(' or ')})`);
		}
	}
	return comparison;
}

/** Whether something stands where the path leads from. */
function hasContent(shape: Shape, path: string): boolean {
	const parent = path.replace(/(\[\]|(^|\.)[^.[\]]+)$/, '');
	if (parent === path || path === '') return true;
	const types = shape.get(parent);
	// An item of a list that may be empty.
	if (path.endsWith('[]')) return false;
	return types?.has('object') ?? false;
}

const nameOf = (path: string) => (path === '' ? '(the answer itself)' : path);
const withoutNull = (types: ReadonlySet<string>) => [...types].filter((type) => type !== 'null');

function typeOf(value: unknown): string {
	if (value === null) return 'null';
	return Array.isArray(value) ? 'array' : typeof value;
}
