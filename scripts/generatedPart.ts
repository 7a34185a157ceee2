/** A part of a document that a command writes, between two comments. */
export interface GeneratedPart {
	/** Of the document. */
	file: string;
	name: string;
	command: string;
}

/**
 * @returns the document with its generated part replaced
 * @throws Error if the comments are not there, once each and in order
 */
export function withGeneratedPart(
	document: string,
	{ file, name, command }: GeneratedPart,
	content: string,
): string {
	const begin = `<!-- ${name}:begin (${command} writes this) -->`;
	const end = `<!-- ${name}:end -->`;
	const [before, rest, ...more] = document.split(begin);
	const [, after, ...evenMore] = rest?.split(end) ?? [];
	if (before === undefined || after === undefined || more.length + evenMore.length > 0) {
		throw new Error(`${file} must have "${begin}" and then "${end}", once each`);
	}
	return `${before}${begin}\n\n${content}\n\n${end}${after}`;
}
