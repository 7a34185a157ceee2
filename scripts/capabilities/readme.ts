const begin = '<!-- capabilities:begin (npm run capabilities writes this) -->';
const end = '<!-- capabilities:end -->';

/**
 * @returns the README with its generated part replaced
 * @throws Error if the markers are not there, once each and in order
 */
export function withCapabilities(readme: string, tables: string): string {
	const [before, rest, ...more] = readme.split(begin);
	const [, after, ...evenMore] = rest?.split(end) ?? [];
	if (before === undefined || after === undefined || more.length + evenMore.length > 0) {
		throw new Error(`README.md must have "${begin}" and then "${end}", once each`);
	}
	return `${before}${begin}\n\n${tables}\n\n${end}${after}`;
}
